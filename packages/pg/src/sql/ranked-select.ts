// DISTINCT ON, by row_number, and GROUPING SETS, by UNION ALL of one SELECT for each set. Both put the sorting
// keys beside the columns of an inner query.

import type { GroupingSet, Node, SelectStmt } from 'libpg-query';
import { coerce, settled } from './casts.ts';
import { keySql } from './compare.ts';
import { condition } from './conditions.ts';
import type { Expr } from './expr.ts';
import { nullExpr, quoteName } from './expr.ts';
import { groupingOf, groupValues } from './grouping.ts';
import { type OrderItem, orderItems, outputColumn } from './order-by.ts';
import type { Scope } from './scope.ts';
import { fromSql, groupSql, limitSql, type SelectParts, whereSql } from './select-level.ts';
import { selectList } from './select-list.ts';
import { sortItem } from './sorting.ts';
import type { QueryColumn, RenderOptions, TranslatedQuery, Translation } from './translation.ts';

const cellName = (index: number): string => quoteName(`c${index + 1}`);
const keyName = (index: number): string => quoteName(`k${index + 1}`);

/** SELECT DISTINCT ON (…): the first row of each group, in the order of ORDER BY. */
export function distinctOn(
  t: Translation,
  parts: SelectParts,
  nodes: readonly Node[],
  limit: string,
): TranslatedQuery {
  const keys = nodes.map((node) => {
    const output = outputColumn(t, node, parts.columns, 'SELECT DISTINCT ON');
    const value = settled(
      t,
      output === undefined ? t.expr(parts.scope, node) : (parts.columns[output]?.value ?? nullExpr),
    );
    return keySql(value.sql, value.type);
  });
  const order = parts.order.map((item) => sortItem(t, item.sort, item.value));
  const inner = (options: RenderOptions): string =>
    [
      `SELECT ${[...cells(t, parts.columns, options), ...sortKeys(parts.order)].join(', ')}, row_number() OVER (PARTITION BY ${keys.join(', ')}${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}) AS "n"`,
      fromSql(parts),
      whereSql(parts.where),
      groupSql(parts),
      parts.having === undefined ? '' : `HAVING ${parts.having}`,
    ]
      .filter((part) => part !== '')
      .join(' ');
  return {
    columns: parts.columns,
    isPlain: false,
    render: (options) =>
      [
        `SELECT ${outer(parts.columns, options)} FROM (${inner(options)}) WHERE "n" = 1`,
        outerOrder(t, parts.order),
        limit,
      ]
        .filter((part) => part !== '')
        .join(' '),
  };
}

function cells(t: Translation, columns: readonly QueryColumn[], options: RenderOptions): string[] {
  return columns.map((column, index) => {
    const target = options.targets?.[index];
    const value =
      target === undefined
        ? settled(t, column.value)
        : coerce(t, column.value, target, options.mode);
    return `${value.sql} AS ${cellName(index)}`;
  });
}

function sortKeys(order: readonly OrderItem[]): string[] {
  return order.map(
    (item, index) => `${keySql(item.value.sql, item.value.type)} AS ${keyName(index)}`,
  );
}

function outer(columns: readonly QueryColumn[], options: RenderOptions): string {
  return columns
    .map((_, index) => {
      const name = options.names?.[index];
      return name === undefined ? cellName(index) : `${cellName(index)} AS ${quoteName(name)}`;
    })
    .join(', ');
}

function outerOrder(t: Translation, order: readonly OrderItem[]): string {
  if (order.length === 0) return '';
  return `ORDER BY ${order.map((item, index) => sortItem(t, item.sort, item.value, keyName(index))).join(', ')}`;
}

/** Greatest number of grouping sets of a query, and of terms in a CUBE: PostgreSQL's is 4096 and 12. */
const groupingSetsMax = 64;

/** GROUP BY with ROLLUP, CUBE and GROUPING SETS. */
export function groupingSets(
  t: Translation,
  scope: Scope,
  node: SelectStmt,
  from: string,
  where: string | undefined,
): TranslatedQuery {
  const first = selectList(t, scope, node.targetList ?? []);
  const sets = crossed((node.groupClause ?? []).map((one) => setsOf(t, scope, one, first)));
  if (sets.length > groupingSetsMax)
    throw t.error('54001', `too many grouping sets present (maximum ${groupingSetsMax})`);
  const all = new Set(sets.flat().map((value) => value.sql));
  const levels = sets.map((set) => levelOf(t, scope, node, set, all));
  const [level] = levels;
  const columns = (level?.columns ?? first).map((column, index) => ({
    name: column.name,
    value:
      levels
        .map((one) => one.columns[index]?.value ?? nullExpr)
        .find((value) => value.sql !== 'NULL') ?? column.value,
  }));
  const limit = limitSql(t, scope.parent, node);
  const branch = (one: Level, options: RenderOptions): string =>
    [
      `SELECT ${[...cells(t, one.columns, options), ...sortKeys(one.order)].join(', ')}`,
      fromSql({ from, scope }),
      whereSql(where),
      one.group === '' ? '' : `GROUP BY ${one.group}`,
      one.having === undefined ? (one.group === '' ? 'HAVING 1' : '') : `HAVING ${one.having}`,
    ]
      .filter((part) => part !== '')
      .join(' ');
  return {
    columns,
    isPlain: false,
    render: (options) =>
      [
        `SELECT ${node.distinctClause === undefined ? '' : 'DISTINCT '}${outer(columns, options)} FROM (${levels.map((one) => branch(one, options)).join(' UNION ALL ')})`,
        outerOrder(t, level?.order ?? []),
        limit,
      ]
        .filter((part) => part !== '')
        .join(' '),
  };
}

interface Level {
  readonly columns: readonly QueryColumn[];
  readonly order: readonly OrderItem[];
  readonly having: string | undefined;
  readonly group: string;
}

function levelOf(
  t: Translation,
  scope: Scope,
  node: SelectStmt,
  set: readonly Expr[],
  all: ReadonlySet<string>,
): Level {
  const grouping = groupingOf(scope, set);
  scope.groupKeys = all;
  scope.nulledKeys = new Set([...all].filter((key) => !grouping.keys.has(key)));
  scope.ungrouped.length = 0;
  const columns = selectList(t, scope, node.targetList ?? []).map((column) =>
    scope.nulledKeys?.has(column.value.sql) === true
      ? { ...column, value: { ...column.value, sql: 'NULL' } }
      : column,
  );
  const { havingClause } = node;
  const having =
    havingClause === undefined ? undefined : condition(t, scope, havingClause, 'HAVING');
  const order = orderItems(t, scope, node.sortClause ?? [], columns);
  const stray = scope.ungrouped.find(
    (one) => !all.has(one.sql) && !grouping.determined.has(one.sql),
  );
  if (stray !== undefined) {
    throw t.error(
      '42803',
      `column "${stray.name}" must appear in the GROUP BY clause or be used in an aggregate function`,
      stray.location,
    );
  }
  return { columns, order, having, group: grouping.sql };
}

/** The grouping sets that one item of GROUP BY stands for. */
function setsOf(
  t: Translation,
  scope: Scope,
  node: Node,
  columns: readonly QueryColumn[],
): Expr[][] {
  if (!('GroupingSet' in node)) return [groupValues(t, scope, node, columns)];
  return setsOfGroup(t, scope, node.GroupingSet, columns);
}

function setsOfGroup(
  t: Translation,
  scope: Scope,
  set: GroupingSet,
  columns: readonly QueryColumn[],
): Expr[][] {
  const content = set.content ?? [];
  const terms = (): Expr[][] => content.map((one) => groupValues(t, scope, one, columns));
  switch (set.kind) {
    case 'GROUPING_SET_EMPTY':
      return [[]];
    case 'GROUPING_SET_ROLLUP': {
      const all = terms();
      return Array.from({ length: all.length + 1 }, (_, left) =>
        all.slice(0, all.length - left).flat(),
      );
    }
    case 'GROUPING_SET_CUBE': {
      const all = terms();
      const count = 2 ** all.length;
      return Array.from({ length: count }, (_, at) =>
        all.filter((__, term) => ((count - 1 - at) & (1 << (all.length - 1 - term))) !== 0).flat(),
      );
    }
    case 'GROUPING_SET_SETS':
      return content.flatMap((one) => setsOf(t, scope, one, columns));
    default:
      return terms();
  }
}

function crossed(items: readonly Expr[][][]): Expr[][] {
  return items.reduce<Expr[][]>(
    (all, sets) => all.flatMap((one) => sets.map((set) => [...one, ...set])),
    [[]],
  );
}
