// Live queries as a node has them: a real process on a real database, killed, stuck, orphaned.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { must } from '../../base/assert.ts';
import { PatinaError } from '../../base/errors.ts';
import { seededRng } from '../../base/rng.ts';
import { applyReplicaSchema } from '../../storage/schema-apply.ts';
import { openTestReplica, type TestReplica, testActor } from '../../storage/testing.ts';
import { createLiveQueries, type LiveQueriesOptions } from '../hub/create-live-queries.ts';
import type { LiveEvent, LiveHub } from '../hub/live-hub.ts';
import { HeldNotices, HeldResult, until } from '../hub/testing-readers.ts';
import type { LiveHandle, OpenRequest } from '../live-queries.ts';

const schema = `
  CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, body TEXT, size INTEGER);
  CREATE TABLE tags (note INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (note, tag));
`;

let directory: string;
let database: Database.Database;
let replica: TestReplica;
let hubs: LiveHub[];
let events: LiveEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-live-'));
  database = new Database(join(directory, 'node.db'));
  database.pragma('journal_mode = WAL');
  replica = openTestReplica({ actor: testActor('a'), schema, db: database });
  hubs = [];
  events = [];
});

afterEach(async () => {
  for (const hub of hubs) await hub.stop();
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

function openLive(options: Partial<LiveQueriesOptions> = {}): LiveHub {
  const hub = createLiveQueries({
    databasePath: database.name,
    stateDirectory: join(directory, 'subscriptions'),
    compileCacheDirectory: join(tmpdir(), 'patina-test-compile-cache'),
    onEvent: (event) => void events.push(event),
    restartMsMax: 50,
    ...options,
  });
  hubs.push(hub);
  return hub;
}

function open(
  live: LiveHub,
  sql: string,
  sink: HeldResult,
  more: Partial<OpenRequest> = {},
): Promise<LiveHandle> {
  return live.open({ query: { sql, params: [] }, role: 'reader', client: 'test', ...more }, sink);
}

/** Runs one transaction and says so, as a node does. */
function write(live: LiveHub, ...statements: string[]): void {
  replica.run(...statements);
  live.wake();
}

/** The result of the query run afresh, as readers hold it. */
function fresh(sql: string): string[] {
  const rows = database.prepare(sql).raw().all();
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

async function failure(promise: Promise<unknown>): Promise<PatinaError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (outcome instanceof PatinaError) return outcome;
  throw new Error(`expected a PatinaError, got ${String(outcome)}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pidOf(live: LiveHub): number {
  return must(live.pid, 'the live process runs');
}

test('a snapshot, then each change as one group', async () => {
  const live = openLive();
  write(live, "INSERT INTO notes VALUES (1, 'one', 1), (2, 'two', 2)");
  const reader = new HeldResult();
  const handle = await open(live, 'SELECT id, body FROM notes', reader);
  expect(handle.opened).toMatchObject({ columns: ['id', 'body'], start: 'snapshot' });
  await until(() => reader.snapshotEnd !== undefined);
  expect(reader.rows()).toEqual(['[1,"one"]', '[2,"two"]']);
  write(live, "UPDATE notes SET body = 'uno' WHERE id = 1", 'DELETE FROM notes WHERE id = 2');
  await until(() => reader.groups.length === 1);
  expect(reader.groups[0]?.origins).toMatchObject([{ actorId: testActor('a'), version: 2 }]);
  expect(reader.rows()).toEqual(['[1,"uno"]']);
  const [stats] = await live.list();
  expect(stats).toMatchObject({ id: handle.opened.id, subscribers: 1, state: 'live' });
  handle.close();
  await until(() => live.stats().subscribers === 0);
});

test('equal queries share one evaluation, also those that join amid changes', async () => {
  const live = openLive();
  const readers: HeldResult[] = [];
  for (let id = 1; id <= 60; id++) {
    write(live, `INSERT INTO notes VALUES (${id}, 'n', ${id % 7})`);
    if (id % 3 !== 0) continue;
    const reader = new HeldResult();
    readers.push(reader);
    await open(live, 'SELECT id, size FROM notes', reader);
  }
  await until(() => readers.every(({ cellsByRow }) => cellsByRow.size === 60));
  for (const reader of readers) expect(reader.rows()).toEqual(fresh('SELECT id, size FROM notes'));
  expect(await live.list()).toHaveLength(1);
});

test('what is refused reaches no sink', async () => {
  const live = openLive({ limits: { clientSubscribersMax: 1 } });
  const reader = new HeldResult();
  const refused = [
    ['SELEC', 'PATINA_SQL_ERROR'],
    ['DELETE FROM notes', 'PATINA_SQL_NOT_READONLY'],
    ['SELECT * FROM nothing', 'PATINA_SQL_ERROR'],
  ] as const;
  for (const [sql, code] of refused) {
    expect((await failure(open(live, sql, reader))).code).toBe(code);
  }
  const from = await failure(open(live, 'SELECT 1 FROM notes', reader, { from: 3 }));
  expect(from.code).toBe('PATINA_CURSOR_INVALID');
  expect(from.message).toContain('no existing subscription found');
  const odd = await failure(open(live, 'SELECT 1 FROM notes', reader, { from: 'odd' }));
  expect(odd.code).toBe('PATINA_CURSOR_INVALID');
  const query = { id: '00000000-0000-4000-8000-000000000000' };
  expect((await failure(open(live, '', reader, { query }))).code).toBe('PATINA_NOT_FOUND');
  expect(reader.opened).toBeUndefined();
  await open(live, 'SELECT id FROM notes', reader);
  const second = await failure(open(live, 'SELECT id FROM notes', new HeldResult()));
  expect(second.code).toBe('PATINA_SUBSCRIPTION_LIMIT');
});

test('resumes by change id and by cursor; what cannot be resumed is announced', async () => {
  const live = openLive();
  const sql = 'SELECT id, body FROM notes';
  const reader = new HeldResult();
  const handle = await open(live, sql, reader);
  await until(() => reader.snapshotEnd !== undefined);
  for (let id = 1; id <= 5; id++) write(live, `INSERT INTO notes VALUES (${id}, 'n', 0)`);
  await until(() => reader.changeId === 5);
  handle.close();
  const { id } = handle.opened;

  const byId = new HeldResult();
  const resumed = await open(live, sql, byId, { from: 2 });
  expect(resumed.opened).toMatchObject({ id, start: 'resumed', changeId: 2 });
  await until(() => byId.changeId === 5);

  const byCursor = new HeldResult();
  expect((await open(live, sql, byCursor, { from: `${id}:4` })).opened.start).toBe('resumed');
  await until(() => byCursor.changeId === 5);
  write(live, "INSERT INTO notes VALUES (6, 'n', 0)");
  await until(() => byCursor.changeId === 6 && byId.changeId === 6);

  const foreign = new HeldResult();
  const from = `11111111-2222-4333-8444-555555555555:3`;
  const restarted = await open(live, sql, foreign, { from, skipRows: true });
  expect(restarted.opened.start).toBe('restarted');
  await until(() => foreign.snapshotEnd === 6);
  expect(foreign.rows()).toEqual(fresh(sql));

  const ahead = await failure(open(live, sql, new HeldResult(), { from: 7 }));
  expect(ahead.code).toBe('PATINA_CURSOR_INVALID');
  const skipping = new HeldResult();
  await open(live, sql, skipping, { skipRows: true });
  write(live, "INSERT INTO notes VALUES (7, 'n', 0)");
  await until(() => skipping.groups.length === 1);
  expect(skipping.rows()).toEqual(['[7,"n"]']);
  expect(skipping.snapshotEnd).toBe(6);
});

test('a killed process is started anew, and its readers notice nothing but a delay', async () => {
  const live = openLive();
  const seed = Date.now();
  const rng = seededRng(seed);
  const queries = [
    'SELECT id, body, size FROM notes',
    'SELECT n.id, t.tag FROM notes AS n JOIN tags AS t ON t.note = n.id',
    'SELECT size, count(*) FROM notes GROUP BY size',
  ];
  const readers = queries.map(() => new HeldResult());
  for (const [index, sql] of queries.entries()) {
    await open(live, sql, must(readers[index], 'one reader each'));
  }
  await until(() => readers.every(({ snapshotEnd }) => snapshotEnd !== undefined));
  const notices = new HeldNotices();
  await live.watch({ table: 'notes', client: 'test' }, notices);
  for (let kill = 0; kill < 20; kill++) {
    const lost = live.stats().restarts;
    for (let step = 0, steps = 5 + rng.below(20); step < steps; step++) {
      const id = 1 + rng.below(40);
      write(
        live,
        `INSERT INTO notes VALUES (${id}, 'b${rng.below(9)}', ${rng.below(4)})
          ON CONFLICT (id) DO UPDATE SET body = excluded.body, size = excluded.size`,
        rng.below(3) === 0
          ? `DELETE FROM tags WHERE note = ${id}`
          : `INSERT OR REPLACE INTO tags VALUES (${id}, 't${rng.below(3)}')`,
      );
      if (step === 3) process.kill(pidOf(live), 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, rng.below(5)));
    }
    await until(() => live.stats().restarts > lost);
    // Answered by the next process: it has begun.
    await live.list();
  }
  write(live, "INSERT INTO notes VALUES (1000, 'last', 9)");
  await until(() => readers[0]?.rows().includes('[1000,"last",9]') === true, `seed ${seed}`);
  for (const [index, sql] of queries.entries()) {
    const reader = must(readers[index], 'one reader each');
    await until(() => JSON.stringify(reader.rows()) === JSON.stringify(fresh(sql)), `seed ${seed}`);
    expect(reader.ended, `seed ${seed}`).toBeUndefined();
    expect(reader.lagged, `seed ${seed}`).toBeUndefined();
  }
  await until(() => notices.notices().includes('update [1000]'), `seed ${seed}`);
  expect(events.every(({ kind }) => kind === 'process-lost')).toBe(true);
}, 60_000);

test('a query whose statement gets stuck ends alone', async () => {
  const live = openLive({ limits: { statementMsMax: 400 } });
  write(live, "INSERT INTO notes VALUES (1, 'one', 1)");
  const good = new HeldResult();
  await open(live, 'SELECT id FROM notes', good);
  await until(() => good.snapshotEnd !== undefined);
  const stuck = new HeldResult();
  await open(
    live,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
      SELECT (SELECT count(*) FROM n), id FROM notes`,
    stuck,
  );
  await until(() => stuck.ended !== undefined);
  expect(stuck.ended).toMatchObject({ code: 'PATINA_SQL_TIMEOUT' });
  write(live, "INSERT INTO notes VALUES (2, 'two', 2)");
  await until(() => good.changeId === 1);
  expect(good.ended).toBeUndefined();
  expect(await live.list()).toHaveLength(1);
  expect(live.stats().restarts).toBe(1);
});

test('a stalled reader is cut off with a cursor, and holds up neither others nor the log', async () => {
  const live = openLive({ limits: { queueChangesMax: 200 } });
  const sql = 'SELECT id, body FROM notes';
  const quick = new HeldResult();
  const stalled = new HeldResult();
  await open(live, sql, quick);
  await open(live, sql, stalled);
  await until(() => stalled.snapshotEnd !== undefined && quick.snapshotEnd !== undefined);
  const taken = Promise.withResolvers<void>();
  stalled.onTake = () => taken.promise;
  for (let id = 1; id <= 400; id++) {
    write(live, `INSERT INTO notes VALUES (${id}, '${'x'.repeat(2_000)}', 0)`);
    if (id % 50 === 0) {
      await until(() => quick.changeId === id);
      database.pragma('wal_checkpoint(PASSIVE)');
    }
  }
  await until(() => stalled.lagged !== undefined);
  expect(stalled.lagged).toBe(stalled.cursor);
  expect(statSync(`${database.name}-wal`).size).toBeLessThan(4 * 1024 * 1024);
  expect(live.stats().lagged).toBe(1);
  taken.resolve();
  stalled.onTake = () => undefined;
  const from = stalled.cursor;
  await open(live, sql, stalled, { from });
  await until(() => stalled.changeId === 400);
  expect(stalled.rows()).toEqual(fresh(sql));
});

test('rows of a snapshot are read at the pace of their taker', async () => {
  const live = openLive();
  const values = Array.from({ length: 20_000 }, (_, id) => `(${id}, '${'y'.repeat(100)}', 0)`);
  write(live, `INSERT INTO notes VALUES ${values.join(',')}`);
  const slow = new HeldResult();
  const taken = Promise.withResolvers<void>();
  slow.onTake = () => taken.promise;
  const sql = 'SELECT id, body FROM notes';
  await open(live, sql, slow);
  await until(() => slow.rowPages === 1);
  const other = new HeldResult();
  await open(live, sql, other);
  await until(() => other.snapshotEnd !== undefined);
  write(live, "UPDATE notes SET body = 'changed' WHERE id < 100");
  await until(() => other.groups.length === 1);
  expect(slow.rowPages).toBe(1);
  slow.onTake = () => undefined;
  taken.resolve();
  await until(() => slow.changeId === other.changeId);
  expect(slow.rows()).toEqual(fresh(sql));
  expect(other.rows()).toEqual(fresh(sql));
});

test('queries are kept over a restart of the node, and forgotten when nobody comes back', async () => {
  const first = openLive();
  const reader = new HeldResult();
  const sql = 'SELECT id, body FROM notes';
  const { opened } = await open(first, sql, reader);
  await until(() => reader.snapshotEnd !== undefined);
  write(first, "INSERT INTO notes VALUES (1, 'one', 1)");
  await until(() => reader.changeId === 1);
  await first.stop();
  expect(reader.ended).toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
  replica.run("INSERT INTO notes VALUES (2, 'two', 2)");

  const second = openLive({ limits: { unusedMs: 200 }, checkPeriodMs: 100 });
  const handle = await open(second, sql, reader, { query: { id: opened.id }, from: reader.cursor });
  expect(handle.opened.start).toBe('resumed');
  await until(() => reader.changeId === 2);
  expect(reader.rows()).toEqual(fresh(sql));
  const pid = pidOf(second);
  handle.close();
  await until(() => second.pid === undefined);
  await until(() => !isAlive(pid));
  await until(() => readdirSync(join(directory, 'subscriptions')).length === 0);
  const again = new HeldResult();
  await open(second, sql, again);
  await until(() => again.cellsByRow.size === 2);
});

test('nothing runs and nothing is written before the first subscription, nothing is left after', async () => {
  const live = openLive();
  live.wake();
  expect(await live.list()).toEqual([]);
  expect((await failure(live.info('x'))).code).toBe('PATINA_NOT_FOUND');
  expect(live.pid).toBeUndefined();
  expect(existsSync(join(directory, 'subscriptions'))).toBe(false);
  const { mode } = await live.explainSql('SELECT id FROM notes', []);
  expect(['key-wise', 'group-wise', 're-run']).toContain(mode);
  const pid = pidOf(live);
  await live.stop();
  expect(isAlive(pid)).toBe(false);
  const refused = await failure(open(live, 'SELECT id FROM notes', new HeldResult()));
  expect(refused.code).toBe('PATINA_SHUTTING_DOWN');
});

test('a dropped query ends for its readers', async () => {
  const live = openLive();
  const reader = new HeldResult();
  const { opened } = await open(live, 'SELECT id FROM notes', reader);
  await live.drop(opened.id);
  expect(reader.ended).toMatchObject({ code: 'PATINA_SUBSCRIPTION_FAILED' });
  expect((await failure(live.drop(opened.id))).code).toBe('PATINA_NOT_FOUND');
  expect(await live.list()).toEqual([]);
});

test.each([
  ['at rest', 'SELECT id FROM notes'],
  [
    'amid a statement',
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
      SELECT (SELECT count(*) FROM n), id FROM notes`,
  ],
])('the process ends with its parent, %s', async (_when, sql) => {
  replica.run("INSERT INTO notes VALUES (1, 'one', 1)");
  const script = join(import.meta.dirname, 'testing-parent.ts');
  const args = [script, database.name, join(directory, 'subscriptions'), sql];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.on('data', (data) => {
    said += String(data);
  });
  await until(() => said.includes('\n'));
  const pid = Number(said);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

test('tells the rows of a table that changed, and ends with an error when its columns change', async () => {
  const live = openLive();
  const notices = new HeldNotices();
  const filter = 'size > 1';
  await live.watch({ table: 'notes', client: 'test', filter, images: true }, notices);
  expect(notices.opened).toMatchObject({ key: ['id'], start: 'now' });
  write(live, "INSERT INTO notes VALUES (1, 'small', 1), (2, 'large', 2)");
  await until(() => notices.groups.length === 1);
  expect(notices.groups[0]?.notices).toEqual([
    { type: 'update', key: '[2]', row: '[2,"large",2]' },
  ]);
  const from = must(notices.groups[0], 'one group').cursor;
  write(live, 'DELETE FROM notes WHERE id = 2');
  await until(() => notices.groups.length === 2);
  const resumed = new HeldNotices();
  await live.watch({ table: 'notes', client: 'test', from }, resumed);
  await until(() => resumed.notices().includes('delete [2]'));
  expect(resumed.opened?.start).toBe('resumed');
  const unknown = live.watch({ table: 'nothing', client: 'test' }, new HeldNotices());
  expect((await failure(unknown)).code).toMatch(/^PATINA_/);
  const next = 'CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, body TEXT, weight REAL)';
  applyReplicaSchema(replica.replica, [next], { allowDestructive: true });
  live.wake();
  await until(() => notices.ended !== undefined && resumed.ended !== undefined);
  expect(live.stats().watches).toBe(0);
});
