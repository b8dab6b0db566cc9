// The newest lines are kept, once each.

import { expect, test } from 'vitest';
import { addLines, linesMax } from './rings.ts';

test('lines come once each, and the oldest go', () => {
  const lines = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ hlc: from + at }));
  expect(addLines(lines(1, 3), lines(2, 4)).map(({ hlc }) => hlc)).toEqual([1, 2, 3, 4, 5]);
  const kept = lines(1, 2);
  expect(addLines(kept, [])).toBe(kept);
  expect(addLines(lines(1, linesMax), lines(linesMax + 1, 10)).at(0)?.hlc).toBe(11);
});
