// Queries: SELECT, VALUES, set operations and WITH. Text is made when the types of the columns are known, for
// literals and parameters take theirs from what the query is used for.

import type { Node, SelectStmt, WindowDef } from 'libpg-query';
import { settled } from './casts.ts';
import { hasKey, keySql } from './compare.ts';
import { condition } from './conditions.ts';
import { translateFrom } from './from.ts';
import { distinctOn, groupingSets } from './ranked-select.ts';
import type { Scope } from './scope.ts';
import { createScope } from './scope.ts';
import {
  columnSql,
  fromSql,
  groupKey,
  groupSql,
  levelParts,
  limitSql,
  type SelectParts,
  whereSql,
} from './select-level.ts';
import { setOperation } from './set-operations.ts';
import type { RenderOptions, TranslatedQuery, Translation } from './translation.ts';
import { valuesQuery } from './values.ts';
import { withClause } from './with.ts';

/** Translates any query. */
export function translateQuery(
  t: Translation,
  parent: Scope | undefined,
  node: SelectStmt,
): TranslatedQuery {
  for (const lock of node.lockingClause ?? []) {
    if ('LockingClause' in lock)
      t.notices.add(
        'FOR UPDATE and FOR SHARE lock nothing here: writes are checked when their transaction commits',
      );
  }
  if (node.intoClause !== undefined) throw t.unsupported('SELECT INTO');
  if (node.withClause === undefined) return bodyQuery(t, parent, node);
  const scope = createScope(parent);
  const clause = withClause(t, scope, node.withClause);
  const body = bodyQuery(t, scope, node);
  return {
    columns: body.columns,
    isPlain: false,
    render: (options) => `${clause()} ${body.render(options)}`,
  };
}

function bodyQuery(t: Translation, parent: Scope | undefined, node: SelectStmt): TranslatedQuery {
  if (node.op !== undefined && node.op !== 'SETOP_NONE') return setOperation(t, parent, node);
  if (node.valuesLists !== undefined) return valuesQuery(t, parent, node);
  return plainSelect(t, parent, node);
}

function plainSelect(t: Translation, parent: Scope | undefined, node: SelectStmt): TranslatedQuery {
  const scope = createScope(parent);
  const from = translateFrom(t, scope, node.fromClause ?? []);
  scope.windows = windowsOf(node.windowClause ?? []);
  const where = clauseWithoutAggregates(t, scope, node.whereClause, 'WHERE');
  if (hasGroupingSets(node)) return groupingSets(t, scope, node, from, where);
  const parts = levelParts(t, scope, node, from, where);
  const limit = limitSql(t, parent, node);
  const distinct = node.distinctClause;
  if (distinct?.some((one) => Object.keys(one).length > 0)) {
    return distinctOn(t, parts, distinct, limit);
  }
  return {
    columns: parts.columns,
    isPlain: parts.order.length === 0 && limit === '',
    render: (options) => renderSelect(t, parts, distinct !== undefined, limit, options),
  };
}

function hasGroupingSets(node: SelectStmt): boolean {
  return (node.groupClause ?? []).some((one) => 'GroupingSet' in one);
}

function windowsOf(nodes: readonly Node[]): ReadonlyMap<string, WindowDef> {
  const windows = new Map<string, WindowDef>();
  for (const node of nodes)
    if ('WindowDef' in node) windows.set(node.WindowDef.name ?? '', node.WindowDef);
  return windows;
}

function clauseWithoutAggregates(
  t: Translation,
  scope: Scope,
  node: Node | undefined,
  clause: string,
): string | undefined {
  if (node === undefined) return undefined;
  scope.noAggregatesIn = clause;
  const sql = condition(t, scope, node, clause);
  scope.noAggregatesIn = undefined;
  return sql;
}

function renderSelect(
  t: Translation,
  parts: SelectParts,
  isDistinct: boolean,
  limit: string,
  options: RenderOptions,
): string {
  const list = parts.columns.map((column, index) => columnSql(t, column, index, options));
  const select = isDistinct
    ? distinctSelect(t, parts, list)
    : { head: `SELECT ${list.join(', ') || 'NULL'}`, group: groupSql(parts) };
  const order = parts.order.map((item) => item.sql).join(', ');
  return [
    select.head,
    fromSql(parts),
    whereSql(parts.where),
    select.group,
    parts.having === undefined ? '' : `HAVING ${parts.having}`,
    order === '' ? '' : `ORDER BY ${order}`,
    limit,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** DISTINCT of values that may be stored in several ways goes by their keys. */
function distinctSelect(
  t: Translation,
  parts: SelectParts,
  list: readonly string[],
): { head: string; group: string } {
  const head = `SELECT ${list.join(', ')}`;
  const needsKeys = parts.columns.some((column) => hasKey(column.value.type));
  if (!needsKeys || parts.grouping !== undefined || parts.scope.hasWindows) {
    return { head: `SELECT DISTINCT ${list.join(', ')}`, group: groupSql(parts) };
  }
  const keys = parts.columns.map((column) => {
    const value = settled(t, column.value);
    return groupKey(keySql(value.sql, value.type));
  });
  return { head, group: `GROUP BY ${keys.join(', ')}` };
}
