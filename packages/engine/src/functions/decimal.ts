// Exact decimal numbers, PostgreSQL's numeric: a whole number of units of ten to the minus `scale`. The rules
// for the scale of results are those of PostgreSQL's numeric.c.

import { sqlFault } from './function-error.ts';
import type { Cell } from './function-types.ts';

export interface Decimal {
  /** The number times ten to the `scale`. */
  readonly units: bigint;
  /** Digits behind the point that are shown, at least 0. */
  readonly scale: number;
}

/** Digits before and behind the point, as in PostgreSQL. */
const wholeDigitsMax = 131_072;
const scaleMax = 16_383;

/** Digits that quotients and roots have at least. */
const significantDigitsMin = 16;

const pattern = /^\s*([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?\s*$/;

/** Reads a number as PostgreSQL does; undefined for text that is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole, fraction, onlyFraction, exponentText] = pattern.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const digits = whole ?? '';
  const behind = fraction ?? onlyFraction ?? '';
  const exponent = Number(exponentText ?? '0');
  if (Math.abs(exponent) > wholeDigitsMax) throw overflow();
  const magnitude = BigInt(`${digits}${behind}` || '0');
  const units = sign === '-' ? -magnitude : magnitude;
  const scale = behind.length - exponent;
  if (scale >= 0) return checked({ units, scale });
  return checked({ units: units * powerOfTen(-scale), scale: 0 });
}

/** Any value as a number; throws 22P02 for text that is none. */
export function decimalOf(cell: Cell): Decimal {
  if (typeof cell === 'bigint') return { units: cell, scale: 0 };
  if (typeof cell === 'number') return decimalOfReal(cell);
  const text = typeof cell === 'string' ? cell : new TextDecoder().decode(cell ?? undefined);
  const decimal = parseDecimal(text);
  if (decimal !== undefined) return decimal;
  throw sqlFault('22P02', `invalid input syntax for type numeric: "${text}"`);
}

/** A REAL in its shortest decimal form, of 15 digits as PostgreSQL casts float8. */
export function decimalOfReal(value: number): Decimal {
  if (!Number.isFinite(value)) throw sqlFault('0A000', 'cannot convert infinity to numeric');
  if (Number.isSafeInteger(value)) return { units: BigInt(value), scale: 0 };
  return parseDecimal(String(Number(value.toPrecision(15)))) ?? zero;
}

const zero: Decimal = { units: 0n, scale: 0 };

export function formatDecimal({ units, scale }: Decimal): string {
  if (scale === 0) return units.toString();
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return checked({ units: rescaled(a, scale) + rescaled(b, scale), scale });
}

export function negate({ units, scale }: Decimal): Decimal {
  return { units: -units, scale };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  const product = { units: a.units * b.units, scale: a.scale + b.scale };
  return checked(product.scale > scaleMax ? round(product, scaleMax) : product);
}

/** With as many digits as PostgreSQL's select_div_scale() gives. Throws 22012. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.units === 0n) throw sqlFault('22012', 'division by zero');
  return quotient(a, b, quotientScale(a, b));
}

/** `a / b` to a scale, rounded half away from zero. */
export function quotient(a: Decimal, b: Decimal, scale: number): Decimal {
  const shift = scale + b.scale - a.scale;
  const top = shift >= 0 ? a.units * powerOfTen(shift) : a.units;
  const bottom = shift >= 0 ? b.units : b.units * powerOfTen(-shift);
  return checked({ units: dividedHalfAway(top, bottom), scale });
}

/** Numbers are kept in groups of four digits there, whose places decide. */
export function quotientScale(a: Decimal, b: Decimal): number {
  const one = firstGroup(a);
  const other = firstGroup(b);
  let weight = one.weight - other.weight;
  if (one.digit <= other.digit) weight--;
  const scale = Math.max(significantDigitsMin - weight * 4, a.scale, b.scale, 0);
  return Math.min(scale, 1_000);
}

/** The first group of four digits that is not zero, and its place counted from the point. */
export function firstGroup({ units, scale }: Decimal): {
  readonly weight: number;
  readonly digit: number;
} {
  if (units === 0n) return { weight: 0, digit: 0 };
  const padded = (4 - (scale % 4)) % 4;
  const digits = (units < 0n ? -units : units).toString() + '0'.repeat(padded);
  const groups = Math.ceil(digits.length / 4);
  const first = digits.slice(0, digits.length - (groups - 1) * 4);
  return { weight: groups - 1 - (scale + padded) / 4, digit: Number(first) };
}

/** What is left of a division whose quotient is cut to a whole number; the sign is that of `a`. */
export function remainder(a: Decimal, b: Decimal): Decimal {
  if (b.units === 0n) throw sqlFault('22012', 'division by zero');
  const scale = Math.max(a.scale, b.scale);
  return { units: rescaled(a, scale) % rescaled(b, scale), scale };
}

/** Rounds half away from zero; a negative scale rounds before the point. */
export function round(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return checked({ units: rescaled(value, scale), scale });
  const units = dividedHalfAway(value.units, powerOfTen(value.scale - scale));
  return scale >= 0 ? { units, scale } : { units: units * powerOfTen(-scale), scale: 0 };
}

/** Cuts off. */
export function truncate(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return checked({ units: rescaled(value, scale), scale });
  const units = value.units / powerOfTen(value.scale - scale);
  return scale >= 0 ? { units, scale } : { units: units * powerOfTen(-scale), scale: 0 };
}

export function floor(value: Decimal): Decimal {
  const cut = truncate(value, 0);
  return isBelowZero(value) && compare(cut, value) !== 0
    ? { units: cut.units - 1n, scale: 0 }
    : cut;
}

export function ceiling(value: Decimal): Decimal {
  return negate(floor(negate(value)));
}

export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale);
  const one = rescaled(a, scale);
  const other = rescaled(b, scale);
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Without zeros at its end. */
export function trimScale({ units, scale }: Decimal): Decimal {
  let left = units;
  let digits = scale;
  while (digits > 0 && left % 10n === 0n) {
    left /= 10n;
    digits--;
  }
  return { units: left, scale: digits };
}

/** As numeric(precision, scale) takes it. Throws 22003. */
export function fitted(value: Decimal, precision: number, scale: number): Decimal {
  const rounded = round(value, scale);
  const magnitude = rounded.units < 0n ? -rounded.units : rounded.units;
  const limit = powerOfTen(precision - scale + rounded.scale);
  if (magnitude >= limit) {
    throw sqlFault(
      '22003',
      'numeric field overflow',
      `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${precision === scale ? '1' : `10^${precision - scale}`}.`,
    );
  }
  return rounded;
}

/** Sorts as text in the order of the numbers, and is equal for equal numbers. */
export function decimalKey(value: Decimal): string {
  const { units, scale } = trimScale(value);
  if (units === 0n) return '1';
  const digits = (units < 0n ? -units : units).toString();
  // The place of the first digit, from the point: always positive, always six digits.
  const place = String(digits.length - scale + 500_000).padStart(6, '0');
  if (units > 0n) return `2${place}${digits}`;
  return `0${complement(place)}${complement(digits)}~`;
}

function complement(digits: string): string {
  return digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)));
}

export function toNumber(value: Decimal): number {
  return Number(formatDecimal(value));
}

export function isBelowZero({ units }: Decimal): boolean {
  return units < 0n;
}

/** The square root to the scale that PostgreSQL gives it. Throws 2201F. */
export function squareRoot(value: Decimal): Decimal {
  if (value.units < 0n) throw sqlFault('2201F', 'cannot take square root of a negative number');
  if (value.units === 0n)
    return { units: 0n, scale: Math.max(value.scale, significantDigitsMin - 1) };
  const { weight } = firstGroup(value);
  const wholeDigits = weight >= 0 ? weight * 2 + 1 : 1 - Math.trunc((1 - weight * 4) / 2);
  const scale = Math.min(1_000, Math.max(significantDigitsMin - wholeDigits, value.scale, 0));
  return rootTo(value, scale);
}

/** The square root of a number that is not negative, to a scale. */
export function rootTo(value: Decimal, scale: number): Decimal {
  return round({ units: integerRoot(rescaled(value, 2 * scale + 2)), scale: scale + 1 }, scale);
}

/** Newton's method from above. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Whole powers exactly; undefined where the exponent is not whole or the result would be huge. */
export function wholePower(base: Decimal, exponent: number): Decimal | undefined {
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 10_000) return undefined;
  const digits = base.units.toString().length * Math.abs(exponent);
  if (digits > wholeDigitsMax) return undefined;
  const power = {
    units: base.units ** BigInt(Math.abs(exponent)),
    scale: base.scale * Math.abs(exponent),
  };
  if (exponent >= 0) return power;
  return power.units === 0n ? undefined : divide({ units: 1n, scale: 0 }, power);
}

/** Units at another scale; what does not fit is cut off. */
export function rescaled({ units, scale }: Decimal, to: number): bigint {
  return to >= scale ? units * powerOfTen(to - scale) : units / powerOfTen(scale - to);
}

function dividedHalfAway(top: bigint, bottom: bigint): bigint {
  const isNegative = top < 0n !== bottom < 0n;
  const a = top < 0n ? -top : top;
  const b = bottom < 0n ? -bottom : bottom;
  const magnitude = (2n * a + b) / (2n * b);
  return isNegative ? -magnitude : magnitude;
}

const powers: bigint[] = [1n];

/** How many powers of ten are kept. */
const keptPowersMax = 1_024;

export function powerOfTen(exponent: number): bigint {
  if (exponent >= keptPowersMax) return 10n ** BigInt(exponent);
  for (let next = powers.length; next <= exponent; next++) {
    powers.push((powers[next - 1] ?? 1n) * 10n);
  }
  return powers[exponent] ?? 1n;
}

/** Numbers below this need no count of their digits. */
const surelySmall = 10n ** 64n;

function checked(value: Decimal): Decimal {
  if (value.scale > scaleMax) return round(value, scaleMax);
  if (value.units < surelySmall && value.units > -surelySmall) return value;
  const digits = value.units.toString().length - (value.units < 0n ? 1 : 0) - value.scale;
  if (digits > wholeDigitsMax) throw overflow();
  return value;
}

function overflow(): Error {
  return sqlFault('22003', 'value overflows numeric format');
}
