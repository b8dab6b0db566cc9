// Parts of the schema as PostgreSQL words them: pg_get_indexdef(), pg_get_constraintdef(), defaults.

import { columnDefinition, sqlTokens } from '@patina/engine/schema/column-text.ts';
import type { ColumnInfo, ForeignKeyInfo, IndexInfo, RelationInfo } from '../schema-view.ts';
import { nowSql } from '../sql/schema-change/built-ins.ts';
import { formatType } from './type-names.ts';

/** Words that cannot stand unquoted as names; the commonest of PostgreSQL's reserved ones. */
const reserved: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create ' +
    'current_date current_role current_time current_timestamp current_user default deferrable desc distinct do ' +
    'else end except false fetch for foreign from grant group having in initially intersect into lateral ' +
    'leading limit localtime localtimestamp not null offset on only or order placing primary references ' +
    'returning select session_user some symmetric table then to trailing true union unique user using variadic ' +
    'when where window with'
  ).split(' '),
);

/** quote_ident(). */
export function quoteIdent(name: string): string {
  if (/^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/** `CREATE INDEX i ON public.t USING btree (a, b DESC) WHERE …`. */
export function indexDefinition(table: RelationInfo, index: IndexInfo): string {
  const unique = index.isUnique ? 'UNIQUE ' : '';
  const { where } = indexBody(index);
  const condition = where === undefined ? '' : ` WHERE (${where})`;
  const parts = indexParts(index).map(({ text, isDescending }) => {
    return isDescending ? `${text} DESC` : text;
  });
  return (
    `CREATE ${unique}INDEX ${quoteIdent(index.name)} ON public.${quoteIdent(table.name)} ` +
    `USING btree (${parts.join(', ')})${condition}`
  );
}

export interface IndexPart {
  readonly text: string;
  readonly isDescending: boolean;
}

/** The columns and expressions of an index. */
export function indexParts(index: IndexInfo): readonly IndexPart[] {
  const written = indexBody(index).parts;
  return index.columns.map((column, at) => {
    const part = written[at] ?? '';
    const isDescending = /\bdesc\s*$/i.test(part);
    const text = part.replace(/\s+(asc|desc)\s*$/i, '').trim();
    return { text: column === undefined ? text : quoteIdent(column), isDescending };
  });
}

/** The condition of a partial index. */
export function indexCondition(index: IndexInfo): string | undefined {
  return indexBody(index).where;
}

function indexBody(index: IndexInfo): {
  readonly parts: readonly string[];
  readonly where: string | undefined;
} {
  if (index.sql === undefined) return { parts: [], where: undefined };
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let rest: string | undefined;
  for (const token of sqlTokens(index.sql)) {
    if (rest !== undefined) rest += token;
    else if (token === ')' && --depth === 0) {
      parts.push(part.trim());
      rest = '';
    } else if (depth === 1 && token === ',') {
      parts.push(part.trim());
      part = '';
    } else if (depth >= 1) part += token;
    if (rest === undefined && token === '(') depth++;
  }
  const [, where] = /^\s*where\b([\s\S]*)$/i.exec(rest ?? '') ?? [];
  return { parts, where: where?.trim() };
}

export function keyDefinition(index: IndexInfo): string {
  const columns = index.columns.map((column) => quoteIdent(column ?? '')).join(', ');
  return `${index.isPrimaryKey ? 'PRIMARY KEY' : 'UNIQUE'} (${columns})`;
}

export function foreignKeyDefinition(key: ForeignKeyInfo): string {
  const from = key.columns.map(quoteIdent).join(', ');
  const to = key.tableColumns.map(quoteIdent).join(', ');
  const onUpdate = key.onUpdate === 'NO ACTION' ? '' : ` ON UPDATE ${key.onUpdate}`;
  const onDelete = key.onDelete === 'NO ACTION' ? '' : ` ON DELETE ${key.onDelete}`;
  return `FOREIGN KEY (${from}) REFERENCES ${quoteIdent(key.table)}(${to})${onUpdate}${onDelete}`;
}

export function checkDefinition(sql: string): string {
  return `CHECK ((${withBareNames(sql.replace(/^\((.*)\)$/s, '$1'))}))`;
}

/** As clients ask for what people are to read: one pair of parentheses less. */
export function prettyDefinition(definition: string): string {
  return definition.replace(/^CHECK \(\((.*)\)\)$/s, 'CHECK ($1)');
}

/** The translation quotes all names: those that need no quotes lose them. Strings stay as they are. */
function withBareNames(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'|"((?:[^"]|"")*)"/g, (all, name: string | undefined) =>
    name === undefined ? all : quoteIdent(name.replaceAll('""', '"')),
  );
}

/** A default as PostgreSQL would print it, where it is one that we wrote or a constant. */
export function defaultText(column: ColumnInfo): string | undefined {
  const sql = column.defaultSql?.trim();
  if (sql === undefined) return undefined;
  const bare = sql.replace(/^\((.*)\)$/s, '$1');
  for (const type of ['timestamptz', 'timestamp']) {
    const plain = nowSql(type);
    if (bare === plain || sql === plain) return type === 'timestamptz' ? 'now()' : 'LOCALTIMESTAMP';
  }
  if (bare === nowSql('date')) return 'CURRENT_DATE';
  if (/randomblob\(4\).*'-4'.*'89ab'/s.test(bare)) return 'gen_random_uuid()';
  if (/^current_(timestamp|date|time)$/i.test(bare)) return bare.toUpperCase();
  if (/^'(?:[^']|'')*'$/.test(bare)) {
    return `${bare}::${formatType(column.type.oid, -1)}`;
  }
  if (column.type.oid === 16 && /^[01]$/.test(bare)) return bare === '1' ? 'true' : 'false';
  return bare;
}

/** What GENERATED ALWAYS AS has behind it, with its parentheses. */
export function generatedText(table: RelationInfo, column: ColumnInfo): string | undefined {
  const tokens = sqlTokens(columnDefinition(table.sql, column.name) ?? '');
  let depth = 0;
  let found: string | undefined;
  for (const token of tokens) {
    if (depth === 0 && found === undefined && token.toUpperCase() === 'AS') found = '';
    else if (found !== undefined) found += token;
    if (token === '(') depth++;
    if (token === ')' && --depth === 0 && found !== undefined) return found.trim();
  }
  return found?.trim();
}

/** The query of a view: what stands behind AS, without the note of types. */
export function viewDefinition(view: RelationInfo): string {
  const [, body = view.sql] =
    /^\s*create\s+(?:temp\w*\s+)?view\b[\s\S]*?\bas\s+(?:\/\* types: [\d:, ]* \*\/ )?([\s\S]*)$/i.exec(
      view.sql,
    ) ?? [];
  const bare = withBareNames(body.trim().replace(/;$/, ''));
  // The translation names every relation; a name that says nothing new is not shown.
  return ` ${bare.replaceAll(/\b([a-z_][\w$]*) AS \1\b/g, '$1')};`;
}
