// Comparisons: which type both sides take, and how SQLite compares values of that type. Exact numerics,
// intervals, jsonb and arrays are compared by functions; everything else has PostgreSQL's order as it is stored.

import type { Oid } from '../types/oids.ts';
import { coerceTo } from './casts.ts';
import type { Expr } from './expr.ts';
import { exprOf } from './expr.ts';
import type { Translation } from './translation.ts';
import {
  castsImplicitly,
  elementOf,
  isArray,
  isFloat,
  isInteger,
  isTextual,
  spokenType,
  typeIds,
} from './type-catalog.ts';

export const comparisons: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '<=', '>', '>=']);

export const castHint =
  'No operator matches the given name and argument types. You might need to add explicit type casts.';

const timeTypes: ReadonlySet<Oid> = new Set<Oid>([
  typeIds.date,
  typeIds.timestamp,
  typeIds.timestamptz,
]);

/** The type in which two values are compared; undefined when they cannot be. */
export function comparedType(left: Oid, right: Oid): Oid | undefined {
  if (left === typeIds.unknown && right === typeIds.unknown) return typeIds.text;
  if (left === typeIds.unknown) return comparable(right);
  if (right === typeIds.unknown || left === right) return comparable(left);
  if (isTextual(left) && isTextual(right)) return typeIds.text;
  if (isInteger(left) && isInteger(right)) return typeIds.int8;
  if (isInteger(left) && isFloat(right)) return typeIds.float8;
  if (isFloat(left) && (isInteger(right) || right === typeIds.numeric)) return typeIds.float8;
  if (isFloat(left) && isFloat(right)) return typeIds.float8;
  if (left === typeIds.numeric && isFloat(right)) return typeIds.float8;
  if (timeTypes.has(left) && timeTypes.has(right)) {
    return left === typeIds.timestamptz || right === typeIds.timestamptz
      ? typeIds.timestamptz
      : typeIds.timestamp;
  }
  if (isArray(left) && isArray(right)) return arraysCompared(left, right);
  if (castsImplicitly(left, right)) return comparable(right);
  if (castsImplicitly(right, left)) return comparable(left);
  return undefined;
}

function arraysCompared(left: Oid, right: Oid): Oid | undefined {
  const one = elementOf(left) ?? 0;
  const other = elementOf(right) ?? 0;
  return comparedType(one, other) === undefined ? undefined : left;
}

/** json has no equality. */
function comparable(type: Oid): Oid | undefined {
  return type === typeIds.json || type === typeIds.point || type === typeIds.xml ? undefined : type;
}

const differing: ReadonlySet<Oid> = new Set<Oid>([
  typeIds.numeric,
  typeIds.interval,
  typeIds.jsonb,
  typeIds.timetz,
]);

/** The function that orders two values of a type; undefined where SQLite's operators do. */
export function compareFunction(type: Oid): string | undefined {
  if (type === typeIds.numeric) return 'pg_numeric_cmp';
  if (type === typeIds.interval) return 'pg_interval_cmp';
  if (type === typeIds.jsonb) return 'pg_jsonb_cmp';
  if (type === typeIds.timetz) return 'pg_timetz_cmp';
  return isArray(type) ? 'pg_array_cmp' : undefined;
}

/** What to sort, group and number rows by, in place of a value. */
export function keySql(sql: string, type: Oid): string {
  if (type === typeIds.numeric) return `pg_numeric_key(${sql})`;
  if (type === typeIds.interval) return `pg_interval_key(${sql})`;
  if (type === typeIds.jsonb) return `pg_jsonb_key(${sql})`;
  if (type === typeIds.timetz) return `pg_timetz_key(${sql})`;
  return isArray(type) ? `pg_array_key(${sql})` : sql;
}

/** Whether equal values may be stored as different ones, so that DISTINCT needs keys. */
export function hasKey(type: Oid): boolean {
  return differing.has(type) || isArray(type);
}

/** `left op right` for one of the six comparisons, or IS [NOT] DISTINCT FROM (`IS`, `IS NOT`). */
export function compare(
  t: Translation,
  operator: string,
  left: Expr,
  right: Expr,
  location?: number | undefined,
): Expr {
  if (left.fields !== undefined && right.fields !== undefined) {
    return compareRows(
      t,
      operator,
      left.fields.map((one) => one.value),
      right.fields.map((one) => one.value),
      location,
    );
  }
  const op = operator === '!=' ? '<>' : operator;
  const asInteger = exactAsInteger(left, right);
  if (asInteger !== undefined)
    return exprOf(`(${asInteger.left} ${op} ${asInteger.right})`, typeIds.bool);
  const type = comparedType(left.type, right.type);
  if (type === undefined) throw noOperator(t, operator, left.type, right.type, location);
  const one = sideSql(t, left, type, location);
  const other = sideSql(t, right, type, location);
  const by = compareFunction(type);
  if (by === undefined) return exprOf(`(${one} ${op} ${other})`, typeIds.bool);
  if (op === 'IS')
    return exprOf(
      `(coalesce(${by}(${one}, ${other}), (${one} IS NOT NULL) + (${other} IS NOT NULL)) = 0)`,
      typeIds.bool,
    );
  if (op === 'IS NOT')
    return exprOf(
      `(coalesce(${by}(${one}, ${other}), (${one} IS NOT NULL) + (${other} IS NOT NULL)) <> 0)`,
      typeIds.bool,
    );
  return exprOf(`(${by}(${one}, ${other}) ${op} 0)`, typeIds.bool);
}

export function noOperator(
  t: Translation,
  operator: string,
  left: Oid | undefined,
  right: Oid,
  location: number | undefined,
): Error {
  const name = operator === 'IS' || operator === 'IS NOT' ? '=' : operator;
  const text =
    left === undefined
      ? `${name} ${spokenType(right)}`
      : `${spokenType(left)} ${name} ${spokenType(right)}`;
  return t.error('42883', `operator does not exist: ${text}`, location, { hint: castHint });
}

/** Integers and floats compare exactly with each other in SQLite: no cast, so that an index can serve. */
function sideSql(t: Translation, side: Expr, type: Oid, location: number | undefined): string {
  if (type === typeIds.bpchar && side.type !== typeIds.unknown)
    return side.param === undefined ? side.sql : `rtrim(${side.sql}, ' ')`;
  if (type === typeIds.float8 && isInteger(side.type)) return side.sql;
  if (isInteger(type) && isInteger(side.type)) return side.sql;
  return coerceTo(t, side, type, location).sql;
}

/** An integer beside a short decimal constant: SQLite compares those exactly as numbers. */
function exactAsInteger(left: Expr, right: Expr): { left: string; right: string } | undefined {
  const constant = (one: Expr): string | undefined =>
    one.type === typeIds.numeric &&
    one.number !== undefined &&
    /^-?\d{1,9}\.\d{1,6}$/.test(one.number)
      ? one.number
      : undefined;
  const rightConstant = constant(right);
  if (isInteger(left.type) && rightConstant !== undefined)
    return { left: left.sql, right: rightConstant };
  const leftConstant = constant(left);
  if (isInteger(right.type) && leftConstant !== undefined)
    return { left: leftConstant, right: right.sql };
  return undefined;
}

/** (a, b) = (1, 2), and the orders of rows, column by column. */
export function compareRows(
  t: Translation,
  operator: string,
  left: readonly Expr[],
  right: readonly Expr[],
  location?: number | undefined,
): Expr {
  if (left.length !== right.length)
    throw t.error('42601', 'unequal number of entries in row expressions', location);
  const pair = (index: number, op: string): string => {
    const one = left[index];
    const other = right[index];
    return one === undefined || other === undefined
      ? '1'
      : compare(t, op, one, other, location).sql;
  };
  const all = left.map((_, index) => index);
  if (operator === '=')
    return exprOf(`(${all.map((at) => pair(at, '=')).join(' AND ')})`, typeIds.bool);
  if (operator === 'IS')
    return exprOf(`(${all.map((at) => pair(at, 'IS')).join(' AND ')})`, typeIds.bool);
  if (operator === 'IS NOT')
    return exprOf(`(${all.map((at) => pair(at, 'IS NOT')).join(' OR ')})`, typeIds.bool);
  if (operator === '<>' || operator === '!=') {
    return exprOf(`(${all.map((at) => pair(at, '<>')).join(' OR ')})`, typeIds.bool);
  }
  const strict = operator.slice(0, 1);
  const rest = (at: number): string =>
    at === all.length - 1
      ? pair(at, operator)
      : `(${pair(at, strict)} OR (${pair(at, '=')} AND ${rest(at + 1)}))`;
  return exprOf(rest(0), typeIds.bool);
}
