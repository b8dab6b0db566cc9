// A client that follows live queries while the node that it reads from is killed again and again: it goes
// on at another node each time, and misses and repeats nothing.

import { type Client, createClient } from '@patina/client/client.ts';
import type { LiveQuery } from '@patina/client/live/live-query.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';
import { type CellRow, LiveFolder } from './support/live-folder.ts';

const kills = 50;
const keys = 40;
/** Between two writes, milliseconds: agents that start need the machine too. */
const writePauseMs = 15;

const schema = 'CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, value INTEGER, body TEXT)';
const plainSql = 'SELECT id, value, body FROM items WHERE value >= 0';
const orderedSql = 'SELECT value, id FROM items ORDER BY value DESC, id';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema });
  await cluster.start();
});

afterAll(() => cluster.close());

function urls(): string[] {
  return cluster.nodes.map(({ apiPort }) => `http://127.0.0.1:${apiPort}`);
}

/** Writes to whichever node takes it, all the time. */
class Writer {
  written = 0;
  #isStopped = false;
  readonly #client = createClient({ urls: urls(), connectTimeoutMs: 1_000, timeoutMs: 5_000 });
  readonly #running = this.#run();

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    this.#client.close();
  }

  async #run(): Promise<void> {
    for (let n = 1; !this.#isStopped; n++) {
      const id = (n * 7) % keys;
      const value = (n * 31) % 101;
      const upsert =
        'INSERT INTO items VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value, ' +
        'body = excluded.body';
      try {
        await this.#client.execute([
          [upsert, [id, value, `body ${n}`]],
          [upsert, [(id + 1) % keys, value - 30, null]],
          ['DELETE FROM items WHERE id = ?', [(id + 20) % keys]],
        ]);
        this.written++;
      } catch {
        // A node that died may have taken it or not; the end of the test compares what there is.
      }
      await new Promise((resolve) => setTimeout(resolve, writePauseMs));
    }
  }
}

/** A client whose streams can be told by the node that they come from. */
function readingClient(): { client: Client; readsFrom(): TestNode | undefined } {
  let origin = '';
  const client = createClient({
    urls: urls(),
    connectTimeoutMs: 1_000,
    heartbeatMs: 1_000,
    retry: { maxMs: 250 },
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (response.ok && url.includes('/v1/subscriptions')) origin = new URL(url).port;
      return response;
    },
  });
  return {
    client,
    readsFrom: () => cluster.nodes.find(({ apiPort }) => String(apiPort) === origin),
  };
}

function follow(client: Client, sql: string): { live: LiveQuery<CellRow>; folder: LiveFolder } {
  const folder = new LiveFolder();
  const take = folder.take.bind(folder);
  const live = client.subscribe<CellRow>(sql, [], {
    rowMode: 'array',
    onSnapshot: take,
    onTransaction: take,
    onRestarted: take,
  });
  return { live, folder };
}

it(`ends with exactly the final result after ${kills} kills of the node that it reads from`, async () => {
  const { client, readsFrom } = readingClient();
  const writer = new Writer();
  const followed = [follow(client, plainSql), follow(client, orderedSql)];
  const allLive = (): void => {
    for (const { live } of followed) expect(live.status).toBe('live');
  };
  await cluster.eventually('the queries are live', 20_000, allLive);
  for (let kill = 0; kill < kills; kill++) {
    const node = readsFrom();
    if (node === undefined) throw new Error('nothing was read so far');
    const before = followed.map(({ folder }) => folder.changes);
    const { written } = writer;
    await node.end('SIGKILL');
    const starting = node.start();
    await cluster.eventually(`changes after kill ${kill + 1}`, 20_000, () => {
      allLive();
      expect(writer.written).toBeGreaterThan(written);
      for (const [index, { folder }] of followed.entries()) {
        expect(folder.changes).toBeGreaterThan(before[index] ?? 0);
      }
    });
    // One is down at a time: the others have to be there for the client and for the writer.
    await starting;
  }
  await writer.stop();
  const rows = await cluster.equalRows(plainSql);
  expect(rows.length).toBeGreaterThan(0);
  for (const [index, { live, folder }] of followed.entries()) {
    const sql = index === 0 ? plainSql : orderedSql;
    const sorted = (texts: string[]): string[] => (index === 0 ? texts.toSorted() : texts);
    const { rows: final } = await client.query<CellRow>(sql, [], { rowMode: 'array' });
    const expected = sorted(final.map((row) => row.map(String).join('|')));
    await cluster.eventually('the folded result is the final one', 20_000, () => {
      expect(sorted(folder.texts)).toEqual(expected);
    });
    expect(sorted(live.rows.map((row) => row.map(String).join('|')))).toEqual(expected);
    expect(folder.faults).toEqual([]);
    expect(folder.snapshots).toBe(1);
    expect(folder.changes).toBeGreaterThan(kills);
    expect(folder.restarts).toBeGreaterThan(0);
  }
  expect(writer.written).toBeGreaterThan(kills);
  client.close();
}, 300_000);
