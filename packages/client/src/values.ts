// SQL values on their way between programs and JSON: exact integers, BLOBs as bytes.

import { stringifyExactJson } from '@patina/api/exact-json.ts';
import { ClientError, protocolError } from './client-error.ts';

/**
 * A value of a row. INTEGERs are numbers where that is exact and bigints beyond (or always, where asked
 * for); BLOBs are bytes.
 */
export type Cell = null | number | bigint | string | Uint8Array;

/** A value to bind: what is no SQL value is stored as JSON text. */
export type Param =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly unknown[]
  | { readonly [name: string]: unknown };

/** Values by position, or by name with its prefix: `{ ':id': 1 }`. */
export type Params = readonly Param[] | { readonly [name: string]: Param };

/** How INTEGERs are given: `exact` as numbers where that is exact, `bigint` always as bigints. */
export type IntegerMode = 'exact' | 'bigint';

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const integerText = /^-?\d+$/;
const longDigits = /\d{16}/;

/** Parses JSON of a node. With `bigint` all integers are bigints, in the frame around cells too. */
export function parseJson(text: string, integers: IntegerMode): unknown {
  if (integers === 'exact' && !longDigits.test(text)) return JSON.parse(text);
  const reviver = integers === 'bigint' ? everyInteger : longInteger;
  return JSON.parse(text, reviver);
}

function everyInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return value;
  return integerOf(value, context?.source ?? String(value));
}

function longInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return integerOf(value, context?.source ?? '');
}

/** Digits beyond 64 bits cannot be an INTEGER: a REAL was written without its fraction. */
function integerOf(value: number, source: string): number | bigint {
  if (!integerText.test(source)) return value;
  const exact = BigInt(source);
  return exact < int64Min || exact > int64Max ? value : exact;
}

/** The cells of a row from JSON; throws PATINA_PROTOCOL. */
export function decodeCells(value: unknown): Cell[] {
  if (!Array.isArray(value)) throw protocolError('a row that is no array');
  const cells: Cell[] = [];
  for (const item of value as readonly unknown[]) cells.push(decodeCell(item));
  return cells;
}

function decodeCell(value: unknown): Cell {
  if (value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  if (!Array.isArray(value)) throw protocolError('a cell of an unknown kind');
  const bytes = new Uint8Array(value.length);
  for (let index = 0; index < value.length; index++) bytes[index] = decodeInteger(value[index]);
  return bytes;
}

/** A count or an id, which is exact as a number whatever the mode of integers. */
export function decodeInteger(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw protocolError('a number that is not exact');
}

/** A text for which holds: equal texts, equal cells. */
export function cellsKey(cells: readonly Cell[]): string {
  return cells.map(cellKey).join('\u0000');
}

/** The same for one cell. 1 and 1n are the same INTEGER. */
export function cellKey(cell: Cell): string {
  if (cell === null) return 'n';
  if (typeof cell === 'string') return JSON.stringify(cell);
  if (typeof cell === 'object') return `b${cell.join(',')}`;
  return String(cell);
}

/** A statement as the body of a request. */
export function statementJson(sql: string, params: Params | undefined): string {
  if (params === undefined) return stringifyExactJson(sql);
  return stringifyExactJson([sql, encodeParams(params)]);
}

/** Parameters as JSON values; throws PATINA_BAD_VALUE. */
function encodeParams(params: Params): unknown {
  if (isList(params)) return params.map(encodeParam);
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, encodeParam(value)]),
  );
}

function isList(params: Params): params is readonly Param[] {
  return Array.isArray(params);
}

function encodeParam(value: Param): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw badValue(String(value));
  if (typeof value === 'bigint' && (value < int64Min || value > int64Max)) {
    throw badValue(`${value}, which has more than 64 bits,`);
  }
  if (value === undefined) throw badValue('undefined');
  return value instanceof Uint8Array ? { blob: base64Of(value) } : value;
}

function badValue(what: string): ClientError {
  return new ClientError('PATINA_BAD_VALUE', `${what} cannot be a parameter`, {
    hint: 'Give null, a boolean, a finite number, a bigint of 64 bits, a string or bytes.',
  });
}

/** Bytes that are turned into text at once: an argument list has a limit. */
const base64SliceBytes = 16_384;

export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += base64SliceBytes) {
    text += String.fromCharCode(...bytes.subarray(start, start + base64SliceBytes));
  }
  return btoa(text);
}

/** The opposite of {@link base64Of}; throws where it is no base64. */
export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
