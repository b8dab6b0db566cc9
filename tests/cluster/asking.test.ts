// The tRPC API of a real cluster: any node is asked about any other through one address, and tells what
// it recorded of itself.

import { schemaHashSchema, seriesSchema } from '@patina/api/insights/shapes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { TestCluster, type TestNode } from './harness.ts';
import { type TrpcClient, trpcClient } from './support/trpc.ts';
import { eventually } from './support/wait.ts';

const schema = 'CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, body TEXT);';

let cluster: TestCluster;
let a: TestNode;
let c: TestNode;
let api: TrpcClient;
let idOfC: string;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema });
  await Promise.all(cluster.nodes.map((node) => node.start()));
  const [first, , third] = cluster.nodes;
  if (first === undefined || third === undefined) throw new Error('there are three nodes');
  [a, c] = [first, third];
  api = trpcClient(a.apiPort);
  await eventually(
    'all nodes know each other',
    async () => {
      for (const node of cluster.nodes) expect((await node.api.health()).members).toBe(3);
    },
    { withinMs: 20_000 },
  );
  idOfC = await c.api.actorId();
});

afterAll(() => cluster.close());

test('a node tells of another one what that one says itself', async () => {
  const detail = await api.query('nodes.detail', { node: idOfC });
  expect(detail).toMatchObject({ actor_id: idOfC, pid: c.process.pid });
  expect(await api.query('nodes.config', { node: idOfC })).toContainEqual({
    key: 'db.path',
    value: expect.stringContaining(c.databaseFile),
  });
  expect(await api.query('nodes.queues', { node: idOfC })).toContainEqual(
    expect.objectContaining({ name: 'apply' }),
  );
  await eventually(
    'there are log lines of C',
    async () => {
      const logs = await api.query('nodes.logs', { node: idOfC, limit: 5 });
      expect(logs).toMatchObject({ items: expect.arrayContaining([expect.anything()]) });
    },
    { withinMs: 5_000 },
  );
});

test('queries run where they are asked to, with limits and exact integers', async () => {
  await c.api.transact([['INSERT INTO notes VALUES (?, ?)', [9_007_199_254_740_993n, 'big']]]);
  await c.api.transact(["INSERT INTO notes (id, body) VALUES (1, 'x'), (2, 'y'), (3, 'z')"]);
  const statement = 'SELECT id FROM notes ORDER BY id';
  const all = await api.query('sql.query', { node: idOfC, statement });
  expect(all).toMatchObject({ rows: [[1], [2], [3], [9_007_199_254_740_993n]], truncated: false });
  const some = await api.query('sql.query', { node: idOfC, statement, rows_max: 2 });
  expect(some).toMatchObject({ rows: [[1], [2]], truncated: true });
  await expect(
    api.query('sql.query', { node: idOfC, statement: 'DELETE FROM notes' }),
  ).rejects.toMatchObject({ status: 400, code: 'PATINA_SQL_NOT_READONLY' });
  expect(await api.query('sql.explain', { node: idOfC, statement })).toMatchObject([
    { detail: expect.stringContaining('notes') },
  ]);
});

test('a query at another node is cancelled there', async () => {
  const endless =
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const asked = api.query('sql.query', {
    node: idOfC,
    statement: endless,
    query_id: 'endless-query',
    timeout_ms: 60_000,
  });
  const outcome = expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^PATINA_/) });
  const busy = async (): Promise<unknown> => {
    const queues = await api.query('nodes.queues', { node: idOfC });
    return Array.isArray(queues) ? queues.find(({ name }) => name === 'readers-busy') : undefined;
  };
  await eventually('C runs it', async () => expect(await busy()).toMatchObject({ length: 1 }), {
    withinMs: 5_000,
  });
  expect(await api.mutate('sql.cancel', { query_id: 'endless-query' })).toEqual({ canceled: true });
  await outcome;
  await eventually('C is free', async () => expect(await busy()).toMatchObject({ length: 0 }), {
    withinMs: 5_000,
  });
});

test('the schema is the same everywhere, and is told', async () => {
  const hashes = await api.query('schema.hashPerNode');
  expect(hashes).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  const answers = z.array(z.object({ answer: schemaHashSchema })).parse(hashes);
  expect(new Set(answers.map(({ answer }) => answer.hash)).size).toBe(1);
  expect(await api.query('schema.table', { node: idOfC, name: 'notes' })).toMatchObject({
    is_replicated: true,
    rows: 4,
    columns: [
      { name: 'id', key: 1 },
      { name: 'body', key: 0 },
    ],
  });
  expect(await api.query('sql.schema')).toMatchObject({
    tables: [{ name: 'notes' }],
    functions: expect.arrayContaining(['count']),
  });
});

test('the canary tells how long a write takes to be everywhere', async () => {
  await eventually(
    'a write was followed',
    async () => {
      await a.api.transact(["INSERT INTO notes (body, id) VALUES ('probe', abs(random()) + 10)"]);
      const told = await api.query('replication.convergence');
      expect(told).toMatchObject({
        nodes: expect.arrayContaining([
          expect.objectContaining({
            ok: true,
            answer: expect.objectContaining({
              recent: expect.arrayContaining([
                expect.objectContaining({ kind: 'write', asked: 2, reached: 2 }),
              ]),
            }),
          }),
        ]),
      });
    },
    { withinMs: 30_000 },
  );
});

test('series are recorded every second, of any node', async () => {
  await eventually(
    'C has some seconds',
    async () => {
      const series = await api.query('nodes.series', { node: idOfC, names: ['rss', 'versions'] });
      const [rss] = z.array(seriesSchema).parse(series);
      expect(rss).toMatchObject({ name: 'rss', unit: 'bytes', step_ms: 1_000 });
      expect(rss?.values.filter((value) => value !== null).length).toBeGreaterThan(2);
    },
    { withinMs: 10_000 },
  );
});

test('a live query resumes over server-sent events where it was left', async () => {
  const input = { query: { statement: 'SELECT id, body FROM notes WHERE id < 10 ORDER BY id' } };
  const first = api.subscribe('live.open', input);
  const end = await first.until(({ data }) => kindOf(data) === 'snapshot-end');
  expect(end.id).toMatch(/^[0-9a-f-]{36}:\d+$/);
  first.close();
  await a.api.transact(["UPDATE notes SET body = 'changed' WHERE id = 2"]);
  const second = api.subscribe('live.open', input, end.id);
  const opened = await second.until(({ data }) => kindOf(data) === 'opened');
  expect(opened.data).toMatchObject({ start: 'resumed' });
  const changes = await second.until(({ data }) => kindOf(data) === 'changes');
  expect(changes.data).toMatchObject({
    changes: [{ type: 'update', cells: [2, 'changed'] }],
    origins: [{ actor_id: await a.api.actorId() }],
  });
  expect(second.events.map(({ data }) => kindOf(data))).toEqual(['opened', 'changes']);
  second.close();
});

test('whoever goes away leaves nothing behind, whether or not anything is told', async () => {
  const statement = 'SELECT id FROM notes WHERE id < 0';
  const quiet = api.subscribe('live.open', { query: { statement } });
  await quiet.until(({ data }) => kindOf(data) === 'snapshot-end');
  const followers = async (): Promise<unknown> => {
    const queues = await api.query('nodes.queues');
    return Array.isArray(queues) ? queues.find(({ name }) => name === 'live-subscribers') : {};
  };
  expect(await followers()).toMatchObject({ length: 1 });
  quiet.close();
  await eventually(
    'nobody follows',
    async () => expect(await followers()).toMatchObject({ length: 0 }),
    {
      withinMs: 5_000,
    },
  );
});

test('a subscription that cannot be tells why', async () => {
  const wrong = api.subscribe('live.open', { query: { statement: 'SELECT nothing FROM nowhere' } });
  const error = await wrong.until(({ event }) => event === 'serialized-error');
  expect(error.data).toMatchObject({ data: { code: 'PATINA_SQL_ERROR', httpStatus: 400 } });
});

test('figures and events of another node are followed', async () => {
  const metrics = api.subscribe('nodes.onMetrics', { node: idOfC, names: ['rss'] });
  const value = await metrics.until(({ data }) => Array.isArray(data) && data.length === 1);
  expect(value.id).toMatch(/^\d+$/);
  metrics.close();
  const events = api.subscribe('cluster.onEvents', {});
  await events.until(
    ({ data }) => Array.isArray(data) && data.some(({ actor_id }) => actor_id === idOfC),
  );
  events.close();
});

test('a node that is gone comes as such, and the rest is told', async () => {
  await c.end('SIGKILL');
  const opinions = await api.query('cluster.opinions');
  expect(opinions).toMatchObject([{ ok: true }, expect.anything(), expect.anything()]);
  const gone = Array.isArray(opinions) ? opinions.find(({ actor_id }) => actor_id === idOfC) : {};
  expect(gone).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^PATINA_/) } });
  await eventually(
    'the events tell of it',
    async () => {
      const events = await api.query('cluster.events', { kinds: ['member-down'] });
      expect(events).toMatchObject({
        items: expect.arrayContaining([
          expect.objectContaining({ fields: expect.objectContaining({ member: idOfC }) }),
        ]),
      });
    },
    { withinMs: 60_000 },
  );
  await expect(api.query('nodes.detail', { node: idOfC })).rejects.toMatchObject({ status: 503 });
  await expect(api.query('nodes.detail', { node: '0'.repeat(32) })).rejects.toMatchObject({
    status: 404,
    code: 'PATINA_NOT_FOUND',
  });
});

function kindOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'kind' in data ? data.kind : undefined;
}
