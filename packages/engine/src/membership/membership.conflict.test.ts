// Two live copies of one database: both find out, from whichever side it is seen first, and both
// come to the same decision about who must take a new actor id.

import { describe, expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { actorId, addressOf, TestNetwork, type TestNode } from './test-network.ts';

/** The decision of a node; undefined while it knows of no conflict. */
function yields(node: TestNode): boolean | undefined {
  return node.heard('identity-conflict')[0]?.yield;
}

function conflictIsKnown(...nodes: readonly TestNode[]): () => boolean {
  return () => nodes.every((node) => yields(node) !== undefined);
}

describe('a copy of a live node at another address', () => {
  it.each([
    ['joins through another node', [addressOf(2)], 0],
    ['announces to the original itself', [addressOf(4)], 0],
    ['has a clock set back', [addressOf(2)], -3_600_000],
    ['has a clock set forward', [addressOf(2)], 3_600_000],
  ])('%s', (_, seeds, clockOffsetMs) => {
    const net = new TestNetwork(1);
    net.cluster(4);
    net.run(10_000);
    const original = net.node(4);
    const copy = net.add(4, { address: addressOf(44), seeds, clockOffsetMs });
    const tookMs = net.until(conflictIsKnown(original, copy), 20_000, 'both know');
    expect(tookMs).toBeLessThan(5_000);
    expect([yields(original), yields(copy)].toSorted()).toEqual([false, true]);
    // Whoever started later by the clocks that both told.
    expect(yields(copy)).toBe(clockOffsetMs >= 0);
    const [notice] = copy.heard('identity-conflict');
    expect(notice?.other).toMatchObject({
      address: original.peer.address,
      sessionId: original.peer.sessionId,
    });
  });

  it('takes a new actor id, and then both are members', () => {
    const net = new TestNetwork(2);
    const nodes = net.cluster(4);
    net.run(5_000);
    const original = net.node(4);
    const copy = net.add(4, { address: addressOf(44), seeds: [addressOf(1)] });
    net.until(conflictIsKnown(original, copy), 20_000, 'both know');
    copy.peer = { ...copy.peer, actorId: actorId(45) };
    net.step(copy, { kind: 'rename', actorId: actorId(45) });
    const all = [...nodes, copy];
    const allMeet = () =>
      all.every((node) => all.every((other) => other === node || node.stateOf(other) === 'alive'));
    net.until(allMeet, 60_000, 'all are members');
    net.run(60_000);
    expect(allMeet()).toBe(true);
    for (const node of nodes.slice(0, 3)) {
      expect(node.machine.member(actorId(4))?.address).toBe(original.peer.address);
      expect(node.machine.member(actorId(45))?.address).toBe(copy.peer.address);
    }
    expect(original.heard('identity-conflict').every((notice) => !notice.yield)).toBe(true);
  });

  it('is found when the two cannot reach each other', () => {
    const net = new TestNetwork(3);
    net.cluster(4);
    net.run(5_000);
    const original = net.node(4);
    const cut = new Set([original.peer.address, addressOf(44)]);
    net.connected = (from, to) => !(cut.has(from) && cut.has(to));
    const copy = net.add(4, { address: addressOf(44), seeds: [addressOf(1)] });
    net.until(conflictIsKnown(original, copy), 30_000, 'both know');
    expect([yields(original), yields(copy)]).toEqual([false, true]);
  });

  it('is found with loss', () => {
    for (let seed = 10; seed < 30; seed++) {
      const net = new TestNetwork(seed);
      net.cluster(4);
      net.loss = 0.25;
      net.run(2_000);
      const copy = net.add(4, { address: addressOf(44), seeds: [addressOf(1)] });
      net.until(conflictIsKnown(net.node(4), copy), 60_000, `both know (seed ${seed})`);
      expect(yields(copy)).not.toBe(yields(net.node(4)));
    }
  });

  it('is found when a partition heals, each side having one', () => {
    const net = new TestNetwork(4);
    const nodes = net.cluster(6);
    net.run(5_000);
    const original = net.node(6);
    const left = nodes.slice(0, 3);
    const right = nodes.slice(3);
    net.partition(left, right);
    net.until(() => left.every((node) => node.stateOf(original) === 'down'), 120_000, 'apart');
    const copy = net.add(6, { address: addressOf(66), seeds: [addressOf(1)] });
    net.partition([...left, copy], right);
    net.run(30_000);
    expect(left.every((node) => node.stateOf(original) === 'alive')).toBe(true);
    expect(yields(copy)).toBeUndefined();
    net.heal();
    net.until(conflictIsKnown(original, copy), 120_000, 'both know');
    expect([yields(original), yields(copy)]).toEqual([false, true]);
  });

  it('of one millisecond is told apart by the session', () => {
    const net = new TestNetwork(5);
    net.cluster(2);
    net.run(1_000);
    const twin = { actorId: actorId(9), seeds: [addressOf(1)] };
    const a = net.add(91, { ...twin, address: addressOf(91) });
    const b = net.add(92, { ...twin, address: addressOf(92) });
    net.until(conflictIsKnown(a, b), 20_000, 'both know');
    expect([yields(a), yields(b)]).toEqual([false, true]);
  });

  it('is not reported over and over', () => {
    const net = new TestNetwork(6);
    net.cluster(4);
    const copy = net.add(4, { address: addressOf(44), seeds: [addressOf(1)] });
    net.run(60_000);
    for (const node of [copy, net.node(4)]) {
      const count = node.heard('identity-conflict').length;
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(7);
    }
  });
});

describe('no conflict is seen', () => {
  it('in a node that restarts often, here and there', () => {
    const net = new TestNetwork(7);
    net.cluster(4);
    net.loss = 0.1;
    let last = net.node(4);
    for (let times = 0; times < 12; times++) {
      net.crash(last);
      net.run(net.rng.float() * 4_000);
      const address = addressOf(times % 3 === 0 ? 4 : 40 + times);
      last = net.add(4, { address, seeds: [addressOf(1)] });
      net.run(net.rng.float() * 10_000);
    }
    net.run(30_000);
    for (const node of net.nodes) expect(node.heard('identity-conflict')).toEqual([]);
    const survivors = net.nodes.filter((node) => !node.crashed);
    for (const node of survivors) {
      if (node !== last) expect(must(node.stateOf(last), 'known')).toBe('alive');
    }
  });

  it('in different nodes', () => {
    const net = new TestNetwork(8);
    net.cluster(10);
    net.run(60_000);
    for (const node of net.nodes) expect(node.heard('identity-conflict')).toEqual([]);
  });
});
