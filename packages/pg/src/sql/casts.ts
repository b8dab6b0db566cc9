// Conversions between types: literals at planning time where that is cheap, everything else as SQL.

import { PgError } from '../pg-error.ts';
import type { Oid, PgType } from '../types/oids.ts';
import type { Expr } from './expr.ts';
import { exprOf, quoteText } from './expr.ts';
import type { Translation } from './translation.ts';
import {
  castsImplicitly,
  castsOnAssignment,
  elementOf,
  internalName,
  isArray,
  isFloat,
  isInteger,
  isRegType,
  isTextual,
  spokenType,
  typeIds,
} from './type-catalog.ts';

export type CastMode = 'implicit' | 'assignment' | 'explicit';

/**
 * Makes an expression a value of a type. Throws PgError 42846 (no such cast) or 42804 (in assignments),
 * 22P02 and others for literals that do not fit.
 */
export function coerce(
  t: Translation,
  value: Expr,
  to: PgType,
  mode: CastMode,
  location?: number | undefined,
): Expr {
  if (to.oid === typeIds.unknown || to.oid === typeIds.any) return value;
  if (value.param !== undefined && value.type === typeIds.unknown) {
    t.params[value.param - 1] = to.oid;
    return withTypmod({ ...value, type: to.oid, isNotNull: false }, to, mode);
  }
  if (value.literal === null) return { ...exprOf('NULL', to.oid, to.typmod), literal: null };
  if (value.literal !== undefined && value.type === typeIds.unknown) {
    if (to.oid === typeIds.interval && to.typmod >= 0) {
      const sql = `pg_interval_read(${quoteText(value.literal)}, ${to.typmod})`;
      return exprOf(sql, to.oid, to.typmod);
    }
    return withTypmod(literalOf(t, value.literal, to.oid, location), to, mode);
  }
  if (
    value.type === typeIds.bit &&
    value.number !== undefined &&
    mode === 'explicit' &&
    isInteger(to.oid)
  ) {
    return { ...exprOf(value.number, to.oid), number: value.number };
  }
  if (value.type === to.oid) return withTypmod(value, to, mode);
  if (!mayCast(value.type, to.oid, mode)) {
    throw t.error(
      mode === 'assignment' ? '42804' : '42846',
      `cannot cast type ${spokenType(value.type)} to ${spokenType(to.oid)}`,
      location,
    );
  }
  if (value.number !== undefined && value.type === typeIds.numeric && isFloat(to.oid)) {
    return exprOf(floatText(value.number, to.oid), to.oid);
  }
  if (
    value.number !== undefined &&
    isInteger(value.type) &&
    (to.oid === typeIds.int8 || to.oid === typeIds.oid)
  ) {
    return { ...value, type: to.oid };
  }
  return withTypmod(exprOf(castSql(t, value.sql, value.type, to.oid), to.oid), to, mode);
}

/** What an expression is when nothing tells its type: text. */
export function settled(t: Translation, value: Expr): Expr {
  return value.type === typeIds.unknown
    ? coerce(t, value, { oid: typeIds.text, typmod: -1 }, 'implicit')
    : value;
}

/** Coerces to a type without modifier, as arguments of functions and operators are. */
export function coerceTo(t: Translation, value: Expr, oid: Oid, location?: number): Expr {
  return coerce(t, value, { oid, typmod: -1 }, 'implicit', location);
}

function mayCast(from: Oid, to: Oid, mode: CastMode): boolean {
  if (mode === 'implicit') return castsImplicitly(from, to);
  if (castsOnAssignment(from, to)) return true;
  if (mode === 'assignment') return false;
  if (isTextual(from) || isTextual(to)) return true;
  const fromElement = elementOf(from);
  const toElement = elementOf(to);
  if (fromElement !== undefined && toElement !== undefined) {
    return mayCast(fromElement, toElement, mode);
  }
  return explicitPairs.has(`${from} ${to}`) || (isInteger(from) && isInteger(to));
}

const explicitPairs: ReadonlySet<string> = new Set([
  '16 23',
  '23 16',
  '16 25',
  '20 16',
  '3802 16',
  '3802 21',
  '3802 23',
  '3802 20',
  '3802 1700',
  '3802 700',
  '3802 701',
  '114 3802',
  '23 18',
  '18 23',
  '1083 1186',
  '1114 1083',
  '17 2950',
]);

/** A constant as a REAL. Throws 22003 where the type has no such number. */
function floatText(number: string, oid: Oid): string {
  const value = oid === typeIds.float4 ? Math.fround(Number(number)) : Number(number);
  const isLost = value === 0 && /[1-9]/.test(number.replace(/e.*/i, ''));
  if (!Number.isFinite(value) || isLost) {
    throw new PgError('22003', `"${number}" is out of range for type ${spokenType(oid)}`);
  }
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function withTypmod(value: Expr, to: PgType, mode: CastMode): Expr {
  const { typmod, oid } = to;
  if (typmod < 0 || value.typmod === typmod || isArray(oid)) return value;
  const sql = typmodSql(value.sql, oid, typmod, mode);
  return sql === value.sql ? { ...value, typmod } : exprOf(sql, oid, typmod);
}

function typmodSql(sql: string, oid: Oid, typmod: number, mode: CastMode): string {
  switch (oid) {
    case typeIds.varchar:
      return mode === 'explicit'
        ? `substr(${sql}, 1, ${typmod - 4})`
        : `pg_varchar(${sql}, ${typmod - 4})`;
    case typeIds.bpchar:
      return mode === 'explicit'
        ? `rtrim(substr(${sql}, 1, ${typmod - 4}), ' ')`
        : `rtrim(pg_varchar(${sql}, ${typmod - 4}), ' ')`;
    case typeIds.numeric: {
      const scale = (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
      return `pg_numeric_scaled(${sql}, ${((typmod - 4) >> 16) & 0xffff}, ${scale})`;
    }
    case typeIds.time:
    case typeIds.timetz:
    case typeIds.timestamp:
    case typeIds.timestamptz:
      return typmod >= 6 ? sql : `pg_time_precision(${sql}, ${typmod})`;
    case typeIds.interval:
      return `pg_interval_typmod(${sql}, ${typmod})`;
    default:
      return sql;
  }
}

const integerRanges: ReadonlyMap<Oid, readonly [bigint, bigint]> = new Map<
  Oid,
  readonly [bigint, bigint]
>([
  [typeIds.int2, [-32768n, 32767n]],
  [typeIds.int4, [-2147483648n, 2147483647n]],
  [typeIds.int8, [-9223372036854775808n, 9223372036854775807n]],
  [typeIds.oid, [-2147483648n, 4294967295n]],
]);
const truths: ReadonlyMap<string, string> = new Map(
  ['t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1']
    .map((text): [string, string] => [text, '1'])
    .concat(
      ['f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0'].map((text) => [text, '0']),
    ),
);

/** A string literal as a value of a type. Throws 22P02 or 22003 where the text is none. */
function literalOf(t: Translation, text: string, oid: Oid, location: number | undefined): Expr {
  const invalid = (): PgError =>
    t.error('22P02', `invalid input syntax for type ${spokenType(oid)}: "${text}"`, location);
  if (oid === typeIds.bpchar) return exprOf(quoteText(text.replace(/ +$/, '')), oid);
  if (isTextual(oid)) return { ...exprOf(quoteText(text), oid), literal: text };
  const range = integerRanges.get(oid);
  if (range !== undefined) {
    if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalid();
    let value = BigInt(text.trim().replace(/^\+/, ''));
    if (value < range[0] || value > range[1]) {
      throw t.error(
        '22003',
        `value "${text}" is out of range for type ${spokenType(oid)}`,
        location,
      );
    }
    // Object ids have no sign; what is below zero is read as 32 bits.
    if (oid === typeIds.oid) value = BigInt.asUintN(32, value);
    return { ...exprOf(String(value), oid), number: String(value) };
  }
  if (oid === typeIds.bool) {
    const truth = truths.get(text.trim().toLowerCase());
    if (truth === undefined) throw invalid();
    return exprOf(truth, oid);
  }
  if (isFloat(oid) && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) {
    return exprOf(floatText(text.trim(), oid), oid);
  }
  return exprOf(inputSql(t, quoteText(text), oid), oid);
}

/** Reads text of PostgreSQL's input syntax. */
function inputSql(t: Translation, sql: string, to: Oid): string {
  if (isTextual(to)) return sql;
  const element = elementOf(to);
  if (element !== undefined && to !== typeIds.int2vector && to !== typeIds.oidvector) {
    return `pg_cast_array(${sql}, ${element}, ${t.timeZone()})`;
  }
  if (to === typeIds.timestamptz || to === typeIds.timetz) {
    return `pg_cast_${internalName(to)}(${sql}, ${t.timeZone()})`;
  }
  if (plainTypes.has(to)) return sql;
  return `pg_cast_${internalName(to)}(${sql})`;
}

/** Kept as the text that was given. */
const plainTypes: ReadonlySet<Oid> = new Set<Oid>([
  typeIds.tid,
  typeIds.pg_lsn,
  typeIds.aclitem,
  typeIds.xml,
  typeIds.xid,
]);

/** A value of any type as the text that PostgreSQL would show. */
export function outputSql(t: Translation, sql: string, from: Oid): string {
  if (isTextual(from) || plainTypes.has(from)) return sql;
  if (isRegType(from)) return `pg_${internalName(from)}_text(${sql})`;
  if (isInteger(from)) return `CAST(${sql} AS TEXT)`;
  // [1,2] is written as 1 2.
  if (from === typeIds.int2vector || from === typeIds.oidvector)
    return `replace(trim(${sql}, '[]'), ',', ' ')`;
  const element = elementOf(from);
  if (element !== undefined) return `pg_array_text(${sql}, ${element})`;
  switch (from) {
    case typeIds.bool:
      return `pg_bool_text(${sql})`;
    case typeIds.float4:
    case typeIds.float8:
    case typeIds.numeric:
    case typeIds.bytea:
      return `pg_${internalName(from)}_text(${sql})`;
    case typeIds.timestamptz:
      return `pg_timestamptz_text(${sql}, ${t.timeZone()})`;
    case typeIds.void:
      return `''`;
    default:
      return sql;
  }
}

/** SQL that turns a value of one type into one of another. */
export function castSql(t: Translation, sql: string, from: Oid, to: Oid): string {
  if (from === to) return sql;
  if (isTextual(to)) return outputSql(t, sql, from);
  if (isTextual(from)) return inputSql(t, sql, to);
  if (isInteger(to)) return integerSql(sql, from, to);
  const fromElement = elementOf(from);
  const toElement = elementOf(to);
  if (fromElement !== undefined && toElement !== undefined) {
    return sameStorage(fromElement, toElement)
      ? sql
      : `pg_array_map(${sql}, '${internalName(toElement)}')`;
  }
  switch (to) {
    case typeIds.bool:
      return from === typeIds.jsonb ? `(${sql} = 'true')` : `(${sql} <> 0)`;
    case typeIds.float4:
      return from === typeIds.float8 ? `pg_float4(${sql})` : `pg_float4(CAST(${sql} AS REAL))`;
    case typeIds.float8:
      if (from === typeIds.numeric) return `pg_numeric_float(${sql})`;
      return from === typeIds.float4 ? sql : `CAST(${sql} AS REAL)`;
    case typeIds.numeric:
      return isFloat(from) ? `pg_float_numeric(${sql})` : sql;
    case typeIds.json:
      return sql;
    case typeIds.jsonb:
      return `pg_cast_jsonb(${sql})`;
    case typeIds.uuid:
      return `pg_cast_uuid(hex(${sql}))`;
    default:
      return timeSql(t, sql, from, to);
  }
}

function sameStorage(from: Oid, to: Oid): boolean {
  return (
    (isTextual(from) && isTextual(to)) ||
    (isInteger(from) && isInteger(to) && to !== typeIds.int2 && to !== typeIds.int4)
  );
}

function integerSql(sql: string, from: Oid, to: Oid): string {
  if (from === typeIds.bool) return sql;
  if (from === typeIds.char) return `unicode(${sql})`;
  const widens =
    isInteger(from) &&
    (to === typeIds.int8 ||
      isRegType(to) ||
      to === typeIds.oid ||
      from === typeIds.int2 ||
      isRegType(from));
  if (widens) return sql;
  const target = to === typeIds.int2 || to === typeIds.int4 ? internalName(to) : 'int8';
  return `pg_to_${target}(${sql})`;
}

function timeSql(t: Translation, sql: string, from: Oid, to: Oid): string {
  switch (`${from} ${to}`) {
    case '1082 1114':
      return `pg_date_timestamp(${sql})`;
    case '1082 1184':
      return `pg_timestamp_at_zone(pg_date_timestamp(${sql}), ${t.timeZone()})`;
    case '1114 1184':
      return `pg_timestamp_at_zone(${sql}, ${t.timeZone()})`;
    case '1184 1114':
      return `pg_timestamptz_local(${sql}, ${t.timeZone()})`;
    case '1114 1082':
      return `pg_timestamp_date(${sql})`;
    case '1184 1082':
      return `pg_timestamp_date(pg_timestamptz_local(${sql}, ${t.timeZone()}))`;
    case '1114 1083':
      return `substr(${sql}, 12)`;
    case '1184 1083':
      return `substr(pg_timestamptz_local(${sql}, ${t.timeZone()}), 12)`;
    case '1184 1266':
      return `pg_timestamptz_timetz(${sql}, ${t.timeZone()})`;
    case '1083 1266':
      return `pg_cast_timetz(${sql}, ${t.timeZone()})`;
    case '1266 1083':
      return `pg_timetz_time(${sql})`;
    case '1083 1186':
      return `pg_time_interval(${sql})`;
    case '1186 1083':
      return `pg_interval_time(${sql})`;
    default:
      return sql;
  }
}

/** The type that all of several expressions can take: UNION, CASE, COALESCE, VALUES. Throws 42804. */
export function commonType(
  t: Translation,
  values: readonly Expr[],
  construct: string,
  location?: number | undefined,
): Oid {
  let common: Oid = typeIds.unknown;
  for (const { type } of values) {
    if (type === typeIds.unknown || type === common) continue;
    if (common === typeIds.unknown) common = type;
    else if (castsImplicitly(common, type) && !castsImplicitly(type, common)) common = type;
    else if (castsImplicitly(type, common)) continue;
    else if (castsImplicitly(common, type)) common = type;
    else {
      throw t.error(
        '42804',
        `${construct} types ${spokenType(common)} and ${spokenType(type)} cannot be matched`,
        location,
      );
    }
  }
  return common;
}
