// Writes that another program makes with the plain SQLite library on the same file: they become versions
// of their own as soon as they are noticed, and before anything can be merged over them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LocalVersion } from '../ports.ts';
import { ChangeServer } from './change-server.ts';
import { applyReplicaSchema } from './schema-apply.ts';
import {
  contents,
  copyTestReplica,
  openTestReplica,
  type TestReplica,
  testActor,
} from './testing.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT);
  CREATE TABLE pair (x TEXT NOT NULL, y TEXT NOT NULL, v, PRIMARY KEY (x, y)) WITHOUT ROWID;
`;

let folder: string;
let path: string;
let node: TestReplica;
let peer: TestReplica;
const opened: Database.Database[] = [];

/** A connection as the sqlite3 shell opens it: recursive triggers are off. */
function shell(): Database.Database {
  const db = new Database(path);
  opened.push(db);
  return db;
}

function openNode(): TestReplica {
  const db = shell();
  db.pragma('journal_mode = WAL');
  return openTestReplica({ actor: testActor('a'), schema, db });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patina-foreign-'));
  path = join(folder, 'node.db');
  node = openNode();
  peer = copyTestReplica(testActor('b'), schema);
});

afterEach(() => {
  for (const db of opened.splice(0)) db.close();
  peer.replica.db.close();
  rmSync(folder, { recursive: true });
});

function adopt(): LocalVersion {
  const version = node.replica.adoptForeignWrites();
  if (version === undefined) throw new Error('nothing was adopted');
  node.log.push(...(version.chunks ?? []));
  return version;
}

function expectEqual(): void {
  expect(peer.replica.merge(node.log)).toMatchObject({ quarantined: [], malformed: 0 });
  expect(contents(peer.replica)).toBe(contents(node.replica));
  expect(node.replica.verifyBookkeeping()).toEqual([]);
}

it('become one version with a fresh clock', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1)");
  const before = node.replica.lastHlc;
  const db = shell();
  db.exec("INSERT INTO t VALUES (2, 'y', 2); UPDATE t SET a = 'z'; DELETE FROM t WHERE id = 1");
  node.clock.wallMs += 1_000;
  const version = adopt();
  expect(version.version).toBe(2);
  expect(version.hlc).toBeGreaterThan(before + 1_000 * 4_096 - 1);
  expect(node.replica.adoptForeignWrites()).toBeUndefined();
  expectEqual();
});

it('are adopted before a merge can beat them', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1)");
  peer.replica.merge(node.log);
  peer.clock.wallMs += 500;
  peer.run("UPDATE t SET a = 'peer'");
  shell().exec("UPDATE t SET a = 'shell'");
  node.clock.wallMs += 1_000;
  const { adopted } = node.replica.merge(peer.log);
  expect(adopted.map(({ version }) => version)).toEqual([2]);
  node.log.push(...adopted.flatMap(({ chunks }) => chunks ?? []));
  expect(node.all('SELECT a FROM t')).toEqual([{ a: 'shell' }]);
  expectEqual();
});

it('are adopted before a local transaction, as the older version', () => {
  shell().exec("INSERT INTO t VALUES (1, 'shell', 1)");
  node.run("UPDATE t SET a = 'local'");
  expect(node.replica.head).toBe(2);
  expectEqual();
  expect(peer.all('SELECT a FROM t')).toEqual([{ a: 'local' }]);
});

it('REPLACE without recursive triggers begins a row anew', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)");
  node.run("UPDATE t SET a = 'cell'");
  const db = shell();
  db.exec("REPLACE INTO t VALUES (1, 'new', 9)");
  db.exec('UPDATE OR REPLACE t SET id = 2 WHERE id = 1');
  db.exec(
    "UPDATE t SET b = 10; REPLACE INTO t VALUES (3, 'x', 1); REPLACE INTO t VALUES (3, 'y', 1)",
  );
  adopt();
  expectEqual();
  node.run("UPDATE t SET a = 'after'");
  expectEqual();
});

it('mix over several connections', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1)", "INSERT INTO pair VALUES ('p', 'q', 1)");
  const [one, two] = [shell(), shell()];
  // One connection has counted many more changes than the other: their seqs meet and cross.
  one.exec('CREATE TEMP TABLE noise (n)');
  for (let n = 0; n < 200; n++) one.prepare('INSERT INTO noise VALUES (?)').run(n);
  one.exec("UPDATE t SET a = 'one'; INSERT INTO t VALUES (2, 'one', 2)");
  two.exec("REPLACE INTO t VALUES (1, 'two', 3); UPDATE t SET b = 7 WHERE id = 2");
  one.exec("UPDATE t SET a = 'again' WHERE id = 1; UPDATE pair SET v = 2, x = 'moved'");
  two.exec("DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (2, 'back', 0)");
  one.exec('UPDATE t SET id = id + 10');
  adopt();
  expectEqual();
});

it('come from random connections in random order, and end equal', () => {
  const connections = [shell(), shell(), shell()];
  const texts = ["'x'", "'y'", 'NULL'];
  let state = 7;
  const below = (bound: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * bound);
  };
  for (let round = 0; round < 40; round++) {
    for (let step = 0; step < 8; step++) {
      const id = below(4);
      const db = connections[below(3)] as Database.Database;
      const statements = [
        `REPLACE INTO t VALUES (${id}, ${texts[below(3)]}, ${below(3)})`,
        `UPDATE t SET a = ${texts[below(3)]} WHERE id = ${id}`,
        `UPDATE t SET b = b + 1 WHERE id <= ${id}`,
        `UPDATE OR REPLACE t SET id = ${below(4)} WHERE id = ${id}`,
        `DELETE FROM t WHERE id = ${id}`,
        `INSERT OR IGNORE INTO pair VALUES ('${id}', 'y', ${below(3)})`,
        `UPDATE OR REPLACE pair SET x = '${below(4)}' WHERE x = '${id}'`,
      ];
      db.exec(statements[below(statements.length)] as string);
      if (below(5) === 0) node.run(`UPDATE t SET a = 'local' WHERE id = ${id}`);
    }
    const version = node.replica.adoptForeignWrites();
    if (version !== undefined) node.log.push(...(version.chunks ?? []));
    if (below(3) === 0) expectEqual();
  }
  expectEqual();
});

it('are found when they were made while the node was down', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1)");
  node.replica.db.close();
  const db = shell();
  db.exec("UPDATE t SET a = 'down'");
  db.close();
  const again = openTestReplica({ actor: testActor('a'), schema: '', db: shell() });
  node.log.push(...(again.replica.adoptForeignWrites()?.chunks ?? []));
  node = again.replica === node.replica ? node : { ...again, log: node.log };
  expect(again.replica.head).toBe(2);
  expectEqual();
  expect(peer.all('SELECT a FROM t')).toEqual([{ a: 'down' }]);
});

it('are told when they are noticed by a change of schema or a retry', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1)");
  shell().exec("INSERT INTO t VALUES (2, 'shell', 2)");
  const wider = schema.replace('b INT', 'b INT, c INT');
  const { versions } = applyReplicaSchema(node.replica, [wider], { allowDestructive: false });
  expect(versions.map(({ version }) => version)).toEqual([2]);
  node.log.push(...versions.flatMap(({ chunks }) => chunks ?? []));
  peer.run('CREATE TABLE other (id)');
  applyReplicaSchema(peer.replica, [wider], { allowDestructive: false });
  expectEqual();
  // Something waits in quarantine here, and a shell writes before it is tried again.
  const wide = copyTestReplica(testActor('c'), 'CREATE TABLE more (id INTEGER PRIMARY KEY);');
  wide.run('INSERT INTO more VALUES (1)');
  node.replica.merge(wide.log);
  shell().exec('INSERT INTO t (id) VALUES (3)');
  const { adopted } = node.replica.retryQuarantined('all');
  expect(adopted.map(({ version }) => version)).toEqual([3]);
});

it('a column that another program adds does not stop the serving of peers', () => {
  node.run("INSERT INTO t VALUES (1, 'x', 1)");
  shell().exec('ALTER TABLE t ADD COLUMN extra TEXT');
  const reader = new Database(path, { readonly: true });
  opened.push(reader);
  const { actorId } = node.replica;
  const { chunks } = new ChangeServer(reader).read(
    { kind: 'full', actorId, start: 1, end: 1 },
    1e6,
  );
  expect(peer.replica.merge(chunks)).toMatchObject({ quarantined: [], malformed: 0 });
  expect(peer.all('SELECT * FROM t')).toEqual([{ id: 1, a: 'x', b: 1 }]);
});

it('rolled back by the other program leave nothing', () => {
  const db = shell();
  db.exec("BEGIN; INSERT INTO t VALUES (1, 'x', 1); ROLLBACK");
  expect(node.replica.adoptForeignWrites()).toBeUndefined();
  db.exec('CREATE TABLE mine (x); INSERT INTO mine VALUES (1)');
  expect(node.replica.adoptForeignWrites()).toBeUndefined();
  expect(node.replica.head).toBe(0);
});
