// Aggregates over the sorted values of a group: percentiles and the most frequent value. Names that end in
// `_desc` sort downwards.

import { numberOf, sameCell, textOf } from './cells.ts';
import { compare, decimalOf } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import {
  type AggregateFunction,
  type Answer,
  aggregate,
  type Cell,
  type SqlFunction,
} from './function-types.ts';
import {
  addIntervals,
  formatInterval,
  type Interval,
  negateInterval,
  parseInterval,
  scaleInterval,
  spanOf,
} from './interval.ts';

type Value = Exclude<Cell, null>;

interface Group<Item> {
  readonly items: Item[];
  /** Between 0 and 1; the same in every row. */
  fraction: Cell;
  /** The type of the values. */
  oid: number;
}

/** Percentiles of no values at all are NULL, as is a percentile that is NULL. */
function percentile<Item>(
  name: string,
  itemOf: (value: Value) => Item,
  result: (items: Item[], fraction: number, oid: number) => Answer,
): AggregateFunction {
  return aggregate<Group<Item>>(name, 'any', {
    start: () => ({ items: [], fraction: null, oid: 0 }),
    step(group, value = null, fraction = null, oid = 0) {
      checkFraction(fraction);
      group.fraction = fraction;
      group.oid = numberOf(oid);
      if (value !== null) group.items.push(itemOf(value));
      return group;
    },
    result: ({ items, fraction, oid }) =>
      items.length === 0 || fraction === null ? null : result(items, numberOf(fraction), oid),
  });
}

function checkFraction(fraction: Cell): void {
  if (fraction === null) return;
  const number = numberOf(fraction);
  if (number >= 0 && number <= 1) return;
  throw sqlFault('22003', `percentile value ${number} is not between 0 and 1`);
}

/** The values around a place that may lie between two, and how far it is from the first. */
function around<Item>(
  items: readonly Item[],
  fraction: number,
): { readonly low: Item; readonly high: Item; readonly part: number } | undefined {
  const place = fraction * (items.length - 1);
  const low = items[Math.floor(place)];
  const high = items[Math.ceil(place)];
  if (low === undefined || high === undefined) return undefined;
  return { low, high, part: place - Math.floor(place) };
}

function continuous(numbers: number[], fraction: number, sign: 1 | -1): Answer {
  const found = around(
    numbers.sort((a, b) => sign * (a - b)),
    fraction,
  );
  if (found === undefined) return null;
  const { low, high, part } = found;
  return low === high ? low : low + (high - low) * part;
}

function continuousInterval(intervals: Interval[], fraction: number, sign: 1 | -1): Answer {
  const found = around(
    intervals.sort((a, b) => sign * compareBigints(spanOf(a), spanOf(b))),
    fraction,
  );
  if (found === undefined) return null;
  const step = addIntervals(found.high, negateInterval(found.low));
  return formatInterval(addIntervals(found.low, scaleInterval(step, found.part)));
}

/** The first value that at least this part of the values does not exceed. */
function discrete(values: Value[], fraction: number, oid: number, sign: 1 | -1): Answer {
  const order = orderOf(oid);
  const sorted = values.sort((a, b) => sign * order(a, b));
  return sameCell(sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? null);
}

/** The first in order among those that are there most often. */
function mostFrequent(values: Value[], oid: number, sign: 1 | -1): Answer {
  const order = orderOf(oid);
  const sorted = values.sort((a, b) => sign * order(a, b));
  let best: Cell = null;
  let bestCount = 0;
  let start = 0;
  for (let at = 0; at < sorted.length; at++) {
    const [first, next] = [sorted[start], sorted[at + 1]];
    if (first === undefined) break;
    if (next !== undefined && order(first, next) === 0) continue;
    if (at + 1 - start > bestCount) [best, bestCount] = [first, at + 1 - start];
    start = at + 1;
  }
  return sameCell(best);
}

const numericOid = 1700;
const intervalOid = 1186;

/** Of a type whose stored form does not sort as its values do, or of SQLite's own order. */
function orderOf(oid: number): (a: Value, b: Value) => number {
  if (oid === numericOid) return (a, b) => compare(decimalOf(a), decimalOf(b));
  if (oid === intervalOid) {
    return (a, b) =>
      compareBigints(spanOf(parseInterval(textOf(a))), spanOf(parseInterval(textOf(b))));
  }
  return compareStored;
}

function compareBigints(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Numbers before texts before bytes, as SQLite sorts; texts by their bytes. */
function compareStored(a: Value, b: Value): number {
  const ranks = rankOf(a) - rankOf(b);
  if (ranks !== 0) return ranks;
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
}

function rankOf(value: Value): number {
  if (typeof value === 'string') return 1;
  return value instanceof Uint8Array ? 2 : 0;
}

function mode(name: string, sign: 1 | -1): AggregateFunction {
  return aggregate<{ readonly values: Value[]; oid: number }>(name, 'any', {
    start: () => ({ values: [], oid: 0 }),
    step(group, value = null, oid = 0) {
      if (value !== null) group.values.push(value);
      group.oid = numberOf(oid);
      return group;
    },
    result: ({ values, oid }) => mostFrequent(values, oid, sign),
  });
}

function bothWays(suffix: '' | '_desc', sign: 1 | -1): AggregateFunction[] {
  return [
    percentile(`pg_percentile_cont${suffix}`, numberOf, (items, fraction) =>
      continuous(items, fraction, sign),
    ),
    percentile(
      `pg_percentile_cont_interval${suffix}`,
      (value) => parseInterval(textOf(value)),
      (items, fraction) => continuousInterval(items, fraction, sign),
    ),
    percentile(
      `pg_percentile_disc${suffix}`,
      (value) => value,
      (items, fraction, oid) => discrete(items, fraction, oid, sign),
    ),
    mode(`pg_mode${suffix}`, sign),
  ];
}

/** The type is the last argument of pg_percentile_disc() and pg_mode(). */
export const orderedSetFunctions: readonly SqlFunction[] = [
  ...bothWays('', 1),
  ...bothWays('_desc', -1),
];
