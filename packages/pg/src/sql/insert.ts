// INSERT, with ON CONFLICT and RETURNING.

import type { InsertStmt, Node, OnConflictClause, SelectStmt } from 'libpg-query';
import type { ColumnInfo } from '../schema-view.ts';
import type { PgType } from '../types/oids.ts';
import { condition } from './conditions.ts';
import { quoteName } from './expr.ts';
import { createScope, listItems, type RangeItem, type Scope, sameName } from './scope.ts';
import {
  assigned,
  defaultSql,
  returning,
  type TargetTable,
  targetColumn,
  targetTable,
} from './target-table.ts';
import type { QueryColumn, Translation } from './translation.ts';
import { setClauses } from './update.ts';
import { withClause } from './with.ts';

/** A write as SQL, with the columns of its RETURNING. */
export interface TranslatedWrite {
  readonly sql: string;
  readonly columns: readonly QueryColumn[];
}

export function translateInsert(t: Translation, node: InsertStmt): TranslatedWrite {
  const scope = createScope(undefined);
  const clause = node.withClause === undefined ? undefined : withClause(t, scope, node.withClause);
  const target = targetTable(t, node.relation);
  const columns = insertColumns(t, target, node.cols);
  const source = node.selectStmt;
  const body =
    source === undefined || !('SelectStmt' in source)
      ? ' DEFAULT VALUES'
      : sourceSql(t, scope, columns, source.SelectStmt, node);
  const conflict =
    node.onConflictClause === undefined ? '' : conflictSql(t, target, node.onConflictClause);
  const returned = returning(t, createScope(undefined), target, node.returningClause?.exprs);
  const alias = target.alias === target.relation.name ? '' : ` AS ${quoteName(target.alias)}`;
  const head = clause === undefined ? '' : `${clause()} `;
  return {
    sql: `${head}INSERT INTO ${quoteName(target.relation.name)}${alias}${body}${conflict}${returned.sql}`,
    columns: returned.columns,
  };
}

/** The columns that are named, or all. Throws 42703, 42701, 428C9. */
function insertColumns(
  t: Translation,
  target: TargetTable,
  nodes: readonly Node[] | undefined,
): readonly ColumnInfo[] {
  if (nodes === undefined || nodes.length === 0)
    return target.relation.columns.filter((column) => !column.isGenerated);
  const columns: ColumnInfo[] = [];
  for (const node of nodes) {
    if (!('ResTarget' in node)) continue;
    if (node.ResTarget.indirection !== undefined)
      throw t.unsupported('a subscript in INSERT', node.ResTarget.location);
    const column = targetColumn(t, target, node.ResTarget.name ?? '', node.ResTarget.location);
    if (columns.includes(column)) {
      throw t.error(
        '42701',
        `column "${column.name}" specified more than once`,
        node.ResTarget.location,
      );
    }
    columns.push(column);
  }
  return columns;
}

function sourceSql(
  t: Translation,
  scope: Scope,
  columns: readonly ColumnInfo[],
  select: SelectStmt,
  node: InsertStmt,
): string {
  if (
    select.valuesLists !== undefined &&
    select.sortClause === undefined &&
    select.limitCount === undefined
  ) {
    return valuesSql(t, scope, columns, select, node);
  }
  const query = t.query(scope, select);
  checkWidth(t, columns, query.columns.length, node.cols !== undefined, undefined);
  const used = columns.slice(0, query.columns.length);
  const targets = used.map((column): PgType => column.type);
  query.columns.forEach((column, index) => {
    const one = used[index];
    if (one !== undefined) assigned(t, one, column.value, undefined);
  });
  const rows = query.render({ targets, mode: 'assignment', names: undefined });
  // The WHERE keeps SQLite from reading ON CONFLICT as a join's condition.
  return ` (${used.map((column) => quoteName(column.name)).join(', ')}) SELECT * FROM (${rows}) WHERE 1`;
}

function checkWidth(
  t: Translation,
  columns: readonly ColumnInfo[],
  width: number,
  isNamed: boolean,
  location: number | undefined,
): void {
  if (width > columns.length)
    throw t.error('42601', 'INSERT has more expressions than target columns', location);
  if (width < columns.length && isNamed)
    throw t.error('42601', 'INSERT has more target columns than expressions', location);
}

function valuesSql(
  t: Translation,
  scope: Scope,
  columns: readonly ColumnInfo[],
  select: SelectStmt,
  node: InsertStmt,
): string {
  const rows = (select.valuesLists ?? []).map(listItems);
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width))
    throw t.error('42601', 'VALUES lists must all be the same length');
  checkWidth(t, columns, width, node.cols !== undefined, undefined);
  const isDefault = (row: readonly Node[], index: number): boolean => {
    const cell = row[index];
    return cell !== undefined && 'SetToDefault' in cell;
  };
  // A column that is DEFAULT in every row is left out, so that SQLite gives its default.
  const used = columns
    .slice(0, width)
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => !rows.every((row) => isDefault(row, index)));
  if (used.length === 0) return ' DEFAULT VALUES';
  for (const { column } of used) {
    if (column.isGenerated) {
      throw t.error(
        '428C9',
        `cannot insert a non-DEFAULT value into column "${column.name}"`,
        undefined,
        {
          detail: `Column "${column.name}" is a generated column.`,
        },
      );
    }
  }
  const inner = createScope(scope);
  inner.noAggregatesIn = 'VALUES';
  const text = rows.map((row) => {
    const cells = used.map(({ column, index }) => {
      const cell = row[index];
      if (cell === undefined || 'SetToDefault' in cell) return defaultSql(column);
      return assigned(t, column, t.expr(inner, cell), locationOf(cell)).sql;
    });
    return `(${cells.join(', ')})`;
  });
  return ` (${used.map(({ column }) => quoteName(column.name)).join(', ')}) VALUES ${text.join(', ')}`;
}

/** Where an expression stands, when its node says so. */
export function locationOf(node: Node): number | undefined {
  const [body] = Object.values(node);
  return typeof body === 'object' &&
    body !== null &&
    'location' in body &&
    typeof body.location === 'number'
    ? body.location
    : undefined;
}

function conflictSql(t: Translation, target: TargetTable, node: OnConflictClause): string {
  const scope = createScope(undefined);
  scope.items = [target.item];
  scope.columns = [...target.item.columns];
  const where = conflictTarget(t, scope, target, node);
  if (node.action !== 'ONCONFLICT_UPDATE') return ` ON CONFLICT${where} DO NOTHING`;
  if (where === '') {
    throw t.error(
      '42601',
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      node.location,
      {
        hint: 'For example, ON CONFLICT (column_name).',
      },
    );
  }
  const excluded: RangeItem = {
    name: 'excluded',
    columns: target.item.columns.map((column, index) => ({
      ...column,
      sql: `excluded.${quoteName(target.relation.columns[index]?.name ?? column.name)}`,
    })),
    relation: undefined,
    isScalar: false,
  };
  scope.items = [target.item, excluded];
  scope.noAggregatesIn = 'ON CONFLICT DO UPDATE';
  const sets = setClauses(t, scope, target, node.targetList ?? []);
  const filter =
    node.whereClause === undefined
      ? ''
      : ` WHERE ${condition(t, scope, node.whereClause, 'WHERE')}`;
  return ` ON CONFLICT${where} DO UPDATE SET ${sets}${filter}`;
}

function conflictTarget(
  t: Translation,
  scope: Scope,
  target: TargetTable,
  node: OnConflictClause,
): string {
  const infer = node.infer;
  if (infer === undefined) return '';
  if (infer.conname !== undefined)
    return ` (${constraintColumns(t, target, infer.conname, node.location).map(quoteName).join(', ')})`;
  const names = (infer.indexElems ?? []).map((elem) => {
    if (!('IndexElem' in elem) || elem.IndexElem.name === undefined)
      throw t.unsupported('ON CONFLICT on an expression', node.location);
    return targetColumn(t, target, elem.IndexElem.name, infer.location).name;
  });
  const isUnique = target.relation.indexes.some(
    (index) =>
      index.isUnique &&
      index.columns.length === names.length &&
      index.columns.every(
        (column) => column !== undefined && names.some((name) => sameName(name, column)),
      ),
  );
  const key = target.relation.columns
    .filter((column) => column.keyPosition > 0)
    .map((column) => column.name);
  const isKey =
    key.length === names.length &&
    key.every((column) => names.some((name) => sameName(name, column)));
  if (!isUnique && !isKey) {
    throw t.error(
      '42P10',
      'there is no unique or exclusion constraint matching the ON CONFLICT specification',
      undefined,
    );
  }
  const filter =
    infer.whereClause === undefined
      ? ''
      : ` WHERE ${condition(t, scope, infer.whereClause, 'WHERE')}`;
  return ` (${names.map(quoteName).join(', ')})${filter}`;
}

/** `<table>_pkey` and the names of unique indexes. Throws 42704. */
function constraintColumns(
  t: Translation,
  target: TargetTable,
  name: string,
  location: number | undefined,
): string[] {
  const { relation } = target;
  const index = relation.indexes.find((one) => one.isUnique && sameName(one.name, name));
  const columns = index?.columns.flatMap((column) => (column === undefined ? [] : [column]));
  if (columns !== undefined && columns.length > 0) return columns;
  if (sameName(name, `${relation.name}_pkey`)) {
    return relation.columns
      .filter((column) => column.keyPosition > 0)
      .sort((one, other) => one.keyPosition - other.keyPosition)
      .map((column) => column.name);
  }
  throw t.error(
    '42704',
    `constraint "${name}" for table "${relation.name}" does not exist`,
    location,
  );
}
