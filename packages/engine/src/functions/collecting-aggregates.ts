// Aggregates that keep their values: array_agg(), mode(), percentiles.

import { type ArrayItem, arrayJson } from './array-form.ts';
import { itemOfCell } from './array-functions.ts';
import { compareItems } from './array-order.ts';
import { numberOf, sameCell, textOf } from './cells.ts';
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
  negateInterval,
  parseInterval,
  scaleInterval,
  spanOf,
} from './interval.ts';
import { arrayOfCell } from './text-array.ts';

interface Percentile {
  readonly values: Cell[];
  fraction: Cell;
}

function checkFraction(fraction: number): number {
  if (fraction >= 0 && fraction <= 1) return fraction;
  throw sqlFault('22003', `percentile value ${fraction} is not between 0 and 1`);
}

/** The value comes before the fraction, which is one number or an array of them. */
function percentile(
  name: string,
  order: (a: Cell, b: Cell) => number,
  pick: (sorted: readonly Cell[], fraction: number) => Answer,
): AggregateFunction {
  return aggregate<Percentile>(name, 2, {
    start: () => ({ values: [], fraction: null }),
    step(state, value = null, fraction = null) {
      state.fraction = fraction;
      if (value !== null) state.values.push(value);
      return state;
    },
    result({ values, fraction }) {
      if (fraction === null || values.length === 0) return null;
      const sorted = [...values].sort(order);
      if (typeof fraction !== 'string') return pick(sorted, checkFraction(numberOf(fraction)));
      return arrayJson(
        arrayOfCell(fraction).map(
          (one): ArrayItem =>
            one === null ? null : (pick(sorted, checkFraction(Number(one))) as ArrayItem),
        ),
      );
    },
  });
}

function compareCells(a: Cell, b: Cell): number {
  return compareItems(itemOfCell(a), itemOfCell(b));
}

/** Between two neighbours, in proportion. */
function interpolated(sorted: readonly Cell[], fraction: number): Answer {
  const place = fraction * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? null, sorted[Math.ceil(place)] ?? null];
  return numberOf(low) + (numberOf(high) - numberOf(low)) * (place - Math.floor(place));
}

function interpolatedInterval(sorted: readonly Cell[], fraction: number): Answer {
  const place = fraction * (sorted.length - 1);
  const low = parseInterval(textOf(sorted[Math.floor(place)] ?? null));
  const high = parseInterval(textOf(sorted[Math.ceil(place)] ?? null));
  const part = scaleInterval(addIntervals(high, negateInterval(low)), place - Math.floor(place));
  return formatInterval(addIntervals(low, part));
}

function compareIntervals(a: Cell, b: Cell): number {
  return Number(spanOf(parseInterval(textOf(a))) - spanOf(parseInterval(textOf(b))));
}

interface Counts {
  readonly counts: Map<string | number | bigint, { readonly value: Cell; count: number }>;
}

/** The most frequent value; of several the least one. */
const mode = aggregate<Counts>('pg_mode', 1, {
  start: () => ({ counts: new Map() }),
  step(state, value = null) {
    if (value === null) return state;
    const key = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value;
    const known = state.counts.get(key);
    if (known === undefined) state.counts.set(key, { value, count: 1 });
    else known.count++;
    return state;
  },
  result({ counts }) {
    let best: { readonly value: Cell; readonly count: number } | undefined;
    for (const one of counts.values()) {
      const isBetter =
        best === undefined ||
        one.count > best.count ||
        (one.count === best.count && compareCells(one.value, best.value) < 0);
      if (isBetter) best = one;
    }
    return sameCell(best?.value ?? null);
  },
});

function collected(name: string, itemOf: (cell: Cell) => ArrayItem): AggregateFunction {
  return aggregate<ArrayItem[]>(name, 1, {
    start: () => [],
    step(items, value = null) {
      items.push(itemOf(value));
      return items;
    },
    result: (items) => (items.length === 0 ? null : arrayJson(items)),
  });
}

export const collectingAggregates: readonly SqlFunction[] = [
  collected('pg_array_agg', itemOfCell),
  collected('pg_array_agg_array', (cell) => {
    if (cell === null) throw sqlFault('22004', 'cannot accumulate null arrays');
    return arrayOfCell(cell);
  }),
  mode,
  percentile('pg_percentile_cont', compareCells, interpolated),
  percentile('pg_percentile_cont_interval', compareIntervals, interpolatedInterval),
  percentile('pg_percentile_disc', compareCells, (sorted, fraction) =>
    sameCell(sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? null),
  ),
];
