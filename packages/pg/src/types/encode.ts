// Values of SQLite as the client gets them, in the text and the binary format of their type. SQLite lets
// anything into any column: what does not fit its type is written as its text, and cannot be told in binary.

import {
  type ArrayElement,
  arrayLiteral,
  dimensionsOf,
  elementsOf,
  parseJsonArray,
} from '@patina/engine/functions/array-form.ts';
import { formatMoment } from '@patina/engine/functions/calendar.ts';
import {
  decimalOfReal,
  formatDecimal,
  parseDecimal,
  round,
} from '@patina/engine/functions/decimal.ts';
import { float4Text, float8Text } from '@patina/engine/functions/float-text.ts';
import { formatInterval, formatIntervalIso } from '@patina/engine/functions/interval.ts';
import { parseInterval } from '@patina/engine/functions/interval-input.ts';
import { elementOf, kindOf, nameOf } from '@patina/engine/functions/pg-types.ts';
import { readClock, readMoment } from '@patina/engine/functions/stored-times.ts';
import { formatOffset, offsetAt, toLocal } from '@patina/engine/functions/time-zones.ts';
import { PgError } from '../pg-error.ts';
import type { RunSettings } from '../session/requests.ts';
import { dateToBinary, momentToBinary } from './datetime-binary.ts';
import { formatIntervalSql, formatIntervalVerbose } from './interval-styles.ts';
import { numericToBinary } from './numeric-binary.ts';
import type { Oid, PgType } from './oids.ts';

/** A value that is not null. */
export type PresentCell = number | bigint | string | Uint8Array;

/** Makes the text of cells of one type. */
export type TextEncoder = (cell: PresentCell) => string;

const lengthHeaderBytes = 4;

/** The text format of a type. */
export function textEncoder(type: PgType, settings: RunSettings): TextEncoder {
  const { oid, typmod } = type;
  switch (kindOf(oid)) {
    case 'bool':
      return (cell) => (isTruth(cell) ? 't' : isFalsehood(cell) ? 'f' : plainText(cell));
    case 'bytea':
      return (cell) => byteaText(cell, settings.byteaOutput);
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return integerText;
    case 'float4':
      return (cell) => floatText(cell, settings.extraFloatDigits, float4Text);
    case 'float8':
      return (cell) => floatText(cell, settings.extraFloatDigits, float8Text);
    case 'numeric':
      return (cell) => numericText(cell, typmod);
    case 'bpchar':
      return (cell) => plainText(cell).padEnd(typmod - lengthHeaderBytes, ' ');
    case 'timestamptz':
      return (cell) => zonedText(plainText(cell), settings.timeZone);
    case 'interval':
      return (cell) => intervalText(plainText(cell), settings.intervalStyle);
    case 'array':
      return (cell) => arrayText(cell, elementOf(oid) ?? 25, settings);
    case 'vector':
      return (cell) => vectorText(plainText(cell));
    case 'void':
      return () => '';
    default:
      return plainText;
  }
}

/** The binary format of a type. Throws 22P03 for what it cannot hold. */
export function binaryEncoder(type: PgType, settings: RunSettings): (cell: PresentCell) => Buffer {
  const { oid } = type;
  switch (kindOf(oid)) {
    case 'bool':
      return (cell) => Buffer.from([isTruth(cell) ? 1 : isFalsehood(cell) ? 0 : wrong(oid, cell)]);
    case 'bytea':
      return (cell) => Buffer.from(cell instanceof Uint8Array ? cell : plainText(cell));
    case 'int2':
      return (cell) => integer(oid, cell, 2);
    case 'int4':
    case 'oid':
      return (cell) => integer(oid, cell, 4);
    case 'int8':
      return (cell) => integer(oid, cell, 8);
    case 'float4':
    case 'float8':
      return (cell) => float(oid, cell);
    case 'numeric':
      return (cell) => numericBinary(oid, cell, type.typmod);
    case 'jsonb':
      return (cell) => Buffer.concat([Buffer.from([1]), Buffer.from(plainText(cell))]);
    case 'uuid':
      return (cell) => uuid(oid, cell);
    case 'date':
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
      return (cell) => dateTime(oid, plainText(cell));
    case 'array':
      return (cell) => arrayBinary(cell, elementOf(oid) ?? 25, settings);
    case 'vector':
      return (cell) => arrayBinary(cell, oid === 22 ? 21 : 26, settings);
    case 'void':
      return () => Buffer.alloc(0);
    default: {
      const text = textEncoder(type, settings);
      return (cell) => (cell instanceof Uint8Array ? Buffer.from(cell) : Buffer.from(text(cell)));
    }
  }
}

const utf8 = new TextDecoder();

/** As CAST AS TEXT gives it. */
export function plainText(cell: PresentCell): string {
  if (typeof cell === 'string') return cell;
  if (cell instanceof Uint8Array) return utf8.decode(cell);
  return typeof cell === 'bigint' ? String(cell) : float8Text(cell, 1);
}

function isTruth(cell: PresentCell): boolean {
  return cell === 1n || cell === 1 || cell === 't' || cell === 'true';
}

function isFalsehood(cell: PresentCell): boolean {
  return cell === 0n || cell === 0 || cell === 'f' || cell === 'false';
}

function integerText(cell: PresentCell): string {
  if (typeof cell === 'number' && Number.isInteger(cell)) return BigInt(cell).toString();
  return plainText(cell);
}

function byteaText(cell: PresentCell, output: 'hex' | 'escape'): string {
  const bytes = cell instanceof Uint8Array ? cell : Buffer.from(plainText(cell));
  if (output === 'hex') return `\\x${Buffer.from(bytes).toString('hex')}`;
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return text;
}

function floatText(
  cell: PresentCell,
  digits: number,
  write: (value: number, digits: number) => string,
): string {
  if (typeof cell === 'number') return write(cell, digits);
  if (typeof cell === 'bigint') return write(Number(cell), digits);
  return plainText(cell);
}

/** With as many digits as numeric(p,s) has. */
function numericText(cell: PresentCell, typmod: number): string {
  if (cell instanceof Uint8Array) return plainText(cell);
  if (typmod < lengthHeaderBytes)
    return typeof cell === 'number' ? realDecimal(cell) : String(cell);
  const decimal = parseDecimal(typeof cell === 'number' ? realDecimal(cell) : String(cell));
  if (decimal === undefined) return String(cell);
  // Eleven bits, signed.
  const scale = (((typmod - lengthHeaderBytes) & 0x7ff) ^ 1_024) - 1_024;
  return formatDecimal(round(decimal, Math.max(0, scale)));
}

function realDecimal(value: number): string {
  return Number.isFinite(value) ? formatDecimal(decimalOfReal(value)) : float8Text(value, 1);
}

function zonedText(text: string, zone: string): string {
  const moment = readMoment(text);
  if (moment === undefined || moment.kind !== 'finite') return text;
  const offset = formatOffset(offsetAt(zone, moment));
  const local = formatMoment(toLocal(moment, zone));
  return local.endsWith(' BC') ? `${local.slice(0, -3)}${offset} BC` : `${local}${offset}`;
}

function intervalText(text: string, style: string): string {
  if (style === 'postgres') return text;
  try {
    const interval = parseInterval(text);
    if (style === 'iso_8601') return formatIntervalIso(interval);
    if (style === 'sql_standard') return formatIntervalSql(interval);
    return style === 'postgres_verbose'
      ? formatIntervalVerbose(interval)
      : formatInterval(interval);
  } catch {
    return text;
  }
}

function arrayText(cell: PresentCell, element: Oid, settings: RunSettings): string {
  const value = parseJsonArray(plainText(cell));
  if (value === undefined) return plainText(cell);
  const write = textEncoder({ oid: element, typmod: -1 }, settings);
  return arrayLiteral(value, (item) => write(elementCell(item, element)));
}

/** An element of JSON as the cell that a column of its type would hold. */
function elementCell(item: ArrayElement, element: Oid): PresentCell {
  if (typeof item === 'boolean') return item ? 1n : 0n;
  if (typeof item === 'string') {
    if (kindOf(element) === 'bytea' && item.startsWith('\\x'))
      return Buffer.from(item.slice(2), 'hex');
    return /^(float4|float8)$/.test(kindOf(element)) ? Number(item) : item;
  }
  if (typeof item === 'bigint') return item;
  return Number.isInteger(item) ? BigInt(item) : item;
}

function vectorText(text: string): string {
  const value = parseJsonArray(text);
  return value === undefined ? text : value.map(String).join(' ');
}

function integer(oid: Oid, cell: PresentCell, bytes: 2 | 4 | 8): Buffer {
  if (cell instanceof Uint8Array) return wrong(oid, cell);
  const isWhole =
    typeof cell === 'bigint' ||
    (typeof cell === 'number' && Number.isInteger(cell)) ||
    (typeof cell === 'string' && /^[+-]?\d{1,19}$/.test(cell));
  if (!isWhole) return wrong(oid, cell);
  const value = BigInt(cell);
  const isSigned = oid === 20 || oid === 21 || oid === 23;
  const limit = 1n << BigInt(bytes * 8 - (isSigned ? 1 : 0));
  if (value >= limit || value < (isSigned ? -limit : 0n)) return wrong(oid, cell);
  const out = Buffer.allocUnsafe(bytes);
  if (bytes === 8) out.writeBigInt64BE(value);
  else if (bytes === 2) out.writeInt16BE(Number(value));
  else if (isSigned) out.writeInt32BE(Number(value));
  else out.writeUInt32BE(Number(value));
  return out;
}

function float(oid: Oid, cell: PresentCell): Buffer {
  const value = typeof cell === 'number' || typeof cell === 'bigint' ? Number(cell) : Number.NaN;
  if (Number.isNaN(value)) return wrong(oid, cell);
  const out = Buffer.allocUnsafe(oid === 700 ? 4 : 8);
  if (oid === 700) out.writeFloatBE(value);
  else out.writeDoubleBE(value);
  return out;
}

function numericBinary(oid: Oid, cell: PresentCell, typmod: number): Buffer {
  return numericToBinary(numericText(cell, typmod)) ?? wrong(oid, cell);
}

function uuid(oid: Oid, cell: PresentCell): Buffer {
  const digits = plainText(cell).replaceAll('-', '');
  return /^[0-9a-f]{32}$/i.test(digits) ? Buffer.from(digits, 'hex') : wrong(oid, cell);
}

function dateTime(oid: Oid, text: string): Buffer {
  const kind = kindOf(oid);
  if (kind === 'interval') return intervalBinary(oid, text);
  if (kind === 'time' || kind === 'timetz') return clockBinary(oid, text);
  const moment = readMoment(text);
  if (moment === undefined) return wrong(oid, text);
  const out = Buffer.allocUnsafe(kind === 'date' ? 4 : 8);
  if (kind === 'date') out.writeInt32BE(dateToBinary(moment));
  else out.writeBigInt64BE(momentToBinary(moment));
  return out;
}

function clockBinary(oid: Oid, text: string): Buffer {
  const [, clock = '', hours, minutes, seconds] =
    /^([\d:.]+)(?:([+-]\d{2})(?::(\d{2}))?(?::(\d{2}))?)?$/.exec(text) ?? [];
  const us = readClock(clock);
  if (us === undefined) return wrong(oid, text);
  const isZoned = kindOf(oid) === 'timetz';
  const out = Buffer.allocUnsafe(isZoned ? 12 : 8);
  out.writeBigInt64BE(BigInt(us));
  if (isZoned) {
    const sign = (hours ?? '+').startsWith('-') ? -1 : 1;
    const east =
      Math.abs(Number(hours ?? 0)) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
    // Seconds to the west.
    out.writeInt32BE(-sign * east, 8);
  }
  return out;
}

function intervalBinary(oid: Oid, text: string): Buffer {
  try {
    const { months, days, us } = parseInterval(text);
    const out = Buffer.allocUnsafe(16);
    out.writeBigInt64BE(BigInt(us), 0);
    out.writeInt32BE(days, 8);
    out.writeInt32BE(months, 12);
    return out;
  } catch {
    return wrong(oid, text);
  }
}

function arrayBinary(cell: PresentCell, element: Oid, settings: RunSettings): Buffer {
  const value = parseJsonArray(plainText(cell));
  const dimensions = value === undefined ? undefined : dimensionsOf(value);
  if (value === undefined || dimensions === undefined) return wrong(element, cell);
  const encode = binaryEncoder({ oid: element, typmod: -1 }, settings);
  const parts: Buffer[] = [];
  let hasNull = 0;
  for (const item of elementsOf(value)) {
    if (item === null) {
      hasNull = 1;
      parts.push(word(-1));
      continue;
    }
    const bytes = encode(elementCell(item, element));
    parts.push(word(bytes.length), bytes);
  }
  const sizes = dimensions.flatMap((size) => [word(size), word(1)]);
  return Buffer.concat([word(dimensions.length), word(hasNull), word(element), ...sizes, ...parts]);
}

function word(value: number): Buffer {
  const out = Buffer.allocUnsafe(4);
  out.writeInt32BE(value | 0);
  return out;
}

function wrong(oid: Oid, cell: PresentCell): never {
  const shown = plainText(cell).slice(0, 64);
  throw new PgError('22P03', `the value "${shown}" cannot be sent as ${nameOf(oid)} in binary`, {
    hint: 'SQLite columns hold values of any type: ask for text, or cast the column to text.',
  });
}
