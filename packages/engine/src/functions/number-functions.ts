// Integers and floating-point numbers: what SQLite's own operators do otherwise than PostgreSQL's.

import { halfToEven } from './casts.ts';
import { bigintOf, integerOf, numberOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';

const int8Min = -(1n << 63n);

function divisionByZero(): Error {
  return sqlFault('22012', 'division by zero');
}

function int8(value: bigint): bigint {
  if (value >= -int8Min || value < int8Min) throw sqlFault('22003', 'bigint out of range');
  return value;
}

/** Of an operator of SQLite: where integers overflow it answers a REAL, which is out of the safe ones. */
function exactResult(value: Cell): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw sqlFault('22003', 'bigint out of range');
  }
  return bigintOf(value);
}

/** Cut toward zero. */
function integerQuotient(a: Cell, b: Cell): bigint {
  const [top, bottom] = [bigintOf(a), bigintOf(b)];
  if (bottom === 0n) throw divisionByZero();
  return int8(top / bottom);
}

/** Only the least number by -1 has a quotient that is out of range. */
function narrowQuotient(a: Cell, b: Cell, type: 'integer' | 'smallint', limit: bigint): bigint {
  const result = integerQuotient(a, b);
  if (result >= limit) throw sqlFault('22003', `${type} out of range`);
  return result;
}

function integerRemainder(a: Cell, b: Cell): bigint {
  const bottom = bigintOf(b);
  if (bottom === 0n) throw divisionByZero();
  return bigintOf(a) % bottom;
}

function divisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return int8(x);
}

function multiple(a: bigint, b: bigint): bigint {
  if (a === 0n || b === 0n) return 0n;
  const product = (a / divisor(a, b)) * b;
  return int8(product < 0n ? -product : product);
}

function inRange(result: number, ...given: readonly number[]): number {
  if (!Number.isFinite(result) && given.every(Number.isFinite)) {
    throw sqlFault('22003', 'value out of range: overflow');
  }
  return result;
}

function quotient(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return inRange(a / b, a, b);
}

function floatPower(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) {
    throw sqlFault('2201F', 'zero raised to a negative power is undefined');
  }
  if (base < 0 && !Number.isInteger(exponent)) {
    throw sqlFault(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  return inRange(base ** exponent, base, exponent);
}

function floatLogarithm(value: number, run: (value: number) => number): number {
  if (value === 0) throw sqlFault('2201E', 'cannot take logarithm of zero');
  if (value < 0) throw sqlFault('2201E', 'cannot take logarithm of a negative number');
  return run(value);
}

function widthBucket(value: number, low: number, high: number, count: number): bigint {
  if (count <= 0) throw sqlFault('2201G', 'count must be greater than zero');
  if (low === high) throw sqlFault('2201G', 'lower bound cannot equal upper bound');
  const isAscending = low < high;
  if (isAscending ? value < low : value > low) return 0n;
  if (isAscending ? value >= high : value <= high) return BigInt(count + 1);
  return BigInt(Math.floor((count * (value - low)) / (high - low)) + 1);
}

/** Functions of angles in degrees are exact at their round values, and all refuse what is out of their domain. */
const trigonometry: Readonly<Record<string, (value: number) => number>> = {
  sind: sine,
  cosd: (degrees) => sine(degrees + 90),
  tand: tangent,
  cotd: (degrees) => tangent(90 - degrees),
  asind: (value) => degreesOf(Math.asin(within(value, -1, 1))),
  acosd: (value) => degreesOf(Math.acos(within(value, -1, 1))),
  atand: (value) => degreesOf(Math.atan(value)),
  cot: (radians) => 1 / Math.tan(radians),
  pg_asin: (value) => Math.asin(within(value, -1, 1)),
  pg_acos: (value) => Math.acos(within(value, -1, 1)),
  pg_acosh: (value) => Math.acosh(within(value, 1, Number.POSITIVE_INFINITY)),
  pg_atanh: (value) => Math.atanh(within(value, -1, 1)),
};

function within(value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw sqlFault('22003', 'input is out of range');
}

/** Whole and half degrees are what they should be. */
function degreesOf(radians: number): number {
  const degrees = (radians * 180) / Math.PI;
  const rounded = Math.round(degrees * 2) / 2;
  return Math.abs(degrees - rounded) < 1e-12 ? rounded : degrees;
}

function sine(degrees: number): number {
  const turned = ((degrees % 360) + 360) % 360;
  const known = { 0: 0, 30: 0.5, 90: 1, 150: 0.5, 180: 0, 210: -0.5, 270: -1, 330: -0.5 }[turned];
  return known ?? Math.sin((turned * Math.PI) / 180);
}

function tangent(degrees: number): number {
  const turned = ((degrees % 180) + 180) % 180;
  const known = { 45: 1, 135: -1 }[turned];
  return known ?? sine(degrees) / sine(degrees + 90);
}

export const numberFunctions: readonly SqlFunction[] = [
  scalar('pg_int_div', 2, (a = null, b = null) => integerQuotient(a, b)),
  scalar('pg_int8_result', 1, (value = null) => exactResult(value)),
  scalar('pg_int4_div', 2, (a = null, b = null) => narrowQuotient(a, b, 'integer', 1n << 31n)),
  scalar('pg_int2_div', 2, (a = null, b = null) => narrowQuotient(a, b, 'smallint', 1n << 15n)),
  scalar('pg_int_mod', 2, (a = null, b = null) => integerRemainder(a, b)),
  scalar('pg_int4_shift_left', 2, (a = null, b = 0) =>
    BigInt.asIntN(32, bigintOf(a) << BigInt(integerOf(b) & 31)),
  ),
  scalar('gcd', 2, (a = null, b = null) => divisor(bigintOf(a), bigintOf(b))),
  scalar('lcm', 2, (a = null, b = null) => multiple(bigintOf(a), bigintOf(b))),
  scalar('pg_float_div', 2, (a = null, b = null) => quotient(numberOf(a), numberOf(b))),
  scalar('pg_float_power', 2, (a = null, b = null) => floatPower(numberOf(a), numberOf(b))),
  scalar('pg_float_ln', 1, (value = null) => floatLogarithm(numberOf(value), Math.log)),
  scalar('pg_float_log10', 1, (value = null) => floatLogarithm(numberOf(value), Math.log10)),
  scalar('pg_float_exp', 1, (value = null) => inRange(Math.exp(numberOf(value)), numberOf(value))),
  scalar('pg_float_sqrt', 1, (value = null) => {
    if (numberOf(value) < 0) {
      throw sqlFault('2201F', 'cannot take square root of a negative number');
    }
    return Math.sqrt(numberOf(value));
  }),
  scalar('pg_float_round', 1, (value = null) => halfToEven(numberOf(value))),
  scalar('cbrt', 1, (value = null) => Math.cbrt(numberOf(value))),
  scalar('width_bucket', 4, (value = null, low = null, high = null, count = null) =>
    widthBucket(numberOf(value), numberOf(low), numberOf(high), integerOf(count)),
  ),
  scalar('atan2d', 2, (y = null, x = null) => degreesOf(Math.atan2(numberOf(y), numberOf(x)))),
  ...Object.entries(trigonometry).map(([name, run]) =>
    scalar(name, 1, (value = null) => run(numberOf(value))),
  ),
];
