// Live queries of real nodes: what survives a kill, what a cursor is worth at another node, and what a
// reader that does not read costs.

import { existsSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';
import { LiveFollower } from './support/live-stream.ts';

const schema =
  'CREATE TABLE machines (id INTEGER NOT NULL PRIMARY KEY, name TEXT, city TEXT);' +
  'CREATE TABLE services (id TEXT NOT NULL PRIMARY KEY, machine INTEGER, port INTEGER);' +
  'CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, body TEXT);';

const joinQuery =
  'SELECT s.id, s.port, m.name FROM services s LEFT JOIN machines m ON m.id = s.machine ' +
  'WHERE s.port < 1000';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 2, schema });
  await cluster.start();
});

afterAll(() => cluster.close());

/** Waits until the follower's result is what the node answers to the same query. */
async function agrees(follower: LiveFollower, node: TestNode, sql: string): Promise<void> {
  await cluster.eventually('the live query has the result of the query', 20_000, async () => {
    const rows = await node.api.query(sql);
    expect(follower.sorted).toEqual(rows.map((cells) => cells.map(String).join('|')).toSorted());
  });
  expect(follower.faults).toEqual([]);
}

it('follows writes at both nodes, with their origins', async () => {
  const [here, there] = [cluster.node(1), cluster.node(2)];
  await here.api.transact([
    ['INSERT INTO machines VALUES (1, ?, ?)', ['alpha', 'Oslo']],
    ['INSERT INTO services VALUES (?, 1, 80)', ['web']],
  ]);
  const follower = new LiveFollower(here.apiPort, joinQuery);
  await agrees(follower, here, joinQuery);
  const { version, actor_id } = await there.api.transact([
    ['INSERT INTO services VALUES (?, 2, 443)', ['tls']],
    ['INSERT INTO services VALUES (?, 2, 9000)', ['far']],
  ]);
  await cluster.eventually('the write is named as an origin', 20_000, () => {
    const origins = follower.lines.flatMap((line) => ('commit' in line ? line.commit.origins : []));
    expect(origins).toContainEqual(expect.objectContaining({ actor_id, version }));
  });
  await agrees(follower, here, joinQuery);
  await there.api.transact([['INSERT INTO machines VALUES (2, ?, ?)', ['beta', 'Bergen']]]);
  await there.api.transact([['UPDATE services SET port = 90 WHERE id = ?', ['web']]]);
  await there.api.transact(['DELETE FROM machines WHERE id = 1']);
  await cluster.equalRows('SELECT * FROM machines ORDER BY id');
  await agrees(follower, here, joinQuery);
  follower.close();
});

it('delivers as changes what was written around a kill', async () => {
  const node = cluster.node(1);
  const sql = 'SELECT id, body FROM notes WHERE id % 2 = 0';
  let follower = new LiveFollower(node.apiPort, sql);
  await node.api.transact([['INSERT INTO notes VALUES (2, ?), (4, ?)', ['two', 'four']]]);
  await agrees(follower, node, sql);
  for (let round = 0; round < 3; round++) {
    await node.end('SIGKILL');
    await cluster.eventually('the stream ends', 10_000, () => expect(follower.isEnded).toBe(true));
    await cluster.node(2).api.transact([
      ['INSERT INTO notes VALUES (?, ?)', [100 + round * 2, `round ${round}`]],
      ['UPDATE notes SET body = ? WHERE id = 2', [`two after ${round}`]],
    ]);
    await node.start();
    await cluster.equalRows('SELECT * FROM notes ORDER BY id');
    follower = new LiveFollower(node.apiPort, sql, { after: follower });
    await agrees(follower, node, sql);
    expect(follower.opened?.start).toBe('resumed');
    expect(follower.lines.some((line) => 'row' in line)).toBe(false);
  }
  follower.close();
});

it('announces a fresh snapshot where a cursor comes from another node', async () => {
  const sql = 'SELECT id, body FROM notes';
  const [here, there] = [cluster.node(1), cluster.node(2)];
  const follower = new LiveFollower(here.apiPort, sql);
  await here.api.transact([['INSERT INTO notes VALUES (901, ?)', ['a cursor']]]);
  await agrees(follower, here, sql);
  await cluster.eventually('a cursor', 10_000, () => expect(follower.cursor).not.toBe(''));
  await cluster.equalRows('SELECT * FROM notes ORDER BY id');
  const other = new LiveFollower(there.apiPort, sql, { from: follower.cursor });
  await agrees(other, there, sql);
  expect(other.opened?.start).toBe('restarted');
  const restarted = other.lines.find((line) => 'restarted' in line);
  expect(restarted).toEqual({ restarted: { reason: expect.stringMatching(/\w+ \w+/) } });
  follower.close();
  other.close();
});

it('lets neither the log of the database nor the writer feel a reader that does not read', async () => {
  const node = cluster.node(1);
  const body = 'x'.repeat(2_000);
  const insert = (round: number): Promise<unknown> =>
    node.api.transact(
      Array.from({ length: 1_000 }, (_, index) => [
        'INSERT OR REPLACE INTO notes VALUES (?, ?)',
        [10_000 + (round % 3) * 1_000 + index, `${round} ${body}`],
      ]),
    );
  await insert(0);
  const sql = 'SELECT * FROM notes WHERE id >= 10000';
  const stalled = new LiveFollower(node.apiPort, sql);
  await agrees(stalled, node, sql);
  stalled.pause();
  const quick = new LiveFollower(node.apiPort, sql);
  // Another one stands still before it has taken its first row.
  const early = new LiveFollower(node.apiPort, sql, { paused: true });
  await cluster.eventually('it is open', 10_000, () => expect(early.status).toBe(200));
  // Some 50 MB of changes, of which the readers take nothing.
  for (let round = 1; round <= 25; round++) {
    await insert(round);
    // One step at a time: steps that came together would be fewer changes.
    await cluster.eventually('who reads has the round', 20_000, () => {
      const bodies = [...quick.rows.values()].map(([, text]) => String(text));
      expect(bodies.filter((text) => text.startsWith(`${round} `))).toHaveLength(1_000);
    });
  }
  const wal = `${node.databaseFile}-wal`;
  await cluster.eventually('the log is folded into the file', 30_000, () => {
    expect(existsSync(wal) ? statSync(wal).size : 0).toBeLessThan(32 * 1024 * 1024);
  });
  // Who reads has all; what the others have missed is more than is kept for them.
  await agrees(quick, node, sql);
  stalled.resume();
  await cluster.eventually('it learns that it fell behind', 30_000, () => {
    expect(stalled.isEnded).toBe(true);
    expect(stalled.lines.at(-1)).toHaveProperty('lagged');
  });
  const again = new LiveFollower(node.apiPort, sql, { after: stalled });
  await agrees(again, node, sql);
  for (const follower of [again, quick]) follower.close();
  early.resume();
  await cluster.eventually('the other is told too', 30_000, () => {
    expect(early.isEnded).toBe(true);
    expect(early.lines.at(-1)).toHaveProperty('lagged');
  });
  expect(early.faults).toEqual([]);
  early.close();
}, 120_000);
