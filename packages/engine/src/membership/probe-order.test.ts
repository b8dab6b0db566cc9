// Everybody gets a turn, within a bound, in an order that differs from node to node.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { must } from '../base/assert.ts';
import { seededRng } from '../base/rng.ts';
import { ProbeOrder } from './probe-order.ts';
import { actorId } from './test-network.ts';

function orderOf(seed: number, size: number): ProbeOrder {
  const order = new ProbeOrder(seededRng(seed));
  for (let number = 1; number <= size; number++) order.add(actorId(number));
  return order;
}

it('is empty at first', () => {
  expect(orderOf(1, 0).next()).toBeUndefined();
});

it('gives each member a turn within one and a half rounds of the last', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, size) => {
      const order = orderOf(seed, size);
      const lastTurns = new Map<ActorId, number>();
      for (let turn = 0; turn < size * 6; turn++) {
        const id = must(order.next(), 'somebody');
        const last = lastTurns.get(id);
        if (last !== undefined) expect(turn - last).toBeLessThanOrEqual(Math.ceil(size * 1.5));
        lastTurns.set(id, turn);
      }
      expect(lastTurns.size).toBe(size);
    }),
  );
});

it('gives each member exactly one turn a round', () => {
  const order = orderOf(7, 20);
  for (let round = 0; round < 10; round++) {
    const ids = Array.from({ length: 20 }, () => order.next());
    expect(new Set(ids).size).toBe(20);
  }
});

it('keeps the bound for the others while members come and go', () => {
  const change = fc.record({ add: fc.boolean(), number: fc.integer({ min: 100, max: 120 }) });
  fc.assert(
    fc.property(fc.integer(), fc.array(change, { maxLength: 80 }), (seed, changes) => {
      const order = orderOf(seed, 10);
      let sinceFirst = 0;
      let most = 10;
      for (const { add, number } of changes) {
        if (add) order.add(actorId(number));
        else order.remove(actorId(number));
        most = Math.max(most, order.size);
        sinceFirst = order.next() === actorId(1) ? 0 : sinceFirst + 1;
        expect(sinceFirst).toBeLessThanOrEqual(Math.ceil(most * 2));
      }
    }),
    { numRuns: 300 },
  );
});

it('takes no turn from anybody when one that had its turn is removed, or a new one comes', () => {
  for (let seed = 0; seed < 30; seed++) {
    const order = orderOf(seed, 10);
    const had = Array.from({ length: 5 }, () => must(order.next(), 'somebody'));
    order.remove(must(had[seed % 5], 'one that had its turn'));
    order.add(actorId(100));
    const rest = new Set(Array.from({ length: 6 }, () => order.next()));
    for (let number = 1; number <= 10; number++) {
      if (!had.includes(actorId(number))) expect(rest).toContain(actorId(number));
    }
  }
});

it('holds nobody twice and forgets who is removed', () => {
  const order = orderOf(3, 3);
  order.add(actorId(2));
  expect(order.size).toBe(3);
  order.remove(actorId(2));
  order.remove(actorId(2));
  const seen = new Set(Array.from({ length: 10 }, () => order.next()));
  expect(seen).toEqual(new Set([actorId(1), actorId(3)]));
});

it('differs between nodes and between rounds', () => {
  const round = (order: ProbeOrder) => Array.from({ length: 12 }, () => order.next()).join();
  const a = orderOf(1, 12);
  const b = orderOf(2, 12);
  expect(round(a)).not.toBe(round(b));
  expect(round(a)).not.toBe(round(a));
});
