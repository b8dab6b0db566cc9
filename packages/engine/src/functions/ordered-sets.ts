// Aggregates over the sorted values of a group: percentiles and the most frequent value. Names that end in
// `_desc` sort downwards.

import { type ArrayItem, arrayJson } from './array-form.ts';
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
  scaleInterval,
  spanOf,
} from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { arrayOfCell } from './text-array.ts';

type Value = Exclude<Cell, null>;

interface Group<Item> {
  readonly items: Item[];
  /** Between 0 and 1, or an array of such; the same in every row. */
  fraction: Cell;
  /** The type of the values. */
  oid: number;
}

/** How to order items, and what to take of the ordered ones. */
interface Percentile<Item> {
  readonly itemOf: (value: Value) => Item;
  readonly orderOf: (oid: number) => (a: Item, b: Item) => number;
  readonly pick: (sorted: readonly Item[], fraction: number) => Answer;
}

/** Percentiles of no values at all are NULL, as is a percentile that is NULL. */
function percentile<Item>(
  name: string,
  sign: 1 | -1,
  { itemOf, orderOf, pick }: Percentile<Item>,
): AggregateFunction {
  return aggregate<Group<Item>>(name, 'any', {
    start: () => ({ items: [], fraction: null, oid: 0 }),
    step(group, value = null, fraction = null, oid = 0) {
      group.fraction = fraction;
      group.oid = numberOf(oid);
      if (value !== null) group.items.push(itemOf(value));
      return group;
    },
    result({ items, fraction, oid }) {
      const order = orderOf(oid);
      const sorted = items.toSorted((a, b) => sign * order(a, b));
      const one = (each: number): Answer => {
        checkFraction(each);
        return sorted.length === 0 ? null : pick(sorted, each);
      };
      if (fraction === null) return null;
      if (typeof fraction !== 'string') return one(numberOf(fraction));
      const all = arrayOfCell(fraction).map((each): ArrayItem => {
        const answer = each === null ? null : one(Number(each));
        return answer instanceof Uint8Array ? textOf(answer) : answer;
      });
      return sorted.length === 0 ? null : arrayJson(all);
    },
  });
}

function checkFraction(fraction: number): void {
  if (fraction >= 0 && fraction <= 1) return;
  throw sqlFault('22003', `percentile value ${fraction} is not between 0 and 1`);
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

const continuous: Percentile<number> = {
  itemOf: numberOf,
  orderOf: () => (a, b) => a - b,
  pick(sorted, fraction) {
    const found = around(sorted, fraction);
    if (found === undefined) return null;
    const { low, high, part } = found;
    return low === high ? low : low + (high - low) * part;
  },
};

const continuousInterval: Percentile<Interval> = {
  itemOf: (value) => parseInterval(textOf(value)),
  orderOf: () => (a, b) => compareBigints(spanOf(a), spanOf(b)),
  pick(sorted, fraction) {
    const found = around(sorted, fraction);
    if (found === undefined) return null;
    const step = addIntervals(found.high, negateInterval(found.low));
    return formatInterval(addIntervals(found.low, scaleInterval(step, found.part)));
  },
};

/** The first value that at least this part of the values does not exceed. */
const discrete: Percentile<Value> = {
  itemOf: (value) => value,
  orderOf,
  pick: (sorted, fraction) =>
    sameCell(sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? null),
};

/** The first in order among those that are there most often. */
function mostFrequent(values: readonly Value[], oid: number, sign: 1 | -1): Answer {
  const order = orderOf(oid);
  const sorted = values.toSorted((a, b) => sign * order(a, b));
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
    percentile(`pg_percentile_cont${suffix}`, sign, continuous),
    percentile(`pg_percentile_cont_interval${suffix}`, sign, continuousInterval),
    percentile(`pg_percentile_disc${suffix}`, sign, discrete),
    mode(`pg_mode${suffix}`, sign),
  ];
}

/** The type is the last argument of pg_percentile_disc() and pg_mode(). */
export const orderedSetFunctions: readonly SqlFunction[] = [
  ...bothWays('', 1),
  ...bothWays('_desc', -1),
];
