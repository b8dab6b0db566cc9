// DELETE, with USING and RETURNING, and TRUNCATE, which is a DELETE of all rows here.

import type { DeleteStmt, TruncateStmt } from 'libpg-query';
import { quoteName } from './expr.ts';
import { translateFrom } from './from.ts';
import { createScope } from './scope.ts';
import { returning, targetTable } from './target-table.ts';
import type { QueryColumn, Translation } from './translation.ts';
import { whereClause } from './update.ts';
import { withClause } from './with.ts';

export function translateDelete(
  t: Translation,
  node: DeleteStmt,
): { readonly sql: string; readonly columns: readonly QueryColumn[] } {
  const scope = createScope(undefined);
  const clause = node.withClause === undefined ? undefined : withClause(t, scope, node.withClause);
  const target = targetTable(t, node.relation);
  scope.items.push(target.item);
  scope.columns.push(...target.item.columns);
  const using = translateFrom(t, scope, node.usingClause ?? []);
  const where = whereClause(t, scope, node.whereClause);
  const returned = returning(t, createScope(undefined), target, node.returningClause?.exprs);
  const alias = target.alias === target.relation.name ? '' : ` AS ${quoteName(target.alias)}`;
  const head = clause === undefined ? '' : `${clause()} `;
  const rows = using === '' ? where : ` WHERE EXISTS (SELECT 1 FROM ${using}${where})`;
  return {
    sql: `${head}DELETE FROM ${quoteName(target.relation.name)}${alias}${rows}${returned.sql}`,
    columns: returned.columns,
  };
}

export function translateTruncate(
  t: Translation,
  node: TruncateStmt,
): {
  readonly sql: string;
  readonly columns: readonly QueryColumn[];
  readonly before: readonly string[];
} {
  const texts = (node.relations ?? []).map((relation) => {
    if (!('RangeVar' in relation)) throw t.unsupported('this TRUNCATE');
    return `DELETE FROM ${quoteName(targetTable(t, relation.RangeVar).relation.name)}`;
  });
  return { sql: texts.at(-1) ?? '', columns: [], before: texts.slice(0, -1) };
}
