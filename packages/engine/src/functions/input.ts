// Reads values as PostgreSQL's types do: from the text that clients send and casts name, to the form in which
// they are stored. Errors have PostgreSQL's SQLSTATEs and words.

import { type ArrayItem, arrayJson, parseArrayLiteral } from './array-form.ts';
import {
  readDate,
  readTime,
  readTimestamp,
  readTimestamptz,
  readTimetz,
} from './datetime-input.ts';
import { formatDecimal, parseDecimal } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { formatInterval } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { checkJson, jsonbOfText } from './json-value.ts';
import { elementOf, kindOf, nameOf } from './pg-types.ts';

/** What a value is stored as; a number is a REAL. */
export type Stored = number | bigint | string | Uint8Array;

function malformed(type: string, text: string): Error {
  return sqlFault('22P02', `invalid input syntax for type ${type}: "${text}"`);
}

export function readBool(text: string): bigint {
  const word = text.trim().toLowerCase();
  if (word !== '') {
    if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1')
      return 1n;
    if ('false'.startsWith(word) || 'no'.startsWith(word) || /^(off?|0)$/.test(word)) return 0n;
  }
  throw malformed('boolean', text);
}

const integerNames = { 2: 'smallint', 4: 'integer', 8: 'bigint' } as const;

export function readInteger(text: string, bytes: 2 | 4 | 8): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw malformed(integerNames[bytes], text);
  const value = BigInt(text.trim().replace(/^\+/, ''));
  const limit = 1n << BigInt(bytes * 8 - 1);
  if (value >= limit || value < -limit) {
    throw sqlFault('22003', `value "${text}" is out of range for type ${integerNames[bytes]}`);
  }
  return value;
}

/** Also of regclass and its like, by number. */
export function readOid(text: string, type = 'oid'): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw malformed(type, text);
  const value = BigInt(text.trim().replace(/^\+/, ''));
  if (value > 0xffff_ffffn || value < -0x8000_0000n) {
    throw sqlFault('22003', `value "${text}" is out of range for type oid`);
  }
  return value < 0n ? value + 0x1_0000_0000n : value;
}

const floatPattern = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

export function readFloat(text: string, bytes: 4 | 8): number {
  const type = bytes === 4 ? 'real' : 'double precision';
  const special = /^\s*([+-]?)(nan|inf|infinity)\s*$/i.exec(text);
  if (special !== null) {
    if (/nan/i.test(text)) return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!floatPattern.test(text) && !/^\s*0x[0-9a-f]+\s*$/i.test(text)) throw malformed(type, text);
  const read = Number(text);
  const value = bytes === 4 ? Math.fround(read) : read;
  if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(text.replace(/e.*/i, '')))) {
    throw sqlFault('22003', `"${text.trim()}" is out of range for type ${type}`);
  }
  return value;
}

/** NaN and the infinities stay words: they compare as text, which no one relies on. */
export function readNumeric(text: string): string {
  const decimal = parseDecimal(text);
  if (decimal !== undefined) return formatDecimal(decimal);
  const word = text.trim().toLowerCase();
  if (word === 'nan') return 'NaN';
  if (/^\+?inf(inity)?$/.test(word)) return 'Infinity';
  if (/^-inf(inity)?$/.test(word)) return '-Infinity';
  throw malformed('numeric', text);
}

const uuidPattern = /^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/;

export function readUuid(text: string): string {
  const lower = text.toLowerCase();
  const inner = lower.startsWith('{') && lower.endsWith('}') ? lower.slice(1, -1) : lower;
  if (!uuidPattern.test(inner)) throw malformed('uuid', text);
  const digits = inner.replaceAll('-', '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}

/** `\x…` or the escape form. */
export function readBytea(text: string): Uint8Array {
  if (text.startsWith('\\x')) return readHex(text.slice(2));
  const bytes: number[] = [];
  const source = Buffer.from(text);
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    if (byte !== 0x5c) {
      bytes.push(byte);
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(source.toString('latin1', at + 1, at + 4));
    if (source[at + 1] === 0x5c) {
      bytes.push(0x5c);
      at++;
    } else if (octal !== null) {
      bytes.push(Number.parseInt(octal[0], 8));
      at += 3;
    } else throw sqlFault('22P02', 'invalid input syntax for type bytea');
  }
  return Uint8Array.from(bytes);
}

/** Hexadecimal digits by pairs; white space may stand between the pairs. Throws 22023. */
export function readHex(digits: string): Uint8Array {
  const packed = digits.replaceAll(/\s/g, '');
  const wrong = /[^0-9a-f]/iu.exec(packed);
  if (wrong !== null) throw sqlFault('22023', `invalid hexadecimal digit: "${wrong[0]}"`);
  if (packed.length % 2 === 1) {
    throw sqlFault('22023', 'invalid hexadecimal data: odd number of digits');
  }
  return Uint8Array.from(Buffer.from(packed, 'hex'));
}

/** inet and cidr, which are kept as text: checked for their form only. */
export function readInet(text: string, type: string): string {
  const word = text.trim().toLowerCase();
  const [address = '', bits] = word.split('/');
  const isFour =
    /^(\d{1,3})(\.\d{1,3}){3}$/.test(address) &&
    address.split('.').every((part) => Number(part) < 256);
  const isSix = /^[0-9a-f:.]+$/.test(address) && address.includes(':');
  if ((!isFour && !isSix) || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
    throw malformed(type, text);
  }
  const width = isFour ? 32 : 128;
  if (Number(bits ?? 0) > width) throw malformed(type, text);
  if (type === 'inet' && Number(bits ?? width) === width) return address;
  return `${address}/${bits ?? width}`;
}

/** `"char"` keeps one character. */
function readSingleCharacter(text: string): string {
  return text.slice(0, 1);
}

/** Reads a value of a type; the zone is for times that name none. */
export function readText(oid: number, text: string, zone = 'UTC'): Stored {
  switch (kindOf(oid)) {
    case 'bool':
      return readBool(text);
    case 'int2':
      return readInteger(text, 2);
    case 'int4':
      return readInteger(text, 4);
    case 'int8':
      return readInteger(text, 8);
    case 'oid':
      return readOid(text, nameOf(oid));
    case 'float4':
      return readFloat(text, 4);
    case 'float8':
      return readFloat(text, 8);
    case 'numeric':
      return readNumeric(text);
    case 'bytea':
      return readBytea(text);
    case 'date':
      return readDate(text, zone);
    case 'time':
      return readTime(text, zone);
    case 'timetz':
      return readTimetz(text, zone);
    case 'timestamp':
      return readTimestamp(text, zone);
    case 'timestamptz':
      return readTimestamptz(text, zone);
    case 'interval':
      return formatInterval(parseInterval(text));
    case 'uuid':
      return readUuid(text);
    case 'json':
      return checkJson(text);
    case 'jsonb':
      return jsonbOfText(text);
    case 'bpchar':
      return text.replace(/ +$/, '');
    case 'array':
      return readArray(oid, text, zone);
    case 'vector':
      return readVector(text);
    default:
      if (oid === 869 || oid === 650) return readInet(text, oid === 869 ? 'inet' : 'cidr');
      return oid === 18 ? readSingleCharacter(text) : text;
  }
}

/** `{1,2}` as JSON; JSON itself is taken too, as columns have it. */
export function readArray(oid: number, text: string, zone = 'UTC'): string {
  const element = elementOf(oid) ?? 25;
  return arrayJson(parseArrayLiteral(text, (item) => readItem(element, item, zone)));
}

/** An element as JSON has it: numbers that are exact there, all else as strings. */
export function readItem(element: number, text: string, zone: string): ArrayItem {
  const stored = readText(element, text, zone);
  return itemOfStored(stored);
}

export function itemOfStored(stored: Stored): ArrayItem {
  return stored instanceof Uint8Array ? `\\x${Buffer.from(stored).toString('hex')}` : stored;
}

/** `1 2` of int2vector and oidvector. */
function readVector(text: string): string {
  const words = text.trim().split(/\s+/).filter(Boolean);
  return arrayJson(words.map((word) => readInteger(word, 8)));
}
