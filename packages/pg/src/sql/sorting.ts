// ORDER BY: PostgreSQL sorts NULLs last (first with DESC), SQLite the other way round.

import type { Node, SortBy } from 'libpg-query';
import { settled } from './casts.ts';
import { keySql } from './compare.ts';
import type { Expr } from './expr.ts';
import { nullExpr } from './expr.ts';
import type { Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import type { Translation } from './translation.ts';

/** One item, from its value on. */
export function sortItem(
  t: Translation,
  sort: SortBy,
  value: Expr,
  sql?: string | undefined,
): string {
  const typed = settled(t, value);
  const descends = isDescending(sort);
  const direction = descends ? ' DESC' : '';
  return `${sql ?? keySql(typed.sql, typed.type)}${direction}${nullsWord(sort, descends, value.isNotNull)}`;
}

function isDescending(sort: SortBy): boolean {
  if (sort.sortby_dir === 'SORTBY_USING')
    return nameParts(sort.useOp).at(-1)?.startsWith('>') === true;
  return sort.sortby_dir === 'SORTBY_DESC';
}

function nullsWord(sort: SortBy, descends: boolean, isNotNull: boolean): string {
  if (isNotNull) return '';
  const isFirst =
    sort.sortby_nulls === 'SORTBY_NULLS_FIRST' ||
    (sort.sortby_nulls !== 'SORTBY_NULLS_LAST' && descends);
  if (isFirst) return descends ? ' NULLS FIRST' : '';
  return descends ? '' : ' NULLS LAST';
}

/** ORDER BY of aggregates and windows: expressions only, no numbers or names of output columns. */
export function sortItems(t: Translation, scope: Scope, nodes: readonly Node[]): string {
  return nodes
    .flatMap((node) => ('SortBy' in node ? [node.SortBy] : []))
    .map((sort) => sortItem(t, sort, sort.node === undefined ? nullExpr : t.expr(scope, sort.node)))
    .join(', ');
}
