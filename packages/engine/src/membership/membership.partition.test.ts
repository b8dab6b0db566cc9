// Partitions: each side goes on by itself, and when the network heals all know all again, without
// anybody being told to do anything, and without living members being called down on the way.

import { describe, expect, it } from 'vitest';
import { lan } from './config.ts';
import { actorId, addressOf, TestNetwork, type TestNode } from './test-network.ts';

function allAlive(nodes: readonly TestNode[]): boolean {
  return nodes.every((node) =>
    nodes.every((other) => other === node || node.stateOf(other) === 'alive'),
  );
}

function split(net: TestNetwork, left: readonly TestNode[], right: readonly TestNode[]): void {
  net.partition(left, right);
  const isSplit = () =>
    left.every((a) => right.every((b) => a.stateOf(b) === 'down' && b.stateOf(a) === 'down'));
  net.until(isSplit, 300_000, 'each side holds the other for down');
}

describe('a partition heals', () => {
  it.each([
    [1, 5, 2],
    [2, 5, 1],
    [3, 6, 3],
    [4, 16, 8],
    [5, 2, 1],
  ])('seed %d: %d nodes, %d of them apart', (seed, size, apart) => {
    const net = new TestNetwork(seed);
    const nodes = net.cluster(size);
    net.run(3_000);
    split(net, nodes.slice(0, apart), nodes.slice(apart));
    net.run(120_000);
    for (const node of nodes) node.noted.length = 0;
    net.heal();
    const tookMs = net.until(() => allAlive(nodes), 120_000, 'all know all');
    expect(tookMs).toBeLessThan(lan.downAnnouncePeriodMs * 2);
    net.run(30_000);
    expect(allAlive(nodes)).toBe(true);
    for (const node of nodes) expect(node.heard('member-down')).toEqual([]);
  });

  it('with loss, too', () => {
    const net = new TestNetwork(6);
    const nodes = net.cluster(6);
    split(net, nodes.slice(0, 3), nodes.slice(3));
    net.loss = 0.2;
    net.heal();
    net.until(() => allAlive(nodes), 180_000, 'all know all');
  });

  it('three parts', () => {
    const net = new TestNetwork(7);
    const nodes = net.cluster(9);
    const parts = [nodes.slice(0, 3), nodes.slice(3, 6), nodes.slice(6)];
    net.partition(...parts);
    net.run(60_000);
    for (const node of nodes) expect(node.live()).toBe(2);
    net.heal();
    net.until(() => allAlive(nodes), 120_000, 'all know all');
  });

  it('after everybody was alone', () => {
    const net = new TestNetwork(8);
    const nodes = net.cluster(4);
    net.partition(...nodes.map((node) => [node]));
    net.until(() => nodes.every((node) => node.live() === 0), 300_000, 'all are alone');
    net.heal();
    net.until(() => allAlive(nodes), 120_000, 'all know all');
  });
});

it('each side notices who dies and who joins on its own', () => {
  const net = new TestNetwork(9);
  const nodes = net.cluster(8);
  const [left, right] = [nodes.slice(0, 4), nodes.slice(4)];
  split(net, left, right);
  const dead = net.node(1);
  net.crash(dead);
  const newcomer = net.add(20, { seeds: [addressOf(7)] });
  net.partition(left, [...right, newcomer]);
  net.run(60_000);
  expect(net.node(2).stateOf(dead)).toBe('down');
  expect(net.node(8).stateOf(newcomer)).toBe('alive');
  net.heal();
  const living = [...nodes.slice(1), newcomer];
  net.until(() => allAlive(living), 120_000, 'all know all');
  for (const node of living.slice(0, -1)) expect(node.stateOf(dead)).toBe('down');
});

it('nodes that only others can reach are not called down (indirect probes)', () => {
  const net = new TestNetwork(10);
  const nodes = net.cluster(5);
  const [a, b] = [net.node(1), net.node(2)];
  const cut = new Set([a.peer.address, b.peer.address]);
  net.connected = (from, to) => !(cut.has(from) && cut.has(to));
  net.run(120_000);
  expect(net.counts.cut).toBeGreaterThan(50);
  expect(a.machine.counters().indirectProbes).toBeGreaterThan(50);
  expect(a.machine.counters().probeFailures).toBe(0);
  for (const node of nodes) expect(node.heard('member-suspect')).toEqual([]);
});

describe('down members', () => {
  const config = { ...lan, removeDownAfterMs: 60_000 };

  it('are forgotten after removeDownAfterMs by all, for good', () => {
    const net = new TestNetwork(11);
    const nodes = net.cluster(4, config);
    const dead = net.node(4);
    net.crash(dead);
    const living = nodes.slice(0, 3);
    net.until(() => living.every((n) => n.stateOf(dead) === 'down'), 30_000, 'down');
    net.run(50_000);
    expect(living.every((node) => node.stateOf(dead) === 'down')).toBe(true);
    net.run(60_000);
    for (const node of living) {
      expect(node.stateOf(dead)).toBeUndefined();
      expect(node.heard('member-removed').map(({ member }) => member.actorId)).toEqual([
        actorId(4),
      ]);
    }
    net.run(300_000);
    expect(living.every((node) => node.stateOf(dead) === undefined)).toBe(true);
  });

  it('that come back before are not', () => {
    const net = new TestNetwork(12);
    const nodes = net.cluster(4, config);
    net.partition(nodes.slice(0, 3), nodes.slice(3));
    net.run(40_000);
    net.heal();
    net.until(() => allAlive(nodes), 30_000, 'all know all');
    net.run(300_000);
    expect(allAlive(nodes)).toBe(true);
    for (const node of nodes) expect(node.heard('member-removed')).toEqual([]);
  });
});
