// News rides along often enough, newest and least-sent first, within the space there is.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberRecord } from './record.ts';
import { actorId, addressOf } from './test-network.ts';
import { UpdateQueue } from './update-queue.ts';
import { encodeUpdate, type Update } from './wire.ts';

function update(number: number, incarnation = 0): Update {
  const record: MemberRecord = {
    actorId: actorId(number),
    address: addressOf(number),
    sessionId: 's',
    startedAtMs: 1,
    incarnation,
    state: 'alive',
  };
  return { kind: 'state', record, suspectedBy: undefined };
}

const space = { bytesMax: 10_000, countMax: 100, sendsMax: 3, counts: true };
const bytesOf = (...updates: Update[]) => updates.map(encodeUpdate);

describe('UpdateQueue', () => {
  it('forgets an update when it was sent often enough', () => {
    const queue = new UpdateQueue(16);
    queue.add(update(1));
    for (let send = 0; send < 3; send++) expect(queue.take(space)).toEqual(bytesOf(update(1)));
    expect(queue.size).toBe(0);
    expect(queue.take(space)).toEqual([]);
  });

  it('does not count what goes to somebody who may be dead', () => {
    const queue = new UpdateQueue(16);
    queue.add(update(1));
    for (let send = 0; send < 20; send++)
      expect(queue.take({ ...space, counts: false })).toHaveLength(1);
    for (let send = 0; send < 3; send++) expect(queue.take(space)).toHaveLength(1);
    expect(queue.size).toBe(0);
  });

  it('replaces old news about an actor and counts anew', () => {
    const queue = new UpdateQueue(16);
    queue.add(update(1, 0));
    queue.take(space);
    queue.take(space);
    queue.add(update(1, 1));
    expect(queue.size).toBe(1);
    for (let send = 0; send < 3; send++) expect(queue.take(space)).toEqual(bytesOf(update(1, 1)));
    expect(queue.size).toBe(0);
  });

  it('keeps a contest beside news of the same actor', () => {
    const queue = new UpdateQueue(16);
    queue.add(update(1));
    queue.add({ kind: 'contest', record: update(1).record, contestedSessionId: 'x' });
    expect(queue.size).toBe(2);
  });

  it('sends the least-sent first, the newest first among those', () => {
    const queue = new UpdateQueue(16);
    queue.add(update(1));
    queue.take(space);
    queue.add(update(2));
    queue.add(update(3));
    expect(queue.take({ ...space, countMax: 2 })).toEqual(bytesOf(update(3), update(2)));
    expect(queue.take({ ...space, countMax: 1 })).toEqual(bytesOf(update(3)));
  });

  it('drops the most-sent when full, and counts that', () => {
    const queue = new UpdateQueue(2);
    queue.add(update(1));
    queue.take(space);
    queue.add(update(2));
    queue.add(update(3));
    expect([queue.size, queue.dropped]).toEqual([2, 1]);
    expect(queue.take(space)).toEqual(bytesOf(update(3), update(2)));
  });

  it('forgets news about an actor on demand', () => {
    const queue = new UpdateQueue(4);
    queue.add(update(1));
    queue.remove(update(1, 9));
    expect(queue.size).toBe(0);
  });

  it('never exceeds its space, and loses nothing that fits', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        numbers,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 9 }),
        (all, bytesMax, countMax) => {
          const queue = new UpdateQueue(64);
          for (const number of all) queue.add(update(number));
          const sends = new Map<string, number>();
          for (let round = 0; round < 400 && queue.size > 0; round++) {
            const taken = queue.take({ bytesMax, countMax, sendsMax: 2, counts: true });
            const bytes = taken.reduce((sum, one) => sum + one.length, 0);
            expect(bytes).toBeLessThanOrEqual(bytesMax);
            expect(taken.length).toBeLessThanOrEqual(countMax);
            for (const one of taken) {
              const key = Buffer.from(one).toString('hex');
              sends.set(key, (sends.get(key) ?? 0) + 1);
            }
          }
          const fits = bytesMax >= encodeUpdate(update(1)).length + 2;
          if (!fits) return;
          expect(queue.size).toBe(0);
          expect(sends.size).toBe(new Set(all).size);
          expect([...sends.values()].every((count) => count === 2)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
