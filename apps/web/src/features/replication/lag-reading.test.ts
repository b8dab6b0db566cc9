// The matrix says who lacks what from whom, also of what the one who lacks it has not heard of.

import { expect, test } from 'vitest';
import { type LagFigures, noMemory, type ObserverAnswer, readLag } from './lag-reading.ts';

const figures = (actorId: string, head: number, more: Partial<LagFigures> = {}): LagFigures => ({
  actor_id: actorId,
  head,
  versions: 0,
  ms: 0,
  gap_versions: 0,
  gaps: 0,
  partials: 0,
  ...more,
});
const answers = (id: string, ...answer: LagFigures[]): ObserverAnswer => ({
  actor_id: id,
  address: `host:${id}`,
  ok: true,
  answer,
});
const silent = (id: string): ObserverAnswer => ({
  actor_id: id,
  address: `host:${id}`,
  ok: false,
  error: { code: 'PATINA_PEER_UNREACHABLE', error: 'it does not answer' },
});

test('cells tell what their observer lacks, with gaps and partials', () => {
  const { matrix } = readLag(noMemory, [
    answers('a', figures('a', 10), figures('b', 5, { versions: 2, ms: 40, gaps: 1, partials: 1 })),
    answers('b', figures('b', 5)),
  ]);
  expect(matrix.observers.map(({ address }) => address)).toEqual(['host:a', 'host:b']);
  expect(matrix.cells).toEqual([
    [
      { kind: 'own', head: 10 },
      {
        kind: 'seen',
        head: 5,
        ownHead: 5,
        seen: 3,
        versions: 2,
        ms: 40,
        gaps: 1,
        partials: 1,
        isAtLeast: false,
      },
    ],
    [
      { kind: 'never', head: 10 },
      { kind: 'own', head: 5 },
    ],
  ]);
});

test('a node that was asked a moment earlier than the writer lacks nothing', () => {
  const first = readLag(noMemory, [answers('a', figures('a', 10)), answers('b', figures('a', 9))]);
  expect(first.matrix.cells[1]?.[0]).toMatchObject({ versions: 0 });
});

test('in a partition a node lacks what others know of, though it has not heard of it', () => {
  const cut = [answers('a', figures('a', 30)), answers('b', figures('a', 10), figures('b', 0))];
  const first = readLag(noMemory, cut);
  const second = readLag(first.memory, cut);
  expect(second.matrix.cells[1]?.[0]).toMatchObject({ versions: 20, ms: null, seen: 10 });
  const healed = readLag(second.memory, [
    answers('a', figures('a', 30)),
    answers('b', figures('a', 30), figures('b', 0)),
  ]);
  expect(healed.matrix.cells[1]?.[0]).toMatchObject({ versions: 0, ms: 0 });
});

test('of a node that does not answer the most is told that it may lack, and the least of its own', () => {
  const before = readLag(noMemory, [
    answers('a', figures('a', 10), figures('b', 5)),
    answers('b', figures('a', 9, { versions: 1 }), figures('b', 5)),
  ]);
  const { matrix } = readLag(before.memory, [
    answers('a', figures('a', 18), figures('b', 5)),
    silent('b'),
  ]);
  expect(matrix.cells[1]).toEqual([
    { kind: 'silent', versionsMax: 10 },
    { kind: 'silent', versionsMax: null },
  ]);
  expect(matrix.cells[0]?.[1]).toMatchObject({ versions: 0, isAtLeast: true });
  expect(matrix.observers[1]?.trouble).toBe('it does not answer');
  expect(readLag(noMemory, [silent('b')]).matrix.cells).toEqual([
    [{ kind: 'silent', versionsMax: null }],
  ]);
});

test('former members are left out unless something of them is missing', () => {
  const old = figures('z', 7);
  const { matrix } = readLag(noMemory, [answers('a', figures('a', 1), old)]);
  expect([matrix.actors.length, matrix.formerActors]).toEqual([1, 1]);
  const lacking = readLag(noMemory, [answers('a', figures('a', 1), { ...old, versions: 3 })]);
  expect(lacking.matrix.actors.map(({ actorId, address }) => [actorId, address])).toEqual([
    ['a', 'host:a'],
    ['z', null],
  ]);
});
