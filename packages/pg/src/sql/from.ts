// FROM: tables, common table expressions, subqueries, functions and joins, with the names that they bring.

import type { Alias, JoinExpr, Node, RangeSubselect, RangeVar } from 'libpg-query';
import type { RelationInfo } from '../schema-view.ts';
import { coerceTo } from './casts.ts';
import { compare } from './compare.ts';
import { condition } from './conditions.ts';
import { exprOf, quoteName } from './expr.ts';
import { findRelation, itemOf, queryItem, tooManyNames } from './from-items.ts';
import { lateralRows } from './lateral.ts';
import type { CteInfo, ItemColumn, RangeItem, Scope } from './scope.ts';
import { createScope, findCte, nameParts, sameName } from './scope.ts';
import { tableFunction } from './table-functions.ts';
import type { Translation } from './translation.ts';

/** A part of FROM: its text and what it brings into sight. */
export interface FromPart {
  readonly sql: string;
  readonly items: readonly RangeItem[];
  readonly columns: readonly ItemColumn[];
}

/** Translates FROM and puts its names into the scope; yields the text after FROM, empty when there is none. */
export function translateFrom(t: Translation, scope: Scope, nodes: readonly Node[]): string {
  const parts: string[] = [];
  for (const node of nodes) {
    const part = fromPart(t, scope, node);
    const isGroup = 'JoinExpr' in node && parts.length > 0;
    parts.push(isGroup ? `(${part.sql})` : part.sql);
    addPart(t, scope, part);
  }
  return parts.filter((part) => part !== '').join(', ');
}

function addPart(t: Translation, scope: Scope, part: FromPart): void {
  for (const item of part.items) {
    if (scope.items.some((one) => one.name === item.name)) {
      throw t.error('42712', `table name "${item.name}" specified more than once`);
    }
    scope.items.push(item);
  }
  scope.columns.push(...part.columns);
}

export function fromPart(t: Translation, scope: Scope, node: Node): FromPart {
  if ('RangeVar' in node) return tablePart(t, scope, node.RangeVar);
  if ('RangeSubselect' in node) return subqueryPart(t, scope, node.RangeSubselect);
  if ('RangeFunction' in node) return partOf(tableFunction(t, scope, node.RangeFunction));
  if ('JoinExpr' in node) return joinPart(t, scope, node.JoinExpr);
  if ('RangeTableSample' in node)
    throw t.unsupported('TABLESAMPLE', node.RangeTableSample.location);
  throw t.unsupported(Object.keys(node)[0] ?? 'this part of FROM');
}

function partOf(made: { readonly sql: string; readonly item: RangeItem }): FromPart {
  return { sql: made.sql, items: [made.item], columns: made.item.columns };
}

function tablePart(t: Translation, scope: Scope, node: RangeVar): FromPart {
  const name = node.relname ?? '';
  const cte = node.schemaname === undefined ? findCte(scope, name) : undefined;
  const alias = node.alias?.aliasname ?? name;
  if (cte !== undefined) return ctePart(t, cte, alias, node.alias);
  const relation = findRelation(t, node);
  const item = itemOf(t, relation, alias, node.alias);
  return {
    sql: `${relationSql(scope, relation)} AS ${quoteName(alias)}`,
    items: [item],
    columns: item.columns,
  };
}

function relationSql(scope: Scope, relation: RelationInfo): string {
  if (relation.schema !== 'public')
    return `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
  return findCte(scope, relation.name) === undefined
    ? quoteName(relation.name)
    : `main.${quoteName(relation.name)}`;
}

function ctePart(t: Translation, cte: CteInfo, alias: string, names: Alias | undefined): FromPart {
  const given = nameParts(names?.colnames);
  if (given.length > cte.columns.length)
    throw tooManyNames(t, alias, cte.columns.length, given.length);
  const columns = cte.columns.map(
    (column, index): ItemColumn => ({
      name: given[index] ?? column.name,
      sql: `${quoteName(alias)}.${quoteName(column.sqlName)}`,
      type: column.type,
      typmod: column.typmod,
      tableOid: 0,
      columnNumber: 0,
      isNotNull: false,
    }),
  );
  const item: RangeItem = { name: alias, columns, relation: undefined, isScalar: false };
  return { sql: `${quoteName(cte.name)} AS ${quoteName(alias)}`, items: [item], columns };
}

function subqueryPart(t: Translation, scope: Scope, node: RangeSubselect): FromPart {
  const select = node.subquery;
  if (select === undefined || !('SelectStmt' in select))
    throw t.unsupported('this subquery in FROM');
  const alias = node.alias?.aliasname ?? t.freshName('subquery');
  if (node.lateral === true) {
    return partOf(lateralRows(t, scope, select.SelectStmt, alias, node.alias));
  }
  const outer = createScope(scope.parent);
  for (const [name, cte] of scope.ctes) outer.ctes.set(name, cte);
  const query = t.query(outer, select.SelectStmt);
  const { item, sqlNames } = queryItem(t, query, alias, node.alias);
  const sql = `(${query.render({ targets: undefined, mode: 'implicit', names: sqlNames })}) AS ${quoteName(alias)}`;
  return { sql, items: [item], columns: item.columns };
}

const joinWords: Readonly<Record<string, string>> = {
  JOIN_INNER: 'JOIN',
  JOIN_LEFT: 'LEFT JOIN',
  JOIN_RIGHT: 'RIGHT JOIN',
  JOIN_FULL: 'FULL JOIN',
};

function joinPart(t: Translation, scope: Scope, node: JoinExpr): FromPart {
  if (node.larg === undefined || node.rarg === undefined) throw t.unsupported('this join');
  const type = node.jointype ?? 'JOIN_INNER';
  const left = fromPart(t, scope, node.larg);
  const right = withNames(scope, left, () =>
    fromPart(t, scope, node.rarg ?? node.larg ?? ({} as Node)),
  );
  const nullableLeft = type === 'JOIN_RIGHT' || type === 'JOIN_FULL' ? nullable(left) : left;
  const nullableRight = type === 'JOIN_LEFT' || type === 'JOIN_FULL' ? nullable(right) : right;
  const merged = mergedNames(t, node, left, right);
  const word = joinWords[type] ?? 'JOIN';
  const rightSql = 'JoinExpr' in node.rarg ? `(${right.sql})` : right.sql;
  const joined: FromPart = {
    sql: '',
    items: [...nullableLeft.items, ...nullableRight.items],
    columns: [...nullableLeft.columns, ...nullableRight.columns],
  };
  const made =
    merged.length > 0
      ? mergeColumns(t, merged, type, nullableLeft, nullableRight, joined)
      : { part: joined, on: undefined };
  const on = made.on ?? joinCondition(t, scope, node, joined);
  const sql = `${left.sql} ${word} ${rightSql}${on === undefined ? '' : ` ON ${on}`}`;
  return aliased({ ...made.part, sql }, node);
}

/** Lets a part of FROM see what stands to its left, as LATERAL and conditions do. */
function withNames<T>(scope: Scope, part: FromPart, work: () => T): T {
  const { items, columns } = scope;
  scope.items = [...items, ...part.items];
  scope.columns = [...columns, ...part.columns];
  try {
    return work();
  } finally {
    scope.items = items;
    scope.columns = columns;
  }
}

function nullable(part: FromPart): FromPart {
  const loose = (column: ItemColumn): ItemColumn => ({ ...column, isNotNull: false });
  return {
    sql: part.sql,
    items: part.items.map((item) => ({ ...item, columns: item.columns.map(loose) })),
    columns: part.columns.map(loose),
  };
}

function joinCondition(
  t: Translation,
  scope: Scope,
  node: JoinExpr,
  joined: FromPart,
): string | undefined {
  const { quals } = node;
  if (quals === undefined) return undefined;
  const { items, columns, noAggregatesIn } = scope;
  // ON sees the two sides of its join alone; what stands around it is not in sight.
  scope.items = [...joined.items];
  scope.columns = [...joined.columns];
  scope.noAggregatesIn = 'JOIN conditions';
  try {
    return condition(t, scope, quals, 'JOIN/ON');
  } finally {
    scope.items = items;
    scope.columns = columns;
    scope.noAggregatesIn = noAggregatesIn;
  }
}

/** The columns that USING names, or that NATURAL finds. */
function mergedNames(t: Translation, node: JoinExpr, left: FromPart, right: FromPart): string[] {
  const using = nameParts(node.usingClause);
  for (const name of using) {
    for (const [side, part] of [
      ['left', left],
      ['right', right],
    ] as const) {
      if (!part.columns.some((column) => sameName(column.name, name))) {
        throw t.error(
          '42703',
          `column "${name}" specified in USING clause does not exist in ${side} table`,
        );
      }
    }
  }
  if (node.isNatural !== true) return using;
  return left.columns
    .map((column) => column.name)
    .filter((name) => right.columns.some((column) => sameName(column.name, name)));
}

function mergeColumns(
  t: Translation,
  names: readonly string[],
  type: string,
  left: FromPart,
  right: FromPart,
  joined: FromPart,
): { readonly part: FromPart; readonly on: string } {
  const isMerged = (column: ItemColumn): boolean =>
    names.some((name) => sameName(column.name, name));
  const conditions: string[] = [];
  const merged = names.flatMap((name) => {
    const one = left.columns.find((column) => sameName(column.name, name));
    const other = right.columns.find((column) => sameName(column.name, name));
    if (one === undefined || other === undefined) return [];
    conditions.push(compare(t, '=', exprOf(one.sql, one.type), exprOf(other.sql, other.type)).sql);
    if (type === 'JOIN_FULL') {
      const filled = coerceTo(t, exprOf(other.sql, other.type), one.type).sql;
      return [{ ...one, sql: `coalesce(${one.sql}, ${filled})`, tableOid: 0, columnNumber: 0 }];
    }
    return [type === 'JOIN_RIGHT' ? other : one];
  });
  const columns = [
    ...merged,
    ...left.columns.filter((column) => !isMerged(column)),
    ...right.columns.filter((column) => !isMerged(column)),
  ];
  return { part: { ...joined, columns }, on: conditions.join(' AND ') };
}

/** `(a JOIN b …) AS j` hides the names inside. */
function aliased(part: FromPart, node: JoinExpr): FromPart {
  const alias = node.alias?.aliasname;
  if (alias === undefined) return part;
  const given = nameParts(node.alias?.colnames);
  const columns = part.columns.map((column, index) => ({
    ...column,
    name: given[index] ?? column.name,
  }));
  return {
    sql: part.sql,
    items: [{ name: alias, columns, relation: undefined, isScalar: false }],
    columns,
  };
}
