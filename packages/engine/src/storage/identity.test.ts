// Versions of an actor are never used twice: a second agent on one file is refused, and a database that
// was copied, restored or may have lost its tail comes back as a new actor.

import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { backupOffline, restoreDatabase } from './backup.ts';
import { Host } from './host.ts';
import { contents, copyTestReplica, testActor } from './testing.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);';

let folder: string;
let path: string;
const open: Host[] = [];

function start(at: string = path, synchronous: 'normal' | 'full' = 'normal'): Host {
  const host = new Host({
    path: at,
    synchronous,
    cacheKib: 2_000,
    maxClockDriftMs: 500,
  });
  open.push(host);
  return host;
}

function stop(host: Host): void {
  open.splice(open.indexOf(host), 1);
  host.close();
}

function write(host: Host, ...statements: string[]): void {
  const { outcomes } = host.replica.transact(statements.map((sql) => ({ statements: [{ sql }] })));
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
}

/** A database with the schema and three versions, stopped cleanly. */
function prepare(): ActorId {
  const host = start();
  host.applySchema({ texts: [schema], allowDestructive: false });
  write(
    host,
    "INSERT INTO t VALUES (1, 'a')",
    "INSERT INTO t VALUES (2, 'b')",
    'DELETE FROM t WHERE id = 2',
  );
  const { actorId } = host.replica;
  stop(host);
  return actorId;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patina-identity-'));
  path = join(folder, 'node.db');
});

afterEach(() => {
  for (const host of open.splice(0)) host.close();
  rmSync(folder, { recursive: true });
});

it('keeps its actor over clean starts, and over a crash', () => {
  const actorId = prepare();
  const host = start();
  expect(host.opened).toMatchObject({ doubt: undefined, formerActorId: undefined });
  expect(host.replica.actorId).toBe(actorId);
  expect(host.replica.head).toBe(3);
  write(host, "UPDATE t SET a = 'c'");
  // What the crash leaves: the file as it is, never closed, and a lock that the system gave back.
  const copy = join(folder, 'crash.db');
  for (const suffix of ['', '-wal']) cpSync(path + suffix, copy + suffix);
  cpSync(`${path}-node`, `${copy}-node`);
  stop(host);
  for (const suffix of ['', '-wal']) writeFileSync(path + suffix, readFileSync(copy + suffix));
  writeFileSync(`${path}-node`, readFileSync(`${copy}-node`));
  expect(start().opened).toMatchObject({ doubt: undefined, identity: { actorId } });
});

it('refuses a second agent on the file, under whatever name', () => {
  const host = start();
  const other = join(folder, 'link.db');
  symlinkSync(path, other);
  for (const name of [path, other]) {
    expect(() => start(name)).toThrow(expect.objectContaining({ code: 'PATINA_DB_IN_USE' }));
  }
  host.applySchema({ texts: [schema], allowDestructive: false });
  write(host, "INSERT INTO t VALUES (1, 'still here')");
  stop(host);
  start(other);
});

it('makes a copied file a new actor, which leaves the old versions with the old one', () => {
  const actorId = prepare();
  const copy = join(folder, 'copy.db');
  copyFileSync(path, copy);
  for (const withNode of [false, true]) {
    if (withNode) copyFileSync(`${path}-node`, `${copy}-node`);
    const host = start(copy);
    expect(host.opened).toMatchObject({ doubt: 'copied' });
    expect(host.replica.actorId).not.toBe(actorId);
    expect(host.replica.head).toBe(0);
    expect(host.replica.book.stateOf(actorId)).toMatchObject({ head: 3, gaps: [] });
    expect(host.replica.verifyBookkeeping()).toEqual([]);
    write(host, `UPDATE t SET a = 'copy ${withNode}'`);
    expect(host.replica.head).toBe(1);
    stop(host);
  }
  // The copy keeps its new name, and the original its own.
  expect(start(copy).opened.doubt).toBeUndefined();
  expect(start().opened).toMatchObject({ doubt: undefined, identity: { actorId } });
});

it('knows an older state of its own file', () => {
  prepare();
  const older = readFileSync(path);
  const host = start();
  write(host, "INSERT INTO t VALUES (3, 'lost')");
  const { actorId } = host.replica;
  stop(host);
  writeFileSync(path, older);
  const again = start();
  expect(again.opened).toMatchObject({ doubt: 'restored', formerActorId: actorId });
  expect(again.replica.actorId).not.toBe(actorId);
});

it('knows a state of its file from within its last life', () => {
  prepare();
  const host = start();
  write(host, "INSERT INTO t VALUES (3, 'kept')");
  host.replica.db.pragma('wal_checkpoint(TRUNCATE)');
  const middle = readFileSync(path);
  write(host, "INSERT INTO t VALUES (4, 'lost')");
  stop(host);
  writeFileSync(path, middle);
  expect(start().opened.doubt).toBe('restored');
});

it.each(['normal', 'full'] as const)('after a power cut, synchronous = %s', (synchronous) => {
  prepare();
  const host = start(path, synchronous);
  write(host, "INSERT INTO t VALUES (3, 'x')");
  const state = readFileSync(`${path}-node`);
  stop(host);
  // As it was while the node was running, on a machine that has booted since.
  writeFileSync(`${path}-node`, state);
  const memory = new Database(`${path}-node`);
  memory.prepare("UPDATE memory SET value = 'another boot' WHERE key = 'bootId'").run();
  memory.close();
  expect(start(path, synchronous).opened.doubt).toBe(
    synchronous === 'normal' ? 'power-loss' : undefined,
  );
});

it('moves the versions of this life when it becomes another actor', () => {
  const former = prepare();
  const host = start();
  write(host, "INSERT INTO t VALUES (3, 'x')", "UPDATE t SET a = 'y' WHERE id = 1");
  expect(host.replica.head).toBe(5);
  const next = testActor('e');
  host.becomeActor(next);
  expect(host.replica.actorId).toBe(next);
  expect(host.replica.head).toBe(2);
  expect(host.replica.book.stateOf(former).head).toBe(3);
  expect(host.replica.countChanges(next, 1)).toBe(1);
  expect(host.replica.countChanges(next, 2)).toBe(1);
  expect(host.replica.countChanges(former, 4)).toBe(0);
  expect(host.replica.verifyBookkeeping()).toEqual([]);
  write(host, "INSERT INTO t VALUES (4, 'z')");
  expect(host.replica.head).toBe(3);
  // And once more: now all of its versions are of this life.
  host.becomeActor(testActor('f'));
  expect(host.replica.head).toBe(3);
  expect(host.replica.book.stateOf(next).head).toBe(0);
  stop(host);
  expect(start().opened).toMatchObject({ doubt: undefined, identity: { actorId: testActor('f') } });
});

it('takes versions that other programs wrote meanwhile with it', () => {
  prepare();
  const host = start();
  const shell = new Database(path);
  shell.exec("INSERT INTO t VALUES (9, 'shell')");
  shell.close();
  host.becomeActor(testActor('e'));
  expect(host.replica.head).toBe(1);
  expect(host.replica.countChanges(testActor('e'), 1)).toBe(1);
});

it('reports a version of its own that it never made', () => {
  const a = copyTestReplica(testActor('a'), schema);
  const twin = copyTestReplica(testActor('a'), schema);
  const b = copyTestReplica(testActor('b'), schema);
  a.run("INSERT INTO t VALUES (1, 'a')");
  twin.run("INSERT INTO t VALUES (2, 'b')");
  twin.run("INSERT INTO t VALUES (3, 'c')");
  expect(a.replica.merge(twin.log.slice(0, 1)).ownVersionUnknown).toBeUndefined();
  const outcome = a.replica.merge(twin.log);
  expect(outcome).toMatchObject({ ownVersionUnknown: 2, applied: [] });
  a.replica.becomeActor(testActor('c'));
  a.log.length = 0;
  a.replica.merge(twin.log);
  a.run("UPDATE t SET a = 'after' WHERE id = 1");
  expect(a.all('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  b.replica.merge(twin.log);
  expect(b.replica.book.stateOf(testActor('a'))).toEqual(a.replica.book.stateOf(testActor('a')));
});

it('backs up without what belongs to the node, and restores as a new actor', () => {
  const actorId = prepare();
  const host = start();
  host.saveMembers([
    {
      actorId: testActor('b'),
      address: '127.0.0.1:1',
      incarnation: 1,
      rttMs: 1,
      state: 'alive',
      ring: 0,
    },
  ]);
  const backup = join(folder, 'backup.db');
  host.backup(backup);
  expect(() => host.backup(backup)).toThrow(
    expect.objectContaining({ code: 'PATINA_BAD_REQUEST' }),
  );
  const db = new Database(backup, { readonly: true });
  for (const table of [
    '__patina_members',
    '__patina_lag',
    '__patina_subscriptions',
    '__patina_meta',
  ]) {
    expect(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
  }
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
  expect(() => restoreDatabase(backup, path, undefined)).toThrow(
    expect.objectContaining({ code: 'PATINA_DB_IN_USE' }),
  );
  write(host, "INSERT INTO t VALUES (5, 'after the backup')");
  const before = contents(host.replica);
  stop(host);
  restoreDatabase(backup, path, undefined);
  const restored = start();
  expect(restored.opened.doubt).toBeDefined();
  expect(restored.replica.actorId).not.toBe(actorId);
  expect(restored.replica.book.stateOf(actorId).head).toBe(3);
  expect(contents(restored.replica)).not.toBe(before);
  write(restored, "INSERT INTO t VALUES (6, 'new actor')");
  expect(restored.replica.head).toBe(1);
  // A backup that somebody starts on where it lies is a new actor, too.
  expect(start(backup).opened.doubt).toBe('copied');
});

it('restores as the actor that was named', () => {
  const actorId = prepare();
  const backup = join(folder, 'backup.db');
  backupOffline(path, backup);
  const target = join(folder, 'other.db');
  restoreDatabase(backup, target, actorId);
  const host = start(target);
  expect(host.opened.doubt).toBeUndefined();
  expect(host.replica.actorId).toBe(actorId);
  expect(host.replica.head).toBe(3);
  stop(host);
  restoreDatabase(backup, target, testActor('d'));
  const other = start(target);
  expect(other.replica.actorId).toBe(testActor('d'));
  expect(other.replica.head).toBe(0);
  expect(other.replica.book.stateOf(actorId).head).toBe(3);
  expect(other.replica.verifyBookkeeping()).toEqual([]);
});

it('refuses to restore what is no backup, and leaves the target as it was', () => {
  const actorId = prepare();
  const text = join(folder, 'text');
  writeFileSync(text, 'no database at all, but long enough to be looked at'.repeat(40));
  const plain = join(folder, 'plain.db');
  const db = new Database(plain);
  db.exec('CREATE TABLE x (y)');
  db.close();
  const bad: [from: string, code: string][] = [
    [text, 'PATINA_DB_NOT_A_DATABASE'],
    [plain, 'PATINA_DB_UNUSABLE'],
    [join(folder, 'nowhere'), 'PATINA_NOT_FOUND'],
  ];
  for (const [from, code] of bad) {
    expect(() => restoreDatabase(from, path, undefined)).toThrow(expect.objectContaining({ code }));
  }
  const host = start();
  expect(host.opened).toMatchObject({ doubt: undefined, identity: { actorId } });
});
