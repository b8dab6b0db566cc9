// Whatever happens to a broadcast machine, in whatever order: it keeps its limits, never sends a peer what
// it has from it or what it was sent, and forgets everything once it is done.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type ActorId, actorIdFromBytes } from '../base/actor-id.ts';
import { seededRng } from '../base/rng.ts';
import type { Chunk } from '../ports.ts';
import { makeChunk, readChunk } from '../sync/testing/memory-store.ts';
import { Broadcast } from './broadcast.ts';
import type { BroadcastEffect, BroadcastEvent } from './events.ts';
import { decodeFrame } from './wire.ts';

vi.setConfig({ testTimeout: 30_000 });

const limits = {
  directPeersMax: 6,
  peerBytesMax: 3000,
  retainedBytesMax: 12_000,
  framesInFlightMax: 2,
  frameBytesTarget: 600,
  bytesPerSecond: 200_000,
  burstBytes: 20_000,
};

type Action =
  | { kind: 'local'; bodies: number[] }
  | { kind: 'received'; from: number; origin: number; reach: number; isKnown: boolean }
  | { kind: 'members'; from: number; count: number }
  | { kind: 'sent'; pick: number; isOk: boolean }
  | { kind: 'wait'; ms: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('local' as const),
    bodies: fc.array(fc.nat(400), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('received' as const),
    from: fc.nat(19),
    origin: fc.nat(19),
    reach: fc.nat(20),
    isKnown: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('members' as const), from: fc.nat(9), count: fc.nat(20) }),
  fc.record({
    kind: fc.constant('sent' as const),
    pick: fc.nat(),
    isOk: fc.oneof(fc.constant(true), fc.boolean()),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(300) }),
);

function actorNumber(index: number): ActorId {
  return actorIdFromBytes(Buffer.alloc(16, index + 1));
}

function addressOf(index: number): string {
  return `10.0.0.${index}:1`;
}

/** Drives one machine through actions and checks every send. */
class Harness {
  readonly machine: Broadcast;
  nowMs = 0;
  timerMs = Number.POSITIVE_INFINITY;
  #version = 0;
  readonly #pending = new Map<number, { to: string; versions: number[] }>();
  /** Peers that a chunk must not go to (again), by its version. */
  readonly #notTo = new Map<number, Set<string>>();
  #members = new Set<string>();

  constructor(seed: number) {
    this.machine = new Broadcast(seededRng(seed), limits);
    this.do({ kind: 'members', from: 0, count: 12 });
  }

  do(step: Action): void {
    switch (step.kind) {
      case 'local':
        this.#feed({ kind: 'local', chunks: step.bodies.map((bytes) => this.#chunk(99, bytes)) });
        break;
      case 'received': {
        const chunk = this.#chunk(step.origin, 50);
        const { reach, isKnown } = step;
        this.#forbid(chunk, addressOf(step.from));
        if (this.#members.has(addressOf(step.origin))) this.#forbid(chunk, addressOf(step.origin));
        const chunks = [{ chunk, reach, hops: 1, isKnown }];
        this.#feed({ kind: 'received', from: addressOf(step.from), chunks });
        break;
      }
      case 'members':
        this.#setMembers(step.from, step.count);
        break;
      case 'sent': {
        const sendIds = [...this.#pending.keys()];
        const sendId = sendIds[step.pick % Math.max(1, sendIds.length)];
        if (sendId !== undefined) this.#answer(sendId, step.isOk);
        break;
      }
      case 'wait':
        this.#wait(step.ms);
        break;
    }
  }

  /** Answers everything and lets time pass until the machine wants nothing more. */
  settle(): void {
    for (let round = 0; round < 2000; round++) {
      for (const sendId of [...this.#pending.keys()]) this.#answer(sendId, true);
      if (this.#pending.size > 0) continue;
      if (this.timerMs === Number.POSITIVE_INFINITY) return;
      this.#wait(this.timerMs - this.nowMs);
    }
    throw new Error('the machine does not come to rest');
  }

  #wait(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.timerMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.timerMs);
      this.timerMs = Number.POSITIVE_INFINITY;
      this.#feed({ kind: 'timer' });
    }
    this.nowMs = untilMs;
  }

  #chunk(origin: number, bytes: number): Chunk {
    const version = ++this.#version;
    this.#notTo.set(version, new Set());
    const seqs = { startSeq: 0, endSeq: 0, lastSeq: 0 };
    return makeChunk({ actorId: actorNumber(origin), version, hlc: 1, ...seqs }, bytes);
  }

  #forbid(chunk: Chunk, address: string): void {
    this.#notTo.get(chunk.header.version)?.add(address);
  }

  #setMembers(from: number, count: number): void {
    const members = Array.from({ length: count }, (_, i) => {
      const index = from + i;
      return { actorId: actorNumber(index), address: addressOf(index), ring: index % 3 };
    });
    this.#members = new Set(members.map(({ address }) => address));
    this.#feed({ kind: 'members', members });
  }

  #answer(sendId: number, isOk: boolean): void {
    const send = this.#pending.get(sendId);
    this.#pending.delete(sendId);
    if (!isOk)
      for (const version of send?.versions ?? []) this.#notTo.get(version)?.delete(send?.to ?? '');
    this.#feed({ kind: 'sent', sendId, isOk });
  }

  #feed(event: BroadcastEvent): void {
    for (const effect of this.machine.step(event, this.nowMs)) this.#check(effect);
    // What is on its way to peers cannot be dropped, one frame over its target each at most.
    const inFlightMax = this.#pending.size * (limits.frameBytesTarget + 500);
    expect(this.machine.retainedBytes).toBeLessThanOrEqual(limits.retainedBytesMax + inFlightMax);
  }

  #check(effect: BroadcastEffect): void {
    if (effect.kind === 'timer') {
      expect(effect.atMs).toBeGreaterThanOrEqual(this.nowMs);
      this.timerMs = effect.atMs;
      return;
    }
    expect(this.#members.has(effect.to)).toBe(true);
    const versions = decodeFrame(effect.bytes).map(({ bytes }) => readChunk(bytes).header.version);
    for (const version of versions) {
      expect(this.#notTo.get(version)?.has(effect.to)).toBe(false);
      this.#notTo.get(version)?.add(effect.to);
    }
    this.#pending.set(effect.sendId, { to: effect.to, versions });
    const sameTo = [...this.#pending.values()].filter(({ to }) => to === effect.to);
    // A peer that left and came back may have frames of both lives on their way.
    expect(sameTo.length).toBeLessThanOrEqual(limits.framesInFlightMax * 12);
  }
}

describe('a broadcast machine', () => {
  it('keeps its promises through any history, and comes to rest with nothing kept', () => {
    let sent = 0;
    let dropped = 0;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120, size: 'max' }), fc.nat(), (actions, seed) => {
        const harness = new Harness(seed);
        for (const step of actions) harness.do(step);
        harness.settle();
        expect(harness.machine.retainedBytes).toBe(0);
        sent += harness.machine.counters.sentChunks;
        dropped += harness.machine.counters.droppedFull;
      }),
      { numRuns: 300 },
    );
    expect(sent).toBeGreaterThan(1000);
    expect(dropped).toBeGreaterThan(0);
  });
});
