// Nodes whose schemas differ for a while: changes that a node cannot take yet wait, block nothing else,
// and are applied as soon as its schema has caught up.

import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';

const schema = 'CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, name TEXT);';
const wider =
  'CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, name TEXT, price INTEGER DEFAULT 0);\n' +
  'CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, item INTEGER);';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema });
  await cluster.start();
});

afterAll(() => cluster.close());

/** Versions that wait at a node, as any program can read. */
function waiting(node: TestNode): number {
  const db = new Database(node.databaseFile, { readonly: true });
  try {
    const sql = 'SELECT count(*) FROM patina_quarantine';
    return Number(db.prepare(sql).pluck().get());
  } finally {
    db.close();
  }
}

it('keeps what it cannot apply yet, and applies it after the reload', async () => {
  const [one, two, three] = [cluster.node(1), cluster.node(2), cluster.node(3)];
  await one.api.transact(["INSERT INTO items VALUES (1, 'before')"]);
  one.writeSchema(wider);
  const reload = await one.patina('reload');
  expect(reload).toMatchObject({ code: 0 });
  expect(reload.output).toContain('add-column');

  await one.api.transact(["INSERT INTO items (id, name, price) VALUES (2, 'wide', 20)"]);
  await one.api.transact(['UPDATE items SET price = 10 WHERE id = 1']);
  await one.api.transact(['INSERT INTO orders VALUES (1, 2)']);
  // What the others can take goes on, in both directions, while the rest waits.
  const after = await one.api.transact(["UPDATE items SET name = 'renamed' WHERE id = 1"]);
  const reply = await two.api.transact(["INSERT INTO items VALUES (4, 'from two')"]);
  for (const node of [two, three]) {
    await cluster.eventually(`${node.name} has what it can take`, 20_000, async () => {
      const rows = await node.api.query('SELECT id, name FROM items WHERE id < 4');
      expect(rows).toEqual([[1, 'renamed']]);
      expect(waiting(node)).toBe(3);
    });
    expect((await node.api.health()).gaps).toBe(0);
    // What waits is not visible, so nobody is told that it is.
    const read = node.api.value('SELECT 1', { after, waitSeconds: 0.1 });
    await expect(read).rejects.toMatchObject({ status: 504 });
  }
  const sql = 'SELECT name FROM items WHERE id = 4';
  expect(await one.api.value(sql, { after: reply })).toBe('from two');

  for (const node of [two, three]) {
    node.writeSchema(wider);
    expect(await node.patina('reload')).toMatchObject({ code: 0 });
  }
  for (const { api } of [two, three]) await api.value('SELECT 1', { after, waitSeconds: 20 });
  expect(await cluster.equalRows('SELECT id, name, price FROM items ORDER BY id')).toEqual([
    [1, 'renamed', 10],
    [2, 'wide', 20],
    [4, 'from two', 0],
  ]);
  expect(await cluster.equalRows('SELECT id, item FROM orders')).toEqual([[1, 2]]);
  for (const node of cluster.nodes) {
    expect(waiting(node)).toBe(0);
    expect(await node.patina('sync', 'verify')).toMatchObject({ code: 0 });
  }
});

it('keeps what waits through a crash', async () => {
  const [one, three] = [cluster.node(1), cluster.node(3)];
  const widest = `${wider}\nCREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, body TEXT);`;
  one.writeSchema(widest);
  expect(await one.patina('reload')).toMatchObject({ code: 0 });
  const after = await one.api.transact(["INSERT INTO notes VALUES (1, 'patience')"]);
  await cluster.eventually('node 3 has it waiting', 20_000, () => expect(waiting(three)).toBe(1));
  await three.end('SIGKILL');
  three.writeSchema(widest);
  await three.start();
  const sql = 'SELECT body FROM notes';
  expect(await three.api.value(sql, { after, waitSeconds: 20 })).toBe('patience');
  expect(waiting(three)).toBe(0);
});
