// Figures, moments and ids read well at every size.

import { expect, test } from 'vitest';
import { shortActorId } from './ids.ts';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatRate,
  formatShort,
  formatUnit,
  noFigure,
  plural,
} from './numbers.ts';
import { formatAgo, formatClock, formatClockMs, formatDuration, formatMoment } from './times.ts';

test('counts are grouped by thousands, also beyond 2^53', () => {
  expect([0, 999, 1_000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect(formatCount(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993');
});

test('short numbers have at most five characters', () => {
  const values = [0, 0.001, 0.25, 1, 9.84, 123.4, 999, 1_000, 12_345, 123_456, 4.2e6, 7e9];
  expect(values.map(formatShort)).toEqual([
    ...['0', '<0.01', '0.25', '1', '9.8', '123', '999', '1k', '12.3k', '123k', '4.2M', '7G'],
  ]);
});

test('units suit the size', () => {
  expect([0, 1_023, 1_024, 1_536, 5_000_000].map(formatBytes)).toEqual([
    ...['0 B', '1023 B', '1 KiB', '1.5 KiB', '4.8 MiB'],
  ]);
  expect([0, 0.26, 12.4, 1_000, 59_900, 61_000, 7_200_000].map(formatDuration)).toEqual([
    ...['0 ms', '0.3 ms', '12 ms', '1.0 s', '60 s', '1 min', '2 h'],
  ]);
  expect(formatRate(501.2)).toBe('501/s');
  expect(formatPercent(0.0512)).toBe('5.1 %');
  expect(formatUnit(2_048, 'bytes')).toBe('2 KiB');
  expect(formatUnit(3, 'ms')).toBe('3 ms');
  expect(plural(1, 'row')).toBe('1 row');
  expect(plural(2, 'row')).toBe('2 rows');
});

test('what is absent is a dash', () => {
  const texts = [formatCount(null), formatShort(undefined), formatBytes(null), formatAgo(null, 0)];
  expect(new Set(texts)).toEqual(new Set([noFigure]));
});

test('moments are shown in the zone of the reader', () => {
  const atMs = Date.UTC(2026, 10, 23, 14, 3, 7, 42);
  expect(formatClock(atMs, 'utc')).toBe('14:03:07');
  expect(formatClockMs(atMs, 'utc')).toBe('14:03:07.042');
  expect(formatMoment(atMs, 'utc')).toBe('2026-11-23 14:03:07 UTC');
  expect(formatAgo(atMs - 12_000, atMs)).toBe('12 s ago');
  expect(formatAgo(atMs, atMs)).toBe('now');
});

test('actors are told apart by their first digits', () => {
  expect(shortActorId('0123456789abcdef0123456789abcdef')).toBe('01234567');
});
