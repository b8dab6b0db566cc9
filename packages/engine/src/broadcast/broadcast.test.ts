// What one broadcast machine sends, to whom and when: at once, to everybody in small clusters, within
// its limits, and what it does when sends fail.

import { describe, expect, it } from 'vitest';
import { type ActorId, actorIdFromBytes } from '../base/actor-id.ts';
import { chunkBytesMax } from '../base/chunk-header.ts';
import { seededRng } from '../base/rng.ts';
import type { Chunk } from '../ports.ts';
import { makeChunk, readChunk } from '../sync/testing/memory-store.ts';
import { Broadcast } from './broadcast.ts';
import type { BroadcastEffect, BroadcastLimits, BroadcastMember } from './events.ts';
import { TokenBucket } from './token-bucket.ts';
import { decodeFrame, frameBytesMax, hopsMax } from './wire.ts';

function actorNumber(index: number): ActorId {
  return actorIdFromBytes(Buffer.from(index.toString(16).padStart(32, '0'), 'hex'));
}

function members(count: number, ring: (index: number) => number = () => 0): BroadcastMember[] {
  return Array.from({ length: count }, (_, i) => {
    return { actorId: actorNumber(i + 1), address: `10.0.0.${i + 1}:1`, ring: ring(i) };
  });
}

let lastVersion = 0;
function newChunk(bodyBytes: number = 20, origin: number = 0): Chunk {
  const version = ++lastVersion;
  const seqs = { startSeq: 0, endSeq: 0, lastSeq: 0 };
  return makeChunk({ actorId: actorNumber(origin), version, hlc: 1, ...seqs }, bodyBytes);
}

interface Sent {
  sendId: number;
  to: string;
  versions: number[];
  reach: number;
}

function sends(effects: readonly BroadcastEffect[]): Sent[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'send') return [];
    const entries = decodeFrame(effect.bytes);
    const versions = entries.map(({ bytes }) => readChunk(bytes).header.version);
    return [{ sendId: effect.sendId, to: effect.to, versions, reach: entries[0]?.reach ?? -1 }];
  });
}

function timerOf(effects: readonly BroadcastEffect[]): number | undefined {
  const timer = effects.findLast((effect) => effect.kind === 'timer');
  return timer?.kind === 'timer' ? timer.atMs : undefined;
}

function machine(list: BroadcastMember[], limits: Partial<BroadcastLimits> = {}): Broadcast {
  const broadcast = new Broadcast(seededRng(7), limits);
  broadcast.step({ kind: 'members', members: list }, 0);
  return broadcast;
}

describe('a local change', () => {
  it('leaves in the same step to everybody in a small cluster, once, and is then forgotten', () => {
    const broadcast = machine(members(2));
    const chunk = newChunk();
    const effects = broadcast.step({ kind: 'local', chunks: [chunk] }, 5);
    const sent = sends(effects);
    const { version } = chunk.header;
    expect(sent.map(({ to, versions, reach }) => ({ to, versions, reach }))).toEqual([
      { to: '10.0.0.1:1', versions: [version], reach: 2 },
      { to: '10.0.0.2:1', versions: [version], reach: 2 },
    ]);
    expect(timerOf(effects)).toBeUndefined();
    for (const { sendId } of sent) {
      expect(broadcast.step({ kind: 'sent', sendId, isOk: true }, 6)).toEqual([]);
    }
    expect(broadcast.retainedBytes).toBe(0);
  });

  it('goes to the nearest and to random others in a large cluster, and to more of them later', () => {
    const broadcast = machine(members(100, (index) => (index < 50 ? 0 : 2)));
    const first = broadcast.step({ kind: 'local', chunks: [newChunk()] }, 0);
    const targets = new Set(sends(first).map(({ to }) => to));
    expect(targets.size).toBe(35);
    expect(sends(first).every(({ reach }) => reach === 0)).toBe(true);
    for (const { sendId } of sends(first)) broadcast.step({ kind: 'sent', sendId, isOk: true }, 1);
    let dueMs = timerOf(first);
    expect(dueMs).toBe(100);
    let rounds = 0;
    while (dueMs !== undefined) {
      const effects = broadcast.step({ kind: 'timer' }, dueMs);
      rounds++;
      for (const { to, sendId } of sends(effects)) {
        expect(targets.has(to)).toBe(false);
        targets.add(to);
        broadcast.step({ kind: 'sent', sendId, isOk: true }, dueMs);
      }
      dueMs = timerOf(effects);
    }
    expect(rounds).toBeGreaterThanOrEqual(1);
    expect(rounds).toBeLessThanOrEqual(9);
    expect(targets.size).toBe(35 + 3 * broadcast.counters.resentChunks);
    expect(broadcast.retainedBytes).toBe(0);
  });

  it('shares one frame with the other chunks of its step, and one encoding with all peers', () => {
    const broadcast = machine(members(2));
    const chunks = [newChunk(), newChunk(), newChunk()];
    const effects = broadcast.step({ kind: 'local', chunks }, 0);
    const versions = chunks.map(({ header }) => header.version);
    expect(sends(effects).map((sent) => sent.versions)).toEqual([versions, versions]);
    const [a, b] = effects;
    expect(a?.kind === 'send' && b?.kind === 'send' && a.bytes === b.bytes).toBe(true);
  });

  it('waits a moment for company when the one before it has only just left', () => {
    const broadcast = machine(members(1));
    broadcast.step({ kind: 'local', chunks: [newChunk()] }, 10);
    const [second, third] = [newChunk(), newChunk()];
    const effects = broadcast.step({ kind: 'local', chunks: [second] }, 11);
    expect(effects).toEqual([{ kind: 'timer', atMs: 12 }]);
    expect(broadcast.step({ kind: 'local', chunks: [third] }, 11)).toEqual([]);
    const versions = [second.header.version, third.header.version];
    expect(sends(broadcast.step({ kind: 'timer' }, 12))).toMatchObject([{ versions }]);
  });

  it('fills frames to their size, of which only some are on their way to a peer', () => {
    const broadcast = machine(members(1), { framesInFlightMax: 2 });
    const chunks = Array.from({ length: 40 }, () => newChunk(10_000));
    const first = sends(broadcast.step({ kind: 'local', chunks }, 0));
    expect(first.map(({ versions }) => versions.length)).toEqual([6, 6]);
    const [frame] = first;
    const next = broadcast.step({ kind: 'sent', sendId: frame?.sendId ?? 0, isOk: true }, 1);
    expect(sends(next)).toHaveLength(1);
  });

  it('that is too large for a frame is left to sync', () => {
    const broadcast = machine(members(1));
    const effects = broadcast.step({ kind: 'local', chunks: [newChunk(chunkBytesMax)] }, 0);
    expect(effects).toEqual([]);
    expect(broadcast.counters.droppedLarge).toBe(1);
    const [largest] = broadcast.step({ kind: 'local', chunks: [newChunk(chunkBytesMax - 50)] }, 0);
    expect(largest?.kind === 'send' && largest.bytes.length).toBeLessThan(frameBytesMax);
  });
});

describe('a received chunk', () => {
  const [from, origin] = members(30) as [BroadcastMember, BroadcastMember];
  const received = (chunk: Chunk, reach: number, isKnown: boolean = false, hops: number = 1) => {
    const chunks = [{ chunk, reach, hops, isKnown }];
    return { kind: 'received', from: from.address, chunks } as const;
  };

  it('is counted by its hops, and says one more to those whom it is passed on to', () => {
    const broadcast = machine(members(30), { resendDelayMs: 1e9 });
    for (const [index, hops] of [1, 1, 2, 3, 7].entries()) {
      const effects = broadcast.step(received(newChunk(20, 2), 0, false, hops), index * 100);
      const frames = effects.flatMap((each) => (each.kind === 'send' ? [each.bytes] : []));
      const told = frames.flatMap((bytes) => decodeFrame(bytes).map((entry) => entry.hops));
      expect(new Set(told)).toEqual(new Set([hops + 1]));
    }
    broadcast.step(received(newChunk(20, 2), 0, true, 2), 1_000);
    expect(broadcast.counters).toMatchObject({
      newOver1Hop: 2,
      newOver2Hops: 1,
      newOver3Hops: 1,
      newOverMoreHops: 1,
    });
  });

  it('is passed on once, to random others but its sender and its origin', () => {
    const broadcast = machine(members(30), { resendDelayMs: 1e9 });
    const counts = new Map<string, number>();
    for (let i = 0; i < 300; i++) {
      const effects = broadcast.step(received(newChunk(20, 2), 0), i * 10);
      const sent = sends(effects);
      expect(new Set(sent.map(({ to }) => to)).size).toBe(3);
      for (const { to, sendId, reach } of sent) {
        expect(reach).toBe(0);
        counts.set(to, (counts.get(to) ?? 0) + 1);
        broadcast.step({ kind: 'sent', sendId, isOk: true }, i * 10);
      }
    }
    expect(counts.size).toBe(28);
    expect(counts.has(from.address) || counts.has(origin.address)).toBe(false);
    for (const count of counts.values()) expect(count).toBeGreaterThan(10);
  });

  it('is passed on with no more hops than a frame may say', () => {
    const broadcast = machine(members(30));
    const effects = broadcast.step(received(newChunk(20, 2), 0, false, hopsMax), 0);
    const frames = effects.flatMap((each) => (each.kind === 'send' ? [each.bytes] : []));
    expect(frames.length).toBeGreaterThan(0);
    for (const bytes of frames) expect(decodeFrame(bytes)[0]?.hops).toBe(hopsMax);
  });

  it('is not passed on when it is known, nor when its origin reaches everybody itself', () => {
    const broadcast = machine(members(30));
    expect(broadcast.step(received(newChunk(20, 1), 0, true), 0)).toEqual([]);
    expect(broadcast.step(received(newChunk(20, 1), 30), 0)).toEqual([]);
    expect(broadcast.counters.duplicateChunks).toBe(1);
  });

  it('is passed on to one when its origin misses some, and to several when a relay says so', () => {
    const broadcast = machine(members(30));
    expect(sends(broadcast.step(received(newChunk(20, 1), 28), 0))).toHaveLength(1);
    expect(sends(broadcast.step(received(newChunk(20, 2), 30), 10))).toHaveLength(3);
  });

  it('is repeated less the more copies come back', () => {
    const resent = [0, 3].map((copies) => {
      const broadcast = machine(members(60, () => 3));
      for (let i = 0; i < 200; i++) {
        const chunk = newChunk(20, 2);
        let effects = broadcast.step(received(chunk, 0), i * 10_000);
        for (let n = 0; n < copies; n++) {
          effects = [...effects, ...broadcast.step(received(chunk, 0, true), i * 10_000 + 1)];
        }
        for (let dueMs = timerOf(effects); dueMs !== undefined; dueMs = timerOf(effects)) {
          for (const { sendId } of sends(effects)) {
            broadcast.step({ kind: 'sent', sendId, isOk: true }, dueMs);
          }
          effects = broadcast.step({ kind: 'timer' }, dueMs);
        }
      }
      return broadcast.counters.resentChunks;
    });
    expect(resent[0]).toBeGreaterThan(80);
    expect(resent[1]).toBeLessThan((resent[0] ?? 0) / 3);
  });
});

describe('a peer that fails', () => {
  it('gets the same chunks again after growing pauses, then nothing until it may be back', () => {
    const broadcast = machine(members(1));
    const { version } = newChunk().header;
    let effects = broadcast.step({ kind: 'local', chunks: [newChunk()] }, 0);
    const pauses: number[] = [];
    let nowMs = 0;
    for (;;) {
      const [frame] = sends(effects);
      if (frame === undefined) break;
      expect(frame.versions).toEqual([version + 1]);
      effects = broadcast.step({ kind: 'sent', sendId: frame.sendId, isOk: false }, nowMs);
      const dueMs = timerOf(effects);
      if (dueMs === undefined) break;
      pauses.push(dueMs - nowMs);
      nowMs = dueMs;
      effects = broadcast.step({ kind: 'timer' }, nowMs);
    }
    expect(pauses).toEqual([100, 200, 400]);
    expect(broadcast.counters).toMatchObject({ failedSends: 4, droppedUnreachable: 1 });
    expect(broadcast.retainedBytes).toBe(0);
    expect(sends(broadcast.step({ kind: 'local', chunks: [newChunk()] }, nowMs + 1))).toEqual([]);
    const probe = sends(broadcast.step({ kind: 'local', chunks: [newChunk()] }, nowMs + 60_000));
    expect(probe).toHaveLength(1);
    broadcast.step({ kind: 'sent', sendId: probe[0]?.sendId ?? 0, isOk: true }, nowMs + 60_001);
    const next = broadcast.step({ kind: 'local', chunks: [newChunk()] }, nowMs + 60_010);
    expect(sends(next)).toMatchObject([{ reach: 1 }]);
  });

  it('makes the others pass on what it may have missed', () => {
    const broadcast = machine(members(5));
    const first = sends(broadcast.step({ kind: 'local', chunks: [newChunk()] }, 0));
    expect(first).toMatchObject(Array.from({ length: 5 }, () => ({ reach: 5 })));
    broadcast.step({ kind: 'sent', sendId: first[0]?.sendId ?? 0, isOk: false }, 1);
    const next = sends(broadcast.step({ kind: 'local', chunks: [newChunk()] }, 20));
    expect(next.map(({ reach }) => reach)).toEqual([4, 4, 4, 4]);
  });

  it('is forgotten with all that waits for it when it is no member any more', () => {
    const broadcast = machine(members(2), { framesInFlightMax: 1 });
    const sent = sends(broadcast.step({ kind: 'local', chunks: [newChunk()] }, 0));
    broadcast.step({ kind: 'local', chunks: [newChunk()] }, 10);
    expect(broadcast.retainedBytes).toBeGreaterThan(0);
    expect(broadcast.step({ kind: 'members', members: [] }, 11)).toEqual([]);
    for (const { sendId } of sent) {
      expect(broadcast.step({ kind: 'sent', sendId, isOk: false }, 12)).toEqual([]);
    }
    expect(broadcast.retainedBytes).toBe(0);
    expect(broadcast.step({ kind: 'sent', sendId: 999, isOk: true }, 13)).toEqual([]);
  });
});

describe('limits', () => {
  it('bound what waits for one peer, dropping the oldest', () => {
    const broadcast = machine(members(1), { peerBytesMax: 100_000, framesInFlightMax: 1 });
    const chunks = Array.from({ length: 30 }, () => newChunk(10_000));
    const [frame] = sends(broadcast.step({ kind: 'local', chunks }, 0));
    expect(broadcast.counters.droppedFull).toBe(21);
    expect(broadcast.retainedBytes).toBeLessThanOrEqual(100_000);
    expect(frame?.versions[0]).toBe(chunks[21]?.header.version);
  });

  it('bound what is kept in all', () => {
    const limits = { retainedBytesMax: 200_000, framesInFlightMax: 1 };
    const broadcast = machine(
      members(40, () => 3),
      limits,
    );
    for (let i = 0; i < 100; i++) {
      broadcast.step({ kind: 'local', chunks: [newChunk(10_000)] }, i);
      // What is in flight cannot be dropped: one frame for each of the peers.
      expect(broadcast.retainedBytes).toBeLessThan(200_000 + 40 * 11_000);
    }
    expect(broadcast.counters.droppedFull).toBeGreaterThan(0);
    for (let sendId = 1; sendId < 10_000; sendId++) {
      broadcast.step({ kind: 'sent', sendId, isOk: true }, 200);
    }
    expect(broadcast.retainedBytes).toBeLessThan(200_000);
  });

  it('bound the bytes per second, and spread less widely meanwhile', () => {
    const bytesPerSecond = 1_000_000;
    const broadcast = machine(members(20), { bytesPerSecond, burstBytes: 250_000 });
    let effects: BroadcastEffect[] = [];
    let dueMs: number | undefined;
    let fewest = 20;
    for (let nowMs = 0; nowMs < 2000; nowMs++) {
      effects =
        nowMs % 5 === 0 ? broadcast.step({ kind: 'local', chunks: [newChunk(2000)] }, nowMs) : [];
      dueMs = timerOf(effects) ?? dueMs;
      if (dueMs !== undefined && dueMs <= nowMs) {
        effects.push(...broadcast.step({ kind: 'timer' }, nowMs));
        dueMs = timerOf(effects);
      }
      if (sends(effects).length > 0) fewest = Math.min(fewest, sends(effects).length);
      for (const { sendId } of sends(effects)) {
        const next = broadcast.step({ kind: 'sent', sendId, isOk: true }, nowMs);
        for (const { sendId: id } of sends(next)) {
          broadcast.step({ kind: 'sent', sendId: id, isOk: true }, nowMs);
        }
      }
    }
    expect(broadcast.counters.sentBytes).toBeGreaterThan(1_000_000);
    expect(broadcast.counters.sentBytes).toBeLessThan(2_250_000 + 100_000);
    expect(fewest).toBeLessThanOrEqual(3);
  });
});

describe('TokenBucket', () => {
  it('lets a burst through, overdraws once, and fills at its rate', () => {
    const bucket = new TokenBucket(1000, 100);
    expect(bucket.spend(60, 0)).toBe(true);
    expect(bucket.level(0)).toBeCloseTo(0.4);
    expect(bucket.spend(90, 0)).toBe(true);
    expect(bucket.spend(1, 0)).toBe(false);
    expect(bucket.readyMs(0)).toBe(51);
    expect(bucket.spend(1, 50)).toBe(false);
    expect(bucket.spend(1, 51)).toBe(true);
    expect(bucket.level(10_000)).toBe(1);
  });
});
