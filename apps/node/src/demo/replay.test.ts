// The live writes of the demo: every flight goes through its states in order, with a fresh key, and all
// nodes get writes of every kind.

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { readDataset } from './dataset.ts';
import { type LiveWrite, liveWrites } from './replay.ts';

const { flights: records } = readDataset();

function take(count: number, nodes = 3): LiveWrite[] {
  const writes = liveWrites({ records, firstId: 20_001, nodes });
  return Array.from({ length: count }, () => writes.next().value);
}

it('takes each flight from scheduled to departed to arrived', () => {
  const statesById = new Map<number, string[]>();
  for (const { flightId, status } of take(3_000)) {
    statesById.set(flightId, [...(statesById.get(flightId) ?? []), status]);
  }
  const states = ['scheduled', 'departed', 'arrived'];
  for (const [flightId, seen] of statesById) {
    expect(flightId).toBeGreaterThan(20_000);
    expect(seen).toEqual(states.slice(0, seen.length));
  }
  expect([...statesById.values()].filter(({ length }) => length === 3).length).toBeGreaterThan(900);
});

it('gives every node its share of every kind', () => {
  for (const nodes of [1, 2, 3, 5]) {
    const counts = new Map<string, number>();
    for (const { node, status } of take(9_000, nodes)) {
      expect(node).toBeLessThan(nodes);
      const kind = `${node} ${status}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    expect(counts.size).toBe(nodes * 3);
    const fair = 9_000 / (nodes * 3);
    for (const count of counts.values()) expect(Math.abs(count - fair)).toBeLessThan(fair / 5);
  }
});

it('ends at the same rows, whichever writes are repeated', () => {
  const run = (writes: readonly LiveWrite[]): unknown[] => {
    const db = new Database(':memory:');
    db.exec(
      'CREATE TABLE flights (id INTEGER PRIMARY KEY, scheduled, origin, destination, ' +
        'distance_miles, delay_minutes, status)',
    );
    for (const { statement } of writes) db.prepare(statement[0]).run(...statement[1]);
    return db.prepare('SELECT * FROM flights ORDER BY id').all();
  };
  const writes = take(400);
  expect(run(writes.flatMap((write) => [write, write]))).toEqual(run(writes));
});
