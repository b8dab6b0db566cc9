// GROUP BY: its keys, and the columns that a table's key determines.

import type { Node } from 'libpg-query';
import { settled } from './casts.ts';
import { keySql } from './compare.ts';
import type { Expr } from './expr.ts';
import { nullExpr } from './expr.ts';
import { outputColumn } from './order-by.ts';
import type { Scope } from './scope.ts';
import { nameParts, sameName } from './scope.ts';
import type { QueryColumn, Translation } from './translation.ts';

export interface Grouping {
  /** SQL of the expressions, as they stand in the query. */
  readonly keys: ReadonlySet<string>;
  /** Columns that may stand ungrouped, for the key of their table is grouped. */
  readonly determined: ReadonlySet<string>;
  /** What GROUP BY says. */
  readonly sql: string;
}

export function groupBy(
  t: Translation,
  scope: Scope,
  nodes: readonly Node[],
  columns: readonly QueryColumn[],
): Grouping {
  const values = nodes.flatMap((node) => groupValues(t, scope, node, columns));
  return groupingOf(scope, values);
}

export function groupingOf(scope: Scope, values: readonly Expr[]): Grouping {
  const keys = new Set(values.map((value) => value.sql));
  const sql = values.map((value) => plainKey(keySql(value.sql, value.type))).join(', ');
  return { keys, determined: determinedBy(scope, keys), sql };
}

/** A bare number would mean a column by its place. */
function plainKey(sql: string): string {
  return /^(-?\d+|NULL)$/.test(sql) ? `(${sql} + 0)` : sql;
}

/** The expressions of one item: `(a, b)` are two. */
export function groupValues(
  t: Translation,
  scope: Scope,
  node: Node,
  columns: readonly QueryColumn[],
): Expr[] {
  if ('RowExpr' in node)
    return (node.RowExpr.args ?? []).flatMap((arg) => groupValues(t, scope, arg, columns));
  const isInput = 'ColumnRef' in node && isInputName(scope, nameParts(node.ColumnRef.fields));
  const output = isInput ? undefined : outputColumn(t, node, columns, 'GROUP BY');
  scope.noAggregatesIn = 'GROUP BY';
  const value = settled(
    t,
    output === undefined ? t.expr(scope, node) : (columns[output]?.value ?? nullExpr),
  );
  scope.noAggregatesIn = undefined;
  if (value.fields !== undefined) return value.fields.map((field) => field.value);
  return [value];
}

/** In GROUP BY an input column comes before an output column of the same name. */
function isInputName(scope: Scope, parts: readonly string[]): boolean {
  const [name] = parts;
  return (
    parts.length !== 1 ||
    (name !== undefined && scope.columns.some((column) => sameName(column.name, name)))
  );
}

function determinedBy(scope: Scope, keys: ReadonlySet<string>): Set<string> {
  const determined = new Set<string>();
  for (const item of scope.items) {
    const key =
      item.relation?.columns.flatMap((column, index) => (column.keyPosition > 0 ? [index] : [])) ??
      [];
    const isGrouped =
      key.length > 0 && key.every((index) => keys.has(item.columns[index]?.sql ?? ''));
    if (isGrouped) for (const column of item.columns) determined.add(column.sql);
  }
  return determined;
}
