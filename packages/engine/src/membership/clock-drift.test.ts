// Our clock against our peers': right within the error of the round trip, stubborn against single
// bad clocks and slow answers, quick when our own clock is set.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockDrift, clockSampleAgeMsMax, clockSamplesMax, PeerClock } from './clock-drift.ts';

const wallMs = 1_790_000_000_000;

/** A clock of ours and any number of peers, sampled once each by `sample`. */
class Bench {
  readonly drift: ClockDrift;
  readonly peers: PeerClock[];
  monotonicMs = 1_000;
  offsetMs = 0;

  constructor(peers: number, maxMs = 500) {
    this.drift = new ClockDrift(maxMs);
    this.peers = Array.from({ length: peers }, () => new PeerClock());
    this.drift.observe(this.now());
  }

  now() {
    return { monotonicMs: this.monotonicMs, wallMs: wallMs + this.monotonicMs + this.offsetMs };
  }

  /** An answer of peer `index`, whose clock is `peerOffsetMs` off true time. */
  sample(index: number, peerOffsetMs = 0, there = 1, back = 1): void {
    const answeredMs = this.monotonicMs + there;
    this.monotonicMs = answeredMs + back;
    this.drift.observe(this.now());
    const peer = this.peers[index];
    if (peer === undefined) throw new Error('no such peer');
    this.drift.sample(peer, {
      wallMs: wallMs + answeredMs + peerOffsetMs,
      rttMs: there + back,
      monotonicMs: this.monotonicMs,
    });
  }

  judge(): boolean {
    this.drift.observe(this.now());
    return this.drift.judge(this.peers, this.now());
  }

  setClock(offsetMs: number): void {
    this.offsetMs = offsetMs;
    this.drift.observe(this.now());
  }
}

describe('ClockDrift', () => {
  it('says nothing with fewer than two peers', () => {
    const bench = new Bench(2);
    bench.setClock(60_000);
    for (let round = 0; round < 10; round++) bench.sample(0);
    expect(bench.judge()).toBe(false);
    expect([bench.drift.offsetMs, bench.drift.refused]).toEqual([undefined, false]);
    bench.sample(1);
    expect(bench.judge()).toBe(true);
    expect([bench.drift.offsetMs, bench.drift.refused]).toEqual([60_000, true]);
  });

  it('refuses only when ahead, not when behind', () => {
    const bench = new Bench(3);
    bench.setClock(-60_000);
    for (let peer = 0; peer < 3; peer++) bench.sample(peer);
    expect(bench.judge()).toBe(false);
    expect(bench.drift.offsetMs).toBe(-60_000);
  });

  it.each([
    [499, false],
    [500, false],
    [501, true],
  ])('ahead by %d ms of at most 500: refused %s', (offsetMs, refused) => {
    const bench = new Bench(2);
    bench.setClock(offsetMs);
    bench.sample(0);
    bench.sample(1);
    bench.judge();
    expect(bench.drift.refused).toBe(refused);
  });

  it('holds a verdict until the clock is well within the limit', () => {
    const bench = new Bench(2);
    const verdictAt = (offsetMs: number) => {
      bench.setClock(offsetMs);
      bench.judge();
      return bench.drift.refused;
    };
    bench.sample(0);
    bench.sample(1);
    expect([490, 510, 490, 440, 490].map(verdictAt)).toEqual([false, true, true, false, false]);
  });

  it('notices at once when our clock is set, without new answers', () => {
    const bench = new Bench(3);
    for (let peer = 0; peer < 3; peer++) bench.sample(peer);
    expect(bench.judge()).toBe(false);
    bench.setClock(3_600_000);
    expect(bench.judge()).toBe(true);
    expect(bench.drift.offsetMs).toBe(3_600_000);
    bench.setClock(0);
    expect(bench.judge()).toBe(true);
    expect(bench.drift.refused).toBe(false);
  });

  it('prefers answers from after our clock was set: a suspended machine mends by itself', () => {
    const bench = new Bench(2);
    for (let round = 0; round < clockSamplesMax; round++) {
      bench.sample(0);
      bench.sample(1);
    }
    // Suspended for a minute: all wall clocks went on, our monotonic clock did not.
    bench.setClock(60_000);
    bench.judge();
    expect(bench.drift.refused).toBe(true);
    bench.sample(0, 60_000);
    bench.sample(1, 60_000);
    bench.judge();
    expect([bench.drift.refused, bench.drift.offsetMs]).toEqual([false, 0]);
  });

  it('is not misled by slow answers among quick ones', () => {
    const bench = new Bench(2);
    for (let round = 0; round < 4; round++) {
      for (const peer of [0, 1]) {
        bench.sample(peer, 0, 1, 1);
        bench.sample(peer, 0, 400, 1);
      }
    }
    bench.judge();
    expect(Math.abs(bench.drift.offsetMs ?? Number.NaN)).toBeLessThan(5);
  });

  it('does not use answers slower than the limit', () => {
    const bench = new Bench(2, 100);
    bench.sample(0, 0, 100, 1);
    bench.sample(1, 0, 100, 1);
    bench.judge();
    expect(bench.drift.offsetMs).toBeUndefined();
  });

  it('forgets old answers', () => {
    const bench = new Bench(2);
    bench.setClock(1_000);
    bench.sample(0);
    bench.sample(1);
    bench.judge();
    expect(bench.drift.refused).toBe(true);
    bench.monotonicMs += clockSampleAgeMsMax + 10;
    expect(bench.judge()).toBe(true);
    expect([bench.drift.offsetMs, bench.drift.refused]).toEqual([undefined, false]);
  });

  it.each([
    ['one of two peers far behind', [-60_000, 0], false],
    ['one of three peers far behind', [-60_000, 0, 0], false],
    ['two of four peers far behind', [-60_000, -60_000, 0, 0], false],
    ['two of three peers behind us', [-60_000, -60_000, 0], true],
    ['both peers behind us', [-60_000, -50_000], true],
    ['one of two peers far ahead', [60_000, 0], false],
  ])('%s: refused %s', (_, peerOffsets, refused) => {
    const bench = new Bench(peerOffsets.length);
    for (const [index, offsetMs] of peerOffsets.entries()) bench.sample(index, offsetMs);
    bench.judge();
    expect(bench.drift.refused).toBe(refused);
  });

  it('is right within half the shortest round trip', () => {
    const delay = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 20 }),
        (offsetMs, trips) => {
          const bench = new Bench(3);
          bench.setClock(offsetMs);
          for (const [there, back] of trips) {
            for (let peer = 0; peer < 3; peer++) bench.sample(peer, 0, there, back);
          }
          bench.judge();
          const worst = Math.max(...trips.map(([there, back]) => there + back)) / 2;
          const error = Math.abs((bench.drift.offsetMs ?? Number.NaN) - offsetMs);
          expect(error).toBeLessThanOrEqual(worst + 1e-6);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('PeerClock knows nothing without samples', () => {
  expect(new PeerClock().baseMs(5)).toBeUndefined();
});
