// Stopping by signals: in order and soon, also under load, with nothing acknowledged lost; at once on the
// second signal.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster } from './harness.ts';
import { Load, ledgerFaults, loadSchema } from './support/load.ts';

/** What an agent may take to stop, milliseconds. */
const stopMsMax = 5_000;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema: loadSchema });
  await cluster.start();
});

afterAll(() => cluster.close());

it('ends with exit code 0 within 5 s under load, and has lost nothing', async () => {
  const load = new Load(cluster.nodes, 4);
  const node = cluster.node(2);
  await cluster.eventually('the load is on', 30_000, () => {
    for (const count of load.acknowledgedBy) expect(count).toBeGreaterThan(50);
  });
  expect(await node.end('SIGTERM', stopMsMax)).toEqual({ code: 0, signal: null });
  // It has said goodbye: nobody has to suspect it first.
  await cluster.eventually('the others know that it left', 2_000, async () => {
    const members = await cluster.node(1).api.members();
    expect(members.map(({ state }) => state).toSorted()).toEqual(['alive', 'alive', 'left']);
  });
  await node.start();
  await load.stop();
  await cluster.equalRows('SELECT * FROM ledger ORDER BY id');
  await cluster.equalRows('SELECT * FROM fought ORDER BY id');
  for (const each of cluster.nodes) expect(await ledgerFaults(each, load)).toEqual([]);
});

it('ends at once on a second signal', async () => {
  const node = cluster.node(3);
  const acknowledged = await node.api.transact([
    ['INSERT INTO ledger VALUES (?, 3, ?)', ['last-words', 'payload of last-words']],
  ]);
  // A query that runs for long keeps the orderly stop busy for a while.
  const endless =
    'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n';
  const query = node.api.query(endless, { timeoutSeconds: 60 }).catch(() => 'cut off');
  await cluster.eventually('the query runs', 5_000, async () => {
    expect(await node.api.metric('patina_readers_total{kind="queries"}')).toBeGreaterThan(0);
  });
  node.process.signal('SIGTERM');
  await node.process.wrote('stopping', stopMsMax);
  const secondMs = performance.now();
  expect(await node.end('SIGTERM', 1_000)).toEqual({ code: 143, signal: null });
  expect(performance.now() - secondMs).toBeLessThan(1_000);
  expect(await query).toBe('cut off');
  await node.start();
  const sql = "SELECT count(*) FROM ledger WHERE id = 'last-words'";
  for (const { api } of cluster.nodes) {
    expect(await api.value(sql, { after: acknowledged, waitSeconds: 20 })).toBe(1);
  }
});
