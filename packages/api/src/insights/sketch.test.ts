// Sketches tell percentiles within their accuracy, and merging is the same as counting everything at once.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptySketch, mergeSketches, Sketch, sketchCount, sketchQuantile } from './sketch.ts';

const durations = fc.array(fc.double({ min: 0.002, max: 60_000_000, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
});

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

test('percentiles are within 2 % of the exact ones', () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      const told = sketchQuantile(sketchOf(values).data(), share) ?? -1;
      expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * 0.0201);
    }),
  );
});

test('merged sketches are the sketch of everything', () => {
  fc.assert(
    fc.property(fc.array(durations, { maxLength: 5 }), (lists) => {
      const merged = mergeSketches(lists.map((list) => sketchOf(list).data()));
      const whole = sketchOf(lists.flat()).data();
      expect({ ...merged, sum: 0 }).toEqual({ ...whole, sum: 0 });
      expect(merged.sum).toBeCloseTo(whole.sum, 0);
    }),
  );
});

test('an empty one has no percentiles, odd durations are counted', () => {
  expect(sketchQuantile(emptySketch, 0.5)).toBeNull();
  const odd = sketchOf([0, -1, Number.NaN, Number.POSITIVE_INFINITY]);
  expect(sketchCount(odd.data())).toBe(4);
  odd.clear();
  expect(odd.data()).toEqual(emptySketch);
});
