// Claims about one actor are totally ordered, so that nodes agree in whatever order they hear them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecords, compareSessions, isLive, type MemberRecord } from './record.ts';
import { actorId, addressOf } from './test-network.ts';

function record(change: Partial<MemberRecord>): MemberRecord {
  return {
    actorId: actorId(1),
    address: addressOf(1),
    sessionId: 's',
    startedAtMs: 100,
    incarnation: 0,
    state: 'alive',
    ...change,
  };
}

const anyRecord = fc
  .record({
    sessionId: fc.constantFrom('a', 'b', 'c'),
    startedAtMs: fc.integer({ min: 1, max: 3 }),
    incarnation: fc.integer({ min: 0, max: 3 }),
    state: fc.constantFrom<MemberRecord['state']>('alive', 'suspect', 'down', 'left'),
  })
  .map(record);

describe('compareRecords', () => {
  const cases: [string, Partial<MemberRecord>, Partial<MemberRecord>][] = [
    ['suspect beats alive', { state: 'alive' }, { state: 'suspect' }],
    ['down beats suspect', { state: 'suspect' }, { state: 'down' }],
    ['left beats down', { state: 'down' }, { state: 'left' }],
    ['a refutation beats down', { state: 'down' }, { state: 'alive', incarnation: 1 }],
    ['a rejoin beats left', { state: 'left' }, { state: 'alive', incarnation: 1 }],
    [
      'a later session beats any incarnation',
      { state: 'down', incarnation: 9 },
      { startedAtMs: 101, sessionId: 't' },
    ],
    ['sessions of one millisecond are ordered', { incarnation: 9 }, { sessionId: 't' }],
    [
      'an earlier session never comes back',
      { startedAtMs: 99, state: 'left', incarnation: 9 },
      { state: 'alive' },
    ],
    ['a stored member yields to all', { startedAtMs: 0, sessionId: '', state: 'down' }, {}],
  ];
  it.each(cases)('%s', (_, lesser, greater) => {
    expect(compareRecords(record(greater), record(lesser))).toBeGreaterThan(0);
    expect(compareRecords(record(lesser), record(greater))).toBeLessThan(0);
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(anyRecord, anyRecord, anyRecord, (a, b, c) => {
        const sign = (x: MemberRecord, y: MemberRecord) => Math.sign(compareRecords(x, y));
        expect(sign(a, b)).toBe(sign(b, a) === 0 ? 0 : -sign(b, a));
        if (sign(a, b) >= 0 && sign(b, c) >= 0) expect(sign(a, c)).toBeGreaterThanOrEqual(0);
        if (sign(a, b) === 0) expect(a).toEqual(b);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives one winner whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), fc.nat(), (all, turn) => {
        const winner = (list: MemberRecord[]) =>
          list.reduce((held, next) => (compareRecords(next, held) > 0 ? next : held));
        const cut = turn % all.length;
        const turned = [...all.slice(cut), ...all.slice(0, cut)];
        expect(winner(turned)).toEqual(winner(all));
        expect(winner([...all].reverse())).toEqual(winner(all));
      }),
      { numRuns: 2_000 },
    );
  });
});

it('compareSessions calls a run equal to itself only', () => {
  expect(compareSessions(record({}), record({ incarnation: 5 }))).toBe(0);
  expect(compareSessions(record({}), record({ sessionId: 'r' }))).toBeGreaterThan(0);
});

it('isLive takes suspects for live', () => {
  expect((['alive', 'suspect', 'down', 'left'] as const).map(isLive)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
