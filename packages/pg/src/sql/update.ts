// UPDATE, with FROM and RETURNING, and the SET list, which ON CONFLICT has too.

import type { MultiAssignRef, Node, ResTarget, UpdateStmt } from 'libpg-query';
import type { ColumnInfo } from '../schema-view.ts';
import { coerceTo } from './casts.ts';
import { condition } from './conditions.ts';
import { exprOf, quoteName } from './expr.ts';
import { translateFrom } from './from.ts';
import { createScope, type Scope } from './scope.ts';
import {
  assigned,
  defaultSql,
  returning,
  type TargetTable,
  targetColumn,
  targetTable,
} from './target-table.ts';
import type { QueryColumn, Translation } from './translation.ts';
import { elementOf, typeIds } from './type-catalog.ts';
import { withClause } from './with.ts';

export function translateUpdate(
  t: Translation,
  node: UpdateStmt,
): { readonly sql: string; readonly columns: readonly QueryColumn[] } {
  const scope = createScope(undefined);
  const clause = node.withClause === undefined ? undefined : withClause(t, scope, node.withClause);
  const target = targetTable(t, node.relation);
  scope.items.push(target.item);
  scope.columns.push(...target.item.columns);
  const from = translateFrom(t, scope, node.fromClause ?? []);
  scope.noAggregatesIn = 'UPDATE';
  const sets = setClauses(t, scope, target, node.targetList ?? []);
  const where = whereClause(t, scope, node.whereClause);
  const returned = returning(t, createScope(undefined), target, node.returningClause?.exprs);
  const alias = target.alias === target.relation.name ? '' : ` AS ${quoteName(target.alias)}`;
  const head = clause === undefined ? '' : `${clause()} `;
  return {
    sql: `${head}UPDATE ${quoteName(target.relation.name)}${alias} SET ${sets}${from === '' ? '' : ` FROM ${from}`}${where}${returned.sql}`,
    columns: returned.columns,
  };
}

/** WHERE of a write. WHERE CURRENT OF a cursor is refused. */
export function whereClause(t: Translation, scope: Scope, node: Node | undefined): string {
  if (node === undefined) return '';
  if ('CurrentOfExpr' in node) throw t.unsupported('WHERE CURRENT OF');
  scope.noAggregatesIn = 'WHERE';
  return ` WHERE ${condition(t, scope, node, 'WHERE')}`;
}

/** `a = 1, (b, c) = (2, 3)`. Throws 42703, 42601 for a column that is set twice, 42804. */
export function setClauses(
  t: Translation,
  scope: Scope,
  target: TargetTable,
  nodes: readonly Node[],
): string {
  const targets = nodes.flatMap((node) => ('ResTarget' in node ? [node.ResTarget] : []));
  const seen = new Set<string>();
  const parts: string[] = [];
  for (const [index, one] of targets.entries()) {
    const column = targetColumn(t, target, one.name ?? '', one.location);
    if (seen.has(column.name) && one.indirection === undefined) {
      throw t.error('42601', `multiple assignments to same column "${column.name}"`, one.location);
    }
    seen.add(column.name);
    if (column.isGenerated) {
      throw t.error(
        '428C9',
        `column "${column.name}" can only be updated to DEFAULT`,
        one.location,
        {
          detail: `Column "${column.name}" is a generated column.`,
        },
      );
    }
    const value = one.val;
    if (value !== undefined && 'MultiAssignRef' in value) {
      parts.push(...multiAssign(t, scope, target, targets, index, value.MultiAssignRef));
    } else {
      parts.push(`${quoteName(column.name)} = ${valueSql(t, scope, target, column, one)}`);
    }
  }
  return parts.join(', ');
}

function valueSql(
  t: Translation,
  scope: Scope,
  target: TargetTable,
  column: ColumnInfo,
  node: ResTarget,
): string {
  const value = node.val;
  if (value === undefined || 'SetToDefault' in value) return defaultSql(column);
  const step = node.indirection?.[0];
  if (step === undefined) return assigned(t, column, t.expr(scope, value), node.location).sql;
  return elementSet(t, scope, target, column, step, value);
}

/** `SET a[2] = x`, `SET j['k'] = x`. */
function elementSet(
  t: Translation,
  scope: Scope,
  target: TargetTable,
  column: ColumnInfo,
  step: Node,
  value: Node,
): string {
  const held = target.item.columns.find((one) => one.name === column.name);
  const indexNode =
    'A_Indices' in step && step.A_Indices.is_slice !== true ? step.A_Indices.uidx : undefined;
  if (indexNode === undefined || held === undefined)
    throw t.unsupported('assignment to a part of a column');
  const element = elementOf(column.type.oid);
  if (column.type.oid === typeIds.jsonb) {
    const key = coerceTo(t, t.expr(scope, indexNode), typeIds.text);
    const json = coerceTo(t, t.expr(scope, value), typeIds.jsonb);
    return `pg_jsonb_set(coalesce(${held.sql}, '{}'), json_array(${key.sql}), ${json.sql}, 1)`;
  }
  if (element === undefined) throw t.error('42804', `cannot subscript column "${column.name}"`);
  const at = coerceTo(t, t.expr(scope, indexNode), typeIds.int4);
  const item = assigned(
    t,
    { ...column, type: { oid: element, typmod: -1 } },
    t.expr(scope, value),
    undefined,
  );
  return exprOf(`pg_array_set(${held.sql}, ${at.sql}, ${item.sql})`, column.type.oid).sql;
}

function multiAssign(
  t: Translation,
  scope: Scope,
  target: TargetTable,
  all: readonly ResTarget[],
  index: number,
  ref: MultiAssignRef,
): string[] {
  const source = ref.source;
  const at = (ref.colno ?? 1) - 1;
  const column = targetColumn(t, target, all[index]?.name ?? '', all[index]?.location);
  if (source !== undefined && 'RowExpr' in source) {
    const args = source.RowExpr.args ?? [];
    if (args.length !== (ref.ncolumns ?? args.length)) {
      throw t.error(
        '42601',
        'number of columns does not match number of values',
        source.RowExpr.location,
      );
    }
    const value = args[at];
    const sql =
      value === undefined || 'SetToDefault' in value
        ? defaultSql(column)
        : assigned(t, column, t.expr(scope, value), undefined).sql;
    return [`${quoteName(column.name)} = ${sql}`];
  }
  if (
    source === undefined ||
    !('SubLink' in source) ||
    source.SubLink.subselect === undefined ||
    !('SelectStmt' in source.SubLink.subselect)
  ) {
    throw t.unsupported('this source of a multiple-column assignment');
  }
  if (at > 0) return [];
  const columns = all
    .slice(index, index + (ref.ncolumns ?? 1))
    .map((one) => targetColumn(t, target, one.name ?? '', one.location));
  const query = t.query(scope, source.SubLink.subselect.SelectStmt);
  if (query.columns.length !== columns.length)
    throw t.error('42601', 'number of columns does not match number of values');
  const rows = query.render({
    targets: columns.map((one) => one.type),
    mode: 'assignment',
    names: undefined,
  });
  return [`(${columns.map((one) => quoteName(one.name)).join(', ')}) = (${rows})`];
}
