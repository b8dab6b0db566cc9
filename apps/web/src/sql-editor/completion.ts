// What the editor offers to complete: tables and views, the columns of the tables that the statement names,
// functions, and the keywords that one writes out.

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type Mention, mentionsOf } from '../sql-text/mentions.ts';
import { splitStatements, statementAt } from '../sql-text/statements.ts';
import { nameOf, quotedName, tokensOf } from '../sql-text/tokens.ts';

export interface EditorColumn {
  readonly name: string;
  readonly type: string;
  /** Place in the primary key, from 1; 0 for other columns. */
  readonly key: number;
}

export interface EditorTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly columns: readonly EditorColumn[];
}

/** What the editor knows of the database. */
export interface EditorSchema {
  readonly tables: readonly EditorTable[];
  readonly functions: readonly string[];
}

const keywords =
  'ABORT ADD ALL ALTER ANALYZE AND AS ASC AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT DELETE DESC DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXISTS EXPLAIN FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP HAVING IF IGNORE IN INDEX INNER INSERT INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATERIALIZED NATURAL NOT NOTHING NOTNULL NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RANGE RECURSIVE REFERENCES REGEXP RENAME REPLACE RETURNING RIGHT ROLLBACK ROW ROWS SELECT SET TABLE THEN TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT';

const keywordOffers: readonly Completion[] = keywords
  .split(' ')
  .map((label) => ({ label, type: 'keyword', boost: -2 }));

/** A schema of thousands of columns must not make a long list out of every key. */
const offersMax = 2_000;

/** The text before the cursor that is completed: a word, after a name and a dot where there is one. */
const typed = /(?:("(?:[^"]|"")*"|[\w$\u0080-\uffff]+)\.)?([\w$\u0080-\uffff]*)$/;
const plainName = /^[A-Za-z_][\w$]*$/;

export function completeSql(
  schema: () => EditorSchema,
): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const text = context.state.doc.toString();
    const line = context.state.doc.lineAt(context.pos);
    const match = typed.exec(line.text.slice(0, context.pos - line.from));
    if (match === null || isInText(text, context.pos)) return null;
    const [, owner, word = ''] = match;
    if (owner === undefined && word === '' && !context.explicit) return null;
    const options = offersFor(schema(), text, context.pos, owner);
    if (options.length === 0) return null;
    return { from: context.pos - word.length, options, validFor: /^[\w$\u0080-\uffff]*$/ };
  };
}

/** @param owner The name before the dot, as it is written. */
export function offersFor(
  schema: EditorSchema,
  text: string,
  offset: number,
  owner: string | undefined,
): readonly Completion[] {
  const statement = statementAt(splitStatements(text), offset);
  const mentions = mentionsOf(statement?.tokens ?? []);
  if (owner !== undefined) {
    const name = nameOf(tokensOf(owner)[0]) ?? owner;
    return tablesOf(schema, mentions, name).flatMap(columnOffers).slice(0, offersMax);
  }
  const named = mentions.flatMap(({ table }) => tablesOf(schema, [], table));
  const seen = new Set<string>();
  return [...new Set(named)]
    .flatMap(columnOffers)
    .filter(({ label }) => !seen.has(label) && seen.add(label))
    .concat(mentions.flatMap(aliasOffer), schema.tables.map(tableOffer))
    .concat(schema.functions.map(functionOffer), keywordOffers)
    .slice(0, offersMax);
}

/** The tables that a name stands for: a short name of the statement, or the table itself. */
function tablesOf(
  { tables }: EditorSchema,
  mentions: readonly Mention[],
  name: string,
): readonly EditorTable[] {
  const wanted = name.toLowerCase();
  const table = mentions.find(({ alias }) => alias?.toLowerCase() === wanted)?.table ?? name;
  return tables.filter((each) => each.name.toLowerCase() === table.toLowerCase());
}

function columnOffers({ name: table, columns }: EditorTable): Completion[] {
  return columns.map(({ name, type, key }) => ({
    label: name,
    apply: written(name),
    type: key > 0 ? 'key' : 'property',
    detail: `${type === '' ? 'any' : type}${key > 0 ? ', key' : ''} · ${table}`,
    boost: 2,
  }));
}

function tableOffer({ name, kind, columns }: EditorTable): Completion {
  const { length } = columns;
  return {
    label: name,
    apply: written(name),
    type: kind === 'view' ? 'interface' : 'class',
    detail: `${kind} · ${length} ${length === 1 ? 'column' : 'columns'}`,
    boost: 1,
  };
}

function aliasOffer({ table, alias }: Mention): Completion[] {
  if (alias === undefined) return [];
  return [{ label: alias, apply: written(alias), type: 'variable', detail: table, boost: 1 }];
}

function functionOffer(name: string): Completion {
  return { label: name, apply: `${name}(`, type: 'function', detail: 'function', boost: -1 };
}

function written(name: string): string {
  return plainName.test(name) ? name : quotedName(name);
}

/** Whether the cursor is in a string or a comment, where nothing is to be completed. */
function isInText(text: string, offset: number): boolean {
  const token = tokensOf(text).find(({ end }) => end >= offset);
  if (token === undefined || token.start >= offset) return false;
  if (token.kind === 'comment') return true;
  const isClosed = token.text.length > 1 && token.text.endsWith("'");
  return token.kind === 'string' && (token.end > offset || !isClosed);
}
