// Reader processes: answers in order, queries that are moved, cancelled or killed, and nothing left behind.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SqlValue } from '@patina/engine/base/value.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PgError } from '../pg-error.ts';
import type { RunSettings } from '../session/requests.ts';
import { createPgReaderPool, type PgReaderPool, PreparedRead } from './reader-pool.ts';
import type { ReadSummary } from './reader-protocol.ts';

const settings: RunSettings = {
  statementTimeoutMs: 0,
  timeZone: 'UTC',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  intervalStyle: 'postgres',
  dateStyle: 'ISO, MDY',
};
const facts = { database: 'patina', users: [], settings: [] };
const folder = mkdtempSync(join(tmpdir(), 'patina-pg-reader-'));
const databasePath = join(folder, 'test.db');
const pools: PgReaderPool[] = [];
let database: DatabaseSync;

beforeAll(() => {
  database = new DatabaseSync(databasePath);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
    INSERT INTO items SELECT i, 'item ' || i FROM n;
  `);
});

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.stop();
});

afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function makePool(options: { readersMax?: number; stallMsMax?: number } = {}): PgReaderPool {
  const pool = createPgReaderPool({ databasePath, facts, ...options });
  pools.push(pool);
  return pool;
}

function statement(sql: string, ...oids: number[]): PreparedRead {
  const columns = oids.map((oid, index) => ({ name: `c${index}`, type: { oid, typmod: -1 } }));
  const output = { kind: 'rows', formats: [] } as const;
  return new PreparedRead({ sql, columns, output, settings, readsCatalog: false });
}

interface Answer {
  readonly summary: ReadSummary;
  readonly rows: (string | null)[][];
}

function ask(
  pool: PgReaderPool,
  read: PreparedRead,
  params: readonly SqlValue[] = [],
  onRows: (bytes: Buffer) => void | Promise<void> = () => undefined,
): Promise<Answer> {
  const rows: (string | null)[][] = [];
  return new Promise((resolve, reject) => {
    pool.read({
      statement: read,
      params,
      onRows: (bytes) => {
        rows.push(...dataRows(bytes));
        return onRows(bytes);
      },
      onEnd: (summary) => resolve({ summary, rows }),
      onFailed: reject,
    });
  });
}

/** The cells of DataRow messages, as text. */
function dataRows(bytes: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe('D'.charCodeAt(0));
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const count = bytes.readInt16BE(at + 5);
    const cells: (string | null)[] = [];
    at += 7;
    for (let index = 0; index < count; index++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      cells.push(length < 0 ? null : bytes.toString('utf8', at, at + length));
      at += Math.max(0, length);
    }
    expect(at).toBe(end);
    rows.push(cells);
  }
  return rows;
}

const byKey = statement('SELECT id, name FROM items WHERE id = ?1', 20, 25);
const endless = statement(
  'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n',
  20,
);

test('answers come in the order of the questions, as messages for the client', async () => {
  const pool = makePool();
  const answers = await Promise.all([7, 9, 0].map((id) => ask(pool, byKey, [id])));
  expect(answers.map(({ rows }) => rows)).toEqual([[['7', 'item 7']], [['9', 'item 9']], []]);
  expect(answers.map(({ summary }) => summary.rows)).toEqual([1, 1, 0]);
  expect(pool.stats()).toMatchObject({ started: 1, queries: 3, queued: 0, running: 0 });
});

test('a question that fails does not disturb those around it', async () => {
  const pool = makePool();
  const wrong = ask(pool, statement('SELECT * FROM nowhere', 25));
  const right = ask(pool, byKey, [1]);
  await expect(wrong).rejects.toMatchObject({ sqlState: '42P01' });
  expect((await right).rows).toEqual([['1', 'item 1']]);
});

test('a reader writes nothing, whatever it is asked', async () => {
  const pool = makePool();
  for (const sql of [
    'DELETE FROM items',
    "ATTACH ':memory:' AS x",
    'DELETE FROM pg_catalog.pg_type',
    "VACUUM INTO '/tmp/x'",
  ]) {
    await expect(ask(pool, statement(sql, 25))).rejects.toBeInstanceOf(PgError);
  }
  expect(database.prepare('SELECT count(*) AS n FROM items').get()).toEqual({ n: 200_000 });
});

test('a long query holds up nobody, and what is cancelled takes nobody with it', async () => {
  const pool = makePool();
  await ask(pool, byKey, [1]);
  const failed = Promise.withResolvers<PgError>();
  const long = pool.read({
    statement: endless,
    params: [],
    onRows: () => undefined,
    onEnd: () => failed.reject(new Error('it has no end')),
    onFailed: failed.resolve,
  });
  const behind = await Promise.all([2, 3, 4].map((id) => ask(pool, byKey, [id])));
  expect(behind.map(({ rows }) => rows[0]?.[0])).toEqual(['2', '3', '4']);
  expect(pool.stats().moved).toBeGreaterThan(0);
  long.cancel(new PgError('57014', 'canceling statement due to user request'));
  expect(await failed.promise).toMatchObject({ sqlState: '57014' });
  expect((await ask(pool, byKey, [5])).rows).toEqual([['5', 'item 5']]);
  await expect.poll(() => pool.stats().running).toBe(0);
});

test('with one reader only, what waits behind a query that is cancelled is answered by the next', async () => {
  const pool = makePool({ readersMax: 1 });
  await ask(pool, byKey, [1]);
  const ended = Promise.withResolvers<void>();
  const long = pool.read({
    statement: endless,
    params: [],
    onRows: () => undefined,
    onEnd: () => ended.resolve(),
    onFailed: () => ended.resolve(),
  });
  const behind = ask(pool, byKey, [2]);
  long.cancel(new PgError('57014', 'canceling statement due to user request'));
  await ended.promise;
  expect((await behind).rows).toEqual([['2', 'item 2']]);
});

test('a slow taker holds its query back and nobody else, and gets everything', async () => {
  const pool = makePool();
  const gate = Promise.withResolvers<void>();
  let pieces = 0;
  const all = ask(pool, statement('SELECT id, name FROM items', 20, 25), [], () => {
    pieces++;
    return pieces === 1 ? gate.promise : undefined;
  });
  await expect.poll(() => pieces).toBe(1);
  expect((await ask(pool, byKey, [3])).rows).toEqual([['3', 'item 3']]);
  expect(pieces).toBe(1);
  gate.resolve();
  const { rows, summary } = await all;
  expect(summary.rows).toBe(200_000);
  expect(rows.at(-1)).toEqual(['200000', 'item 200000']);
});

test('a taker that stands still loses its query', async () => {
  const pool = makePool({ stallMsMax: 100 });
  const never = new Promise<void>(() => undefined);
  const held = ask(pool, statement('SELECT id, name FROM items', 20, 25), [], () => never);
  await expect(held).rejects.toMatchObject({ sqlState: '57014' });
});

test('a change of the schema is seen by the next query', async () => {
  const pool = makePool();
  const read = statement('SELECT * FROM fresh', 20);
  await expect(ask(pool, read)).rejects.toMatchObject({ sqlState: '42P01' });
  const before = await ask(pool, byKey, [1]);
  database.exec('CREATE TABLE fresh (id INTEGER PRIMARY KEY); INSERT INTO fresh VALUES (5)');
  const { rows, summary } = await ask(pool, read);
  expect(rows).toEqual([['5']]);
  expect(summary.schemaVersion).not.toBe(before.summary.schemaVersion);
  database.exec('DROP TABLE fresh');
});

test('the catalogs know the tables of today, and may be joined with them', async () => {
  const pool = makePool();
  const sql = `SELECT c.relname FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 2200 AND c.relkind = 'r' ORDER BY 1`;
  const columns = [{ name: 'relname', type: { oid: 19, typmod: -1 } }];
  const output = { kind: 'rows', formats: [] } as const;
  const read = new PreparedRead({ sql, columns, output, settings, readsCatalog: true });
  expect((await ask(pool, read)).rows).toEqual([['items']]);
  database.exec('CREATE TABLE more (id INTEGER PRIMARY KEY)');
  expect((await ask(pool, read)).rows).toEqual([['items'], ['more']]);
  database.exec('DROP TABLE more');
});

test('stopping ends what runs and what waits', async () => {
  const pool = makePool({ readersMax: 1 });
  const ends = [endless, byKey].map((read) => ask(pool, read, []));
  await expect.poll(() => pool.stats().running).toBeGreaterThan(0);
  await Promise.all([
    pool.stop(),
    ...ends.map((end) => expect(end).rejects.toMatchObject({ sqlState: expect.any(String) })),
  ]);
  expect(pool.stats().readers).toBe(0);
});
