// Disagreement shows, and states over time are what the nodes recorded.

import { expect, test } from 'vitest';
import { type OpinionsAnswer, opinionMatrixOf, opinionSummaryOf } from './opinions.ts';
import { type MemberEvent, sharesOf, timelineOf } from './timeline.ts';

const opinion = (actorId: string, state: 'alive' | 'suspect' | 'down', incarnation = 0) => ({
  actor_id: actorId,
  address: actorId,
  state,
  incarnation,
});
const answer = (id: string, ...opinions: ReturnType<typeof opinion>[]): OpinionsAnswer => ({
  actor_id: id,
  address: id,
  ok: true,
  answer: opinions,
});

test('states that differ are a dispute, incarnations that differ are none', () => {
  const matrix = opinionMatrixOf([
    answer('a', opinion('b', 'alive'), opinion('c', 'down')),
    answer('b', opinion('a', 'alive', 1), opinion('c', 'suspect')),
    answer('c', opinion('a', 'alive', 2), opinion('b', 'alive')),
    { actor_id: 'd', address: 'd', ok: false, error: { code: 'X', error: 'gone' } },
  ]);
  expect(matrix.cells[0]).toEqual([
    { kind: 'self' },
    { kind: 'opinion', state: 'alive', incarnation: 0, disagrees: false },
    { kind: 'opinion', state: 'down', incarnation: 0, disagrees: true },
    { kind: 'unknown', disagrees: false },
  ]);
  expect(matrix.cells[3]?.every(({ kind }) => kind === 'silent')).toBe(true);
  expect(opinionSummaryOf(matrix)).toBe(
    'The nodes disagree. c: 1 holds it for down, 1 holds it for suspect. 1 node doesn’t answer.',
  );
  expect(opinionSummaryOf(opinionMatrixOf([answer('a'), answer('b', opinion('a', 'alive'))]))).toBe(
    'All nodes that answer agree.',
  );
});

const event = (kind: string, atMs: number, by: string, incarnation: number): MemberEvent => ({
  kind,
  at_ms: atMs,
  actor_id: by,
  fields: { member: 'm', address: 'm', incarnation },
});
const member = { actorId: 'm', state: 'alive', startedAtMs: null } as const;
const whole = { startMs: 0, endMs: 1_000, knownSinceMs: 0 };

test('without events a member was what it is, as far back as is known', () => {
  expect(timelineOf(member, [], { ...whole, knownSinceMs: 300 }).bands).toEqual([
    { state: null, startMs: 0, endMs: 300 },
    { state: 'alive', startMs: 300, endMs: 1_000 },
  ]);
});

test('a band is the worst that any node held it for', () => {
  const events = [
    event('member-suspect', 100, 'a', 3),
    event('member-down', 200, 'a', 3),
    event('member-suspect', 250, 'b', 3),
    event('member-up', 400, 'a', 4),
    event('member-up', 600, 'b', 4),
    event('member-up', 650, 'other', 9),
  ];
  const others = [{ ...event('member-down', 50, 'a', 1), fields: { member: 'x', incarnation: 1 } }];
  const { bands, ticks } = timelineOf(member, [...others, ...events].toReversed(), whole);
  expect(bands.map(({ state, startMs, endMs }) => `${state} ${startMs}-${endMs}`)).toEqual([
    ...['alive 0-100', 'suspect 100-200', 'down 200-400', 'suspect 400-600', 'alive 600-1000'],
  ]);
  expect(ticks.map(({ atMs, incarnation }) => [atMs, incarnation])).toEqual([
    [400, 4],
    [650, 9],
  ]);
  expect(sharesOf(bands).get('down')).toBeCloseTo(0.2);
});

test('before it was first up nothing is known of a member', () => {
  const { bands, ticks } = timelineOf(
    { ...member, startedAtMs: 500 },
    [event('member-up', 510, 'a', 0)],
    whole,
  );
  expect(bands.map(({ state, endMs }) => [state, endMs])).toEqual([
    [null, 510],
    ['alive', 1_000],
  ]);
  expect(ticks).toEqual([{ atMs: 500, what: 'started', incarnation: null }]);
});
