// The data of a real cluster as the console looks at it: which node wrote a cell, whether all nodes have the
// same, what a transaction would do, and the live queries of everybody.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';
import { type TrpcClient, trpcClient } from './support/trpc.ts';
import { eventually } from './support/wait.ts';

const schema = 'CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, body TEXT, amount REAL);';
const within = { withinMs: 20_000 };

let cluster: TestCluster;
let a: TestNode;
let b: TestNode;
let api: TrpcClient;
let idOfB: string;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 2, schema });
  await Promise.all(cluster.nodes.map((node) => node.start()));
  const [first, second] = cluster.nodes;
  if (first === undefined || second === undefined) throw new Error('there are two nodes');
  [a, b] = [first, second];
  api = trpcClient(a.apiPort);
  await eventually(
    'both know each other',
    async () => {
      for (const node of cluster.nodes) expect((await node.api.health()).members).toBe(2);
    },
    within,
  );
  idOfB = await b.api.actorId();
});

afterAll(() => cluster.close());

test('cells name their last writers, at any node, and checksums are equal once all is everywhere', async () => {
  const big = 9_007_199_254_740_993n;
  await a.api.transact([['INSERT INTO notes VALUES (?, ?, 1), (2, NULL, 2)', [big, 'from A']]]);
  const changed = async (): Promise<void> => {
    const done = await b.api.transact([`UPDATE notes SET body = 'from B' WHERE id = ${big}`]);
    expect(done.results).toMatchObject([{ rows_affected: 1 }]);
  };
  await eventually('B has the row', changed, within);
  const keys = [[big], [1], [2]];
  const idOfA = await a.api.actorId();
  const wanted = {
    actors: [
      { actor_id: idOfA, address: `127.0.0.1:${a.gossipPort}` },
      { actor_id: idOfB, address: `127.0.0.1:${b.gossipPort}` },
    ],
    rows: [
      { cells: { id: { actor: 0 }, body: { actor: 1 }, amount: { actor: 0 } } },
      null,
      { cells: { id: { actor: 0 }, body: { actor: 0 }, amount: { actor: 0 } } },
    ],
  };
  for (const node of [undefined, idOfB]) {
    await eventually(
      'the cell is from B',
      async () => {
        const told = await api.query('data.cells', { node, table: 'notes', keys });
        expect(told).toMatchObject(wanted);
      },
      within,
    );
  }
  const [one, other] = await checksums();
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(other).toBe(one);
});

async function checksums(): Promise<unknown[]> {
  const told = await api.query('schema.checksums', { table: 'notes' });
  expect(told).toMatchObject([
    { ok: true, answer: { rows: 2 } },
    { ok: true, answer: { rows: 2 } },
  ]);
  return Array.isArray(told) ? told.map(({ answer }) => answer.checksum) : [];
}

test('a dry run counts, tells the first failure, and leaves nothing anywhere', async () => {
  const before = await checksums();
  const statements = [
    'UPDATE notes SET amount = amount + 1',
    ['DELETE FROM notes WHERE id = ?', [2]],
    'INSERT INTO notes (id) SELECT id FROM notes',
    'DELETE FROM notes',
  ];
  expect(await api.mutate('sql.dryRun', { statements })).toMatchObject({
    results: [{ rows_affected: 2 }, { rows_affected: 1 }, { code: 'PATINA_SQL_CONSTRAINT' }],
    time_ms: expect.any(Number),
  });
  const endless = [
    `UPDATE notes SET body = (SELECT count(*) FROM json_each(
       '[${'0,'.repeat(3_000)}0]') AS a, json_each('[${'0,'.repeat(3_000)}0]') AS b,
       json_each('[${'0,'.repeat(3_000)}0]') AS c)`,
  ];
  await expect(
    api.mutate('sql.dryRun', { statements: endless, timeout_ms: 500 }),
  ).rejects.toMatchObject({ code: 'PATINA_SQL_TIMEOUT' });
  expect(await checksums()).toEqual(before);
  // Writes go on, and the versions have no holes.
  const { version } = await a.api.transact(["UPDATE notes SET body = 'next' WHERE id = 2"]);
  expect(version).toBe(2);
  await eventually(
    'both nodes have it',
    async () => {
      const [one, other] = await checksums();
      expect(one).not.toBe(before[0]);
      expect(other).toBe(one);
    },
    within,
  );
});

test('the live queries of all nodes are followed', async () => {
  const sql = 'SELECT id FROM notes WHERE id > 1';
  const list = api.subscribe('live.onList', {});
  await list.until(({ data }) => Array.isArray(data) && data.length === 2);
  const followed = trpcClient(b.apiPort).subscribe('live.open', { query: { statement: sql } });
  const told = await list.until(({ data }) => JSON.stringify(data).includes(sql));
  expect(told.data).toMatchObject([
    { ok: true, answer: [] },
    { actor_id: idOfB, ok: true, answer: [{ sql, subscribers: 1 }] },
  ]);
  followed.close();
  list.close();
});

test('wrong tables are told as such', async () => {
  for (const table of ['nope', 'patina_changes', '__patina_state']) {
    const keys = [[1]];
    await expect(api.query('data.cells', { node: idOfB, table, keys })).rejects.toMatchObject({
      code: 'PATINA_NOT_FOUND',
    });
    const told = await api.query('schema.checksums', { table });
    const refused = { ok: false, error: { code: 'PATINA_NOT_FOUND' } };
    expect(told).toMatchObject([refused, refused]);
  }
});

test('a transaction that must touch certain rows is kept whole or not at all', async () => {
  const guarded = 'UPDATE notes SET body = ? WHERE id = ? AND body IS ?';
  const statements = [
    [guarded, ['mine', 501, 'first']],
    [guarded, ['mine too', 502, 'as it was']],
  ];
  const statement = 'SELECT body FROM notes WHERE id IN (501, 502) ORDER BY id';
  const bodies = () => api.query('sql.query', { statement });
  await a.api.transact(["INSERT INTO notes (id, body) VALUES (501, 'first'), (502, 'second')"]);
  expect(await bodies()).toMatchObject({ rows: [['first'], ['second']] });
  await expect(api.mutate('sql.execute', { statements, rows_expected: [1, 1] })).rejects.toThrow(
    /PATINA_TRANSACTION_CONFLICT: a statement touched another number of rows/,
  );
  expect(await bodies()).toMatchObject({ rows: [['first'], ['second']] });
  await expect(api.mutate('sql.execute', { statements, rows_expected: [1] })).rejects.toThrow(
    /PATINA_BODY_INVALID/,
  );
  const kept = await api.mutate('sql.execute', { statements, rows_expected: [1, null] });
  expect(kept).toMatchObject({ results: [{ rows_affected: 1 }, { rows_affected: 0 }] });
  expect(await bodies()).toMatchObject({ rows: [['mine'], ['second']] });
});
