// The storage of a node as production runs it: real threads on a real file.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PatinaError } from '../base/errors.ts';
import type { LocalTransaction, LocalVersion } from '../ports.ts';
import { copyTestReplica, testActor } from './testing.ts';
import { type NodeStorage, openThreadedStorage } from './threaded-storage.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT CHECK (b < 100));';

let folder: string;
let path: string;
const opened: NodeStorage[] = [];

async function start(at: string = path, stuckMsMax = 60_000): Promise<NodeStorage> {
  const storage = await openThreadedStorage({
    path: at,
    synchronous: 'normal',
    cacheKib: 2_000,
    maxClockDriftMs: 500,
    stuckMsMax,
  });
  opened.push(storage);
  return storage;
}

async function startWithSchema(): Promise<NodeStorage> {
  const storage = await start();
  await storage.applySchema({ texts: [schema], allowDestructive: false });
  return storage;
}

function insert(id: number): LocalTransaction {
  return { statements: [{ sql: 'INSERT INTO t VALUES (?, ?, 1)', params: [id, `row ${id}`] }] };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patina-threads-'));
  path = join(folder, 'node.db');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((storage) => storage.close()));
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe('transactions', () => {
  it('a thousand at once each get a version, told once, in order, before the answer', async () => {
    const storage = await startWithSchema();
    const told: LocalVersion[] = [];
    storage.onLocalVersion((version) => told.push(version));
    const versions = await Promise.all(
      Array.from({ length: 1_000 }, async (_, id) => {
        const outcome = await storage.transact(insert(id));
        if (!outcome.ok) throw outcome.error;
        expect(told.some(({ version }) => version === outcome.version)).toBe(true);
        return outcome.version;
      }),
    );
    expect(versions).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
    expect(told.map(({ version }) => version)).toEqual(versions);
    expect(told.every(({ hlc }, index) => index === 0 || hlc > (told[index - 1]?.hlc ?? 0))).toBe(
      true,
    );
    expect(storage.queued()).toBe(0);
    expect(await storage.verify()).toEqual([]);
    const peer = copyTestReplica(testActor('b'), schema);
    peer.replica.merge(told.flatMap(({ chunks }) => chunks ?? []));
    expect(peer.all('SELECT count(*) AS n FROM t')).toEqual([{ n: 1_000 }]);
  });

  it('failing ones are answered with their error, and leave the others alone', async () => {
    const storage = await startWithSchema();
    const outcomes = await Promise.all([
      storage.transact(insert(1)),
      storage.transact({ statements: [{ sql: 'INSERT INTO t VALUES (2, NULL, 500)' }] }),
      storage.transact({ statements: [{ sql: 'PRAGMA user_version = 7' }] }),
      storage.transact({ statements: [{ sql: 'INSERT INTO nowhere VALUES (1)' }] }),
      storage.transact(insert(3)),
    ]);
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.version : outcome.error.code))).toEqual([
      1,
      'PATINA_SQL_CONSTRAINT',
      'PATINA_SQL_REFUSED',
      'PATINA_SQL_ERROR',
      2,
    ]);
  });

  it('beyond the limit of the queue are refused, and the others answered', async () => {
    const storage = await startWithSchema();
    const many = Array.from({ length: 20_100 }, (_, id) => storage.transact(insert(id)));
    const results = await Promise.allSettled(many);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(100);
    expect(refused[0]).toMatchObject({ reason: { code: 'PATINA_OVERLOADED' } });
    expect((await storage.identity()).states).toMatchObject([{ head: 20_000 }]);
  }, 60_000);
});

it('answers everything that waits when it is closed, and nothing after', async () => {
  const storage = await startWithSchema();
  const before = Array.from({ length: 500 }, (_, id) => storage.transact(insert(id)));
  const closing = storage.close();
  const after = storage.transact(insert(1_000));
  const read = storage.read({ kind: 'full', actorId: testActor('a'), start: 1, end: 1 }, 1);
  const again = storage.close();
  await expect(after).rejects.toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
  await expect(read).rejects.toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
  const outcomes = await Promise.all(before);
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  await Promise.all([closing, again]);
  // A clean stop leaves no log behind.
  expect(readdirSync(folder).toSorted()).toEqual(['node.db', 'node.db-node']);
  const db = new Database(path, { readonly: true });
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 500 });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
  const { opened: reopened } = await start();
  expect(reopened).toMatchObject({ doubt: undefined, identity: { states: [{ head: 500 }] } });
});

it('serves what peers ask for, from a thread of its own', async () => {
  const storage = await startWithSchema();
  await Promise.all(Array.from({ length: 50 }, (_, id) => storage.transact(insert(id))));
  const { actorId } = storage.opened.identity;
  const slices = await Promise.all(
    Array.from({ length: 8 }, () =>
      storage.read({ kind: 'full', actorId, start: 1, end: 50 }, 1e6),
    ),
  );
  for (const { chunks, rest } of slices) {
    expect(rest).toBeUndefined();
    expect(chunks).toHaveLength(50);
  }
});

it('notices writes of other programs within 100 ms, unasked', async () => {
  const storage = await startWithSchema();
  const told: LocalVersion[] = [];
  storage.onLocalVersion((version) => told.push(version));
  const shell = new Database(path);
  const delays: number[] = [];
  for (let id = 1; id <= 5; id++) {
    const start = performance.now();
    shell.exec(`INSERT INTO t VALUES (${id}, 'shell', 1)`);
    await vi.waitFor(() => expect(told).toHaveLength(id), { timeout: 5_000, interval: 2 });
    delays.push(performance.now() - start);
  }
  shell.close();
  expect(told.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  // The best of five: other processes may keep the processor busy for a while.
  expect(Math.min(...delays)).toBeLessThan(100);
});

it('tells writes that were made while the node was down', async () => {
  const first = await startWithSchema();
  await first.close();
  const shell = new Database(path);
  shell.exec("INSERT INTO t VALUES (1, 'down', 1)");
  shell.close();
  const storage = await start();
  const told: LocalVersion[] = [];
  storage.onLocalVersion((version) => told.push(version));
  await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 5_000, interval: 2 });
  expect(await storage.verify()).toEqual([]);
  expect((await storage.identity()).states).toMatchObject([{ head: 1 }]);
});

it('applies what waited for a schema when it is applied', async () => {
  const storage = await startWithSchema();
  const wide = `${schema} CREATE TABLE u (id INTEGER PRIMARY KEY, v);`;
  const peer = copyTestReplica(testActor('b'), wide);
  for (let id = 1; id <= 1_500; id++) peer.run(`INSERT INTO u VALUES (${id}, 'v')`);
  peer.clock.wallMs = Date.now();
  const outcome = await storage.merge(peer.log);
  expect(outcome.quarantined).toHaveLength(1_500);
  const { actorId } = peer.replica;
  expect(await storage.versionInfo(actorId, 7)).toMatchObject({ state: 'quarantined' });
  await storage.applySchema({ texts: [wide], allowDestructive: false });
  expect(await storage.versionInfo(actorId, 1_500)).toMatchObject({ state: 'current', changes: 1 });
  expect((await storage.retryQuarantined()).applied).toEqual([]);
  expect(await storage.verify()).toEqual([]);
});

it('keeps members and lag where SQL sees them, and members over a restart', async () => {
  const storage = await startWithSchema();
  const member = { actorId: testActor('b'), address: '127.0.0.1:1', incarnation: 3, rttMs: 1.5 };
  await storage.saveMembers([
    { ...member, state: 'alive', ring: 0 },
    { ...member, actorId: testActor('c'), state: 'left', ring: undefined, rttMs: undefined },
  ]);
  await storage.saveLag([{ actorId: testActor('b'), head: 5, versions: 2, ms: 10 }]);
  const subscription = {
    id: 'an id',
    hash: 'a hash',
    sql: 'SELECT 1',
    mode: 're-run',
    state: 'live',
    subscribers: 1,
    rows: 2,
    changeId: 3,
    evaluations: 4,
    evaluationMs: 5.5,
    costMsPerSecond: 6.5,
    lagged: 7,
    createdMs: 8,
  };
  await storage.saveSubscriptions([subscription, { ...subscription, id: 'other' }]);
  await storage.saveSubscriptions([subscription]);
  const db = new Database(path, { readonly: true });
  expect(db.prepare('SELECT actor_id, state FROM patina_members ORDER BY 1').all()).toEqual([
    { actor_id: testActor('b'), state: 'alive' },
    { actor_id: testActor('c'), state: 'left' },
  ]);
  expect(db.prepare('SELECT head, versions, ms FROM patina_lag').all()).toEqual([
    { head: 5, versions: 2, ms: 10 },
  ]);
  expect(db.prepare('SELECT * FROM patina_subscriptions').all()).toMatchObject([
    { id: 'an id', rows: 2, change_id: 3, cost_ms_per_second: 6.5, lagged: 7, created_ms: 8 },
  ]);
  db.close();
  await storage.close();
  expect(await (await start()).loadMembers()).toEqual([member]);
});

it('becomes another actor, and goes on', async () => {
  const storage = await startWithSchema();
  await storage.transact(insert(1));
  const identity = await storage.becomeActor(testActor('e'));
  expect(identity).toMatchObject({ actorId: testActor('e'), states: [{ head: 1 }] });
  const outcome = await storage.transact(insert(2));
  expect(outcome).toMatchObject({ ok: true, version: 2 });
  expect(await storage.verify()).toEqual([]);
});

describe('what cannot be opened is refused, and left as it was', () => {
  async function expectRefused(at: string, code: string): Promise<void> {
    await expect(start(at)).rejects.toMatchObject({ code });
  }

  it('a file that is no database', async () => {
    const text = 'this is text, not a database, and somebody may need it\n'.repeat(100);
    writeFileSync(path, text);
    await expectRefused(path, 'PATINA_DB_NOT_A_DATABASE');
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['node.db']);
  });

  it('a folder in its place', async () => {
    mkdirSync(path);
    await expectRefused(path, 'PATINA_DB_UNUSABLE');
    expect(readdirSync(path)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['node.db']);
  });

  it('a folder that is not there', async () => {
    await expectRefused(join(folder, 'nowhere', 'node.db'), 'PATINA_DB_UNUSABLE');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)('a folder that cannot be written', async () => {
    chmodSync(folder, 0o500);
    await expectRefused(path, 'PATINA_DB_UNUSABLE');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a file that another storage holds', async () => {
    await startWithSchema();
    const before = readdirSync(folder).toSorted();
    await expectRefused(path, 'PATINA_DB_IN_USE');
    expect(readdirSync(folder).toSorted()).toEqual(before);
  });

  it('a database of a newer Patina', async () => {
    await (await startWithSchema()).close();
    const db = new Database(path);
    db.exec('UPDATE __patina_state SET format = 99');
    db.close();
    await expectRefused(path, 'PATINA_DB_UNUSABLE');
  });
});

it('tells when the writer is stuck, and leaves nobody waiting', async () => {
  const storage = await start(path, 300);
  await storage.applySchema({ texts: [schema], allowDestructive: false });
  const failed = new Promise<PatinaError>((resolve) => storage.onFailure(resolve));
  const digits = Array.from({ length: 32 }, (_, i) => `(${i})`).join(', ');
  const endless =
    `WITH d(i) AS (VALUES ${digits}) ` +
    'INSERT INTO t SELECT sum(a.i + b.i + c.i + e.i + f.i), 1, 1 FROM d a, d b, d c, d e, d f';
  const stuck = storage.transact({ statements: [{ sql: endless }] });
  const behind = storage.transact(insert(1));
  await expect(stuck).rejects.toMatchObject({ code: 'PATINA_INTERNAL' });
  await expect(behind).rejects.toMatchObject({ code: 'PATINA_INTERNAL' });
  expect(await failed).toMatchObject({ code: 'PATINA_INTERNAL' });
  await expect(storage.transact(insert(2))).rejects.toMatchObject({ code: 'PATINA_INTERNAL' });
  await storage.close();
});

it("waits for another program's write lock", async () => {
  const storage = await startWithSchema();
  const holder = new Database(path);
  holder.exec('BEGIN IMMEDIATE');
  const outcome = storage.transact(insert(1));
  const { actorId } = storage.opened.identity;
  await storage.read({ kind: 'full', actorId, start: 1, end: 1 }, 1);
  expect(storage.queued()).toBe(1);
  holder.exec('COMMIT');
  holder.close();
  expect(await outcome).toMatchObject({ ok: true, version: 1 });
});

describe('a checkpoint', () => {
  it('brings the log into the file and empties it', async () => {
    const storage = await startWithSchema();
    for (let id = 1; id <= 20; id++) await storage.transact(insert(id));
    const told = await storage.checkpoint();
    expect(told.isBusy).toBe(false);
    expect(told.walFrames).toBeGreaterThan(0);
    expect(told.checkpointedFrames).toBe(told.walFrames);
    expect(readFileSync(`${path}-wal`).length).toBe(0);
    expect(await storage.checkpoint()).toMatchObject({ isBusy: false, walFrames: 0 });
  });

  it('says that a reader is in the way, and writes go on', async () => {
    const storage = await startWithSchema();
    await storage.transact(insert(1));
    const reader = new Database(path, { readonly: true });
    try {
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM t').get();
      await storage.transact(insert(2));
      const told = await storage.checkpoint();
      expect(told.isBusy).toBe(true);
      expect(told.checkpointedFrames).toBeLessThan(told.walFrames);
      expect(await storage.transact(insert(3))).toMatchObject({ ok: true });
    } finally {
      reader.close();
    }
    expect(await storage.checkpoint()).toMatchObject({ isBusy: false });
  });
});
