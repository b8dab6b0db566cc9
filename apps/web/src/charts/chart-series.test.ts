// Charts leave nothing out: what does not fit is put together, what is not known is a gap.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ChartSeries,
  foldSeries,
  greatest,
  nearestPoint,
  pointsOf,
  seriesMax,
  tableRows,
  timeTicks,
  valueTicks,
} from './chart-series.ts';

const line = (key: string, ...values: (number | null)[]): ChartSeries => ({
  key,
  name: key,
  values,
});

test('the smallest of many lines are put together', () => {
  const many = Array.from({ length: 9 }, (_, at) => line(`n${at}`, at, null, at === 8 ? 1 : null));
  const folded = foldSeries(many, 'sum');
  expect(folded.map(({ key }) => key)).toEqual(['n4', 'n5', 'n6', 'n7', 'n8', 'others']);
  expect(folded.at(-1)).toEqual({ key: 'others', name: '4 others', values: [6, null, null] });
  expect(greatest(folded, true)).toBe(36);
  expect(foldSeries(many, 'max').at(-1)?.values).toEqual([3, null, null]);
  expect(foldSeries(many.slice(0, seriesMax), 'sum')).toHaveLength(seriesMax);
});

test('axes end at a round figure at or above the greatest value', () => {
  expect(valueTicks(0)).toEqual([0, 1]);
  expect(valueTicks(17)).toEqual([0, 5, 10, 15, 20]);
  expect(valueTicks(3_000, true)).toEqual([0, 1_024, 2_048, 3_072]);
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.boolean(), (top, isBinary) => {
      const ticks = valueTicks(top, isBinary);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(top * (1 - 1e-6));
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(6);
    }),
    { seed: 5 },
  );
});

test('moments of an axis are round, within the range and few', () => {
  expect(timeTicks(61_000, 300_000, 5)).toEqual([120_000, 180_000, 240_000, 300_000]);
  expect(timeTicks(5, 5, 5)).toEqual([]);
});

test('where moments are missing there is a gap', () => {
  expect(pointsOf([0, 1_000, 9_000], [line('a', 1, 2, 3)], 3_000)).toEqual([
    { atMs: 0, values: [1] },
    { atMs: 1_000, values: [2] },
    { atMs: 5_000, values: [null] },
    { atMs: 9_000, values: [3] },
  ]);
});

test('the point nearest to the pointer is told', () => {
  const points = pointsOf([0, 1_000, 2_000], [line('a', 1, 2, 3)], 3_000);
  expect(nearestPoint(points, 1_400)?.values).toEqual([2]);
  expect(nearestPoint(points, 9_000)?.values).toEqual([3]);
  expect(nearestPoint([], 0)).toBeUndefined();
});

test('the table has the greatest values of stretches, the newest first', () => {
  const rows = tableRows([0, 1, 2, 3, 4], [line('a', 5, 1, null, null, 2)], 3);
  expect(rows).toEqual([
    { atMs: 3, values: [2] },
    { atMs: 1, values: [1] },
    { atMs: 0, values: [5] },
  ]);
});
