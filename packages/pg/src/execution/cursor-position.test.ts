// Where a cursor stands after FETCH and MOVE in all directions.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FetchDirection } from '../utility/utility-statement.ts';
import { fetchRange } from './cursor-position.ts';

/** What PostgreSQL does, one row at a time. */
function model(direction: FetchDirection, position: number, rows: number): [number[], number] {
  const taken: number[] = [];
  let at = position;
  const step = (by: 1 | -1): boolean => {
    at = Math.max(0, Math.min(rows + 1, at + by));
    const isOnRow = at >= 1 && at <= rows;
    if (isOnRow) taken.push(at - 1);
    return isOnRow;
  };
  const jump = (to: number): void => {
    at = Math.max(0, Math.min(rows + 1, to));
    if (at >= 1 && at <= rows) taken.push(at - 1);
  };
  if ('row' in direction) {
    const { kind, row } = direction;
    jump(kind === 'relative' ? position + row : row < 0 ? rows + 1 + row : row);
    return [taken, at];
  }
  if (direction.count === 0) {
    jump(position);
    return [taken, at];
  }
  const isForward = direction.kind === 'forward';
  const wanted = direction.count === 'all' ? rows + 2 : direction.count;
  const by = wanted > 0 === isForward ? 1 : -1;
  for (let count = Math.abs(wanted); count > 0 && step(by); count--);
  return [taken, at];
}

const direction: fc.Arbitrary<FetchDirection> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('forward' as const, 'backward' as const),
    count: fc.oneof(fc.integer({ min: -7, max: 7 }), fc.constant('all' as const)),
  }),
  fc.record({
    kind: fc.constantFrom('absolute' as const, 'relative' as const),
    row: fc.integer({ min: -7, max: 7 }),
  }),
);

test('a cursor moves and hands out rows as one that goes row by row', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), fc.array(direction), (rows, directions) => {
      let position = 0;
      for (const one of directions) {
        const range = fetchRange(one, position, rows);
        const [expected, expectedPosition] = model(one, position, rows);
        const taken = Array.from({ length: range.count }, (_, index) => range.from + index);
        expect(range.isBackward ? taken.toReversed() : taken).toEqual(expected);
        expect(range.position).toBe(expectedPosition);
        position = range.position;
      }
    }),
    { seed: 42, numRuns: 500 },
  );
});

test('a portal that handed out its last row may still have more, as far as it knows', () => {
  expect(fetchRange({ kind: 'forward', count: 3 }, 0, 3).position).toBe(3);
  expect(fetchRange({ kind: 'forward', count: 4 }, 0, 3).position).toBe(4);
});
