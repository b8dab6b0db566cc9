// The canary over a clock and peers that a test moves: what it follows, what it counts, and when it stops.

import { type ActorId, actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { expect, test } from 'vitest';
import { Canary, type CanaryPeer, canaryWaitMs } from './canary.ts';

const periodMs = 10_000;

class Time {
  nowMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly timers = {
    after: (delayMs: number, run: () => void) => {
      const timer = { atMs: this.nowMs + delayMs, run };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      };
    },
  };

  get planned(): number {
    return this.#timers.length;
  }

  /** Runs what is due until then, in order, with what follows from it. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await settled();
      const [next] = this.#timers.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = untilMs;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function peer(n: number): CanaryPeer {
  const actorId: ActorId = actorIdFromBytes(new Uint8Array(16).fill(n));
  return { actorId, address: `10.0.0.${n}:1` };
}

/** A canary whose peers answer after these delays; undefined never does. */
function canaryOf(time: Time, delays: readonly (number | undefined)[]) {
  const asked: { readonly version: number; readonly kind: string }[] = [];
  const canary = new Canary({
    periodMs,
    timers: time.timers,
    wallMs: () => 2_000_000_000_000 + time.nowMs,
    monotonicMs: () => time.nowMs,
    peers: () => delays.map((_, n) => peer(n)),
    ownVersion: () => 41,
    passWriter: () => new Promise((resolve) => time.timers.after(3, resolve)),
    askVisible(to, version, kind, timeoutMs) {
      asked.push({ version, kind });
      const delayMs = delays[delays.findIndex((_, n) => peer(n).actorId === to.actorId)];
      return new Promise((resolve, reject) => {
        if (delayMs === undefined) time.timers.after(timeoutMs, () => reject(new Error('late')));
        else time.timers.after(delayMs, resolve);
      });
    },
  });
  return { canary, asked };
}

test('without writes it follows the way of one, the writer included', async () => {
  const time = new Time();
  const { canary, asked } = canaryOf(time, [5, 20]);
  await time.pass(periodMs + 100);
  expect(asked).toEqual([
    { version: 41, kind: 'path' },
    { version: 41, kind: 'path' },
  ]);
  const { recent, peers, p99_ms } = canary.answer();
  expect(recent).toMatchObject([{ kind: 'path', ms: 23, asked: 2, reached: 2 }]);
  expect(peers).toMatchObject([
    { last_ms: 8, p50_ms: 8 },
    { last_ms: 23, reached: 1, missed: 0 },
  ]);
  expect(p99_ms).toBeGreaterThan(22);
  expect(canary.quantile(0.5)).toBeGreaterThan(22);
});

test('a write is followed from its commit on, one in a period', async () => {
  const time = new Time();
  const { canary, asked } = canaryOf(time, [7]);
  canary.wrote(1);
  await time.pass(6_000);
  canary.wrote(2);
  canary.wrote(3);
  await time.pass(100);
  expect(asked).toEqual([{ version: 2, kind: 'write' }]);
  expect(canary.answer().recent).toMatchObject([{ kind: 'write', version: 2, ms: 7 }]);
  await time.pass(periodMs);
  expect(asked.length).toBe(2);
});

test('a member that never answers makes the round one without a result', async () => {
  const time = new Time();
  const { canary } = canaryOf(time, [4, undefined]);
  await time.pass(periodMs + canaryWaitMs + 100);
  const told = canary.answer();
  expect(told.recent).toMatchObject([{ ms: null, asked: 2, reached: 1 }]);
  expect(told.peers).toMatchObject([
    { missed: 0, reached: 1 },
    { missed: 1, last_ms: null },
  ]);
  expect(told.p50_ms).toBeNull();
});

test('alone it measures nothing, and goes on looking', async () => {
  const time = new Time();
  const { canary } = canaryOf(time, []);
  await time.pass(5 * periodMs);
  expect(canary.answer()).toMatchObject({ rounds: 0, recent: [] });
  expect(time.planned).toBe(1);
});

test('stopped, it plans nothing more', async () => {
  const time = new Time();
  const { canary } = canaryOf(time, [undefined]);
  await time.pass(periodMs + 100);
  canary.stop();
  await time.pass(100_000);
  expect(time.planned).toBe(0);
  expect(canary.answer().rounds).toBe(0);
});
