// The table that a write changes: found, open to writing, and its columns as values are put into them.

import type { Node, RangeVar } from 'libpg-query';
import type { ColumnInfo, RelationInfo } from '../schema-view.ts';
import { coerce } from './casts.ts';
import type { Expr } from './expr.ts';
import { quoteName } from './expr.ts';
import { findRelation, itemOf } from './from-items.ts';
import type { RangeItem, Scope } from './scope.ts';
import { sameName } from './scope.ts';
import { selectList } from './select-list.ts';
import type { QueryColumn, Translation } from './translation.ts';
import { spokenType, typeIds } from './type-catalog.ts';

export interface TargetTable {
  readonly relation: RelationInfo;
  readonly alias: string;
  readonly item: RangeItem;
}

/** Throws 42P01, and 42809 or 42501 for what cannot be written. */
export function targetTable(t: Translation, node: RangeVar | undefined): TargetTable {
  const relation = findRelation(t, node ?? {});
  if (relation.schema !== 'public') {
    throw t.error(
      '42501',
      `permission denied: "${relation.name}" is a system catalog`,
      node?.location,
    );
  }
  if (relation.kind === 'view') {
    throw t.error('55000', `cannot change view "${relation.name}"`, node?.location, {
      detail: 'Views are not updatable here.',
    });
  }
  const alias = node?.alias?.aliasname ?? relation.name;
  return { relation, alias, item: itemOf(t, relation, alias, undefined) };
}

/** Finds a column to write to. Throws 42703. */
export function targetColumn(
  t: Translation,
  target: TargetTable,
  name: string,
  location: number | undefined,
): ColumnInfo {
  const column = target.relation.columns.find((one) => sameName(one.name, name));
  if (column === undefined) {
    throw t.error(
      '42703',
      `column "${name}" of relation "${target.relation.name}" does not exist`,
      location,
    );
  }
  return column;
}

/** A value as a column holds it. Throws 42804 where the type does not fit. */
export function assigned(
  t: Translation,
  column: ColumnInfo,
  value: Expr,
  location: number | undefined,
): Expr {
  try {
    return coerce(t, value, column.type, 'assignment', location);
  } catch (error) {
    if (error instanceof Error && 'sqlState' in error && error.sqlState === '42804') {
      throw t.error(
        '42804',
        `column "${column.name}" is of type ${spokenType(column.type.oid)} but expression is of type ${spokenType(value.type)}`,
        location,
        { hint: 'You will need to rewrite or cast the expression.' },
      );
    }
    throw error;
  }
}

/** What DEFAULT stands for. */
export function defaultSql(column: ColumnInfo): string {
  return column.defaultSql === undefined ? 'NULL' : `(${column.defaultSql})`;
}

/** RETURNING: SQLite knows the columns of the table there by their bare names. */
export function returning(
  t: Translation,
  scope: Scope,
  target: TargetTable,
  nodes: readonly Node[] | undefined,
): { readonly sql: string; readonly columns: readonly QueryColumn[] } {
  if (nodes === undefined || nodes.length === 0) return { sql: '', columns: [] };
  const columns = target.item.columns.map((column, index) => ({
    ...column,
    sql: quoteName(target.relation.columns[index]?.name ?? column.name),
  }));
  const item: RangeItem = { ...target.item, columns };
  scope.items = [item];
  scope.columns = [...columns];
  scope.noAggregatesIn = 'RETURNING';
  const list = selectList(t, scope, nodes);
  const settledList = list.map((column) => ({
    name: column.name,
    value:
      column.value.type === typeIds.unknown
        ? coerce(t, column.value, { oid: typeIds.text, typmod: -1 }, 'implicit')
        : column.value,
  }));
  return {
    sql: ` RETURNING ${settledList.map((column) => column.value.sql).join(', ')}`,
    columns: settledList,
  };
}
