// ORDER BY of a query: numbers and names of output columns, or expressions over the input.

import type { Node, SortBy } from 'libpg-query';
import { settled } from './casts.ts';
import { hasKey, keySql } from './compare.ts';
import type { Expr } from './expr.ts';
import { nullExpr } from './expr.ts';
import type { Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import { sortItem } from './sorting.ts';
import type { QueryColumn, Translation } from './translation.ts';

export interface OrderItem {
  /** The item whole: `"t"."a" DESC`. */
  readonly sql: string;
  readonly sort: SortBy;
  readonly value: Expr;
  /** Place in the select list from 0, when it is one of its columns. */
  readonly outputIndex: number | undefined;
}

export function orderItems(
  t: Translation,
  scope: Scope,
  nodes: readonly Node[],
  columns: readonly QueryColumn[],
): OrderItem[] {
  return nodes.flatMap((node) =>
    'SortBy' in node ? [orderItem(t, scope, node.SortBy, columns)] : [],
  );
}

function orderItem(
  t: Translation,
  scope: Scope,
  sort: SortBy,
  columns: readonly QueryColumn[],
): OrderItem {
  const node = sort.node;
  const output = node === undefined ? undefined : outputColumn(t, node, columns, 'ORDER BY');
  if (output !== undefined) {
    const value = settled(t, columns[output]?.value ?? nullExpr);
    const sql = hasKey(value.type) ? keySql(value.sql, value.type) : String(output + 1);
    return { sql: sortItem(t, sort, value, sql), sort, value, outputIndex: output };
  }
  const value = settled(t, node === undefined ? nullExpr : t.expr(scope, node));
  const same = columns.findIndex((column) => column.value.sql === value.sql);
  if (same >= 0 && !hasKey(value.type)) {
    return { sql: sortItem(t, sort, value, String(same + 1)), sort, value, outputIndex: same };
  }
  return { sql: sortItem(t, sort, value), sort, value, outputIndex: same < 0 ? undefined : same };
}

/** The output column that a number or a bare name means. Throws 42P10 and 42702. */
export function outputColumn(
  t: Translation,
  node: Node,
  columns: readonly QueryColumn[],
  clause: string,
): number | undefined {
  if ('A_Const' in node) {
    if (node.A_Const.ival === undefined) {
      if (node.A_Const.isnull === true || node.A_Const.sval !== undefined) {
        throw t.error('42601', `non-integer constant in ${clause}`, node.A_Const.location);
      }
      return undefined;
    }
    const place = node.A_Const.ival.ival ?? 0;
    if (place < 1 || place > columns.length) {
      throw t.error(
        '42P10',
        `${clause} position ${place} is not in select list`,
        node.A_Const.location,
      );
    }
    return place - 1;
  }
  if (!('ColumnRef' in node)) return undefined;
  const parts = nameParts(node.ColumnRef.fields);
  const [name] = parts;
  if (parts.length !== 1 || name === undefined || node.ColumnRef.fields?.length !== 1)
    return undefined;
  const found = columns.flatMap((column, index) => (column.name === name ? [index] : []));
  const [first] = found;
  if (first === undefined) return undefined;
  if (found.some((index) => columns[index]?.value.sql !== columns[first]?.value.sql)) {
    throw t.error('42702', `${clause} "${name}" is ambiguous`, node.ColumnRef.location);
  }
  return first;
}
