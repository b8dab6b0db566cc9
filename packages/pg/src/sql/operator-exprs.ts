// Operators: comparisons, LIKE and its kin, IN, BETWEEN, ANY and ALL over arrays, and those of the table.

import type { A_Expr, Node } from 'libpg-query';
import { coerceTo, commonType, outputSql, settled } from './casts.ts';
import { compare, comparedType, compareRows, comparisons, noOperator } from './compare.ts';
import type { Expr } from './expr.ts';
import { exprOf, literalExpr, nullExpr, quoteText } from './expr.ts';
import { operatorTable } from './operators/table.ts';
import type { Scope } from './scope.ts';
import { listItems, nameParts } from './scope.ts';
import { fillTemplate, resolve } from './signatures.ts';
import type { Translation } from './translation.ts';
import {
  arrayOf,
  elementOf,
  isArray,
  isInteger,
  isTextual,
  spokenType,
  typeIds,
} from './type-catalog.ts';

export function operatorExpr(t: Translation, scope: Scope, node: A_Expr): Expr {
  const name = nameParts(node.name).at(-1) ?? '';
  const side = (one: Node | undefined): Expr => (one === undefined ? nullExpr : t.expr(scope, one));
  switch (node.kind) {
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return overArray(
        t,
        name,
        side(node.lexpr),
        side(node.rexpr),
        node.kind === 'AEXPR_OP_ANY',
        node.location,
      );
    case 'AEXPR_DISTINCT':
      return compare(t, 'IS NOT', side(node.lexpr), side(node.rexpr), node.location);
    case 'AEXPR_NOT_DISTINCT':
      return compare(t, 'IS', side(node.lexpr), side(node.rexpr), node.location);
    case 'AEXPR_NULLIF':
      return nullIf(t, side(node.lexpr), side(node.rexpr), node.location);
    case 'AEXPR_IN':
      return inList(
        t,
        side(node.lexpr),
        listItems(node.rexpr).map(side),
        name === '<>',
        node.location,
      );
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return like(t, scope, name, node);
    case 'AEXPR_SIMILAR':
      return similar(t, side(node.lexpr), side(node.rexpr), name);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return between(
        t,
        side(node.lexpr),
        listItems(node.rexpr).map(side),
        node.kind,
        node.location,
      );
    default:
      return node.lexpr === undefined
        ? prefix(t, name, side(node.rexpr), node.location)
        : binary(t, name, side(node.lexpr), side(node.rexpr), node.location);
  }
}

function prefix(t: Translation, name: string, value: Expr, location: number | undefined): Expr {
  const found = resolve(
    (operatorTable.get(name) ?? []).filter((one) => one.args.length === 1),
    [value.type],
  );
  if (found === 'none' || found === 'ambiguous')
    throw noOperator(t, name, undefined, value.type, location);
  const arg = coerceTo(t, value, found.args[0] ?? value.type, location);
  return exprOf(fillTemplate(found, [arg.sql], t.timeZone()), found.result);
}

/** `left op right`. Throws 42883 where there is no such operator. */
export function binary(
  t: Translation,
  name: string,
  left: Expr,
  right: Expr,
  location?: number | undefined,
): Expr {
  if (comparisons.has(name)) return compare(t, name, left, right, location);
  const candidates = (operatorTable.get(name) ?? []).filter((one) => one.args.length === 2);
  const found = resolve(candidates, operandTypes(name, left.type, right.type));
  if (found === 'ambiguous') {
    throw t.error(
      '42725',
      `operator is not unique: ${spokenType(left.type)} ${name} ${spokenType(right.type)}`,
      location,
      {
        hint: 'Could not choose a best candidate operator. You might need to add explicit type casts.',
      },
    );
  }
  if (found === 'none') throw noOperator(t, name, left.type, right.type, location);
  const one = operand(t, left, found.args[0] ?? left.type, name, location);
  const other = operand(t, right, found.args[1] ?? right.type, name, location);
  const native = nativeDivision(name, found.result, one, other);
  if (native !== undefined) return native;
  const zone = /\$z/.test(found.signature.template) ? t.timeZone() : '';
  return exprOf(fillTemplate(found, [one.sql, other.sql], zone), found.result);
}

/** A text that says nothing of its type is taken for an array beside one: `'{a}' || ARRAY['b']`. */
function operandTypes(name: string, left: number, right: number): [number, number] {
  if (name !== '||') return [left, right];
  if (left === typeIds.unknown && isArray(right)) return [right, right];
  return right === typeIds.unknown && isArray(left) ? [left, left] : [left, right];
}

/** `||` takes values of any type as the text that they show. */
function operand(
  t: Translation,
  value: Expr,
  type: number,
  operator: string,
  location: number | undefined,
): Expr {
  const typed = coerceTo(t, value, type, location);
  const isText =
    operator === '||' && !isArray(type) && type !== typeIds.bytea && type !== typeIds.jsonb;
  return isText && !isTextual(typed.type) && !isArray(typed.type) ? castToText(t, typed) : typed;
}

/** A value of any type as the text that it shows. */
export function castToText(t: Translation, value: Expr): Expr {
  return exprOf(outputSql(t, value.sql, value.type), typeIds.text);
}

/** A divisor that is a constant other than 0, and than -1, which overflows, needs no check. */
function nativeDivision(name: string, type: number, left: Expr, right: Expr): Expr | undefined {
  if (name !== '/' && name !== '%') return undefined;
  const divisor = right.number ?? (/^\d+\.\d+$/.test(right.sql) ? right.sql : undefined);
  if (divisor === undefined || Number(divisor) === 0 || Number(divisor) === -1) return undefined;
  if (isInteger(type)) return exprOf(`(${left.sql} ${name} ${right.sql})`, type);
  return name === '/' && type === typeIds.float8
    ? exprOf(`(${left.sql} / ${right.sql})`, type)
    : undefined;
}

function nullIf(t: Translation, left: Expr, right: Expr, location: number | undefined): Expr {
  const value = settled(t, left);
  const equal = compare(t, '=', value, right, location);
  return exprOf(
    `(CASE WHEN ${equal.sql} THEN NULL ELSE ${value.sql} END)`,
    value.type,
    value.typmod,
  );
}

function inList(
  t: Translation,
  left: Expr,
  right: readonly Expr[],
  isNot: boolean,
  location: number | undefined,
): Expr {
  const fields = left.fields;
  if (fields === undefined) {
    const type =
      comparedType(left.type, commonType(t, [left, ...right], 'IN', location)) ?? typeIds.text;
    if (plainIn(type)) {
      const one = coerceTo(t, left, left.type === typeIds.unknown ? type : left.type, location);
      const items = right.map((item) => coerceTo(t, item, type, location).sql);
      const subject =
        one.type === type || isInteger(type) || (isTextual(type) && isTextual(one.type))
          ? one
          : coerceTo(t, one, type, location);
      return exprOf(
        `(${subject.sql} ${isNot ? 'NOT IN' : 'IN'} (${items.join(', ')}))`,
        typeIds.bool,
      );
    }
  }
  const parts = right.map((item) =>
    fields === undefined || item.fields === undefined
      ? compare(t, isNot ? '<>' : '=', left, item, location).sql
      : compareRows(
          t,
          isNot ? '<>' : '=',
          fields.map((one) => one.value),
          item.fields.map((one) => one.value),
          location,
        ).sql,
  );
  return exprOf(`(${parts.join(isNot ? ' AND ' : ' OR ')})`, typeIds.bool);
}

function plainIn(type: number): boolean {
  return (
    type !== typeIds.numeric &&
    type !== typeIds.interval &&
    type !== typeIds.jsonb &&
    type !== typeIds.float8 &&
    !isArray(type)
  );
}

function between(
  t: Translation,
  value: Expr,
  bounds: readonly Expr[],
  kind: string,
  location: number | undefined,
): Expr {
  const [low = nullExpr, high = nullExpr] = bounds;
  const subject =
    value.type === typeIds.unknown
      ? coerceTo(t, value, comparedType(low.type, high.type) ?? typeIds.text)
      : value;
  const inside = (from: Expr, to: Expr): string =>
    `(${compare(t, '>=', subject, from, location).sql} AND ${compare(t, '<=', subject, to, location).sql})`;
  const sql = kind.endsWith('SYM')
    ? `(${inside(low, high)} OR ${inside(high, low)})`
    : inside(low, high);
  return exprOf(kind.includes('NOT') ? `(NOT ${sql})` : sql, typeIds.bool);
}

/** LIKE by function; with a fixed beginning a range on the column is added, which an index can serve. */
function like(t: Translation, scope: Scope, name: string, node: A_Expr): Expr {
  const left = node.lexpr === undefined ? nullExpr : t.expr(scope, node.lexpr);
  const { pattern, escapeSql } = patternOf(t, scope, node.rexpr);
  if (left.type === typeIds.bytea) return binary(t, name, left, pattern, node.location);
  if (left.type !== typeIds.unknown && !isTextual(left.type))
    throw noOperator(t, name, left.type, pattern.type, node.location);
  const value = coerceTo(t, left, typeIds.text, node.location);
  const text = coerceTo(t, pattern, typeIds.text, node.location);
  const by = name.endsWith('*') ? 'pg_ilike' : 'pg_like';
  const args = escapeSql === undefined ? [value.sql, text.sql] : [value.sql, text.sql, escapeSql];
  const call = `${by}(${args.join(', ')})`;
  if (name.startsWith('!')) return exprOf(`(NOT ${call})`, typeIds.bool);
  const range =
    by === 'pg_like' && escapeSql === undefined && left.tableOid !== 0
      ? prefixRange(left.sql, pattern.literal)
      : undefined;
  return exprOf(range === undefined ? call : `(${range} AND ${call})`, typeIds.bool);
}

function patternOf(
  t: Translation,
  scope: Scope,
  node: Node | undefined,
): { pattern: Expr; escapeSql: string | undefined } {
  if (node === undefined) return { pattern: nullExpr, escapeSql: undefined };
  if ('FuncCall' in node && nameParts(node.FuncCall.funcname).at(-1) === 'like_escape') {
    const [pattern, mark] = (node.FuncCall.args ?? []).map((arg) => t.expr(scope, arg));
    return {
      pattern: pattern ?? nullExpr,
      escapeSql: coerceTo(t, mark ?? literalExpr('\\'), typeIds.text).sql,
    };
  }
  return { pattern: t.expr(scope, node), escapeSql: undefined };
}

/** The texts that begin as a pattern does; undefined where it begins with a wildcard. */
function prefixRange(column: string, pattern: string | null | undefined): string | undefined {
  const prefix = /^[^%_\\]+/.exec(pattern ?? '')?.[0];
  if (prefix === undefined) return undefined;
  const last = prefix.codePointAt(prefix.length - 1) ?? 0;
  if (last >= 0xd7ff) return `${column} >= ${quoteText(prefix)}`;
  const next = prefix.slice(0, -1) + String.fromCodePoint(last + 1);
  return `${column} >= ${quoteText(prefix)} AND ${column} < ${quoteText(next)}`;
}

function similar(t: Translation, left: Expr, right: Expr, name: string): Expr {
  const value = coerceTo(t, left, typeIds.text);
  const match = `pg_regex_match(${value.sql}, ${coerceTo(t, right, typeIds.text).sql})`;
  return exprOf(name.startsWith('!') ? `(NOT ${match})` : match, typeIds.bool);
}

/** `x op ANY (array)`, `x op ALL (array)`. */
function overArray(
  t: Translation,
  name: string,
  left: Expr,
  right: Expr,
  isAny: boolean,
  location: number | undefined,
): Expr {
  const side = settledArray(t, left, right, location);
  const element = elementOf(side.type);
  if (element === undefined)
    throw t.error(
      '42809',
      `op ${isAny ? 'ANY' : 'ALL'} (array) requires array on right side`,
      location,
    );
  const type = comparisons.has(name) ? comparedType(left.type, element) : typeIds.text;
  if (type === undefined) throw noOperator(t, name, left.type, element, location);
  const value = coerceTo(t, left, left.type === typeIds.unknown ? element : type, location);
  if (name === '=' && isAny && plainIn(type)) {
    const each = `SELECT "value" FROM json_each(${side.sql})`;
    return exprOf(`(${value.sql} IN (${each}))`, typeIds.bool);
  }
  const by = isAny ? 'pg_array_any' : 'pg_array_all';
  return exprOf(`${by}(${value.sql}, ${quoteText(name)}, ${side.sql}, ${element})`, typeIds.bool);
}

function settledArray(t: Translation, left: Expr, right: Expr, location: number | undefined): Expr {
  if (right.type !== typeIds.unknown) return right;
  const element = left.type === typeIds.unknown ? typeIds.text : left.type;
  return coerceTo(t, right, arrayOf(element), location);
}
