// Casts between text and the types, and between numbers: pg_cast_T reads, pg_T_text writes, pg_to_T converts.

import {
  type ArrayItem,
  arrayJson,
  itemJson,
  parseArrayLiteral,
  parseJsonArray,
} from './array-form.ts';
import { finite, formatMoment, usPerDay } from './calendar.ts';
import { numberOf, textOf } from './cells.ts';
import { clockText } from './datetime-input.ts';
import { decimalOf, fitted, formatDecimal, round } from './decimal.ts';
import { float4Text, float8Text } from './float-text.ts';
import { sqlFault } from './function-error.ts';
import {
  type Answer,
  type Cell,
  type ScalarFunction,
  type SqlFunction,
  scalar,
} from './function-types.ts';
import { itemOfStored, readItem, readText } from './input.ts';
import { formatInterval } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { parseJsonPath } from './json-path-parse.ts';
import { arrayText, isTrueText, writeText, zonedText } from './output.ts';
import { numericText, specialNumber } from './special-numbers.ts';
import { clockOf, readClock, readMoment, utcText } from './stored-times.ts';

/** Types that a cast names, by object id. */
const oidByName: ReadonlyMap<string, number> = new Map([
  ['bool', 16],
  ['bytea', 17],
  ['int8', 20],
  ['int2', 21],
  ['int4', 23],
  ['text', 25],
  ['json', 114],
  ['float4', 700],
  ['float8', 701],
  ['bpchar', 1042],
  ['varchar', 1043],
  ['date', 1082],
  ['time', 1083],
  ['timestamp', 1114],
  ['timestamptz', 1184],
  ['interval', 1186],
  ['timetz', 1266],
  ['numeric', 1700],
  ['uuid', 2950],
  ['jsonb', 3802],
  ['inet', 869],
  ['cidr', 650],
  ['oid', 26],
]);

/** A number's text as the cast to text writes it, for casts of what is no text yet. */
function castText(cell: Cell): string {
  return typeof cell === 'number' && !Number.isInteger(cell) ? float8Text(cell, 1) : textOf(cell);
}

/** The clock answers for `now` in these. */
const clockTypes = new Set(['date', 'time', 'timestamp', 'timestamptz', 'timetz']);

function readers(): ScalarFunction[] {
  return [...oidByName]
    .filter(([name]) => name !== 'text')
    .map(([name, oid]) =>
      scalar(
        `pg_cast_${name}`,
        [1, 2],
        (value, zone) =>
          value instanceof Uint8Array && oid === 17
            ? value
            : answerOf(
                readText(oid, castText(value ?? null), zone === undefined ? 'UTC' : textOf(zone)),
              ),
        { isDeterministic: !clockTypes.has(name) },
      ),
    );
}

function answerOf(value: number | bigint | string | Uint8Array): Answer {
  return value;
}

const integerLimits = { int2: 1n << 15n, int4: 1n << 31n, int8: 1n << 63n } as const;
const integerNames = { int2: 'smallint', int4: 'integer', int8: 'bigint' } as const;

/** Real numbers go to the even neighbour, decimals away from zero. */
function toInteger(cell: Cell, type: keyof typeof integerLimits): bigint {
  let value: bigint;
  if (typeof cell === 'bigint') value = cell;
  else if (typeof cell === 'number') {
    if (!Number.isFinite(cell)) throw outOfRange(type);
    value = BigInt(halfToEven(cell));
  } else {
    const special = specialNumber(cell);
    if (special !== undefined) {
      const shown = Number.isNaN(special) ? 'NaN' : 'infinity';
      throw sqlFault('0A000', `cannot convert ${shown} to ${integerNames[type]}`);
    }
    value = round(decimalOf(cell), 0).units;
  }
  const limit = integerLimits[type];
  if (value >= limit || value < -limit) throw outOfRange(type);
  return value;
}

function outOfRange(type: keyof typeof integerNames): Error {
  return sqlFault('22003', `${integerNames[type]} out of range`);
}

export function halfToEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function scaled(value: Cell, precision: number, scale: number): string {
  const special = specialNumber(value);
  if (special === undefined) return formatDecimal(fitted(decimalOf(value), precision, scale));
  if (Number.isNaN(special)) return 'NaN';
  throw sqlFault(
    '22003',
    'numeric field overflow',
    `A field with precision ${precision}, scale ${scale} cannot hold an infinite value.`,
  );
}

function varchar(value: string, length: number): string {
  // Characters, not units of UTF-16; most text has as many of both.
  if (value.length <= length) return value;
  const characters = [...value];
  if (characters.length <= length) return value;
  if (characters.slice(length).every((character) => character === ' ')) {
    return characters.slice(0, length).join('');
  }
  throw sqlFault('22001', `value too long for type character varying(${length})`);
}

/** Seconds with so many digits, for each kind of time. */
function withPrecision(text: string, digits: number): string {
  if (digits >= 6) return text;
  const unit = 10 ** (6 - Math.max(0, digits));
  const clock = readClock(text);
  if (clock !== undefined) return clockText(Math.min(rounded(clock, unit), usPerDay));
  const moment = readMoment(text);
  if (moment !== undefined) {
    if (moment.kind !== 'finite') return text;
    const result = finite(moment.days, rounded(moment.us, unit));
    return /[+-]\d\d$/.test(text) && text.length > 12 ? utcText(result) : formatMoment(result);
  }
  const interval = parseInterval(text);
  return formatInterval({ ...interval, us: rounded(interval.us, unit) });
}

function rounded(us: number, unit: number): number {
  return Math.sign(us) * Math.round(Math.abs(us) / unit) * unit;
}

/** Each item made text and read as another type. */
function mapArray(json: Cell, type: string): Answer {
  const value = parseJsonArray(textOf(json));
  const oid = oidByName.get(type.toLowerCase());
  if (value === undefined || oid === undefined) {
    throw sqlFault('22P02', `malformed array literal: "${textOf(json)}"`);
  }
  const map = (item: ArrayItem): ArrayItem => {
    if (item === null) return null;
    if (typeof item === 'object') return item.map(map);
    if (type === 'text' || type === 'varchar') {
      return typeof item === 'boolean' ? String(item) : castText(item);
    }
    const isWhole = type === 'int2' || type === 'int4' || type === 'int8';
    if (isWhole && typeof item !== 'boolean') {
      return toInteger(typeof item === 'string' ? item : item, type);
    }
    return itemOfStored(readText(oid, castText(typeof item === 'boolean' ? Number(item) : item)));
  };
  return arrayJson(value.map(map));
}

function isValidInput(text: string, type: string): boolean {
  const oid = oidByName.get(type.toLowerCase()) ?? typeAliases.get(type.toLowerCase());
  if (oid === undefined) throw sqlFault('42704', `type "${type}" does not exist`);
  try {
    readText(oid, text);
    return true;
  } catch {
    return false;
  }
}

const typeAliases: ReadonlyMap<string, number> = new Map([
  ['integer', 23],
  ['int', 23],
  ['bigint', 20],
  ['smallint', 21],
  ['boolean', 16],
  ['real', 700],
  ['double precision', 701],
  ['decimal', 1700],
  ['timestamp with time zone', 1184],
  ['timestamp without time zone', 1114],
]);

export const castFunctions: readonly SqlFunction[] = [
  ...readers(),
  scalar('pg_cast_jsonpath', 1, (value) => {
    parseJsonPath(textOf(value ?? null));
    return textOf(value ?? null);
  }),
  scalar(
    'pg_cast_array',
    [2, 3],
    (value, element = 25, zone = 'UTC') =>
      castArray(textOf(value ?? null), numberOf(element), textOf(zone)),
    { isDeterministic: false },
  ),
  scalar('pg_array_text', [1, 2, 3], (value, element = 25, zone = 'UTC') =>
    arrayText(textOf(value ?? null), numberOf(element), textOf(zone)),
  ),
  scalar('pg_array_map', 2, (json = null, type = '') => mapArray(json, textOf(type))),
  scalar('pg_float8_text', 1, (value = null) =>
    typeof value === 'string' ? value : float8Text(numberOf(value), 1),
  ),
  scalar('pg_float4_text', 1, (value = null) =>
    typeof value === 'string' ? value : float4Text(numberOf(value), 1),
  ),
  scalar('pg_numeric_text', 1, (value = null) => writeText(1700, value)),
  scalar('pg_bytea_text', 1, (value = null) => writeText(17, value)),
  scalar('pg_bool_text', 1, (value = null) => (isTrueText(value) ? 'true' : 'false')),
  scalar('pg_timestamptz_text', 2, (value = null, zone = 'UTC') =>
    zonedText(textOf(value), textOf(zone)),
  ),
  scalar('pg_to_int2', 1, (value = null) => toInteger(value, 'int2')),
  scalar('pg_to_int4', 1, (value = null) => toInteger(value, 'int4')),
  scalar('pg_to_int8', 1, (value = null) => toInteger(value, 'int8')),
  scalar('pg_float_numeric', 1, (value = null) => numericText(value)),
  scalar('pg_numeric_float', 1, (value = null) => specialNumber(value) ?? numberOf(value)),
  scalar('pg_numeric_scaled', 3, (value = null, precision = 0, scale = 0) =>
    scaled(value, numberOf(precision), numberOf(scale)),
  ),
  scalar('pg_float4', 1, (value = null) => {
    const single = Math.fround(numberOf(value));
    if (!Number.isFinite(single) && Number.isFinite(numberOf(value))) {
      throw sqlFault('22003', 'value out of range: overflow');
    }
    return single;
  }),
  scalar('pg_varchar', 2, (value = null, length = 0) => varchar(textOf(value), numberOf(length))),
  scalar('pg_time_precision', 2, (value = null, digits = 6) =>
    withPrecision(textOf(value), numberOf(digits)),
  ),
  scalar('pg_time_interval', 1, (value = null) =>
    formatInterval({ months: 0, days: 0, us: clockOf(value) }),
  ),
  scalar('pg_interval_time', 1, (value = null) => {
    const { us } = parseInterval(textOf(value));
    return clockText(((us % usPerDay) + usPerDay) % usPerDay);
  }),
  scalar(
    'pg_input_is_valid',
    2,
    (text = null, type = null) => isValidInput(textOf(text), textOf(type)),
    { isDeterministic: false },
  ),
];

/** `{…}`, or JSON that is an array already. */
function castArray(text: string, element: number, zone: string): string {
  if (text.trimStart().startsWith('[')) {
    const value = parseJsonArray(text);
    if (value !== undefined) return itemJson(value);
  }
  return readArrayOf(element, text, zone);
}

function readArrayOf(element: number, text: string, zone: string): string {
  return arrayJson(parseArrayLiteral(text, (item) => readItem(element, item, zone)));
}
