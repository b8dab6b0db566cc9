// Broadcast and sync together on whole clusters in virtual time: speed without faults, and everything
// everywhere in the end with faults. Every fault is counted, so that a test without faults cannot pass.

import { describe, expect, it, vi } from 'vitest';
import { type ClusterOptions, SimCluster } from './testing/sim-cluster.ts';
import { VirtualTime } from './testing/virtual-time.ts';

// Computing all of this takes a few seconds on a free machine.
vi.setConfig({ testTimeout: 60_000 });

/** Writes `writes` versions, one each `everyMs`, at nodes in turn, and runs until all are equal. */
function run(
  options: ClusterOptions,
  writes: number,
  everyMs: number,
): { cluster: SimCluster; isEqual: boolean; quietMs: number } {
  const time = new VirtualTime();
  const cluster = new SimCluster(time, options);
  for (let i = 0; i < writes; i++) {
    const node = cluster.nodes[(i * 7) % cluster.nodes.length];
    if (node === undefined) throw new Error('no such node');
    time.after(i * everyMs, () => cluster.write(node, 60, i % 20 === 19 ? 5 : 1));
  }
  const quietMs = writes * everyMs;
  time.runUntil(() => false, quietMs);
  return { cluster, isEqual: runUntilEqual(cluster, quietMs + 60_000), quietMs };
}

/** Looks every millisecond, because looking at every event would take most of the test's time. */
function runUntilEqual(cluster: SimCluster, deadlineMs: number): boolean {
  const { time } = cluster;
  while (!cluster.isEqual()) {
    if (time.nowMs >= deadlineMs) return false;
    time.runUntil(() => false, time.nowMs + 1);
  }
  return true;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

describe('without faults', () => {
  it('three nodes are equal within one trip, and every chunk crosses each link once', () => {
    const { cluster, isEqual, quietMs } = run({ nodes: 3, seed: 1 }, 300, 10);
    expect(isEqual).toBe(true);
    expect(cluster.time.nowMs).toBeLessThan(quietMs + 5);
    // Chunks arrive in any order: sync may ask for one that is just arriving, but hardly ever.
    expect(cluster.duplicates()).toBeLessThan(5);
    expect(cluster.sentChunks()).toBe(2 * (300 + (300 / 20) * 4));
    expect(percentile(cluster.latenciesMs, 0.5)).toBeLessThan(3);
    expect(percentile(cluster.latenciesMs, 0.99)).toBeLessThan(5);
  });

  it('a hundred nodes have nearly all of it by broadcast, at a few copies each', () => {
    const { cluster, isEqual } = run({ nodes: 100, seed: 2, directPeersMax: 8 }, 100, 10);
    expect(isEqual).toBe(true);
    const wanted = (100 + (100 / 20) * 4) * 99;
    expect(cluster.latenciesMs.length / wanted).toBeGreaterThan(0.97);
    expect(cluster.sentChunks() / wanted).toBeLessThan(6);
    expect(percentile(cluster.latenciesMs, 0.5)).toBeLessThan(8);
  });
});

describe('with faults', () => {
  it.each([11, 12, 13])('30 nodes have everything in the end (seed %d)', (seed) => {
    const faults = { loss: 0.05, failure: 0.02, breakage: 0.2 };
    const { cluster, isEqual, quietMs } = run({ nodes: 30, seed, ...faults }, 200, 5);
    expect(isEqual).toBe(true);
    expect(cluster.time.nowMs).toBeLessThan(quietMs + 15_000);
    for (const count of ['lost', 'failed', 'broken', 'syncedChunks'] as const) {
      expect(cluster.counts[count]).toBeGreaterThan(0);
    }
    cluster.time.runUntil(() => false, cluster.time.nowMs + 60_000);
    for (const { sync, broadcast } of cluster.nodes) {
      expect(broadcast.retainedBytes).toBe(0);
      expect(sync.slots.taken).toBe(0);
      expect(sync.inFlight.isEmpty).toBe(true);
      expect(broadcast.counters.droppedFull).toBe(0);
    }
  });

  it.each([21, 22])('30 nodes that spread by gossip only have everything too (seed %d)', (seed) => {
    const options = { nodes: 30, seed, loss: 0.05, breakage: 0.2, directPeersMax: 4 };
    const { cluster, isEqual, quietMs } = run(options, 200, 5);
    expect(isEqual).toBe(true);
    expect(cluster.time.nowMs).toBeLessThan(quietMs + 15_000);
    expect(cluster.counts.lost).toBeGreaterThan(0);
    expect(cluster.duplicates()).toBeGreaterThan(0);
  });

  it('a node that was cut off catches up when it is back', () => {
    const time = new VirtualTime();
    const cluster = new SimCluster(time, { nodes: 5, seed: 31 });
    const [cutOff, writer] = cluster.nodes;
    if (cutOff === undefined || writer === undefined) throw new Error('no such node');
    time.runUntil(() => false, 5000);
    cluster.canReach = (a, b) => a !== cutOff.address && b !== cutOff.address;
    for (let i = 0; i < 1000; i++) {
      time.after(i * 10, () => cluster.write(i % 10 === 0 ? cutOff : writer));
    }
    time.runUntil(() => false, 15_100);
    expect(cluster.counts.blocked).toBeGreaterThan(0);
    expect(cutOff.sync.store.bookkeeping.head(writer.actorId)).toBe(0);
    cluster.canReach = () => true;
    expect(runUntilEqual(cluster, 15_100 + 16_000)).toBe(true);
    expect(cutOff.sync.store.bookkeeping.head(writer.actorId)).toBe(900);
  });

  it('two nodes that cannot reach each other get everything through a third', () => {
    const time = new VirtualTime();
    const cluster = new SimCluster(time, { nodes: 3, seed: 41 });
    const [a, b] = cluster.nodes;
    if (a === undefined || b === undefined) throw new Error('no such node');
    cluster.canReach = (from, to) => {
      return !([a.address, b.address].includes(from) && [a.address, b.address].includes(to));
    };
    for (let i = 0; i < 200; i++) time.after(1000 + i * 20, () => cluster.write(a));
    time.runUntil(() => false, 3000);
    // Once sends have failed, the third passes changes on: no need to wait for sync.
    const lagging = a.sync.store.bookkeeping.head(a.actorId);
    expect(b.sync.store.bookkeeping.head(a.actorId)).toBeGreaterThan(lagging - 3);
    expect(runUntilEqual(cluster, 20_000)).toBe(true);
    expect(cluster.counts.blocked).toBeGreaterThan(0);
  });
});

describe('a quiet cluster', () => {
  it('exchanges next to nothing', () => {
    const { cluster, isEqual } = run({ nodes: 10, seed: 5 }, 50, 10);
    expect(isEqual).toBe(true);
    const start = cluster.time.nowMs + 60_000;
    cluster.time.runUntil(() => false, start);
    const before = { ...cluster.counts, sent: cluster.sentChunks() };
    cluster.time.runUntil(() => false, start + 600_000);
    expect(cluster.sentChunks()).toBe(before.sent);
    expect(cluster.counts.syncedChunks).toBe(before.syncedChunks);
    // Three sessions of two small messages per node and quarter minute.
    const sessionsPerNode = (cluster.counts.sessions - before.sessions) / 10;
    expect(sessionsPerNode).toBeGreaterThan(3 * 30);
    expect(sessionsPerNode).toBeLessThan(3 * 50);
  });
});
