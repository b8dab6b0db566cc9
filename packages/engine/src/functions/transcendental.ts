// Logarithms, exponentials and powers of exact decimals, to the digits that PostgreSQL's numeric.c chooses.
// Computed in whole numbers with digits to spare.

import {
  compare,
  type Decimal,
  firstGroup,
  formatDecimal,
  multiply,
  negate,
  powerOfTen,
  quotient,
  rescaled,
  round,
} from './decimal.ts';
import { sqlFault } from './function-error.ts';

const significantDigitsMin = 16;
const scaleMax = 1_000;
/** Digits that are computed beyond those that are wanted. */
const spareDigits = 24;
const decimalLog = Math.LOG10E;

function scaleWithin(scale: number, ...least: readonly number[]): number {
  return Math.min(scaleMax, Math.max(scale, 0, ...least));
}

function doubleOf(value: Decimal): number {
  return Number(formatDecimal(value));
}

/** e to the `value`. Throws 22003. */
export function exponential(value: Decimal): Decimal {
  const digits = doubleOf(value) * decimalLog;
  if (digits > 131_072) throw sqlFault('22003', 'value overflows numeric format');
  const scale = scaleWithin(significantDigitsMin - Math.trunc(digits), value.scale);
  if (digits < -(scale + 10)) return { units: 0n, scale };
  return exponentialTo(value, scale);
}

function exponentialTo(value: Decimal, scale: number): Decimal {
  const wholeDigits = Math.max(0, Math.trunc(doubleOf(value) * decimalLog));
  const places = scale + wholeDigits + spareDigits;
  const one = powerOfTen(places);
  // Halved until it is small, then squared as often.
  const halvings = Math.max(0, Math.ceil(Math.log2(Math.abs(doubleOf(value)) + 1e-9)) + 8);
  const small = rescaled(value, places) / (1n << BigInt(halvings));
  let sum = one;
  let term = one;
  for (let index = 1n; term !== 0n; index++) {
    term = (term * small) / (one * index);
    sum += term;
  }
  for (let index = 0; index < halvings; index++) sum = (sum * sum) / one;
  return round({ units: sum, scale: places }, scale);
}

/** The place of the first digit of the logarithm (estimate_ln_dweight). */
function logarithmWeight(value: Decimal): number {
  const nearOne =
    compare(value, { units: 9n, scale: 1 }) >= 0 && compare(value, { units: 11n, scale: 1 }) <= 0;
  if (nearOne) {
    const { weight, digit } = firstGroup({
      units: value.units - powerOfTen(value.scale),
      scale: value.scale,
    });
    return digit === 0 ? 0 : weight * 4 + Math.trunc(Math.log10(digit));
  }
  const magnitude = value.units.toString();
  const leading = Number(magnitude.slice(0, 15));
  const exponent = magnitude.length - Math.min(15, magnitude.length) - value.scale;
  const logarithm = Math.log(leading) + exponent * Math.LN10;
  return Math.trunc(Math.log10(Math.abs(logarithm)));
}

function checkPositive(value: Decimal): void {
  if (value.units === 0n) throw sqlFault('2201E', 'cannot take logarithm of zero');
  if (value.units < 0n) throw sqlFault('2201E', 'cannot take logarithm of a negative number');
}

/** Throws 2201E. */
export function naturalLogarithm(value: Decimal): Decimal {
  checkPositive(value);
  const scale = scaleWithin(significantDigitsMin - logarithmWeight(value), value.scale);
  return logarithmTo(value, scale);
}

function logarithmTo(value: Decimal, scale: number): Decimal {
  const size = Math.abs(value.units.toString().length - value.scale);
  const places = scale + spareDigits + size;
  const one = powerOfTen(places);
  let x = rescaled(value, places + size) / powerOfTen(size);
  // Square roots bring it near one, where the series of artanh is short.
  let doublings = 1n;
  while (x > one + one / 8n || x < one - one / 8n) {
    x = squareRootOf(x * one);
    doublings *= 2n;
  }
  const ratio = ((x - one) * one) / (x + one);
  const square = (ratio * ratio) / one;
  let sum = 0n;
  let power = ratio;
  for (let index = 1n; power !== 0n; index += 2n) {
    sum += power / index;
    power = (power * square) / one;
  }
  return round({ units: sum * 2n * doublings, scale: places }, scale);
}

function squareRootOf(value: bigint): bigint {
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Throws 2201E. */
export function logarithm(base: Decimal, value: Decimal): Decimal {
  checkPositive(base);
  checkPositive(value);
  const weight = logarithmWeight(value) - logarithmWeight(base);
  const scale = scaleWithin(significantDigitsMin - weight, base.scale, value.scale);
  const spare = scale + spareDigits;
  const bottom = logarithmTo(base, spare);
  if (bottom.units === 0n) throw sqlFault('22012', 'division by zero');
  return quotient(logarithmTo(value, spare), bottom, scale);
}

/** Throws 2201F where there is no such power, 22003 where it is too large. */
export function power(base: Decimal, exponent: Decimal): Decimal {
  const isWhole = exponent.units % powerOfTen(exponent.scale) === 0n;
  if (base.units === 0n) {
    if (exponent.units < 0n) {
      throw sqlFault('2201F', 'zero raised to a negative power is undefined');
    }
    if (exponent.units > 0n) return { units: 0n, scale: 16 };
  }
  if (isWhole) return wholePower(base, exponent.units / powerOfTen(exponent.scale));
  if (base.units < 0n) {
    throw sqlFault(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  const rough = multiply(logarithmTo(base, spareDigits), exponent);
  const digits = doubleOf(rough) * decimalLog;
  if (digits > 131_072) throw sqlFault('22003', 'value overflows numeric format');
  const scale = scaleWithin(significantDigitsMin - Math.trunc(digits), base.scale, exponent.scale);
  const places = scale + spareDigits + Math.max(0, Math.ceil(digits));
  return exponentialTo(multiply(logarithmTo(base, places), exponent), scale);
}

/** Sixteen digits behind the point, or those of the base. */
function wholePower(base: Decimal, exponent: bigint): Decimal {
  const scale = scaleWithin(significantDigitsMin, base.scale);
  const magnitude = Number(exponent < 0n ? -exponent : exponent);
  const digits = Math.log10(Math.abs(doubleOf(base)) || 1) * magnitude;
  if (exponent > 0n && digits > 131_072) throw sqlFault('22003', 'value overflows numeric format');
  if ((exponent < 0n ? -digits : digits) < -(scale + 10)) return { units: 0n, scale };
  // Rounded on the way, for bases of many digits.
  const places = scale + spareDigits + Math.ceil(Math.abs(digits));
  let result: Decimal = { units: 1n, scale: 0 };
  let square = base;
  for (let left = magnitude; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = shortened(multiply(result, square), places);
    if (left > 1) square = shortened(multiply(square, square), places);
  }
  if (exponent >= 0n) return round(result, scale);
  return result.units === 0n
    ? { units: 0n, scale }
    : quotient({ units: 1n, scale: 0 }, result, scale);
}

function shortened(value: Decimal, places: number): Decimal {
  return value.scale > places ? round(value, places) : value;
}

export function absolute(value: Decimal): Decimal {
  return value.units < 0n ? negate(value) : value;
}
