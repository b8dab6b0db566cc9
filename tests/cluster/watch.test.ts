// Watching a real cluster at one node: readings go on each second while a node is frozen, failure detection shows
// what it thinks of it, versions are followed to where they arrive, and actions do what they say.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  clusterReadingSchema,
  lagHistorySchema,
  swimSchema,
  versionSpreadSchema,
} from '@patina/api/insights/cluster-shapes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { TestCluster, type TestNode } from './harness.ts';
import { type TrpcClient, type TrpcStream, trpcClient } from './support/trpc.ts';
import { eventually } from './support/wait.ts';

const schema = 'CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, body TEXT);';
const within = { withinMs: 20_000 };

/** A reading that is this late was held up by somebody. */
const readingGapMsMax = 2_500;

let cluster: TestCluster;
let a: TestNode;
let c: TestNode;
let api: TrpcClient;
let idOfC: string;

beforeAll(async () => {
  const config = { gossip: 'cluster_name = "harbour"' };
  cluster = await TestCluster.create({ nodes: 3, schema, config });
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
    within,
  );
  idOfC = await c.api.actorId();
});

afterAll(() => cluster.close());

function readingsOf(stream: TrpcStream): z.infer<typeof clusterReadingSchema>[] {
  return stream.events.map(({ data }) => clusterReadingSchema.parse(data));
}

test('a reading has every member with its figures', async () => {
  const watch = api.subscribe('cluster.watch', {});
  await watch.until(({ data }) => clusterReadingSchema.parse(data).members.length === 3);
  const [first] = readingsOf(watch);
  watch.close();
  expect(first).toMatchObject({
    cluster_name: 'harbour',
    actor_id: await a.api.actorId(),
    members: [{ is_self: true, about: { pid: a.process.pid } }, {}, {}],
  });
  const ofC = first?.members.find(({ actor_id }) => actor_id === idOfC);
  expect(ofC).toMatchObject({
    state: 'alive',
    api_url: `http://127.0.0.1:${c.apiPort}`,
    about: { pid: c.process.pid, api_url: `http://127.0.0.1:${c.apiPort}` },
    error: null,
  });
});

test('a frozen node holds nobody up, and is suspected until it is down', async () => {
  const watch = api.subscribe('cluster.watch', {});
  const lag = api.subscribe('replication.onLag', {});
  const swim = api.subscribe('nodes.onSwim', {});
  await watch.until(() => true);
  c.process.signal('SIGSTOP');
  try {
    const stateOfC = (data: unknown) =>
      clusterReadingSchema.parse(data).members.find(({ actor_id }) => actor_id === idOfC);
    const silent = await watch.until(({ data }) => stateOfC(data)?.about === null);
    expect(stateOfC(silent.data)?.error).toEqual(expect.any(String));
    const suspected = await swim.until(({ data }) => swimSchema.parse(data).suspicions.length > 0);
    const told = swimSchema.parse(suspected.data);
    expect(told.suspicions).toMatchObject([{ actor_id: idOfC }]);
    const [suspicion] = told.suspicions;
    expect(suspicion?.deadline_ms).toBeGreaterThan(suspicion?.since_ms ?? 0);
    await watch.until(({ data }) => stateOfC(data)?.state === 'down');
    const last = stateOfC(watch.events.at(-1)?.data);
    expect(last).toMatchObject({ about: null, api_url: `http://127.0.0.1:${c.apiPort}` });
    const times = readingsOf(watch).map(({ at_ms }) => at_ms);
    const gaps = times.slice(1).map((ms, index) => ms - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(readingGapMsMax);
    const observers = z.object({ observers: z.array(z.object({ ok: z.boolean() })) });
    const { observers: all } = observers.parse(lag.events.at(-1)?.data);
    expect(all.map(({ ok }) => ok).toSorted()).toEqual([false, true, true]);
  } finally {
    c.process.signal('SIGCONT');
    for (const stream of [watch, lag, swim]) stream.close();
  }
  await eventually('C is back', async () => expect((await a.api.health()).members).toBe(3), within);
});

test('a version is followed to every node', async () => {
  const made = await c.api.transact(["INSERT INTO notes VALUES (1, 'x')"]);
  const input = { actor_id: idOfC, version: made.version };
  const spread = api.subscribe('replication.onVersion', input);
  const end = await spread.until(({ data }) => versionSpreadSchema.parse(data).is_done);
  spread.close();
  const { nodes } = versionSpreadSchema.parse(end.data);
  expect(nodes.map(({ error }) => error)).toEqual([null, null, null]);
  for (const { ms } of nodes) expect(ms).toBeGreaterThanOrEqual(0);
});

test('nodes keep what they lacked, sample by sample', async () => {
  const answer = z.object({
    step_ms: z.number(),
    observers: z.array(z.object({ ok: z.literal(true), answer: lagHistorySchema })).length(3),
  });
  await eventually(
    'each node has some samples of C',
    async () => {
      const { observers } = answer.parse(await api.query('replication.lagHistory', {}));
      for (const { answer: told } of observers) {
        expect(told.times_ms.length).toBeGreaterThan(1);
        const ofC = told.actors.find(({ actor_id }) => actor_id === idOfC);
        expect(ofC?.versions.at(-1)).toBe(0);
        expect(ofC?.heads.at(-1)).toBeGreaterThan(0);
      }
    },
    within,
  );
});

test('actions are done at the node that answers', async () => {
  expect(await api.mutate('replication.requestSync', {})).toEqual({ asked: expect.any(Number) });
  expect(await api.mutate('nodes.checkpoint', {})).toMatchObject({
    wal_frames: expect.any(Number),
  });
  const path = join(a.directory, 'copy.db');
  expect(await api.mutate('nodes.backup', { path })).toMatchObject({ path });
  expect(existsSync(path)).toBe(true);
  await expect(api.mutate('nodes.backup', { path })).rejects.toMatchObject({ status: 400 });
  expect(await api.mutate('nodes.setLogLevel', { level: 'debug' })).toEqual({ level: 'debug' });
  const before = await a.api.actorId();
  expect(await api.mutate('cluster.leave', {})).toEqual({});
  const stateOfA = async (): Promise<unknown> => {
    const members = await trpcClient(c.apiPort).query('cluster.members');
    return Array.isArray(members) ? members.find(({ actor_id }) => actor_id === before) : {};
  };
  const looksLike = (state: string) => async () =>
    expect(await stateOfA()).toMatchObject({ state });
  await eventually('C knows that A left', looksLike('left'), within);
  expect(await api.mutate('cluster.rejoin', {})).toEqual({ incarnation: expect.any(Number) });
  await eventually('C knows that A is back', looksLike('alive'), within);
});
