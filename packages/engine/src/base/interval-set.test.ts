// Holds the interval set against a plain Set of integers, which is obviously right and far too slow.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval } from './interval-set.ts';
import { IntervalSet } from './interval-set.ts';

const interval = fc
  .tuple(fc.nat(60), fc.nat(8))
  .map(([start, length]): Interval => [start, start + length]);
const operations = fc.array(fc.tuple(fc.constantFrom('add', 'remove'), interval), {
  maxLength: 40,
});

function integers(intervals: Iterable<Interval>): Set<number> {
  const result = new Set<number>();
  for (const [start, end] of intervals) {
    for (let value = start; value <= end; value++) result.add(value);
  }
  return result;
}

function filtered(values: Set<number>, keep: (value: number) => boolean): Set<number> {
  return new Set([...values].filter(keep));
}

function run(steps: readonly (readonly [string, Interval])[]): [IntervalSet, Set<number>] {
  const set = new IntervalSet();
  const model = new Set<number>();
  for (const [kind, [start, end]] of steps) {
    if (kind === 'add') set.add(start, end);
    else set.remove(start, end);
    for (let value = start; value <= end; value++) {
      if (kind === 'add') model.add(value);
      else model.delete(value);
    }
  }
  return [set, model];
}

describe('IntervalSet', () => {
  it('holds what a plain set holds, in sorted, disjoint, non-adjacent intervals', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const [set, model] = run(steps);
        expect(integers(set)).toEqual(model);
        expect(set.count).toBe(model.size);
        expect(set.isEmpty).toBe(model.size === 0);
        expect(set.first).toBe(model.size === 0 ? undefined : Math.min(...model));
        expect(set.last).toBe(model.size === 0 ? undefined : Math.max(...model));
        const intervals = set.toArray();
        expect(set.size).toBe(intervals.length);
        intervals.slice(1).forEach(([start], index) => {
          expect(start).toBeGreaterThan((intervals[index]?.[1] ?? Number.NaN) + 1);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('answers about ranges as a plain set does', () => {
    fc.assert(
      fc.property(operations, interval, (steps, [start, end]) => {
        const [set, model] = run(steps);
        const asked = [...integers([[start, end]])];
        expect(set.containsRange(start, end)).toBe(asked.every((value) => model.has(value)));
        expect(set.intersectsRange(start, end)).toBe(asked.some((value) => model.has(value)));
        expect(set.has(start)).toBe(model.has(start));
        const meets = ([a, b]: Interval): boolean => a <= end && b >= start;
        expect(set.overlapping(start, end)).toEqual(set.toArray().filter(meets));
      }),
      { numRuns: 500 },
    );
  });

  it('intersects and subtracts as plain sets do, and leaves its operands alone', () => {
    fc.assert(
      fc.property(operations, operations, (steps, otherSteps) => {
        const [mine, model] = run(steps);
        const [theirs, otherModel] = run(otherSteps);
        const before = mine.toArray();
        expect(integers(mine.intersection(theirs))).toEqual(
          filtered(model, (v) => otherModel.has(v)),
        );
        expect(integers(mine.difference(theirs))).toEqual(
          filtered(model, (v) => !otherModel.has(v)),
        );
        expect(mine.toArray()).toEqual(before);
        const same = model.size === otherModel.size && [...model].every((v) => otherModel.has(v));
        expect(mine.equals(theirs)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it('is equal to its clone and to the set made of its intervals, until one of them changes', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const [set] = run(steps);
        const clone = set.clone();
        expect(clone.equals(set)).toBe(true);
        expect(IntervalSet.from(set.toArray().toReversed()).equals(set)).toBe(true);
        clone.add(1000);
        expect(clone.equals(set)).toBe(false);
      }),
    );
  });

  it.each<Interval>([
    [2, 1],
    [0.5, 1],
    [0, Number.POSITIVE_INFINITY],
    [Number.NaN, 1],
  ])('refuses %d..%d', (start, end) => {
    expect(() => new IntervalSet().add(start, end)).toThrow(/interval/);
    expect(() => new IntervalSet().remove(start, end)).toThrow(/interval/);
  });
});
