// Nodes that are killed at any moment, under load: nothing acknowledged is lost, no file is damaged, and
// all nodes end up equal.

import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';
import { Load, ledgerFaults, loadSchema } from './support/load.ts';

/** Rows of one large transaction all carry its number. */
const bulkSchema =
  'CREATE TABLE bulk (id INTEGER NOT NULL PRIMARY KEY, batch INTEGER, body TEXT);' +
  'CREATE INDEX bulk_by_batch ON bulk (batch);';

const kills = 20;
const writersPerNode = 3;

/** Writes that a node acknowledges between its start and its next end: it works, and is then killed. */
const writesBetween = 20;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema: loadSchema + bulkSchema });
  await cluster.start();
});

afterAll(() => cluster.close());

it(`survives ${kills} kills, of each node in turn, during load`, async () => {
  const load = new Load(cluster.nodes, writersPerNode);
  const starts = cluster.nodes.map(() => Promise.resolve());
  for (let kill = 0; kill < kills; kill++) {
    const index = kill % cluster.nodes.length;
    const node = cluster.node(index + 1);
    // The others may be on their way back meanwhile: at times two of three are down.
    await starts[index];
    const before = load.acknowledgedBy[index] ?? 0;
    await cluster.eventually(`${node.name} takes writes`, 30_000, () => {
      expect(load.acknowledgedBy[index]).toBeGreaterThanOrEqual(before + writesBetween);
    });
    expect(await node.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    starts[index] = node.start();
  }
  await Promise.all(starts);
  await load.stop();
  expect(load.acknowledged.size).toBeGreaterThan(kills * writesBetween);
  const rows = await cluster.equalRows('SELECT * FROM ledger ORDER BY id', 60_000);
  expect(rows.length).toBeGreaterThanOrEqual(load.acknowledged.size);
  const fought = await cluster.equalRows('SELECT * FROM fought ORDER BY id');
  for (const [, x, y] of fought) expect(x).toBe(y);
  for (const node of cluster.nodes) {
    expect(await ledgerFaults(node, load)).toEqual([]);
    expect(await node.patina('sync', 'verify')).toMatchObject({ code: 0 });
    expect((await node.api.health()).gaps).toBe(0);
  }
}, 120_000);

it('shows large transactions whole or not at all, although receivers are killed', async () => {
  const rows = 4_000;
  const batches = 6;
  const origin = cluster.node(1);
  const sql = `SELECT batch, count(*) FROM bulk GROUP BY batch HAVING count(*) <> ${rows}`;
  let isOver = false;
  let looks = 0;
  const watch = async (number: number): Promise<void> => {
    while (!isOver) {
      const partly = await cluster
        .node(number)
        .api.query(sql)
        .catch(() => []);
      expect(partly).toEqual([]);
      looks++;
    }
  };
  const watched = Promise.all([watch(2), watch(3)]);
  for (let batch = 0; batch < batches; batch++) {
    const victim = cluster.node(2 + (batch % 2));
    const [after] = await Promise.all([
      origin.api.transact([largeInsert(batch, rows)]),
      victim.end('SIGKILL'),
    ]);
    await victim.start();
    await victim.api.value('SELECT 1', { after, waitSeconds: 30 });
  }
  isOver = true;
  await watched;
  expect(looks).toBeGreaterThan(batches);
  const counts = await cluster.equalRows('SELECT batch, count(*) FROM bulk GROUP BY batch');
  expect(counts).toEqual(Array.from({ length: batches }, (_, batch) => [batch, rows]));
}, 120_000);

it('leaves whole databases', async () => {
  await Promise.all(cluster.nodes.map((node) => node.end('SIGTERM')));
  for (const node of cluster.nodes) expect(integrity(node)).toBe('ok');
});

/** One statement that inserts all rows of a batch. */
function largeInsert(batch: number, rows: number): string {
  const values = Array.from({ length: rows }, (_, n) => {
    const id = batch * rows + n;
    return `(${id}, ${batch}, 'body of row ${id}')`;
  });
  return `INSERT INTO bulk VALUES ${values.join(', ')}`;
}

function integrity(node: TestNode): unknown {
  const db = new Database(node.databaseFile);
  try {
    return db.pragma('integrity_check', { simple: true });
  } finally {
    db.close();
  }
}
