// Schemas that call functions: ours and SQLite's may be called from views, defaults, checks and generated
// columns; what is not on the list of the authorizer may not, by no detour.

import { expect, it } from 'vitest';
import { installedFunctions } from '../functions/install.ts';
import { applyReplicaSchema, readDeclaredSchema } from './schema-apply.ts';
import { createSqlVetter } from './sql-vetter.ts';
import { openTestReplica, testActor } from './testing.ts';

it.each([
  "CREATE TABLE t (id INTEGER PRIMARY KEY, a CHECK (sqlite_compileoption_used('x') = 0))",
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b AS (sqlite_source_id() || a))',
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a DEFAULT (sqlite_source_id()))',
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t (sqlite_compileoption_get(a))',
])('is refused: %s', (sql) => {
  expect(() => readDeclaredSchema([sql])).toThrow(/is not allowed|non-deterministic/);
});

it('what hides in a view is refused where it is used', () => {
  const vetter = createSqlVetter();
  vetter.setSchema([
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a)',
    'CREATE VIEW v AS SELECT sqlite_source_id() AS x',
  ]);
  expect(() => vetter.vet('SELECT * FROM v', 'read')).toThrow(/not allowed/);
  expect(() => vetter.vet('INSERT INTO t (a) SELECT x FROM v', 'write')).toThrow(/not allowed/);
  vetter.close();
});

it('all functions of ours are open, and those that need no arguments may be defaults', () => {
  const vetter = createSqlVetter();
  for (const name of installedFunctions) {
    try {
      vetter.vet(`SELECT "${name}"()`, 'read');
    } catch (error) {
      expect(String(error)).not.toMatch(/not allowed|no such function/);
    }
  }
  vetter.close();
});

it('a function that was installed may stand in every part of a schema', () => {
  const { replica } = openTestReplica({ actor: testActor('a'), schema: '' });
  if (!installedFunctions.has('split_part')) return;
  applyReplicaSchema(
    replica,
    [
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (split_part(a, '-', 1) <> ''),
         b TEXT DEFAULT (split_part('x-y', '-', 2)), c AS (split_part(a, '-', 2)));
       CREATE INDEX i ON t (split_part(a, '-', 3));
       CREATE VIEW v AS SELECT id, split_part(a, '-', 3) AS d FROM t;`,
    ],
    { allowDestructive: false },
  );
  replica.db.exec("INSERT INTO t (id, a) VALUES (1, 'p-q-r')");
  expect(replica.db.prepare('SELECT b, c, d FROM t JOIN v USING (id)').get()).toEqual({
    b: 'y',
    c: 'q',
    d: 'r',
  });
  expect(() => replica.db.exec("INSERT INTO t (id, a) VALUES (2, '-x')")).toThrow(/CHECK/);
});
