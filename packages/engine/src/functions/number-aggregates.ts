// Aggregates of numbers: exact sums and averages, spreads, regression, bits.

import { bigintOf, numberOf } from './cells.ts';
import {
  add,
  compare,
  type Decimal,
  decimalOf,
  divide,
  formatDecimal,
  multiply,
  negate,
  quotient,
  quotientScale,
  rootTo,
} from './decimal.ts';
import {
  type AggregateFunction,
  type Answer,
  aggregate,
  type Cell,
  type SqlFunction,
} from './function-types.ts';
import { compareSpecial, numericText, specialNumber, specialText } from './special-numbers.ts';

interface Sums {
  count: bigint;
  sum: Decimal;
  squares: Decimal;
  /** Of NaN and the infinities; 0 where none came. */
  special: number;
}

const zero: Decimal = { units: 0n, scale: 0 };

function sums(
  name: string,
  keepsSquares: boolean,
  result: (state: Sums) => Answer,
): AggregateFunction {
  return aggregate<Sums>(name, 1, {
    start: () => ({ count: 0n, sum: zero, squares: zero, special: 0 }),
    step(state, value = null) {
      if (value === null) return state;
      state.count++;
      const special = specialNumber(value);
      if (special !== undefined) {
        state.special += special;
        return state;
      }
      const decimal = decimalOf(value);
      state.sum = add(state.sum, decimal);
      if (keepsSquares) state.squares = add(state.squares, multiply(decimal, decimal));
      return state;
    },
    result(state) {
      if (state.count === 0n) return null;
      if (state.special === 0) return result(state);
      return specialText(keepsSquares ? Number.NaN : state.special);
    },
  });
}

/** With the digits that PostgreSQL's numeric_stddev_internal() chooses. */
function spread({ count, sum, squares }: Sums, isSample: boolean, isRoot: boolean): Answer {
  if (isSample && count === 1n) return null;
  const counted: Decimal = { units: count, scale: 0 };
  const top = add(multiply(counted, squares), negate(multiply(sum, sum)));
  if (top.units <= 0n) return '0';
  const bottom: Decimal = { units: count * (isSample ? count - 1n : count), scale: 0 };
  const scale = quotientScale(top, bottom);
  const variance = quotient(top, bottom, scale);
  return formatDecimal(isRoot ? rootTo(variance, scale) : variance);
}

function extremeOf(name: string, wanted: -1 | 1): AggregateFunction {
  return aggregate<{ best: Cell }>(name, 1, {
    start: () => ({ best: null }),
    step(state, value = null) {
      if (value === null) return state;
      const { best } = state;
      const order =
        best === null
          ? wanted
          : (compareSpecial(value, best) ?? compare(decimalOf(value), decimalOf(best)));
      if (order === wanted) state.best = value;
      return state;
    },
    result: ({ best }) => (best === null ? null : numericText(best)),
  });
}

/** Running sums of pairs (y, x), by Youngs and Cramer as float8_regr_accum() has them. */
interface Pairs {
  count: number;
  sumX: number;
  sumY: number;
  sxx: number;
  syy: number;
  sxy: number;
}

const noPairs: Pairs = { count: 0, sumX: 0, sumY: 0, sxx: 0, syy: 0, sxy: 0 };

function taken(state: Pairs, y: number, x: number): Pairs {
  state.count++;
  state.sumX += x;
  state.sumY += y;
  if (state.count > 1) {
    const { count } = state;
    const [dx, dy] = [x * count - state.sumX, y * count - state.sumY];
    const scale = 1 / (count * (count - 1));
    state.sxx += dx * dx * scale;
    state.syy += dy * dy * scale;
    state.sxy += dx * dy * scale;
  }
  return state;
}

/** As float8_accum() has it, which rounds otherwise. */
function takenAlone(state: Pairs, x: number): Pairs {
  state.count++;
  state.sumX += x;
  if (state.count > 1) {
    const { count } = state;
    const dx = x * count - state.sumX;
    state.sxx += (dx * dx) / (count * (count - 1));
  }
  return state;
}

function pairs(name: string, result: (state: Pairs) => Answer): AggregateFunction {
  return aggregate<Pairs>(name, 2, {
    start: () => ({ ...noPairs }),
    step: (state, y = null, x = null) =>
      y === null || x === null ? state : taken(state, numberOf(y), numberOf(x)),
    result,
  });
}

function single(name: string, result: (state: Pairs) => Answer): AggregateFunction {
  return aggregate<Pairs>(name, 1, {
    start: () => ({ ...noPairs }),
    step: (state, value = null) => (value === null ? state : takenAlone(state, numberOf(value))),
    result,
  });
}

function orNull(isThere: boolean, value: () => number): Answer {
  return isThere ? value() : null;
}

function bits(name: string, combine: (a: bigint, b: bigint) => bigint): AggregateFunction {
  return aggregate<{ value: bigint | undefined }>(name, 1, {
    start: () => ({ value: undefined }),
    step(state, cell = null) {
      if (cell === null) return state;
      const next = bigintOf(cell);
      state.value = state.value === undefined ? next : combine(state.value, next);
      return state;
    },
    result: ({ value }) => value ?? null,
  });
}

export const numberAggregates: readonly SqlFunction[] = [
  sums('pg_numeric_sum', false, ({ sum }) => formatDecimal(sum)),
  sums('pg_numeric_avg', false, ({ sum, count }) =>
    formatDecimal(divide(sum, { units: count, scale: 0 })),
  ),
  sums('pg_numeric_var_samp', true, (state) => spread(state, true, false)),
  sums('pg_numeric_var_pop', true, (state) => spread(state, false, false)),
  sums('pg_numeric_stddev_samp', true, (state) => spread(state, true, true)),
  sums('pg_numeric_stddev_pop', true, (state) => spread(state, false, true)),
  extremeOf('pg_numeric_min', -1),
  extremeOf('pg_numeric_max', 1),
  single('pg_var_pop', ({ count, sxx }) => orNull(count > 0, () => sxx / count)),
  single('pg_var_samp', ({ count, sxx }) => orNull(count > 1, () => sxx / (count - 1))),
  single('pg_stddev_pop', ({ count, sxx }) => orNull(count > 0, () => Math.sqrt(sxx / count))),
  single('pg_stddev_samp', ({ count, sxx }) =>
    orNull(count > 1, () => Math.sqrt(sxx / (count - 1))),
  ),
  pairs('pg_corr', ({ count, sxx, syy, sxy }) =>
    orNull(count > 0 && sxx !== 0 && syy !== 0, () => sxy / Math.sqrt(sxx * syy)),
  ),
  pairs('pg_covar_pop', ({ count, sxy }) => orNull(count > 0, () => sxy / count)),
  pairs('pg_covar_samp', ({ count, sxy }) => orNull(count > 1, () => sxy / (count - 1))),
  pairs('pg_regr_count', ({ count }) => BigInt(count)),
  pairs('pg_regr_avgx', ({ count, sumX }) => orNull(count > 0, () => sumX / count)),
  pairs('pg_regr_avgy', ({ count, sumY }) => orNull(count > 0, () => sumY / count)),
  pairs('pg_regr_sxx', ({ count, sxx }) => orNull(count > 0, () => sxx)),
  pairs('pg_regr_syy', ({ count, syy }) => orNull(count > 0, () => syy)),
  pairs('pg_regr_sxy', ({ count, sxy }) => orNull(count > 0, () => sxy)),
  pairs('pg_regr_slope', ({ count, sxx, sxy }) => orNull(count > 0 && sxx !== 0, () => sxy / sxx)),
  pairs('pg_regr_intercept', ({ count, sumX, sumY, sxx, sxy }) =>
    orNull(count > 0 && sxx !== 0, () => (sumY - (sumX * sxy) / sxx) / count),
  ),
  pairs('pg_regr_r2', ({ count, sxx, syy, sxy }) =>
    orNull(count > 0 && sxx !== 0, () => (syy === 0 ? 1 : (sxy * sxy) / (sxx * syy))),
  ),
  bits('pg_bit_and', (a, b) => a & b),
  bits('pg_bit_or', (a, b) => a | b),
  bits('pg_bit_xor', (a, b) => a ^ b),
];
