// Functions of exact numbers: arguments are texts, INTEGERs or REALs, results are texts.

import { integerOf } from './cells.ts';
import {
  add,
  ceiling,
  compare,
  type Decimal,
  decimalKey,
  decimalOf,
  divide,
  floor,
  formatDecimal,
  multiply,
  negate,
  remainder,
  round,
  squareRoot,
  trimScale,
  truncate,
} from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type ScalarFunction, type SqlFunction, scalar } from './function-types.ts';
import {
  compareSpecial,
  numericText,
  specialKey,
  specialNumber,
  specialPower,
  specialQuotient,
  specialRemainder,
  specialResult,
  specialText,
} from './special-numbers.ts';
import { absolute, exponential, logarithm, naturalLogarithm, power } from './transcendental.ts';

/** `special` says what becomes of NaN and the infinities; NaN always stays what it is. */
function one(
  name: string,
  run: (value: Decimal) => Decimal,
  special: (value: number) => number = (value) => value,
): ScalarFunction {
  return scalar(name, 1, (value = null) => {
    const given = specialNumber(value);
    if (given !== undefined) return specialText(special(given));
    return formatDecimal(run(decimalOf(value)));
  });
}

function two(
  name: string,
  run: (a: Decimal, b: Decimal) => Decimal,
  special: (a: number, b: number) => number = noNumber,
): ScalarFunction {
  return scalar(
    name,
    2,
    (a = null, b = null) =>
      specialResult(a, b, special) ?? formatDecimal(run(decimalOf(a), decimalOf(b))),
  );
}

function noNumber(): number {
  return Number.NaN;
}

/** Throws 2201F. */
function rootOf(value: number): number {
  if (value < 0) throw sqlFault('2201F', 'cannot take square root of a negative number');
  return value;
}

function compareCells(a: Cell, b: Cell): -1 | 0 | 1 {
  return compareSpecial(a, b) ?? compare(decimalOf(a), decimalOf(b));
}

/** The least or the greatest of those that are not NULL. */
function extreme(values: readonly Cell[], wanted: -1 | 1): Cell {
  let best: Cell = null;
  for (const value of values) {
    if (value === null) continue;
    if (best === null || compareCells(value, best) === wanted) best = value;
  }
  return best === null ? null : numericText(best);
}

function sign({ units }: Decimal): Decimal {
  return { units: units === 0n ? 0n : units < 0n ? -1n : 1n, scale: 0 };
}

/** Larger ones have more digits than a numeric. */
const factorialMax = 32_177;

function factorial(value: number): string {
  if (value < 0) throw sqlFault('22003', 'factorial of a negative number is undefined');
  if (value > factorialMax) throw sqlFault('22003', 'value overflows numeric format');
  let product = 1n;
  for (let index = 2n; index <= BigInt(value); index++) product *= index;
  return product.toString();
}

/** Euclid's, for decimals. */
function greatestDivisor(a: Decimal, b: Decimal): Decimal {
  let [x, y] = [absolute(a), absolute(b)];
  const scale = Math.max(a.scale, b.scale);
  while (y.units !== 0n) [x, y] = [y, remainder(x, y)];
  return round(x, scale);
}

export const numericFunctions: readonly SqlFunction[] = [
  two('pg_numeric_add', add, (a, b) => a + b),
  two(
    'pg_numeric_sub',
    (a, b) => add(a, negate(b)),
    (a, b) => a - b,
  ),
  two('pg_numeric_mul', multiply, (a, b) => a * b),
  two('pg_numeric_div', divide, specialQuotient),
  two('pg_numeric_mod', remainder, specialRemainder),
  two('pg_numeric_power', power, specialPower),
  two('pg_numeric_log', logarithm),
  two('pg_numeric_gcd', greatestDivisor),
  two('pg_numeric_lcm', (a, b) =>
    a.units === 0n || b.units === 0n
      ? { units: 0n, scale: Math.max(a.scale, b.scale) }
      : round(
          absolute(multiply(divideExactly(a, greatestDivisor(a, b)), b)),
          Math.max(a.scale, b.scale),
        ),
  ),
  one('pg_numeric_neg', negate, (value) => -value),
  one('pg_numeric_abs', absolute, Math.abs),
  one('pg_numeric_sign', sign, Math.sign),
  one('pg_numeric_ceil', ceiling),
  one('pg_numeric_floor', floor),
  one('pg_numeric_sqrt', squareRoot, rootOf),
  one('pg_numeric_exp', exponential, Math.exp),
  one('pg_numeric_ln', naturalLogarithm),
  one('pg_numeric_trim_scale', trimScale),
  scalar('pg_numeric_round', [1, 2], (value = null, scale = 0) =>
    specialNumber(value) === undefined
      ? formatDecimal(round(decimalOf(value), integerOf(scale)))
      : numericText(value),
  ),
  scalar('pg_numeric_trunc', [1, 2], (value = null, scale = 0) =>
    specialNumber(value) === undefined
      ? formatDecimal(truncate(decimalOf(value), integerOf(scale)))
      : numericText(value),
  ),
  scalar('pg_numeric_scale', 1, (value = null) =>
    specialNumber(value) === undefined ? BigInt(decimalOf(value).scale) : null,
  ),
  scalar('pg_numeric_cmp', 2, (a = null, b = null) => BigInt(compareCells(a, b))),
  scalar('pg_numeric_key', 1, (value = null) => specialKey(value) ?? decimalKey(decimalOf(value))),
  scalar('pg_numeric_least', 'any', (...values) => extreme(values, -1), { isStrict: false }),
  scalar('pg_numeric_greatest', 'any', (...values) => extreme(values, 1), { isStrict: false }),
  scalar('factorial', 1, (value = 0) => factorial(integerOf(value))),
];

function divideExactly(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [round(a, scale), round(b, scale)];
  return { units: x.units / y.units, scale: 0 };
}
