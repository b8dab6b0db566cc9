// The strip shows every version once, in order, and nothing too narrow to be seen.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { piecesFrom, piecesOf, placePieces, seqPieces, zoomStart } from './gap-strip.ts';

test('gaps, parts and what was never heard of stand between what is here', () => {
  const pieces = piecesOf({
    head: 20,
    ownHead: 15,
    gaps: [{ start: 4, end: 6 }],
    partials: [9],
  });
  expect(pieces.map(({ kind, start, end }) => `${kind} ${start}-${end}`)).toEqual([
    ...['here 1-3', 'gap 4-6', 'here 7-8', 'partial 9-9', 'here 10-15', 'unheard 16-20'],
  ]);
  expect(piecesOf({ head: 0, ownHead: 0, gaps: [], partials: [] })).toEqual([]);
});

test('pieces cover the strip without a break, whatever is missing', () => {
  const someRuns = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
  void fc.assert(
    fc.property(someRuns, fc.integer({ min: 0, max: 100 }), (missing, unheard) => {
      const gaps = missing.toSorted((a, b) => a - b).map((at) => ({ start: at, end: at }));
      const pieces = piecesOf({ head: 500 + unheard, ownHead: 500, gaps, partials: [] });
      const placed = placePieces(pieces, 0.01);
      let next = 1;
      for (const { start, end } of pieces) {
        expect(start).toBe(next);
        next = end + 1;
      }
      expect(next).toBe(501 + unheard);
      const sum = placed.reduce((all, { width }) => all + width, 0);
      expect(sum).toBeCloseTo(1);
      for (const { width } of placed) expect(width).toBeGreaterThan(0.003);
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('a little that is missing at the end is worth a closer look', () => {
  const parts = { head: 10_000, ownHead: 10_000, partials: [] };
  const pieces = piecesOf({ ...parts, gaps: [{ start: 9_991, end: 9_992 }] });
  const start = zoomStart(pieces, 10_000);
  expect(start).toBe(9_988);
  expect(piecesFrom(pieces, 9_988).map(({ start: from, end }) => [from, end])).toEqual([
    [9_988, 9_990],
    [9_991, 9_992],
    [9_993, 10_000],
  ]);
  const early = piecesOf({ ...parts, gaps: [{ start: 5, end: 6 }] });
  expect(zoomStart(early, 10_000)).toBeUndefined();
  expect(zoomStart(piecesOf({ ...parts, gaps: [] }), 10_000)).toBeUndefined();
});

test('the seqs of a part are told with what is missing of them', () => {
  const runs = [
    { start: 0, end: 2 },
    { start: 5, end: 6 },
  ];
  expect(seqPieces(9, runs).map(({ kind, start, end }) => `${kind} ${start}-${end}`)).toEqual([
    ...['here 0-2', 'gap 3-4', 'here 5-6', 'gap 7-9'],
  ]);
});
