// The tables of a FROM clause, as far as rows of the result can be traced back to their keys.

import type {
  Expr,
  FromClause,
  JoinedSelectTable,
  JoinOperator,
  SelectTable,
} from 'sqlite3-parser';
import type { Catalog, CatalogTable } from './plan.ts';
import { endOf } from './syntax.ts';

export interface Source {
  readonly index: number;
  readonly alias: string;
  readonly table: CatalogTable;
  /** How it is joined to those before it. */
  readonly join: JoinKind;
  /** The words of the join, in the text; undefined for the first source. */
  readonly operator: JoinOperator | undefined;
  /** Condition of its join. */
  readonly on: Expr | undefined;
  /** Columns that USING or NATURAL sets equal, with the source before it that has the column. */
  readonly using: readonly UsingColumn[];
  /** Where the source and its condition end in the text. */
  readonly end: number;
}

export interface UsingColumn {
  readonly name: string;
  readonly left: number;
}

export type JoinKind = 'inner' | 'left' | 'other';

const leftFlag = 8;
const rightFlag = 16;
const naturalFlag = 4;

export function joinKindOf(operator: JoinOperator): JoinKind {
  if (operator.type === 'CommaJoinOperator') return 'inner';
  const flags = operator.joinType ?? 0;
  if ((flags & rightFlag) !== 0) return 'other';
  return (flags & leftFlag) !== 0 ? 'left' : 'inner';
}

/** The sources, or a sentence that says why rows cannot be traced through this FROM. */
export function sourcesOf(from: FromClause, catalog: Catalog): readonly Source[] | string {
  const sources: Source[] = [];
  const joins: (JoinedSelectTable | undefined)[] = [undefined, ...(from.joins ?? [])];
  const aliases = new Set<string>();
  for (const join of joins) {
    const item = join === undefined ? from.select : join.table;
    const kind = join === undefined ? 'inner' : joinKindOf(join.operator);
    if (item === undefined) return 'FROM is empty.';
    if (kind === 'other') return 'It has a RIGHT or FULL join.';
    const named = namedTable(item, catalog);
    if (typeof named === 'string') return named;
    const alias = named.alias.toLowerCase();
    if (aliases.has(alias)) return `Two tables of FROM are called ${named.alias}.`;
    aliases.add(alias);
    const constraint = join?.constraint;
    sources.push({
      index: sources.length,
      alias: named.alias,
      table: named.table,
      join: kind,
      operator: join?.operator,
      on: constraint?.type === 'OnJoinConstraint' ? constraint.expr : undefined,
      using: join === undefined ? [] : usingColumns(join, named.table, sources),
      end: constraint === undefined ? endOf(item.span) : endOf(constraint.span),
    });
  }
  return sources;
}

function namedTable(
  item: SelectTable,
  catalog: Catalog,
): { alias: string; table: CatalogTable } | string {
  if (item.type === 'TableCallSelectTable') {
    return `It reads the table-valued function ${item.tblName.objName.text}.`;
  }
  if (item.type !== 'TableSelectTable') return 'It has a sub-query in FROM.';
  const { dbName, objName } = item.tblName;
  const name = objName.text;
  const table = catalog.tables.get(name.toLowerCase());
  const isMain = dbName === undefined || dbName.text.toLowerCase() === 'main';
  if (table === undefined || !isMain) return `${name} is not a replicated table.`;
  if (table.kind === 'view' || table.kind === 'node-view') return `${name} is a view.`;
  if (table.kind !== 'replicated') return `${name} is not a replicated table.`;
  if (item.indexed !== undefined) return 'It names the index to use.';
  return { alias: item.alias?.name.text ?? name, table };
}

function usingColumns(
  join: JoinedSelectTable,
  table: CatalogTable,
  before: readonly Source[],
): UsingColumn[] {
  return joinColumnNames(join, table).flatMap((name) => {
    const left = before.find((source) => hasColumn(source.table, name));
    return left === undefined ? [] : [{ name, left: left.index }];
  });
}

function joinColumnNames(join: JoinedSelectTable, table: CatalogTable): readonly string[] {
  if (join.constraint?.type === 'UsingJoinConstraint') {
    return join.constraint.columns.map(({ text }) => text);
  }
  const { operator } = join;
  const isNatural =
    operator.type === 'TypedJoinJoinOperator' && ((operator.joinType ?? 0) & naturalFlag) !== 0;
  return isNatural ? table.columns.map(({ name }) => name) : [];
}

export function hasColumn(table: CatalogTable, name: string): boolean {
  return columnOf(table, name) !== undefined;
}

export function columnOf(table: CatalogTable, name: string) {
  const lower = name.toLowerCase();
  return table.columns.find((column) => column.name.toLowerCase() === lower);
}
