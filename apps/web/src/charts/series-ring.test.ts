// The newest values are kept, with gaps where something is missing, and never without limit.

import { expect, test } from 'vitest';
import { addSeries, byMinute, rangeOf, valuesMax } from './series-ring.ts';

const part = (startMs: number, ...values: (number | null)[]) => ({
  name: 'cpu',
  unit: 'cores',
  start_ms: startMs,
  step_ms: 1_000,
  values,
});
const after = (...parts: ReturnType<typeof part>[]) =>
  parts
    .reduce<ReturnType<typeof addSeries>>((kept, each) => addSeries(kept, [each]), new Map())
    .get('cpu');

test('parts are joined, with nulls where seconds are missing and without what overlaps', () => {
  expect(after(part(0, 1, 2), part(2_000, 3))?.values).toEqual([1, 2, 3]);
  expect(after(part(0, 1), part(3_000, 4))?.values).toEqual([1, null, null, 4]);
  expect(after(part(0, 1, 2), part(1_000, 2, 3))?.values).toEqual([1, 2, 3]);
  expect(after(part(0, 1), part(10_000_000, 9))?.values).toEqual([9]);
});

test('only so many values are kept, and the first of them still has its time', () => {
  const many = after(part(0, ...Array.from({ length: valuesMax + 5 }, (_, at) => at)));
  expect(many?.values.length).toBe(valuesMax);
  expect(many?.start_ms).toBe(5_000);
  const more = after(part(0, ...Array.from({ length: valuesMax }, () => 1)), part(900_000, 7));
  expect([more?.values.length, more?.values.at(-1), more?.start_ms]).toEqual([
    ...[valuesMax, 7, 1_000],
  ]);
});

test('ranges and minutes leave out what is absent', () => {
  expect(rangeOf(part(0, 3, null, 1, 2))).toEqual({ now: 2, least: 1, most: 3 });
  expect(rangeOf(part(0, null))).toEqual({ now: null, least: null, most: null });
  const minutes = byMinute(part(58_000, 5, 1, 2, null));
  expect(minutes).toEqual([
    { atMs: 60_000, most: 2 },
    { atMs: 0, most: 5 },
  ]);
});
