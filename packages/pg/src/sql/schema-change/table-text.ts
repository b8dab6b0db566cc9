// Changes in the text of a CREATE TABLE: the schema planner takes whole tables, with all their indexes.

import { columnDefinition, sqlTokens, tableItems } from '@patina/engine/schema/column-text.ts';
import type { RelationInfo } from '../../schema-view.ts';
import { quoteName } from './names.ts';

/** A table's text in pieces that can be changed. */
export interface TableText {
  readonly name: string;
  readonly columns: readonly string[];
  /** Constraints of the table. */
  readonly constraints: readonly string[];
  /** What follows the parentheses: WITHOUT ROWID, STRICT. */
  readonly suffix: string;
}

export function tableText(table: RelationInfo): TableText {
  const definitions = new Set(
    table.columns.flatMap(({ name }) => columnDefinition(table.sql, name) ?? []),
  );
  const items = tableItems(table.sql);
  return {
    name: table.name,
    columns: items.filter((item) => definitions.has(item)),
    constraints: items.filter((item) => !definitions.has(item)),
    suffix: suffixOf(table.sql),
  };
}

export function createTableSql(table: TableText): string {
  const body = [...table.columns, ...table.constraints].join(',\n  ');
  const suffix = table.suffix === '' ? '' : ` ${table.suffix}`;
  return `CREATE TABLE ${quoteName(table.name)} (\n  ${body}\n)${suffix}`;
}

/** The CREATE INDEX statements of a table but for those that `leaveOut` picks. */
export function indexTexts(
  table: RelationInfo,
  leaveOut: (index: RelationInfo['indexes'][number]) => boolean = () => false,
): string[] {
  return table.indexes.flatMap((index) => {
    return index.sql === undefined || leaveOut(index) ? [] : [index.sql];
  });
}

/** Statements as one text; a comment at the end of one must not hide the next. */
export function joinStatements(statements: readonly string[]): string {
  return statements.map((sql) => `${sql.replace(/;\s*$/, '')}\n;\n`).join('');
}

function suffixOf(sql: string): string {
  let depth = 0;
  const tokens = sqlTokens(sql);
  for (const [index, token] of tokens.entries()) {
    if (token === '(') depth++;
    if (token !== ')' || --depth > 0) continue;
    return tokens
      .slice(index + 1)
      .filter((rest) => !rest.startsWith('--') && !rest.startsWith('/*'))
      .join('')
      .trim();
  }
  return '';
}
