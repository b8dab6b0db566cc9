// Nodes that come and go: restarts with and without a clock that can be trusted, moves, new actor
// ids at old addresses, goodbyes, and rejoining.

import { describe, expect, it } from 'vitest';
import { actorId, addressOf, epochMs, TestNetwork, type TestNode } from './test-network.ts';

function holdAs(
  nodes: readonly TestNode[],
  subject: TestNode,
  state: 'alive' | 'down' | 'left',
): () => boolean {
  return () =>
    nodes.every((node) => {
      const member = node.machine.member(subject.peer.actorId);
      return member?.state === state && member.sessionId === subject.peer.sessionId;
    });
}

function setUp(seed: number) {
  const net = new TestNetwork(seed);
  const nodes = net.cluster(5);
  net.run(5_000);
  return { net, others: nodes.slice(0, 4), subject: net.node(5) };
}

describe('a restarted node is accepted at once', () => {
  it('before anybody noticed that it was gone', () => {
    const { net, others, subject } = setUp(1);
    net.crash(subject);
    net.run(200);
    const again = net.add(5, { seeds: [addressOf(1)] });
    expect(net.until(holdAs(others, again, 'alive'), 10_000, 'accepted')).toBeLessThan(2_000);
    net.run(30_000);
    for (const node of others) expect(node.heard('member-down')).toEqual([]);
    // The new session is worth a notification of its own.
    for (const node of others) {
      const ups = node.heard('member-up').filter(({ member }) => member.actorId === actorId(5));
      expect(ups.map(({ member }) => member.sessionId)).toEqual([
        subject.peer.sessionId,
        again.peer.sessionId,
      ]);
    }
  });

  it('while it is suspected', () => {
    const { net, others, subject } = setUp(2);
    net.crash(subject);
    const isSuspect = () => others.some((node) => node.stateOf(subject) === 'suspect');
    net.until(isSuspect, 10_000, 'suspected');
    const again = net.add(5, { seeds: [addressOf(1)] });
    net.until(holdAs(others, again, 'alive'), 2_000, 'accepted');
    net.run(30_000);
    for (const node of others) expect(node.heard('member-down')).toEqual([]);
  });

  it('when it is down, and its incarnation goes on from there', () => {
    const { net, others, subject } = setUp(3);
    for (let times = 0; times < 3; times++) net.step(subject, { kind: 'rejoin' });
    net.run(2_000);
    const before = subject.machine.self().incarnation;
    expect(before).toBe(3);
    net.crash(subject);
    net.until(holdAs(others, subject, 'down'), 20_000, 'down');
    const again = net.add(5, { seeds: [addressOf(2)] });
    expect(net.until(holdAs(others, again, 'alive'), 10_000, 'accepted')).toBeLessThan(2_000);
    expect(again.live()).toBe(4);
  });

  it.each([60_000, 3_600_000, 10 * 365 * 86_400_000])(
    'even when its clock was set back by %d ms meanwhile',
    (backMs) => {
      const { net, others, subject } = setUp(4);
      net.crash(subject);
      net.until(holdAs(others, subject, 'down'), 20_000, 'down');
      const again = net.add(5, { seeds: [addressOf(1)], clockOffsetMs: -backMs });
      expect(net.until(holdAs(others, again, 'alive'), 10_000, 'accepted')).toBeLessThan(3_000);
      expect(again.machine.self().startedAtMs).toBeGreaterThan(epochMs);
      expect(again.heard('identity-conflict')).toEqual([]);
    },
  );

  it('before it is down, with its clock set back', () => {
    const { net, others, subject } = setUp(5);
    net.crash(subject);
    net.run(200);
    const again = net.add(5, { seeds: [addressOf(1)], clockOffsetMs: -3_600_000 });
    net.until(holdAs(others, again, 'alive'), 5_000, 'accepted');
    expect(again.heard('identity-conflict')).toEqual([]);
  });

  it('at another address', () => {
    const { net, others, subject } = setUp(6);
    net.crash(subject);
    const moved = net.add(5, { address: addressOf(77), seeds: [addressOf(1)] });
    net.until(holdAs(others, moved, 'alive'), 5_000, 'accepted');
    for (const node of others) {
      expect(node.machine.member(actorId(5))?.address).toBe(addressOf(77));
    }
    net.run(60_000);
    expect(moved.heard('identity-conflict')).toEqual([]);
    expect(holdAs(others, moved, 'alive')()).toBe(true);
  });

  it('at another address with its clock set back: as soon as its former run is down', () => {
    const { net, others, subject } = setUp(7);
    net.crash(subject);
    const moved = net.add(5, {
      address: addressOf(77),
      seeds: [addressOf(1)],
      clockOffsetMs: -3_600_000,
    });
    net.until(holdAs(others, moved, 'alive'), 60_000, 'accepted');
    expect(moved.heard('identity-conflict')).toEqual([]);
  });

  it('when all restart together', () => {
    const net = new TestNetwork(8);
    const nodes = net.cluster(6);
    net.run(5_000);
    const stored = nodes.map((node) => node.machine.stored());
    for (const node of nodes) net.crash(node);
    const again = nodes.map((_, index) => net.add(index + 1, { known: stored[index] ?? [] }));
    const allMeet = () => again.every((node) => node.live() === 5);
    net.until(allMeet, 30_000, 'all meet from storage alone');
  });
});

describe('a new actor id at an old address', () => {
  it.each([
    ['in step', 0],
    ['set back', -3_600_000],
  ])('takes the place of the old one, with its clock %s', (_, clockOffsetMs) => {
    const { net, others, subject } = setUp(9);
    net.crash(subject);
    net.run(100);
    const fresh = net.add(50, { address: addressOf(5), seeds: [addressOf(1)], clockOffsetMs });
    net.until(holdAs(others, fresh, 'alive'), 5_000, 'accepted');
    net.until(() => others.every((n) => n.stateOf(subject) === 'down'), 3_000, 'superseded');
    net.run(30_000);
    expect(holdAs(others, fresh, 'alive')()).toBe(true);
    for (const node of others) {
      expect(node.machine.counters().addressConflicts).toBeGreaterThan(0);
      expect(node.heard('member-down').map(({ member }) => member.actorId)).toEqual([actorId(5)]);
    }
    expect(fresh.live()).toBe(4);
  });

  it('by a rename: the old one leaves, the new one joins, at once', () => {
    const { net, others, subject } = setUp(10);
    subject.peer = { ...subject.peer, actorId: actorId(99) };
    net.step(subject, { kind: 'rename', actorId: actorId(99) });
    expect(net.until(holdAs(others, subject, 'alive'), 5_000, 'accepted')).toBeLessThan(1_000);
    const isGone = () => others.every((node) => node.stateOf(actorId(5)) === 'left');
    net.until(isGone, 1_000, 'the old one left');
    net.run(60_000);
    expect(holdAs(others, subject, 'alive')()).toBe(true);
    expect(subject.live()).toBe(4);
    for (const node of others) expect(node.heard('member-down')).toEqual([]);
    expect(subject.machine.self()).toMatchObject({ actorId: actorId(99), state: 'alive' });
  });
});

describe('leaving', () => {
  it('is known to all at once, and says so when it is done', () => {
    const { net, others, subject } = setUp(11);
    net.step(subject, { kind: 'leave' });
    expect(net.until(holdAs(others, subject, 'left'), 1_000, 'left', 1)).toBeLessThan(10);
    net.until(() => subject.heard('left').length === 1, 1_000, 'done');
    net.crash(subject);
    net.run(60_000);
    for (const node of others) {
      expect(node.heard('member-left')).toHaveLength(1);
      expect(node.heard('member-suspect')).toEqual([]);
      expect(node.heard('member-down')).toEqual([]);
    }
  });

  it('gets through loss', () => {
    for (let seed = 20; seed < 40; seed++) {
      const { net, others, subject } = setUp(seed);
      net.loss = 0.3;
      net.step(subject, { kind: 'leave' });
      net.until(() => subject.heard('left').length === 1, 1_000, 'done');
      net.crash(subject);
      // Who misses every goodbye hears of it while it suspects: nobody holds it for down.
      net.until(holdAs(others, subject, 'left'), 10_000, `left (seed ${seed})`);
      for (const node of others) expect(node.heard('member-down')).toEqual([]);
    }
  });

  it('is not undone by what others say late', () => {
    const { net, others, subject } = setUp(12);
    net.step(subject, { kind: 'leave' });
    net.run(20_000);
    expect(holdAs(others, subject, 'left')()).toBe(true);
    expect(subject.machine.self().state).toBe('left');
    expect(subject.heard('rejoined')).toEqual([]);
  });

  it('can be taken back by rejoining', () => {
    const { net, others, subject } = setUp(13);
    net.step(subject, { kind: 'leave' });
    net.run(5_000);
    net.step(subject, { kind: 'rejoin' });
    net.until(holdAs(others, subject, 'alive'), 5_000, 'back');
    net.run(30_000);
    expect(holdAs(others, subject, 'alive')()).toBe(true);
    expect(subject.live()).toBe(4);
  });

  it('and starting again works like any restart', () => {
    const { net, others, subject } = setUp(14);
    net.step(subject, { kind: 'leave' });
    net.run(2_000);
    net.crash(subject);
    const again = net.add(5, { seeds: [addressOf(1)] });
    net.until(holdAs(others, again, 'alive'), 2_000, 'accepted');
  });
});

it('rejoin gives a member a new incarnation that all see', () => {
  const { net, others, subject } = setUp(15);
  net.step(subject, { kind: 'rejoin' });
  const isNew = () => others.every((node) => node.machine.member(actorId(5))?.incarnation === 1);
  expect(net.until(isNew, 5_000, 'seen')).toBeLessThan(500);
});
