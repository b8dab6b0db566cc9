// Values from clients, in the text and the binary format of their type, as they are stored.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { type ArrayItem, type ArrayValue, arrayJson } from '@patina/engine/functions/array-form.ts';
import { faultOfMessage } from '@patina/engine/functions/function-error.ts';
import { itemOfStored, readText, type Stored } from '@patina/engine/functions/input.ts';
import { formatInterval } from '@patina/engine/functions/interval.ts';
import { jsonbOfText } from '@patina/engine/functions/json-value.ts';
import { elementOf, kindOf, nameOf } from '@patina/engine/functions/pg-types.ts';
import { withOffset } from '@patina/engine/functions/stored-times.ts';
import { PgError } from '../pg-error.ts';
import type { Format, RunSettings } from '../session/requests.ts';
import {
  clockFromBinary,
  dateFromBinary,
  momentFromBinary,
  offsetFromBinary,
} from './datetime-binary.ts';
import { numericFromBinary } from './numeric-binary.ts';
import type { Oid } from './oids.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A parameter, or a field of COPY. Throws PgError 22P02, 22003, 22P03 and others that its type has. */
export function decodeParam(
  oid: Oid,
  format: Format,
  bytes: Uint8Array | undefined,
  settings: Pick<RunSettings, 'timeZone'>,
): SqlValue {
  if (bytes === undefined) return null;
  return format === 1 ? decodeBinary(oid, bytes) : decodeText(oid, textOfBytes(bytes), settings);
}

/** Throws PgError as its type's input does. */
export function decodeText(
  oid: Oid,
  text: string,
  settings: Pick<RunSettings, 'timeZone'>,
): Stored {
  try {
    return readText(oid, text, settings.timeZone);
  } catch (error) {
    throw asInputError(error);
  }
}

/** Throws PgError 22P03 where the bytes are no value of the type. */
export function decodeBinary(oid: Oid, bytes: Uint8Array): Stored {
  try {
    return readBinary(oid, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    if (!(error instanceof RangeError)) throw asInputError(error);
    throw wrongFormat(oid);
  }
}

function readBinary(oid: Oid, bytes: Buffer): Stored {
  switch (kindOf(oid)) {
    case 'bool':
      return sized(oid, bytes, 1).readInt8(0) === 0 ? 0n : 1n;
    case 'int2':
      return BigInt(sized(oid, bytes, 2).readInt16BE(0));
    case 'int4':
      return BigInt(sized(oid, bytes, 4).readInt32BE(0));
    case 'oid':
      return BigInt(sized(oid, bytes, 4).readUInt32BE(0));
    case 'int8':
      return sized(oid, bytes, 8).readBigInt64BE(0);
    // NaN becomes NULL where SQLite stores it: it has no such number.
    case 'float4':
      return sized(oid, bytes, 4).readFloatBE(0);
    case 'float8':
      return sized(oid, bytes, 8).readDoubleBE(0);
    case 'numeric':
      return numericFromBinary(bytes);
    case 'bytea':
      return bytes;
    case 'uuid':
      return sized(oid, bytes, 16)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    case 'jsonb':
      if (bytes[0] !== 1) throw wrongFormat(oid);
      return jsonbOfText(textOfBytes(bytes.subarray(1)));
    case 'date':
      return dateFromBinary(sized(oid, bytes, 4).readInt32BE(0));
    case 'time':
      return clockFromBinary(sized(oid, bytes, 8).readBigInt64BE(0));
    case 'timetz':
      return (
        clockFromBinary(sized(oid, bytes, 12).readBigInt64BE(0)) +
        offsetFromBinary(bytes.readInt32BE(8))
      );
    case 'timestamp':
      return momentFromBinary(sized(oid, bytes, 8).readBigInt64BE(0));
    case 'timestamptz': {
      const text = momentFromBinary(sized(oid, bytes, 8).readBigInt64BE(0));
      return text.endsWith('infinity') ? text : withOffset(text, '+00');
    }
    case 'interval':
      return formatInterval({
        us: Number(sized(oid, bytes, 16).readBigInt64BE(0)),
        days: bytes.readInt32BE(8),
        months: bytes.readInt32BE(12),
      });
    case 'array':
    case 'vector':
      return arrayJson(readArray(oid, bytes));
    default:
      return oid === 869 || oid === 650
        ? address(oid, bytes)
        : String(readText(oid, textOfBytes(bytes)));
  }
}

/** Of anything but arrays as the type has it; of arrays each dimension nests. */
function readArray(oid: Oid, bytes: Buffer): ArrayValue {
  const dimensions = bytes.readInt32BE(0);
  const found = bytes.readUInt32BE(8);
  const element = elementOf(oid) ?? found;
  if (found !== element) {
    const [is, wanted] = [found, element].map((each) => `${each} (${nameOf(each)})`);
    const sentence = `binary data has array element type ${is} instead of expected ${wanted}`;
    throw new PgError('42804', sentence);
  }
  if (dimensions < 0 || dimensions > dimensionsMax) throw wrongFormat(oid);
  const sizes = Array.from({ length: dimensions }, (_, n) => bytes.readInt32BE(12 + n * 8));
  let at = 12 + dimensions * 8;
  // Each element takes four bytes at least: what claims more elements, or empty parts, is no array.
  const elements = sizes.reduce((product, size) => product * size, dimensions === 0 ? 0 : 1);
  const isTooLarge = sizes.some((size) => size < 0) || elements * 4 > bytes.length - at;
  if (isTooLarge || (elements === 0 && dimensions > 0)) throw wrongFormat(oid);
  const readItem = (): ArrayItem => {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    if (at + length > bytes.length) throw wrongFormat(oid);
    const value = readBinary(element, bytes.subarray(at, at + length));
    at += length;
    return itemOfStored(value);
  };
  const readPart = (depth: number): ArrayValue => {
    const size = sizes[depth] ?? 0;
    const read = depth + 1 < dimensions ? () => readPart(depth + 1) : readItem;
    return Array.from({ length: size }, read);
  };
  const value = dimensions === 0 ? [] : readPart(0);
  if (at !== bytes.length) throw wrongFormat(oid);
  return value;
}

const dimensionsMax = 6;

/** inet and cidr: family, bits, whether it is a cidr, length, address. */
function address(oid: Oid, bytes: Buffer): string {
  const bits = bytes.readUInt8(1);
  const parts = bytes.subarray(4);
  if (parts.length !== bytes.readUInt8(3)) throw wrongFormat(oid);
  const isFour = parts.length === 4;
  const groups = Array.from({ length: isFour ? 4 : 8 }, (_, n) =>
    isFour ? String(parts.readUInt8(n)) : parts.readUInt16BE(n * 2).toString(16),
  );
  return String(readText(oid, `${groups.join(isFour ? '.' : ':')}/${bits}`));
}

function sized(oid: Oid, bytes: Buffer, length: number): Buffer {
  if (bytes.length !== length) throw wrongFormat(oid);
  return bytes;
}

function wrongFormat(oid: Oid): PgError {
  return new PgError('22P03', `incorrect binary data format for type ${nameOf(oid)}`);
}

function textOfBytes(bytes: Uint8Array): string {
  if (bytes.includes(0)) {
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8"');
  }
}

/** What the readers of the SQL functions throw, as it is told to clients. */
function asInputError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const told = faultOfMessage(error.message);
  if (told === undefined) return error;
  const { sqlState = '22P02', ...fields } = told.fault;
  return new PgError(sqlState, told.message, fields);
}
