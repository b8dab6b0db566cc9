// LATERAL subqueries, which SQLite lacks: the subquery's rows become one JSON array, as a correlated scalar
// subquery, which json_each, whose arguments may be lateral, takes apart again.

import type { Alias, SelectStmt } from 'libpg-query';
import { exprOf, quoteName, quoteText } from './expr.ts';
import { queryItem } from './from-items.ts';
import type { ItemColumn, RangeItem, Scope } from './scope.ts';
import type { Translation } from './translation.ts';
import { elementOf, typeIds } from './type-catalog.ts';

export function lateralRows(
  t: Translation,
  scope: Scope,
  select: SelectStmt,
  alias: string,
  names: Alias | undefined,
): { readonly sql: string; readonly item: RangeItem } {
  const query = t.query(scope, select);
  const { item, sqlNames } = queryItem(t, query, alias, names);
  const rows = query.render({ targets: undefined, mode: 'implicit', names: sqlNames });
  const cells = item.columns.map((column, index) =>
    packed(quoteName(sqlNames[index] ?? ''), column.type),
  );
  const sql = `json_each((SELECT json_group_array(json_array(${cells.join(', ')})) FROM (${rows}))) AS ${quoteName(alias)}`;
  const columns = item.columns.map(
    (column, index): ItemColumn => ({
      ...column,
      sql: unpacked(`(${quoteName(alias)}."value" ->> ${quoteText(`$[${index}]`)})`, column.type),
      isNotNull: false,
    }),
  );
  return { sql, item: { ...item, columns } };
}

/** JSON has no bytes, and would take JSON text for a nested value. */
function packed(sql: string, type: number): string {
  if (type === typeIds.bytea) return `hex(${sql})`;
  if (type === typeIds.json || type === typeIds.jsonb || elementOf(type) !== undefined)
    return `(${sql} || '')`;
  return sql;
}

function unpacked(sql: string, type: number): string {
  return exprOf(type === typeIds.bytea ? `unhex(${sql})` : sql, type).sql;
}
