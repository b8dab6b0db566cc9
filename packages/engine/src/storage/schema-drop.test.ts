// Dropping tables, views and indexes by name: what goes, what is refused, and what becomes of changes that
// other nodes make to a table that was dropped here.

import { expect, it } from 'vitest';
import type { SchemaDrop } from '../schema/plan.ts';
import { applyReplicaSchema, planReplicaSchema } from './schema-apply.ts';
import { contents, openTestReplica, type TestReplica, testActor } from './testing.ts';

const t = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX ta ON t (a);';
const schema = `${t}
  CREATE TABLE "u v" (k TEXT NOT NULL PRIMARY KEY, b INT) WITHOUT ROWID;
  CREATE VIEW seen AS SELECT a FROM t;`;

function open(digit = 'a'): TestReplica {
  return openTestReplica({ actor: testActor(digit), schema });
}

function drop(node: TestReplica, what: SchemaDrop['what'], ...names: string[]): string[] {
  const drops = [{ what, names }];
  const { steps } = applyReplicaSchema(node.replica, [], { allowDestructive: true, drops });
  return steps.map(({ kind, name, destructive }) => `${kind} ${name}${destructive ? '!' : ''}`);
}

function names(node: TestReplica, like: string): unknown[] {
  const sql = `SELECT name FROM sqlite_schema WHERE name LIKE '${like}' ORDER BY name`;
  return node.replica.db.prepare(sql).pluck().all();
}

it('a table goes with its clocks, triggers and names, and can be made anew', () => {
  const node = open();
  node.run("INSERT INTO t VALUES (1, 'x')", 'INSERT INTO "u v" VALUES (\'k\', 1)');
  node.run("UPDATE t SET a = 'y'");
  expect(drop(node, 'view', 'SEEN')).toEqual(['drop-view seen']);
  expect(drop(node, 'table', 'T')).toEqual(['drop-table t!']);
  expect(names(node, '%\\_t')).toEqual([]);
  expect(names(node, '\\_\\_patina\\_%t')).not.toContain('__patina_b_t');
  expect(node.all("SELECT * FROM __patina_tables WHERE name = 't'")).toEqual([]);
  expect(node.all("SELECT * FROM __patina_columns WHERE tbl = 't'")).toEqual([]);
  expect(node.all('SELECT "table" FROM patina_changes')).toHaveLength(1);
  expect(() => node.run('INSERT INTO t VALUES (1, 1)')).toThrow(/no such table/);
  node.run('UPDATE "u v" SET b = 2');
  applyReplicaSchema(node.replica, [t], { allowDestructive: false });
  node.run("INSERT INTO t VALUES (1, 'new')");
  expect(node.all('SELECT * FROM t')).toEqual([{ id: 1, a: 'new' }]);
  expect(node.replica.verifyBookkeeping()).toEqual([]);
});

it('an index goes, and several at once', () => {
  const node = open();
  applyReplicaSchema(node.replica, [`${t} CREATE INDEX tb ON t (a, id);`], {
    allowDestructive: false,
  });
  expect(drop(node, 'index', 'ta', 'tb')).toEqual(['drop-index ta', 'drop-index tb']);
  expect(names(node, 't_')).toEqual([]);
});

it.each<[string, SchemaDrop, boolean, RegExp]>([
  ['an unknown table', { what: 'table', names: ['nope'] }, true, /no table 'nope'/],
  ['a table of Patina', { what: 'table', names: ['__patina_state'] }, true, /no table/],
  ['a view of Patina', { what: 'view', names: ['patina_changes'] }, true, /no view/],
  ['the index of a key', { what: 'index', names: ['sqlite_autoindex_u v_1'] }, true, /no index/],
  ['a table, as a view', { what: 'view', names: ['t'] }, true, /no view 't'/],
  ['a table without the flag', { what: 'table', names: ['u v'] }, false, /destructive flag/],
  ['a table under a view', { what: 'table', names: ['t'] }, true, /view 'seen' depends on it/],
])('refuses %s, and changes nothing', (_what, one, allowDestructive, message) => {
  const node = open();
  const before = node.replica.db.serialize();
  const options = { allowDestructive, drops: [one] };
  expect(() => applyReplicaSchema(node.replica, [], options)).toThrow(message);
  expect(node.replica.db.serialize().equals(before)).toBe(true);
  node.run("INSERT INTO t VALUES (1, 'x')");
  expect(node.replica.head).toBe(1);
});

it('is planned without being done', () => {
  const node = open();
  const drops = [{ what: 'table' as const, names: ['u v'] }];
  const { steps, problems } = planReplicaSchema(node.replica, [], {
    allowDestructive: false,
    drops,
  });
  expect(steps).toMatchObject([{ kind: 'drop-table', name: 'u v', destructive: true }]);
  expect(problems).toMatchObject([{ code: 'PATINA_SCHEMA_DESTRUCTIVE' }]);
  expect(names(node, 'u v')).toEqual(['u v']);
});

it('what others write to it waits, and comes when the table is made again', () => {
  const here = open('a');
  const there = open('b');
  drop(here, 'view', 'seen');
  drop(here, 'table', 't');
  there.run("INSERT INTO t VALUES (1, 'x'), (2, 'y')", 'INSERT INTO "u v" VALUES (\'k\', 1)');
  there.run('DELETE FROM t WHERE id = 2');
  there.run('UPDATE "u v" SET b = 2');
  const { quarantined, applied } = here.replica.merge(there.log);
  expect(quarantined.map(({ header }) => header.version)).toEqual([1, 2]);
  expect(applied.map(({ version }) => version)).toEqual([3]);
  applyReplicaSchema(here.replica, [schema], { allowDestructive: false });
  here.replica.retryQuarantined('all');
  expect(contents(here.replica)).toBe(contents(there.replica));
  expect(here.replica.verifyBookkeeping()).toEqual([]);
});

it('versions that are left without changes stay known, and are told as empty', () => {
  const here = open('a');
  here.run('INSERT INTO "u v" VALUES (\'k\', 1)');
  drop(here, 'table', 'u v');
  expect(here.replica.countChanges(testActor('a'), 1)).toBe(0);
  expect(here.replica.book.contains(testActor('a'), 1)).toBe(true);
  here.run("INSERT INTO t VALUES (1, 'x')");
  expect(here.replica.head).toBe(2);
});
