// One level of a query, between its names and its text: what the clauses have become, checked against GROUP BY.

import type { Node, SelectStmt } from 'libpg-query';
import { coerce, coerceTo, settled } from './casts.ts';
import { condition } from './conditions.ts';
import { quoteName } from './expr.ts';
import { type Grouping, groupBy } from './grouping.ts';
import { type OrderItem, orderItems } from './order-by.ts';
import type { Scope } from './scope.ts';
import { createScope } from './scope.ts';
import { selectList } from './select-list.ts';
import type { QueryColumn, RenderOptions, Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** What a SELECT has become, before its text is made. */
export interface SelectParts {
  readonly scope: Scope;
  readonly columns: readonly QueryColumn[];
  readonly from: string;
  readonly where: string | undefined;
  readonly grouping: Grouping | undefined;
  readonly having: string | undefined;
  readonly order: readonly OrderItem[];
}

/** Everything of the level that may use aggregates, checked against GROUP BY. */
export function levelParts(
  t: Translation,
  scope: Scope,
  node: SelectStmt,
  from: string,
  where: string | undefined,
): SelectParts {
  const translate = (): Omit<SelectParts, 'grouping'> => {
    scope.ungrouped.length = 0;
    const columns = selectList(t, scope, node.targetList ?? []);
    const { havingClause } = node;
    const having =
      havingClause === undefined ? undefined : condition(t, scope, havingClause, 'HAVING');
    const order = orderItems(t, scope, node.sortClause ?? [], columns);
    return { scope, columns, from, where, having, order };
  };
  const first = translate();
  const isGrouped =
    node.groupClause !== undefined || node.havingClause !== undefined || scope.hasAggregates;
  if (!isGrouped) return { ...first, grouping: undefined };
  const grouping = groupBy(t, scope, node.groupClause ?? [], first.columns);
  scope.groupKeys = grouping.keys;
  const second = translate();
  const stray = scope.ungrouped.find(
    (one) => !grouping.keys.has(one.sql) && !grouping.determined.has(one.sql),
  );
  if (stray !== undefined) {
    throw t.error(
      '42803',
      `column "${stray.name}" must appear in the GROUP BY clause or be used in an aggregate function`,
      stray.location,
    );
  }
  return { ...second, grouping };
}

/** Columns of the list, coerced to what they are used for and named where a query around needs names. */
export function columnSql(
  t: Translation,
  column: QueryColumn,
  index: number,
  options: RenderOptions,
): string {
  const target = options.targets?.[index];
  const value =
    target === undefined ? settled(t, column.value) : coerce(t, column.value, target, options.mode);
  const name = options.names?.[index];
  return name === undefined ? value.sql : `${value.sql} AS ${quoteName(name)}`;
}

/** A bare number in GROUP BY would mean a column by its place. */
export function groupKey(sql: string): string {
  return /^-?\d+$/.test(sql) ? `(${sql} + 0)` : sql;
}

export function groupSql(parts: SelectParts): string {
  return parts.grouping === undefined || parts.grouping.sql === ''
    ? ''
    : `GROUP BY ${parts.grouping.sql}`;
}

export function fromSql(parts: Pick<SelectParts, 'from' | 'scope'>): string {
  const all = [parts.from, ...new Set(parts.scope.extraFrom)].filter((part) => part !== '');
  return all.length === 0 ? '' : `FROM ${all.join(', ')}`;
}

export function whereSql(where: string | undefined): string {
  return where === undefined ? '' : `WHERE ${where}`;
}

/** LIMIT and OFFSET. NULL is no limit. */
export function limitSql(t: Translation, parent: Scope | undefined, node: SelectStmt): string {
  if (node.limitOption === 'LIMIT_OPTION_WITH_TIES') throw t.unsupported('FETCH FIRST … WITH TIES');
  const bound = (one: Node | undefined, none: string): string | undefined => {
    if (one === undefined) return undefined;
    const value = coerceTo(t, t.expr(createScope(parent), one), typeIds.int8);
    if (value.literal === null) return undefined;
    if (value.number?.startsWith('-') === true) {
      throw t.error(
        none === '0' ? '2201X' : '2201W',
        `${none === '0' ? 'OFFSET' : 'LIMIT'} must not be negative`,
      );
    }
    return value.number ?? `coalesce(${value.sql}, ${none})`;
  };
  const limit = bound(node.limitCount, '-1');
  const offset = bound(node.limitOffset, '0');
  if (limit === undefined && offset === undefined) return '';
  return `LIMIT ${limit ?? '-1'}${offset === undefined ? '' : ` OFFSET ${offset}`}`;
}
