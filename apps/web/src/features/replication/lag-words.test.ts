// Words and colours of the matrix say the same as its figures.

import { expect, test } from 'vitest';
import type { LagCell, LagMatrix } from './lag-reading.ts';
import { bandOf, cellText, summaryOf, worstPairs } from './lag-words.ts';

const seen = (versions: number, more: object = {}): LagCell => ({
  kind: 'seen',
  head: 100,
  ownHead: 100,
  seen: 100 - versions,
  versions,
  ms: versions * 100,
  gaps: 0,
  partials: 0,
  isAtLeast: false,
  ...more,
});
const own: LagCell = { kind: 'own', head: 100 };

function matrixOf(cells: readonly (readonly LagCell[])[]): LagMatrix {
  const names = ['a', 'b', 'c'].slice(0, cells.length);
  return {
    observers: names.map((name, row) => ({
      actorId: name,
      address: name,
      trouble: cells[row]?.some(({ kind }) => kind === 'silent') === true ? 'gone' : null,
    })),
    actors: names.map((name) => ({ actorId: name, address: name, isSilent: false, head: 100 })),
    cells,
    formerActors: 0,
  };
}

test('bands grow by tens', () => {
  expect([0, 1, 9, 10, 99, 100, 999, 1_000, 9_999, 10_000].map(bandOf)).toEqual([
    ...[0, 1, 1, 2, 2, 3, 3, 4, 4, 5],
  ]);
});

test('the worst pairs come first, never-heard ones by all that they lack', () => {
  const matrix = matrixOf([
    [own, seen(3), seen(0)],
    [seen(3, { ms: 900 }), own, { kind: 'never', head: 50 }],
    [seen(12), seen(0), own],
  ]);
  const names = worstPairs(matrix, 3).map(({ observer, actor }) => `${observer}${actor}`);
  expect(names).toEqual(['bc', 'ca', 'ba']);
});

test('the summary names the worst pair and those that do not answer', () => {
  const equal = matrixOf([
    [own, seen(0)],
    [seen(0), own],
  ]);
  expect(summaryOf(equal)).toBe('Every node has everything.');
  const cut = matrixOf([
    [own, seen(14), seen(0)],
    [seen(0), own, seen(0)],
    [
      { kind: 'silent', versionsMax: 4 },
      { kind: 'silent', versionsMax: 2 },
      { kind: 'silent', versionsMax: null },
    ],
  ]);
  expect(summaryOf(cut)).toBe(
    '1 of 4 pairs behind. Worst: a lacks 14 versions of b, the oldest for 1.4 s. ' +
      'c doesn’t answer: by what was last told it lacks at most 4 versions of one writer.',
  );
  expect(summaryOf(matrixOf([[own]]))).toContain('alone');
  const never = { kind: 'silent', versionsMax: null } as const;
  expect(
    summaryOf(
      matrixOf([
        [own, seen(0)],
        [never, never],
      ]),
    ),
  ).toContain('can’t be known');
});

test('every kind of cell is a sentence', () => {
  expect(cellText('a', 'b', own)).toBe('b itself, at version 100.');
  expect(cellText('a', 'b', seen(0))).toBe('a has all that is known of b.');
  expect(cellText('a', 'b', seen(2, { gaps: 1, partials: 1, isAtLeast: true }))).toBe(
    'a lacks at least 2 versions of b: the oldest for 200 ms, 1 gap, 1 version in part. ' +
      'b doesn’t answer and may have written more.',
  );
  expect(cellText('a', 'b', { kind: 'unwritten' })).toBe('b has written nothing yet.');
  expect(cellText('a', 'b', { kind: 'never', head: 7 })).toContain('never heard of b');
  expect(cellText('a', 'b', { kind: 'silent', versionsMax: 3 })).toContain('at most 3 versions');
});
