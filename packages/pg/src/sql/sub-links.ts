// Subqueries in expressions: scalar, EXISTS, IN, ANY, ALL, ARRAY(…).

import type { SubLink } from 'libpg-query';
import { coerce, coerceTo } from './casts.ts';
import { compare, comparedType, compareFunction, noOperator } from './compare.ts';
import type { Expr } from './expr.ts';
import { exprOf, nullExpr, quoteName } from './expr.ts';
import { binary } from './operator-exprs.ts';
import type { Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import type { TranslatedQuery, Translation } from './translation.ts';
import { arrayOf, elementOf, typeIds } from './type-catalog.ts';

export function subLink(t: Translation, scope: Scope, node: SubLink): Expr {
  const select = node.subselect;
  if (select === undefined || !('SelectStmt' in select))
    throw t.unsupported('this subquery', node.location);
  const query = t.query(scope, select.SelectStmt);
  switch (node.subLinkType) {
    case 'EXISTS_SUBLINK':
      return exprOf(`(EXISTS (${plain(query)}))`, typeIds.bool);
    case 'EXPR_SUBLINK':
      return scalar(t, query, node.location);
    case 'ARRAY_SUBLINK':
      return arrayOfRows(t, query, node.location);
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
      return quantified(t, scope, node, query);
    default:
      throw t.unsupported('this kind of subquery', node.location);
  }
}

function plain(query: TranslatedQuery): string {
  return query.render({ targets: undefined, mode: 'implicit', names: undefined });
}

function onlyColumn(t: Translation, query: TranslatedQuery, location: number | undefined): Expr {
  const [only, second] = query.columns;
  if (only === undefined || second !== undefined)
    throw t.error('42601', 'subquery must return only one column', location);
  return only.value;
}

/** SQLite takes the first row of several; PostgreSQL's error for them is not told. */
function scalar(t: Translation, query: TranslatedQuery, location: number | undefined): Expr {
  const value = onlyColumn(t, query, location);
  const type = value.type === typeIds.unknown ? typeIds.text : value.type;
  return { ...exprOf(`(${plain(query)})`, type, value.typmod) };
}

function arrayOfRows(t: Translation, query: TranslatedQuery, location: number | undefined): Expr {
  const value = onlyColumn(t, query, location);
  const type = value.type === typeIds.unknown ? typeIds.text : value.type;
  const rows = query.render({ targets: undefined, mode: 'implicit', names: ['v'] });
  if (elementOf(type) !== undefined) {
    return exprOf(`(SELECT json_group_array(json("v")) FROM (${rows}))`, type);
  }
  return exprOf(`(SELECT json_group_array("v") FROM (${rows}))`, arrayOf(type));
}

function quantified(t: Translation, scope: Scope, node: SubLink, query: TranslatedQuery): Expr {
  const operator = nameParts(node.operName).at(-1) ?? '=';
  const isAny = node.subLinkType === 'ANY_SUBLINK';
  const left = node.testexpr === undefined ? nullExpr : t.expr(scope, node.testexpr);
  if (left.fields !== undefined) return rowIn(t, left, query, operator, isAny, node.location);
  const right = onlyColumn(t, query, node.location);
  const type = comparedType(left.type, right.type);
  if (type === undefined) throw noOperator(t, operator, left.type, right.type, node.location);
  if (
    compareFunction(type) === undefined &&
    ((operator === '=' && isAny) || (operator === '<>' && !isAny))
  ) {
    const target = {
      oid: type === typeIds.int8 || type === typeIds.float8 ? right.type : type,
      typmod: -1,
    };
    const rows = query.render({ targets: [target], mode: 'implicit', names: undefined });
    const value =
      left.type === typeIds.unknown ? coerceTo(t, left, type) : sameClass(t, left, type);
    return exprOf(`(${value.sql} ${isAny ? 'IN' : 'NOT IN'} (${rows}))`, typeIds.bool);
  }
  return overRows(t, left, right, query, operator, isAny);
}

function sameClass(t: Translation, value: Expr, type: number): Expr {
  return type === typeIds.int8 || type === typeIds.float8 ? value : coerceTo(t, value, type);
}

/** Three-valued: true or false where a row decides, else NULL where one is NULL. */
function overRows(
  t: Translation,
  left: Expr,
  right: Expr,
  query: TranslatedQuery,
  operator: string,
  isAny: boolean,
): Expr {
  const alias = t.freshName('rows');
  const rows = query.render({ targets: undefined, mode: 'implicit', names: ['v'] });
  const item = {
    ...exprOf(
      `${quoteName(alias)}."v"`,
      right.type === typeIds.unknown ? typeIds.text : right.type,
    ),
  };
  const test = binary(t, operator, left, item).sql;
  const from = `FROM (${rows}) AS ${quoteName(alias)}`;
  const sql = isAny
    ? `coalesce((SELECT max(${test}) ${from} HAVING max(${test}) = 1 OR count(*) = count(${test})), (SELECT CASE WHEN count(*) = 0 THEN 0 END ${from}))`
    : `coalesce((SELECT min(${test}) ${from} HAVING min(${test}) = 0 OR count(*) = count(${test})), (SELECT CASE WHEN count(*) = 0 THEN 1 END ${from}))`;
  return exprOf(sql, typeIds.bool);
}

function rowIn(
  t: Translation,
  left: Expr,
  query: TranslatedQuery,
  operator: string,
  isAny: boolean,
  location: number | undefined,
): Expr {
  const fields = left.fields ?? [];
  if (fields.length !== query.columns.length) {
    throw t.error(
      '42601',
      `subquery has too ${fields.length < query.columns.length ? 'many' : 'few'} columns`,
      location,
    );
  }
  const isIn = operator === '=' && isAny;
  if (!isIn && !(operator === '<>' && !isAny))
    throw t.unsupported('comparison of rows with a subquery by this operator', location);
  const targets = query.columns.map((column, index) => {
    const mine = fields[index]?.value.type ?? typeIds.text;
    return { oid: column.value.type === typeIds.unknown ? mine : column.value.type, typmod: -1 };
  });
  const rows = query.render({ targets, mode: 'implicit', names: undefined });
  const values = fields.map((field, index) => {
    const target = targets[index] ?? { oid: typeIds.text, typmod: -1 };
    compare(t, '=', field.value, exprOf('NULL', target.oid), location);
    return field.value.type === typeIds.unknown
      ? coerce(t, field.value, target, 'implicit').sql
      : field.value.sql;
  });
  return exprOf(`((${values.join(', ')}) ${isIn ? 'IN' : 'NOT IN'} (${rows}))`, typeIds.bool);
}
