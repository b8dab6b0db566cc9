// Arguments as what a function works with. SQL from outside calls functions with anything.

import type { Cell } from './function-types.ts';

const utf8 = new TextDecoder();

/** Text of any value, as CAST AS TEXT gives it. */
export function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if (cell instanceof Uint8Array) return utf8.decode(cell);
  if (cell === null) return '';
  return typeof cell === 'number' && !Number.isInteger(cell) ? realText(cell) : String(cell);
}

function realText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** A number of any value, as CAST AS REAL gives it. */
export function numberOf(cell: Cell): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint') return Number(cell);
  const number = Number.parseFloat(textOf(cell));
  return Number.isNaN(number) ? 0 : number;
}

/** A whole number of any value: what is behind the point is cut off. */
export function integerOf(cell: Cell): number {
  return Math.trunc(numberOf(cell));
}

/** An exact whole number of any value. */
export function bigintOf(cell: Cell): bigint {
  if (typeof cell === 'bigint') return cell;
  if (typeof cell === 'string' && /^\s*[+-]?\d+\s*$/.test(cell)) return BigInt(cell.trim());
  const number = numberOf(cell);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
}

/** Whether a value counts as true. */
export function isTrue(cell: Cell): boolean {
  return cell !== null && numberOf(cell) !== 0;
}

/** Bytes of a BLOB, or of text in UTF-8. */
export function bytesOf(cell: Cell): Uint8Array {
  return cell instanceof Uint8Array ? cell : new TextEncoder().encode(textOf(cell));
}

/** A number that is whole as an INTEGER, any other as a REAL: what a function passes on as it was given. */
export function sameCell(cell: Cell): Cell {
  return typeof cell === 'number' && Number.isSafeInteger(cell) ? BigInt(cell) : cell;
}
