// A node that was away: what happened meanwhile reaches it, and reading from it by version waits for that.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster } from './harness.ts';

const schema = 'CREATE TABLE events (id INTEGER NOT NULL PRIMARY KEY, body TEXT);';
const writes = 10_000;
const connections = 32;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema });
  await cluster.start();
});

afterAll(() => cluster.close());

it(`catches up after ${writes} writes that it missed`, async () => {
  const absent = cluster.node(3);
  const { api } = cluster.node(1);
  await absent.end('SIGKILL');
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < writes) {
      const id = next++;
      await api.transact([['INSERT INTO events VALUES (?, ?)', [id, `event ${id}`]]]);
    }
  };
  await Promise.all(Array.from({ length: connections }, write));
  const last = await api.transact([['INSERT INTO events VALUES (?, ?)', [writes, 'the last']]]);
  await absent.start();
  const atOnce = await absent.api.value('SELECT count(*) FROM events', {
    after: last,
    waitSeconds: 30,
  });
  expect(atOnce).toBe(writes + 1);
  expect(await cluster.equalRows('SELECT * FROM events ORDER BY id')).toHaveLength(writes + 1);
  expect(await absent.patina('sync', 'verify')).toMatchObject({ code: 0 });
  expect((await absent.api.health()).gaps).toBe(0);
  const lag = await absent.api.lag();
  expect(lag.map(({ versions }) => versions)).toEqual(lag.map(() => 0));
});
