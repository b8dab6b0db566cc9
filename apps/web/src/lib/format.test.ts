// Figures read well at every size.

import { expect, test } from 'vitest';
import { formatCount, formatMs, shortActorId } from './format.ts';

test('counts are grouped by thousands', () => {
  const counts = [0, 999, 1_000, 1_234_567].map((count) => formatCount(count));
  expect(counts).toEqual(['0', '999', '1\u2009000', '1\u2009234\u2009567']);
});

test('durations have the unit that suits their size', () => {
  const durations = [0, 0.26, 9.96, 12.4, 1_000, 59_900, 61_000, 7_200_000];
  expect(durations.map((ms) => formatMs(ms))).toEqual([
    '0 ms',
    '0.3 ms',
    '10.0 ms',
    '12 ms',
    '1.0 s',
    '59.9 s',
    '1 min',
    '2 h',
  ]);
});

test('actors are told apart by their first digits', () => {
  expect(shortActorId('0123456789abcdef0123456789abcdef')).toBe('01234567');
});
