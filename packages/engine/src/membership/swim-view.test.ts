// The view of the failure detector agrees with what the machines do: probes, doubts of oneself, and suspicions
// whose deadline is the moment at which the suspect is declared down.

import { expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { lan } from './config.ts';
import { epochMs, TestNetwork } from './test-network.ts';

it('a healthy node counts its probes, all of them answered, and suspects nobody', () => {
  const net = new TestNetwork(1);
  const [node] = net.cluster(4);
  net.run(10_000);
  const view = must(node, 'a node').machine.swim();
  expect(view).toMatchObject({
    incarnation: 0,
    localHealth: 0,
    localHealthMax: lan.awarenessMax,
    probePeriodMs: lan.probePeriodMs,
    probeTimeoutMs: lan.probeTimeoutMs,
    suspicions: [],
  });
  expect(view.probes.sent).toBeGreaterThan(15);
  // One may be on its way.
  expect(view.probes.sent - view.probes.acked).toBeLessThanOrEqual(1);
  expect(view.probes).toMatchObject({ failed: 0, indirect: 0 });
});

it.each([1, 2, 3])('a suspect is down at the deadline that was told, with seed %i', (seed) => {
  const net = new TestNetwork(seed);
  const nodes = net.cluster(5);
  const [victim, observer] = nodes;
  const { machine } = must(observer, 'an observer');
  const { peer } = must(victim, 'a victim');
  net.crash(must(victim, 'a victim'));
  net.until(() => machine.swim().suspicions.length > 0, 20_000, 'it is suspected', 1);
  const beganMs = epochMs + net.nowMs;
  let told = must(machine.swim().suspicions[0], 'a suspicion');
  expect(told).toMatchObject({ actorId: peer.actorId, address: peer.address });
  expect(Math.abs(told.sinceMs - beganMs)).toBeLessThanOrEqual(2);
  let confirmations = told.confirmations;
  net.until(
    () => {
      const [now] = machine.swim().suspicions;
      if (now === undefined) return true;
      // Each confirmation brings the deadline nearer, never farther.
      expect(now.confirmations).toBeGreaterThanOrEqual(confirmations);
      expect(now.deadlineMs).toBeLessThanOrEqual(told.deadlineMs + 1);
      expect(now.sinceMs).toBeCloseTo(told.sinceMs, 3);
      confirmations = now.confirmations;
      told = now;
      return false;
    },
    30_000,
    'it is no suspect any more',
    1,
  );
  expect(machine.member(peer.actorId)?.state).toBe('down');
  // By gossip it may be told sooner that others hold it for down.
  expect(epochMs + net.nowMs).toBeLessThanOrEqual(told.deadlineMs + 5);
  expect(confirmations).toBeLessThanOrEqual(lan.suspicionConfirmations);
});

it('a node that hears nobody doubts itself, and says that it waits longer', () => {
  const net = new TestNetwork(4);
  const nodes = net.cluster(4);
  const [alone, ...others] = nodes;
  const { machine } = must(alone, 'a node');
  net.partition([must(alone, 'a node')], others);
  net.until(() => machine.swim().localHealth > 0, 20_000, 'it doubts itself');
  const view = machine.swim();
  expect(view.probePeriodMs).toBe(lan.probePeriodMs * (1 + view.localHealth));
  expect(view.probeTimeoutMs).toBe(lan.probeTimeoutMs * (1 + view.localHealth));
  net.until(() => machine.swim().probes.failed > 0, 20_000, 'a probe fails');
  expect(machine.swim().probes.indirect).toBeGreaterThan(0);
});

it('looking changes nothing', () => {
  const run = (isLookedAt: boolean): string => {
    const net = new TestNetwork(5);
    const nodes = net.cluster(3);
    net.loss = 0.3;
    for (let step = 0; step < 200; step++) {
      net.run(50);
      if (isLookedAt) for (const { machine } of nodes) machine.swim();
    }
    return JSON.stringify(nodes.map(({ machine }) => machine.counters()));
  };
  expect(run(true)).toBe(run(false));
});
