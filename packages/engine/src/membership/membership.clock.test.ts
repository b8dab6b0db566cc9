// Clock drift over a real exchange of probes: a node whose clock runs ahead refuses writes, one
// that is cut off does not, and everybody else is left alone. Rings and round trips come from the
// same probes.

import { describe, expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { lan } from './config.ts';
import { addressOf, TestNetwork, type TestNode } from './test-network.ts';

function clusterWithOffsets(seed: number, offsetsMs: readonly number[]) {
  const net = new TestNetwork(seed);
  const nodes = net.cluster(offsetsMs.length);
  for (const [index, offsetMs] of offsetsMs.entries()) net.node(index + 1).clockOffsetMs = offsetMs;
  net.run(10_000);
  return { net, nodes };
}

const refused = (node: TestNode) => node.heard('clock-drift').map((notice) => notice.refused);

describe('a clock ahead of the others', () => {
  it('is refused, and only that one', () => {
    const { net, nodes } = clusterWithOffsets(1, [0, 0, 2_000, 0]);
    const ahead = net.node(3);
    expect(refused(ahead)).toEqual([true]);
    expect(Math.abs((ahead.heard('clock-drift')[0]?.offsetMs ?? 0) - 2_000)).toBeLessThan(5);
    expect(Math.abs((ahead.machine.clockOffset() ?? 0) - 2_000)).toBeLessThan(5);
    for (const node of nodes) if (node !== ahead) expect(refused(node)).toEqual([]);
  });

  it('is noticed within a second of being set wrong, and of being mended', () => {
    const { net } = clusterWithOffsets(2, [0, 0, 0]);
    const node = net.node(2);
    node.clockOffsetMs = 5_000;
    net.until(() => refused(node).length === 1, 1_000, 'refused');
    node.clockOffsetMs = 0;
    net.until(() => refused(node).length === 2, 1_000, 'mended');
    expect(refused(node)).toEqual([true, false]);
  });

  it('that runs fast is noticed when it passes the limit', () => {
    const { net } = clusterWithOffsets(3, [0, 0, 0, 0]);
    const node = net.node(1);
    while (node.clockOffsetMs < 1_000 && refused(node).length === 0) {
      node.clockOffsetMs += 5;
      net.run(100);
    }
    expect(refused(node)).toEqual([true]);
    expect(node.clockOffsetMs).toBeGreaterThan(lan.maxClockDriftMs - 10);
    expect(node.clockOffsetMs).toBeLessThan(lan.maxClockDriftMs + 300);
  });

  it('is not refused for being behind', () => {
    const { net } = clusterWithOffsets(4, [0, -60_000, 0]);
    expect(refused(net.node(2))).toEqual([]);
    expect(net.node(2).machine.clockOffset()).toBeLessThan(-59_000);
  });
});

describe('a node that is cut off keeps writing', () => {
  it('with a single peer, whose clock differs', () => {
    const { nodes } = clusterWithOffsets(5, [0, 10_000]);
    for (const node of nodes) {
      expect(refused(node)).toEqual([]);
      expect(node.machine.clockOffset()).toBeUndefined();
    }
  });

  it('when its peers go down', () => {
    const { net, nodes } = clusterWithOffsets(6, [10_000, 0, 0]);
    const ahead = net.node(1);
    expect(refused(ahead)).toEqual([true]);
    for (const node of nodes) if (node !== ahead) net.crash(node);
    net.until(() => refused(ahead).length === 2, 30_000, 'writes again');
    expect(ahead.heard('clock-drift').at(-1)).toEqual({
      kind: 'clock-drift',
      offsetMs: undefined,
      refused: false,
    });
  });
});

it('load does not look like drift: stalls, loss and slow loops', () => {
  const net = new TestNetwork(7);
  const nodes = net.cluster(5);
  net.loss = 0.1;
  net.lagMs = () => net.rng.float() * 100;
  for (const node of nodes) {
    const stallAgain = () => {
      net.stall(node, net.rng.float() * 2_000);
      net.after(2_000 + net.rng.float() * 6_000, stallAgain);
    };
    stallAgain();
  }
  net.run(300_000);
  for (const node of nodes) {
    expect(refused(node)).toEqual([]);
    expect(Math.abs(node.machine.clockOffset() ?? 0)).toBeLessThan(200);
  }
});

it('distance does not look like drift, even where the ways differ', () => {
  const net = new TestNetwork(8);
  const nodes = net.cluster(4);
  net.delayMs = (from) => (from === addressOf(1) ? 180 : 20);
  net.run(60_000);
  for (const node of nodes) {
    expect(refused(node)).toEqual([]);
    expect(Math.abs(node.machine.clockOffset() ?? Number.NaN)).toBeLessThanOrEqual(81);
  }
});

describe('rings', () => {
  it('follow the round trips of probes', () => {
    const net = new TestNetwork(9);
    // One-way delays from node 1 to the others and back.
    const oneWayMs = [0, 0, 0.5, 5, 15, 40, 70, 130];
    const far = (address: string) =>
      must(oneWayMs[oneWayMs.findIndex((_, index) => addressOf(index) === address)], 'known');
    net.delayMs = (from, to) => Math.max(far(from), far(to));
    net.cluster(7);
    net.run(60_000);
    const rings = [2, 3, 4, 5, 6, 7].map(
      (number) => net.node(1).machine.member(net.node(number).peer.actorId)?.ring,
    );
    expect(rings).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are notified when they are first known and when they change', () => {
    const net = new TestNetwork(11);
    net.cluster(3);
    net.run(20_000);
    const node = net.node(1);
    const id = net.node(2).peer.actorId;
    const rings = () =>
      node
        .heard('member-ring')
        .filter(({ member }) => member.actorId === id)
        .map(({ member }) => member.ring);
    expect(rings()).toEqual([0]);
    net.delayMs = () => 10;
    net.run(60_000);
    expect(rings()).toEqual([0, 1, 2]);
  });

  it('take the round trips of the transport, too', () => {
    const net = new TestNetwork(10);
    net.delayMs = () => 20;
    net.cluster(2);
    net.run(3_000);
    const [node, peer] = [net.node(1), net.node(2).peer];
    expect(node.machine.member(peer.actorId)?.ring).toBe(2);
    net.step(node, { kind: 'rtt', address: peer.address, rttMs: 3 });
    net.step(node, { kind: 'rtt', address: peer.address, rttMs: 3 });
    expect(node.machine.member(peer.actorId)).toMatchObject({ ring: 0, rttMinMs: 3 });
    for (const rttMs of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      net.step(node, { kind: 'rtt', address: peer.address, rttMs });
    }
    expect(node.machine.member(peer.actorId)).toMatchObject({ ring: 0, rttMinMs: 3 });
    net.step(node, { kind: 'rtt', address: addressOf(99), rttMs: 3 });
    expect(node.machine.members()).toHaveLength(1);
  });
});
