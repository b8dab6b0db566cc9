// Functions and aggregates of intervals.

import { numberOf, textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import {
  type AggregateFunction,
  aggregate,
  type Cell,
  type ScalarFunction,
  type SqlFunction,
  scalar,
} from './function-types.ts';
import {
  addIntervals,
  formatInterval,
  type Interval,
  justifyDays,
  justifyHours,
  negateInterval,
  scaleInterval,
  spanOf,
} from './interval.ts';
import { parseInterval } from './interval-input.ts';

function interval(cell: Cell): Interval {
  return parseInterval(textOf(cell));
}

function one(name: string, run: (value: Interval) => Interval): ScalarFunction {
  return scalar(name, 1, (value = null) => formatInterval(run(interval(value))));
}

function compareSpans(a: Interval, b: Interval): -1 | 0 | 1 {
  const [x, y] = [spanOf(a), spanOf(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

/** Wide enough for the longest interval, moved to be positive. */
const keyShift = 10n ** 24n;
const keyDigits = 25;

function extreme(name: string, wanted: -1 | 1): AggregateFunction {
  return aggregate<{ best: Interval | undefined }>(name, 1, {
    start: () => ({ best: undefined }),
    step(state, value = null) {
      if (value === null) return state;
      const next = interval(value);
      if (state.best === undefined || compareSpans(next, state.best) === wanted) state.best = next;
      return state;
    },
    result: ({ best }) => (best === undefined ? null : formatInterval(best)),
  });
}

interface Total {
  count: number;
  sum: Interval;
}

function total(name: string, result: (state: Total) => Interval): AggregateFunction {
  return aggregate<Total>(name, 1, {
    start: () => ({ count: 0, sum: { months: 0, days: 0, us: 0 } }),
    step(state, value = null) {
      if (value === null) return state;
      state.count++;
      state.sum = addIntervals(state.sum, interval(value));
      return state;
    },
    result: (state) => (state.count === 0 ? null : formatInterval(result(state))),
  });
}

function divided(value: Interval, by: number): Interval {
  if (by === 0) throw sqlFault('22012', 'division by zero');
  return scaleInterval(value, 1 / by);
}

export const intervalFunctions: readonly SqlFunction[] = [
  scalar('pg_interval_add', 2, (a = null, b = null) =>
    formatInterval(addIntervals(interval(a), interval(b))),
  ),
  scalar('pg_interval_sub', 2, (a = null, b = null) =>
    formatInterval(addIntervals(interval(a), negateInterval(interval(b)))),
  ),
  scalar('pg_interval_mul', 2, (value = null, factor = 1) =>
    formatInterval(scaleInterval(interval(value), numberOf(factor))),
  ),
  scalar('pg_interval_div', 2, (value = null, by = 1) =>
    formatInterval(divided(interval(value), numberOf(by))),
  ),
  one('pg_interval_neg', negateInterval),
  one('justify_days', justifyDays),
  one('justify_hours', justifyHours),
  one('justify_interval', (value) => justifyInterval(value)),
  scalar('pg_interval_cmp', 2, (a = null, b = null) =>
    BigInt(compareSpans(interval(a), interval(b))),
  ),
  scalar('pg_interval_key', 1, (value = null) =>
    (spanOf(interval(value)) + keyShift).toString().padStart(keyDigits, '0'),
  ),
  extreme('pg_interval_min', -1),
  extreme('pg_interval_max', 1),
  total('pg_interval_sum', ({ sum }) => sum),
  total('pg_interval_avg', ({ sum, count }) => divided(sum, count)),
];

/** Hours to days, days to months, and one sign for all. */
function justifyInterval(value: Interval): Interval {
  const justified = justifyDays(justifyHours(value));
  let { months, days, us } = justified;
  if (months > 0 && (days < 0 || (days === 0 && us < 0))) {
    days += 30;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && us > 0))) {
    days -= 30;
    months++;
  }
  if (days > 0 && us < 0) {
    us += 86_400_000_000;
    days--;
  } else if (days < 0 && us > 0) {
    us -= 86_400_000_000;
    days++;
  }
  return { months, days, us };
}
