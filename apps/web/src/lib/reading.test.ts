// What is shown of a figure at each moment of its life.

import { expect, test } from 'vitest';
import { readingOf, staleAfterMs } from './reading.ts';

const lastError = new TypeError('Failed to fetch');
const reason = 'The node can’t be reached.';

test('nothing yet is loading; nothing yet and an error is a failure', () => {
  const nothing = { data: undefined, dataUpdatedAt: 0, lastError: null };
  expect(readingOf(nothing, 1_000)).toEqual({ kind: 'loading' });
  expect(readingOf({ ...nothing, lastError }, 1_000)).toEqual({ kind: 'failed', reason });
});

test('figures stay when newer ones fail, and are marked once they are old', () => {
  const attempts = { data: 7, dataUpdatedAt: 50_000, lastError };
  const fresh = { kind: 'here', data: 7, staleMs: undefined, reason };
  expect(readingOf(attempts, 50_000 + staleAfterMs)).toEqual(fresh);
  const ageMs = staleAfterMs + 1;
  expect(readingOf(attempts, 50_000 + ageMs)).toEqual({ ...fresh, staleMs: ageMs });
});

test('figures from before the page looked at its clock are fresh', () => {
  const reading = readingOf({ data: 7, dataUpdatedAt: 50_000, lastError: null }, 0);
  expect(reading).toEqual({ kind: 'here', data: 7, staleMs: undefined, reason: undefined });
});
