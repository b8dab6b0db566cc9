// How nodes find each other: seeds, backoff, full feeds in several datagrams, members from storage.

import { describe, expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { lan } from './config.ts';
import { actorId, addressOf, TestNetwork, type TestNode } from './test-network.ts';
import { decodePacket, type Packet } from './wire.ts';

function allKnowAll(nodes: readonly TestNode[]): () => boolean {
  return () => nodes.every((node) => node.live() === nodes.length - 1);
}

interface Sent {
  readonly atMs: number;
  readonly to: string;
  readonly bytes: number;
  readonly packet: Packet;
}

/** Records what a node sends from now on. */
function tap(net: TestNetwork, node: TestNode): Sent[] {
  const sent: Sent[] = [];
  const step = node.machine.step.bind(node.machine);
  node.machine.step = (event, now) => {
    const effects = step(event, now);
    for (const effect of effects) {
      if (effect.kind !== 'datagram') continue;
      const packet = decodePacket(effect.bytes);
      sent.push({ atMs: net.nowMs, to: effect.to, bytes: effect.bytes.length, packet });
    }
    return effects;
  };
  return sent;
}

describe('joining', () => {
  it('a node that announces to one seed knows all within two seconds', () => {
    const net = new TestNetwork(1);
    const nodes = net.cluster(5);
    net.run(3_000);
    const late = net.add(6, { seeds: [addressOf(3)] });
    expect(net.until(allKnowAll([...nodes, late]), 10_000, 'all know all')).toBeLessThan(2_000);
    expect(late.heard('member-up')).toHaveLength(5);
    for (const node of nodes) {
      expect(node.heard('member-up').at(-1)?.member.actorId).toBe(late.peer.actorId);
    }
  });

  it('works with loss, and with seeds that start later', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const net = new TestNetwork(seed);
      net.loss = 0.2;
      const early = [net.add(2, { seeds: [addressOf(1)] }), net.add(3, { seeds: [addressOf(1)] })];
      net.run(3_000);
      const nodes = [...early, net.add(1)];
      net.until(allKnowAll(nodes), 30_000, `three nodes meet (seed ${seed})`);
    }
  });

  it('thirty nodes that start together from up to ten earlier ones meet within 5 s', () => {
    const net = new TestNetwork(4);
    const nodes: TestNode[] = [];
    for (let number = 1; number <= 30; number++) {
      const from = Math.max(1, number - 10);
      const seeds = Array.from({ length: number - from }, (_, index) => addressOf(from + index));
      nodes.push(net.add(number, { seeds }));
    }
    expect(net.until(allKnowAll(nodes), 30_000, 'all know all')).toBeLessThan(5_000);
  });

  it('two clusters become one when one node of one learns of one of the other', () => {
    const net = new TestNetwork(5);
    const first = [1, 2, 3].map((n) => net.add(n, { seeds: n === 1 ? [] : [addressOf(1)] }));
    const second = [11, 12, 13].map((n) => net.add(n, { seeds: n === 11 ? [] : [addressOf(11)] }));
    net.until(() => first.every((n) => n.live() === 2), 10_000, 'first cluster');
    net.until(() => second.every((n) => n.live() === 2), 10_000, 'second cluster');
    net.step(must(first[1], 'a node'), { kind: 'announce', addresses: [addressOf(13)] });
    const tookMs = net.until(allKnowAll([...first, ...second]), 60_000, 'one cluster');
    expect(tookMs).toBeLessThan(5_000);
  });

  it('needs no answer from a seed that is itself', () => {
    const net = new TestNetwork(6);
    const node = net.add(1, { seeds: [addressOf(1)] });
    const sent = tap(net, node);
    net.run(60_000);
    expect(sent).toEqual([]);
    expect(node.machine.members()).toEqual([]);
  });

  it('a node alone does nothing but wait', () => {
    const net = new TestNetwork(7);
    const node = net.add(1);
    net.run(600_000);
    expect(node.noted).toEqual([]);
    expect(net.counts.sent).toBe(0);
    expect(node.machine.clockOffset()).toBeUndefined();
  });
});

describe('announcing', () => {
  it('backs off from announceMinMs to announceMaxMs while nobody answers', () => {
    const net = new TestNetwork(8);
    const node = net.add(1, { seeds: [addressOf(2)] });
    const sent = tap(net, node);
    net.run(900_000);
    const waitsMs = sent.slice(1).map((one, index) => one.atMs - must(sent[index], 'inside').atMs);
    expect(sent.every((one) => one.packet.body.kind === 'announce')).toBe(true);
    const { announceMinMs, announceMaxMs } = lan;
    for (const [index, waitMs] of waitsMs.entries()) {
      const expected = Math.min(announceMaxMs, announceMinMs * 2 ** (index + 1));
      expect(waitMs).toBeGreaterThan(expected * 0.89);
      expect(waitMs).toBeLessThan(expected * 1.11);
    }
    expect(waitsMs.length).toBeGreaterThan(10);
    expect(node.resolveSeeds).toBeGreaterThan(10);
  });

  it('goes on slowly to seeds that are no members once somebody is known', () => {
    const net = new TestNetwork(9);
    net.add(2);
    const node = net.add(1, { seeds: [addressOf(2), addressOf(99)] });
    const sent = tap(net, node);
    net.run(3_600_000);
    const to = (number: number) => sent.filter((one) => one.to === addressOf(number));
    const isAnnounce = (one: Sent) => one.packet.body.kind === 'announce';
    expect(to(99).length).toBeGreaterThan(10);
    expect(to(99).length).toBeLessThan(30);
    // The member is asked for feeds, which look the same, but not as a seed.
    const feedsAsked = 3_600_000 / lan.feedPeriodMs;
    expect(to(2).filter(isAnnounce).length).toBeLessThan(feedsAsked * 1.2);
  });

  it('does not repeat itself when fresh seeds come right after an announce', () => {
    const net = new TestNetwork(10);
    const node = net.add(1, { seeds: [addressOf(2)] });
    const sent = tap(net, node);
    for (let times = 0; times < 5; times++) {
      net.step(node, { kind: 'announce', addresses: [addressOf(2), addressOf(3)] });
    }
    expect(sent.map((one) => one.to)).toEqual([addressOf(3)]);
  });

  it('begins anew, and at once, when all others are gone', () => {
    const net = new TestNetwork(11);
    const nodes = net.cluster(3);
    const survivor = net.node(3);
    net.run(300_000);
    for (const node of nodes) if (node !== survivor) net.crash(node);
    net.until(() => survivor.live() === 0, 60_000, 'it is alone');
    const sent = tap(net, survivor);
    net.run(3_000);
    expect(sent.some((one) => one.to === addressOf(1))).toBe(true);
  });
});

describe('feeds', () => {
  it('come in several datagrams, none above the limit', () => {
    const net = new TestNetwork(12);
    const nodes = net.cluster(60);
    net.run(5_000);
    const seed = net.node(1);
    const sent = tap(net, seed);
    const late = net.add(61, { seeds: [addressOf(1)] });
    net.run(10);
    const feeds = sent.filter((one) => one.packet.body.kind === 'feed');
    expect(feeds.length).toBeGreaterThan(1);
    expect(feeds.every((one) => one.bytes <= lan.packetBytesMax)).toBe(true);
    expect(late.live()).toBe(nodes.length);
  });

  it('are bounded in number, and the rest comes later', () => {
    const config = { ...lan, feedDatagramsMax: 1, packetBytesMax: 768, feedPeriodMs: 2_000 };
    const net = new TestNetwork(13);
    const nodes = net.cluster(20, config);
    const late = net.add(21, { seeds: [addressOf(1)], config });
    net.run(5);
    expect(late.live()).toBeLessThan(20);
    net.until(() => late.live() === nodes.length, 60_000, 'it knows all');
  });

  it('repair what gossip missed', () => {
    const net = new TestNetwork(15);
    const nodes = net.cluster(4);
    const [node1, node2] = [net.node(1), net.node(2)];
    // Node 5 joins while node 2 hears nobody but node 5, which doesn't know it.
    net.connected = (_, to) => to !== node2.peer.address;
    const late = net.add(5, { seeds: [addressOf(1)] });
    net.run(1_500);
    net.heal();
    expect(node2.stateOf(late)).toBeUndefined();
    net.until(allKnowAll([...nodes, late]), 60_000, 'all know all');
    expect(node1.stateOf(late)).toBe('alive');
  });
});

describe('members from storage', () => {
  const known = [2, 3, 4, 5, 6, 7, 8].map((number) => ({
    actorId: actorId(number),
    address: addressOf(number),
    incarnation: 3,
    rttMs: undefined,
  }));

  it('are down until heard of, and announced to where there are no seeds', () => {
    const net = new TestNetwork(16);
    const others = [net.add(2), net.add(3, { seeds: [addressOf(2)] })];
    net.until(allKnowAll(others), 10_000, 'two meet');
    const node = net.add(1, { known });
    expect(node.machine.members().every((member) => member.state === 'down')).toBe(true);
    expect(node.noted).toEqual([]);
    net.until(() => node.live() === 2, 30_000, 'it finds those that live');
    expect(node.stateOf(actorId(2))).toBe('alive');
    expect(node.stateOf(actorId(8))).toBe('down');
    expect(others.every((other) => other.stateOf(actorId(8)) === undefined)).toBe(true);
  });

  it('are announced to from the second round when the seeds are silent', () => {
    const net = new TestNetwork(20);
    net.add(2);
    const node = net.add(1, { known: known.slice(0, 1), seeds: [addressOf(99)] });
    net.run(500);
    expect(node.live()).toBe(0);
    expect(net.until(() => node.live() === 1, 10_000, 'it finds one')).toBeLessThan(1_000);
  });

  it('leave out the node itself, its address, and what is no address', () => {
    const net = new TestNetwork(17);
    const node = net.add(2, {
      known: [
        ...known,
        { actorId: actorId(20), address: addressOf(2), incarnation: 0, rttMs: 1 },
        { actorId: actorId(21), address: 'nonsense', incarnation: 0, rttMs: 1 },
      ],
    });
    expect(
      node.machine
        .members()
        .map((member) => member.actorId)
        .toSorted(),
    ).toEqual([3, 4, 5, 6, 7, 8].map(actorId));
  });

  it('are those of before, without who left', () => {
    const net = new TestNetwork(18);
    net.cluster(4);
    net.step(net.node(4), { kind: 'leave' });
    net.crash(net.node(3));
    net.run(20_000);
    const stored = net.node(1).machine.stored();
    expect(stored.map((member) => member.actorId).toSorted()).toEqual([actorId(2), actorId(3)]);
    expect(stored.find((member) => member.actorId === actorId(2))?.rttMs).toBeGreaterThan(0);
  });

  it('are not more than membersMax', () => {
    const net = new TestNetwork(19);
    const node = net.add(1, { known, config: { ...lan, membersMax: 3 } });
    expect(node.machine.members()).toHaveLength(3);
    net.add(30, { seeds: [addressOf(1)] });
    net.run(1_000);
    expect(node.machine.counters().membersRefused).toBeGreaterThan(0);
    expect(node.machine.members()).toHaveLength(3);
  });
});
