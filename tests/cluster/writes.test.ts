// Writes at all nodes of a cluster at once: everything arrives everywhere, whole, and all nodes end up
// equal; reading one's own write works at every node.

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from './harness.ts';
import { ApiError } from './support/node-api.ts';

const schema = `
CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, author INTEGER, text TEXT);
CREATE TABLE pairs (id INTEGER NOT NULL PRIMARY KEY, x INTEGER, y INTEGER);
CREATE TABLE bulk (id INTEGER NOT NULL PRIMARY KEY, value TEXT);
`;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 3, schema });
  await cluster.start();
});

afterAll(() => cluster.close());

describe('concurrent writes over HTTP', () => {
  const perNode = 300;

  it('arrive at all nodes, and conflicts end the same everywhere', async () => {
    const write = async (number: number, n: number): Promise<void> => {
      const { api } = cluster.node(number);
      await api.transact([
        ['INSERT INTO notes VALUES (?, ?, ?)', [`${number}-${n}`, number, `note ${n}`]],
        [
          'INSERT INTO pairs VALUES (?, ?, ?) ' +
            'ON CONFLICT (id) DO UPDATE SET x = excluded.x, y = excluded.y',
          [n % 7, number * 1_000 + n, number * 1_000 + n],
        ],
      ]);
    };
    const writer = async (number: number): Promise<void> => {
      for (let n = 0; n < perNode; n++) await write(number, n);
    };
    await Promise.all([1, 2, 3].flatMap((number) => [writer(number)]));
    const notes = await cluster.equalRows('SELECT * FROM notes ORDER BY id');
    expect(notes).toHaveLength(3 * perNode);
    const pairs = await cluster.equalRows('SELECT * FROM pairs ORDER BY id');
    expect(pairs).toHaveLength(7);
    // The later transaction wins both cells: x and y come from one of them.
    for (const [, x, y] of pairs) expect(x).toBe(y);
  });

  it('leave the same bookkeeping at all nodes, and nothing needed', async () => {
    const states = await cluster.eventually('equal heads', 15_000, async () => {
      const all = await Promise.all(
        cluster.nodes.map((node) => node.patina('sync', 'state', '--json')),
      );
      const parsed = all.map(({ output }) => JSON.parse(output));
      const [first] = parsed;
      for (const state of parsed) {
        expect(state).toEqual({ ...first, actor_id: state.actor_id, need: {}, partial_need: {} });
      }
      return parsed;
    });
    const heads = Object.values<number>(states[0].heads);
    expect(heads).toHaveLength(3);
    for (const head of heads) expect(head).toBeGreaterThanOrEqual(perNode);
    for (const node of cluster.nodes) {
      expect(await node.patina('sync', 'verify')).toMatchObject({ code: 0 });
    }
  });
});

describe('reading your own write', () => {
  it('works at every node, as soon as the write is acknowledged', async () => {
    for (let n = 0; n < 20; n++) {
      const writer = cluster.node((n % 3) + 1);
      const text = `read me ${n}`;
      const after = await writer.api.transact([
        ['INSERT INTO notes VALUES (?, 0, ?)', [`own-${n}`, text]],
      ]);
      for (const { api } of cluster.nodes) {
        const sql = ['SELECT text FROM notes WHERE id = ?', [`own-${n}`]] as const;
        expect(await api.value(sql, { after, waitSeconds: 10 })).toBe(text);
      }
    }
  });

  it('answers 504 when the version does not come in time', async () => {
    const { api } = cluster.node(1);
    const actor_id = await cluster.node(2).api.actorId();
    const after = { actor_id, version: 1_000_000 };
    const answer = api.query('SELECT 1', { after, waitSeconds: 0.2 });
    await expect(answer).rejects.toMatchObject({ status: 504, code: 'PATINA_WAIT_TIMEOUT' });
    await expect(answer).rejects.toBeInstanceOf(ApiError);
  });
});

describe('a transaction of 10,000 rows', () => {
  const rows = 10_000;
  const perStatement = 500;

  it('is seen whole or not at all on other nodes', async () => {
    const statements = Array.from({ length: rows / perStatement }, (_, index) => {
      const ids = Array.from({ length: perStatement }, (__, n) => index * perStatement + n);
      const values = ids.map((id) => `(${id}, '${'large'.repeat(10)} ${id}')`).join(', ');
      return `INSERT INTO bulk VALUES ${values}`;
    });
    let isWritten = false;
    const watch = async (number: number): Promise<Set<unknown>> => {
      const { api } = cluster.node(number);
      const seen = new Set<unknown>();
      const deadlineMs = performance.now() + 20_000;
      while (!(isWritten && seen.has(rows)) && performance.now() < deadlineMs) {
        seen.add(await api.value('SELECT count(*) FROM bulk'));
      }
      return seen;
    };
    const watched = Promise.all([watch(2), watch(3)]);
    await cluster.node(1).api.transact(statements);
    isWritten = true;
    for (const seen of await watched) {
      expect(seen).toContain(rows);
      seen.delete(0);
      expect([...seen]).toEqual([rows]);
    }
  });
});

describe('a write by another program on the open file', () => {
  it('appears on the other nodes', async () => {
    const db = new Database(cluster.node(2).databaseFile);
    try {
      db.pragma('busy_timeout = 5000');
      db.prepare('INSERT INTO notes VALUES (?, ?, ?)').run('foreign', 99, 'by plain SQLite');
      db.prepare("UPDATE notes SET text = 'changed' WHERE id = ?").run('own-1');
      db.prepare('DELETE FROM notes WHERE id = ?').run('own-2');
    } finally {
      db.close();
    }
    const sql = "SELECT id, text FROM notes WHERE id IN ('foreign', 'own-1', 'own-2') ORDER BY id";
    await cluster.eventually('the foreign writes arrive', 10_000, async () => {
      for (const { api } of cluster.nodes) {
        expect(await api.query(sql)).toEqual([
          ['foreign', 'by plain SQLite'],
          ['own-1', 'changed'],
        ]);
      }
    });
    expect(await cluster.node(2).patina('sync', 'verify')).toMatchObject({ code: 0 });
  });
});
