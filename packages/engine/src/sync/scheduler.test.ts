// When the scheduler starts sessions and with whom, in virtual time: rare when there is nothing to do,
// prompt when something is lacking, and never a storm.

import { describe, expect, it } from 'vitest';
import { actorIdFromBytes } from '../base/actor-id.ts';
import { seededRng } from '../base/rng.ts';
import { type SchedulerEvent, type SyncMember, SyncScheduler } from './scheduler.ts';
import type { SessionOutcome, SessionResult } from './session-types.ts';

function members(count: number, ring: (index: number) => number = () => 0): SyncMember[] {
  return Array.from({ length: count }, (_, i) => {
    const actorId = actorIdFromBytes(Buffer.alloc(16, i + 1));
    return { actorId, address: `10.0.0.${i + 1}:1`, ring: ring(i) };
  });
}

function outcomeOf(result: SessionResult, chunks: number = 0): SessionOutcome {
  const totals = { chunks, bytes: chunks * 100, emptyVersions: 0, requests: 1, durationMs: 1 };
  return { result, rejection: undefined, error: undefined, gainedVersions: chunks, ...totals };
}

/** Runs a scheduler in virtual time; sessions take 10 ms and end as `outcome` says. */
class Bench {
  nowMs = 0;
  readonly starts: { atMs: number; address: string }[] = [];
  outcome: (address: string) => SessionOutcome | undefined = () => outcomeOf('agreed');
  readonly #scheduler = new SyncScheduler(seededRng(3));
  #timerMs = Number.POSITIVE_INFINITY;
  #ends: { atMs: number; address: string }[] = [];

  constructor(list: SyncMember[]) {
    this.send({ kind: 'members', members: list });
  }

  send(event: SchedulerEvent): void {
    for (const effect of this.#scheduler.step(event, this.nowMs)) {
      if (effect.kind === 'timer') this.#timerMs = effect.atMs;
      else {
        expect(this.#ends.some(({ address }) => address === effect.address)).toBe(false);
        this.starts.push({ atMs: this.nowMs, address: effect.address });
        this.#ends.push({ atMs: this.nowMs + 10, address: effect.address });
      }
    }
  }

  runTo(atMs: number): void {
    for (;;) {
      const end = this.#ends[0];
      const nextMs = Math.min(this.#timerMs, end?.atMs ?? Number.POSITIVE_INFINITY);
      if (nextMs > atMs) break;
      this.nowMs = nextMs;
      if (end !== undefined && end.atMs === nextMs) {
        this.#ends.shift();
        const { address } = end;
        this.send({ kind: 'finished', address, outcome: this.outcome(address) });
      } else {
        this.#timerMs = Number.POSITIVE_INFINITY;
        this.send({ kind: 'timer' });
      }
    }
    this.nowMs = atMs;
  }

  rounds(): number[] {
    return [...new Set(this.starts.map(({ atMs }) => atMs))];
  }
}

describe('the sync scheduler', () => {
  it('syncs soon after the first members, then less and less often while all agree', () => {
    const bench = new Bench(members(3));
    bench.runTo(300_000);
    const rounds = bench.rounds();
    expect(rounds[0]).toBeLessThanOrEqual(150);
    const gaps = rounds.slice(1).map((atMs, index) => atMs - (rounds[index] ?? 0));
    expect(gaps[0]).toBeLessThan(3000);
    for (const gap of gaps.slice(6)) {
      expect(gap).toBeGreaterThanOrEqual(15_000 * 0.7);
      expect(gap).toBeLessThanOrEqual(15_000 * 1.3 + 1);
    }
    expect(new Set(gaps.slice(6)).size).toBeGreaterThan(3);
  });

  it('starts nothing without members, and nothing after a stop', () => {
    const bench = new Bench([]);
    bench.send({ kind: 'lacking', isLacking: true });
    bench.runTo(10_000);
    expect(bench.starts).toEqual([]);
    bench.send({ kind: 'members', members: members(2) });
    bench.send({ kind: 'stop' });
    bench.runTo(60_000);
    expect(bench.starts).toEqual([]);
  });

  it('syncs within a fraction of a second when something is lacking', () => {
    const bench = new Bench(members(3));
    bench.runTo(100_000);
    const before = bench.starts.length;
    bench.send({ kind: 'lacking', isLacking: true });
    bench.runTo(100_200);
    expect(bench.starts.length).toBe(before + 3);
  });

  it('does not when it arrives by itself meanwhile', () => {
    const bench = new Bench(members(3));
    bench.runTo(100_000);
    const before = bench.starts.filter(({ atMs }) => atMs > 99_000).length;
    bench.send({ kind: 'lacking', isLacking: true });
    bench.runTo(100_040);
    bench.send({ kind: 'lacking', isLacking: false });
    bench.runTo(100_300);
    expect(bench.starts.filter(({ atMs }) => atMs > 99_000).length).toBe(before);
  });

  it('asks ever less often for what nobody has, and promptly again once somebody has it', () => {
    const bench = new Bench(members(3));
    bench.send({ kind: 'lacking', isLacking: true });
    bench.runTo(120_000);
    const lateRounds = bench.rounds().filter((atMs) => atMs > 60_000);
    expect(lateRounds.length).toBeLessThan(12);
    bench.outcome = () => outcomeOf('complete', 5);
    bench.runTo(140_000);
    const after = bench.rounds().filter((atMs) => atMs > 135_000);
    // It still lacks something and every session brings something: a round each quarter second.
    expect(after.length).toBeGreaterThan(15);
    expect(after.length).toBeLessThan(25);
  });

  it('does not fetch again and again what cannot be applied', () => {
    const bench = new Bench(members(3));
    bench.send({ kind: 'lacking', isLacking: true });
    bench.outcome = () => ({ ...outcomeOf('complete', 100), gainedVersions: 0 });
    bench.runTo(120_000);
    expect(bench.rounds().filter((atMs) => atMs > 60_000).length).toBeLessThan(12);
  });

  it('is as prompt for a new gap as for the first, however many resolved by themselves', () => {
    const bench = new Bench(members(3));
    for (let i = 0; i < 50; i++) {
      bench.send({ kind: 'lacking', isLacking: true });
      bench.runTo(bench.nowMs + 1000);
      bench.send({ kind: 'lacking', isLacking: false });
      bench.runTo(bench.nowMs + 10);
    }
    const before = bench.starts.length;
    bench.runTo(bench.nowMs + 1000);
    const quiet = bench.starts.length;
    bench.send({ kind: 'lacking', isLacking: true });
    bench.runTo(bench.nowMs + 260);
    expect(before).toBeGreaterThan(100);
    expect(bench.starts.length).toBe(quiet + 3);
  });

  it('goes on quickly after a success with data', () => {
    const bench = new Bench(members(3));
    bench.runTo(200_000);
    bench.outcome = () => outcomeOf('complete', 5);
    bench.runTo(220_000);
    bench.outcome = () => outcomeOf('agreed');
    const gaps = bench.rounds().filter((atMs) => atMs > 216_000);
    expect(gaps.length).toBeGreaterThan(2);
  });

  it('looks again every two seconds or so while changes are flowing', () => {
    const bench = new Bench(members(3));
    bench.runTo(200_000);
    for (let i = 0; i < 1000; i++) {
      bench.send({ kind: 'activity' });
      bench.runTo(200_000 + i * 20);
    }
    const rounds = bench.rounds().filter((atMs) => atMs >= 200_000);
    expect(rounds.length).toBeGreaterThanOrEqual(6);
    expect(rounds.length).toBeLessThan(16);
  });

  it('prefers who is known to have something for us, then who was not asked for long', () => {
    const bench = new Bench(members(40));
    bench.runTo(50_000);
    bench.send({ kind: 'hint', address: '10.0.0.7:1', versions: 500 });
    bench.send({ kind: 'hint', address: '10.0.0.9:1', versions: 900 });
    const before = bench.starts.length;
    bench.runTo(50_400);
    const chosen = bench.starts.slice(before).map(({ address }) => address);
    expect(chosen.slice(0, 2)).toEqual(['10.0.0.9:1', '10.0.0.7:1']);
    expect(chosen).toHaveLength(3);
    bench.runTo(3_000_000);
    const asked = new Set(bench.starts.map(({ address }) => address));
    expect(asked.size).toBe(40);
  });

  it('asks more peers at a time in large clusters, within its bounds', () => {
    for (const [count, wanted] of [
      [2, 2],
      [50, 3],
      [600, 6],
      [3000, 10],
    ] as const) {
      const list = Array.from({ length: count }, (_, i): SyncMember => {
        return { actorId: actorIdFromBytes(Buffer.alloc(16, 1)), address: `peer-${i}:1`, ring: 0 };
      });
      const bench = new Bench(list);
      bench.runTo(160);
      expect(bench.starts).toHaveLength(wanted);
    }
  });

  it('leaves a peer alone that fails, for growing pauses, and asks the others', () => {
    const bench = new Bench(members(4));
    bench.outcome = (address) => {
      return address === '10.0.0.1:1' ? outcomeOf('broken') : outcomeOf('complete', 1);
    };
    bench.runTo(120_000);
    const failed = bench.starts.filter(({ address }) => address === '10.0.0.1:1');
    const others = bench.starts.filter(({ address }) => address === '10.0.0.2:1');
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.length).toBeLessThan(12);
    expect(others.length).toBeGreaterThan(50);
  });

  it('asks at once whom it may when it is requested, once each, also those left alone', () => {
    const bench = new Bench(members(4));
    bench.outcome = () => outcomeOf('broken');
    bench.runTo(200);
    // Those that were asked have failed by now, and are left alone for a while.
    expect(bench.starts.length).toBeGreaterThan(0);
    const before = bench.starts.length;
    bench.send({ kind: 'request' });
    expect(bench.starts.length - before).toBe(4);
    bench.send({ kind: 'request' });
    expect(bench.starts.length - before).toBe(4);
    bench.send({ kind: 'stop' });
    bench.send({ kind: 'request' });
    expect(bench.starts.length - before).toBe(4);
  });

  it('a request starts no more sessions than may be under way', () => {
    const list = Array.from({ length: 50 }, (_, i): SyncMember => {
      return { actorId: actorIdFromBytes(Buffer.alloc(16, 1)), address: `peer-${i}:1`, ring: 0 };
    });
    const bench = new Bench(list);
    bench.send({ kind: 'request' });
    expect(bench.starts).toHaveLength(10);
  });

  it('takes a stream that could not be opened as a failure', () => {
    const bench = new Bench(members(1));
    bench.outcome = () => undefined;
    bench.runTo(60_000);
    expect(bench.starts.length).toBeLessThan(8);
    expect(bench.starts.length).toBeGreaterThan(3);
  });
});
