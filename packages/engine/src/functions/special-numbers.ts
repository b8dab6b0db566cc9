// NaN and the infinities of PostgreSQL's numeric, which are stored as these words. They sort behind (NaN last)
// and before all other numbers, NaN equals itself, and arithmetic with them is that of floating point.

import { decimalOf, formatDecimal, toNumber } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import type { Cell } from './function-types.ts';

/** What the word stands for; undefined for ordinary numbers. */
export function specialNumber(cell: Cell): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? undefined : cell;
  if (typeof cell !== 'string' || !/^[NI-]/.test(cell)) return undefined;
  switch (cell) {
    case 'NaN':
      return Number.NaN;
    case 'Infinity':
      return Number.POSITIVE_INFINITY;
    case '-Infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

/** An ordinary number as a finite double that is 0 only for 0. */
function doubleOf(cell: Cell): number {
  const special = specialNumber(cell);
  if (special !== undefined) return special;
  const decimal = decimalOf(cell);
  const sign = decimal.units < 0n ? -1 : 1;
  const magnitude = Math.abs(toNumber(decimal));
  if (magnitude === 0) return decimal.units === 0n ? 0 : sign * Number.MIN_VALUE;
  return sign * Math.min(magnitude, Number.MAX_VALUE);
}

/** What `operation` gives where one of both is special; undefined where none is. */
export function specialResult(
  a: Cell,
  b: Cell,
  operation: (a: number, b: number) => number,
): string | undefined {
  if (specialNumber(a) === undefined && specialNumber(b) === undefined) return undefined;
  return specialText(operation(doubleOf(a), doubleOf(b)));
}

export function specialText(value: number): string {
  return value === 0 ? '0' : String(value);
}

/** Throws 22012 for 0, but not beside NaN. */
export function specialQuotient(a: number, b: number): number {
  if (b === 0 && !Number.isNaN(a)) throw sqlFault('22012', 'division by zero');
  return a / b;
}

/** Throws 22012 as division does. What is divided by an infinity is left as it is. */
export function specialRemainder(a: number, b: number): number {
  specialQuotient(a, b);
  return a % b;
}

/** 1 stays 1. */
export function specialPower(base: number, exponent: number): number {
  return base === 1 ? 1 : base ** exponent;
}

/** Where both are finite the order is not known here. */
export function compareSpecial(a: Cell, b: Cell): -1 | 0 | 1 | undefined {
  const [one, other] = [specialNumber(a), specialNumber(b)];
  if (one === undefined && other === undefined) return undefined;
  const [x, y] = [rank(one), rank(other)];
  return x === y ? 0 : x < y ? -1 : 1;
}

function rank(special: number | undefined): number {
  if (special === undefined) return 0;
  if (Number.isNaN(special)) return 2;
  return special > 0 ? 1 : -1;
}

/** Sorts before all keys of other numbers, or behind them; undefined for those. */
export function specialKey(cell: Cell): string | undefined {
  const special = specialNumber(cell);
  if (special === undefined) return undefined;
  // Keys of other numbers begin with 0, 1 or 2.
  return Number.isNaN(special) ? '4' : special > 0 ? '3' : '/';
}

/** A word as it is, any other number as decimals are written. */
export function numericText(cell: Cell): string {
  const special = specialNumber(cell);
  return special === undefined ? formatDecimal(decimalOf(cell)) : specialText(special);
}
