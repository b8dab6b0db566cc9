// Applying declared schemas to databases: what is done, what is refused, and that replication goes on
// with what is there afterwards.

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { SchemaStep } from '../schema/plan.ts';
import { applyReplicaSchema, planReplicaSchema, readDeclaredSchema } from './schema-apply.ts';
import {
  contents,
  copyTestReplica,
  openTestReplica,
  type TestReplica,
  testActor,
} from './testing.ts';

function open(schema = '', prepare = ''): TestReplica {
  const db = new Database(':memory:');
  db.exec(prepare);
  return openTestReplica({ actor: testActor('a'), schema, db });
}

function stepLines(steps: readonly SchemaStep[]): string[] {
  return steps.map(({ kind, table, name }) =>
    table === undefined || table === name ? `${kind} ${name}` : `${kind} ${table}.${name}`,
  );
}

function apply(node: TestReplica, schema: string, allowDestructive = false): string[] {
  const { steps, versions } = applyReplicaSchema(node.replica, [schema], { allowDestructive });
  node.log.push(...versions.flatMap(({ chunks }) => chunks ?? []));
  return stepLines(steps);
}

function tablesOf(node: TestReplica): unknown[] {
  return node.all("SELECT name FROM sqlite_schema WHERE name NOT GLOB '*patina*' ORDER BY name");
}

const t = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT DEFAULT 1);';

describe('plan and apply', () => {
  it('creates, and then finds nothing to do', () => {
    const node = open();
    const schema = `${t} CREATE INDEX ta ON t (a); CREATE VIEW v AS SELECT a FROM t;`;
    expect(apply(node, schema)).toEqual(['create-table t', 'create-index t.ta', 'create-view v']);
    expect(apply(node, schema)).toEqual([]);
    expect(apply(node, schema.replaceAll(' ON', '\n  ON'))).toEqual([]);
    node.run("INSERT INTO t VALUES (1, 'x', 2)");
    expect(node.all('SELECT * FROM v')).toEqual([{ a: 'x' }]);
    expect(node.replica.head).toBe(1);
  });

  it('plans without touching anything', () => {
    const node = open(t);
    const before = node.replica.db.serialize();
    const { steps, problems } = planReplicaSchema(
      node.replica,
      ['CREATE TABLE t (id INTEGER PRIMARY KEY, c); CREATE TABLE u (id INTEGER PRIMARY KEY)'],
      { allowDestructive: false },
    );
    expect(stepLines(steps).toSorted()).toEqual([
      'add-column t.c',
      'create-table u',
      'drop-column t.a',
      'drop-column t.b',
    ]);
    expect(problems.map(({ code }) => code)).toEqual([
      'PATINA_SCHEMA_DESTRUCTIVE',
      'PATINA_SCHEMA_DESTRUCTIVE',
    ]);
    expect(Buffer.compare(before, node.replica.db.serialize())).toBe(0);
  });

  it('leaves tables alone that the files do not name', () => {
    const node = open(t);
    expect(apply(node, 'CREATE TABLE u (id INTEGER PRIMARY KEY);')).toEqual(['create-table u']);
    expect(tablesOf(node)).toEqual([{ name: 't' }, { name: 'u' }]);
    expect([...node.replica.tables.keys()].toSorted()).toEqual(['t', 'u']);
  });

  it('adds columns, with their defaults, and captures writes to them', () => {
    const node = open(t);
    node.run("INSERT INTO t (id, a) VALUES (1, 'x')");
    const wider = `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT DEFAULT 1,
      c TEXT NOT NULL DEFAULT 'n,o(' /* , */ CHECK (c <> ')'), -- the last, really
      "d e" REAL, f INT AS (b + 1));`;
    expect(apply(node, wider)).toEqual(['add-column t.c', 'add-column t.d e', 'add-column t.f']);
    expect(node.replica.head).toBe(1);
    expect(node.all('SELECT c, "d e", f FROM t')).toEqual([{ c: 'n,o(', 'd e': null, f: 2 }]);
    node.run(`UPDATE t SET c = 'y', "d e" = 2`);
    const peer = copyTestReplica(testActor('b'), wider);
    peer.replica.merge(node.log);
    expect(contents(peer.replica)).toBe(contents(node.replica));
  });

  it('adds a column to 200,000 rows without a change, within a second', () => {
    const node = open(t);
    node.run(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) ' +
        "INSERT INTO t SELECT i, 'row ' || i, i FROM n",
    );
    const changes = node.all('SELECT count(*) AS n FROM __patina_b_t');
    const start = performance.now();
    expect(apply(node, t.replace('b INT', 'c TEXT, b INT'))).toEqual(['add-column t.c']);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(node.replica.head).toBe(1);
    expect(node.all('SELECT count(*) AS n FROM __patina_b_t')).toEqual(changes);
    expect(node.all('SELECT count(*) AS n FROM __patina_c_t')).toEqual([{ n: 0 }]);
  });

  it('changes and drops indexes, changes views', () => {
    const node = open(`${t} CREATE INDEX ta ON t (a); CREATE INDEX tb ON t (b);
      CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT 1;`);
    const next = `${t} CREATE INDEX ta ON t (a, b); CREATE VIEW v AS SELECT b FROM t;`;
    expect(apply(node, next).toSorted()).toEqual([
      'create-index t.ta',
      'create-view v',
      'drop-index t.ta',
      'drop-index t.tb',
      'drop-view v',
    ]);
    expect(tablesOf(node)).toEqual(['t', 'ta', 'v', 'w'].map((name) => ({ name })));
    expect(apply(node, next)).toEqual([]);
  });

  it('drops columns only when told to, with the indexes and views that name them', () => {
    const node = open(`${t} CREATE INDEX ta ON t (a); CREATE VIEW v AS SELECT a, b FROM t;`);
    node.run("INSERT INTO t VALUES (1, 'x', 2)", 'UPDATE t SET b = 3');
    node.run("UPDATE t SET a = 'y'");
    const less =
      'CREATE TABLE t (id INTEGER PRIMARY KEY, b INT DEFAULT 1); CREATE VIEW v AS SELECT b FROM t;';
    expect(() => apply(node, less)).toThrow(
      expect.objectContaining({ code: 'PATINA_SCHEMA_DESTRUCTIVE' }),
    );
    expect(tablesOf(node)).toHaveLength(3);
    expect(apply(node, less, true)).toContain('drop-column t.a');
    expect(node.all('SELECT * FROM v')).toEqual([{ b: 3 }]);
    node.run('UPDATE t SET b = 4');
    // The column comes again, empty: no clock may say that somebody has written its values.
    apply(node, t);
    expect(node.all('SELECT * FROM t')).toEqual([{ id: 1, b: 4, a: null }]);
    expect(node.all(`SELECT version FROM patina_changes WHERE "column" = 'a'`)).toEqual([]);
    node.run("UPDATE t SET a = 'z'");
    expect(node.all('SELECT a FROM t')).toEqual([{ a: 'z' }]);
  });

  it('takes over a table with its rows, as a version', () => {
    const indexed = `${t} CREATE INDEX ta ON t (a);`;
    const node = open('', `${indexed} INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2);`);
    expect(node.replica.tables.size).toBe(0);
    expect(apply(node, indexed)).toEqual(['adopt-table t']);
    expect(node.replica.head).toBe(1);
    node.run("UPDATE t SET a = 'z' WHERE id = 1");
    const peer = copyTestReplica(testActor('b'), indexed);
    peer.replica.merge(node.log);
    expect(contents(peer.replica)).toBe(contents(node.replica));
  });

  it.each([
    [
      'a UNIQUE constraint',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INT DEFAULT 1);',
    ],
    ['a trigger', `${t} CREATE TRIGGER mine AFTER INSERT ON t BEGIN UPDATE t SET b = 2; END;`],
    [
      'a key of another type',
      'CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, a TEXT, b INT DEFAULT 1);',
    ],
    ['no rowid', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT DEFAULT 1) WITHOUT ROWID;'],
    ['strict types', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT DEFAULT 1) STRICT;'],
  ])('does not take over a table with %s that the files do not have', (_what, prepare) => {
    const node = open('', prepare);
    expect(() => apply(node, t)).toThrow(
      expect.objectContaining({ code: expect.stringMatching('SCHEMA') }),
    );
    expect(node.replica.tables.size).toBe(0);
  });
});

describe('refusals', () => {
  const refused: [what: string, schema: string, message: RegExp][] = [
    ['no key', 'CREATE TABLE x (a)', /primary key/],
    ['a nullable key', 'CREATE TABLE x (a TEXT PRIMARY KEY)', /NULL/],
    ['a nullable part of a key', 'CREATE TABLE x (a TEXT NOT NULL, b, PRIMARY KEY (a, b))', /NULL/],
    ['UNIQUE', 'CREATE TABLE x (id INTEGER PRIMARY KEY, a UNIQUE)', /UNIQUE/],
    [
      'a unique index',
      'CREATE TABLE x (id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX i ON x (a)',
      /UNIQUE/,
    ],
    ['AUTOINCREMENT', 'CREATE TABLE x (id INTEGER PRIMARY KEY AUTOINCREMENT)', /AUTOINCREMENT/],
    [
      'NOT NULL without DEFAULT',
      'CREATE TABLE x (id INTEGER PRIMARY KEY, a NOT NULL)',
      /DEFAULT|default/,
    ],
    [
      'NOT NULL DEFAULT NULL',
      'CREATE TABLE x (id INTEGER PRIMARY KEY, a NOT NULL DEFAULT (NULL))',
      /default/,
    ],
    ['a key collation', 'CREATE TABLE x (a TEXT NOT NULL COLLATE NOCASE PRIMARY KEY)', /collation/],
    [
      'a key that compares otherwise than its column',
      'CREATE TABLE x (a TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (a COLLATE BINARY))',
      /collation/,
    ],
    ['a virtual table', 'CREATE VIRTUAL TABLE x USING fts5(a)', /./],
    [
      'ON CONFLICT ROLLBACK',
      'CREATE TABLE x (id INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)',
      /CONFLICT/,
    ],
    ['a trigger', `${t} CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END`, /./],
    [
      'a reserved table name',
      'CREATE TABLE __patina_x (id INTEGER PRIMARY KEY)',
      /reserved|patina_/,
    ],
    [
      'a reserved table name in capitals',
      'CREATE TABLE PATINA_x (id INTEGER PRIMARY KEY)',
      /reserved|patina_/,
    ],
    ['a reserved view name', 'CREATE VIEW patina_changes AS SELECT 1', /reserved|patina_/],
    ['a reserved index name', `${t} CREATE INDEX __patina_b_t ON t (a)`, /reserved|patina_/],
    [
      'a very long name',
      `CREATE TABLE "${'x'.repeat(2_000)}" (id INTEGER PRIMARY KEY)`,
      /long|bytes/,
    ],
    [
      'a very long column name',
      `CREATE TABLE x (id INTEGER PRIMARY KEY, "${'é'.repeat(600)}")`,
      /long|bytes/,
    ],
    ['ATTACH', "ATTACH '/tmp/patina-attached.db' AS x", /only CREATE TABLE/],
    ['PRAGMA', 'PRAGMA writable_schema = ON', /only CREATE TABLE/],
    ['INSERT', `${t} INSERT INTO t VALUES (1, 'x', 1)`, /only CREATE TABLE/],
    ['INSERT into the schema', "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, '')", /./],
    ['DROP TABLE', `${t} DROP TABLE t`, /./],
    ['ALTER TABLE', `${t} ALTER TABLE t ADD COLUMN z`, /./],
    ['a temporary table', 'CREATE TEMP TABLE x (id INTEGER PRIMARY KEY)', /./],
    ['a temporary view', 'CREATE TEMP VIEW x AS SELECT 1', /./],
    ['CREATE TABLE AS', 'CREATE TABLE x AS SELECT 1 AS id', /./],
    ['BEGIN', `BEGIN; ${t}`, /./],
    ['VACUUM INTO', "VACUUM INTO '/tmp/patina-vacuumed.db'", /./],
    ['syntax', 'CREATE TABEL x (id)', /syntax/],
    ['an index on a table that is not declared', 'CREATE INDEX i ON nowhere (a)', /nowhere/],
    ['two tables of one name', `${t} ${t}`, /already exists/],
  ];

  it.each(refused)('%s', (_what, schema, message) => {
    const node = open(t);
    const before = tablesOf(node);
    expect(() => apply(node, schema, true)).toThrow(
      expect.objectContaining({
        code: 'PATINA_SCHEMA_REFUSED',
        message: expect.stringMatching(message),
      }),
    );
    expect(tablesOf(node)).toEqual(before);
    node.run("INSERT INTO t VALUES (1, 'x', 1)");
  });

  it.each([
    [
      'another key',
      'CREATE TABLE t (id INTEGER, a TEXT NOT NULL PRIMARY KEY, b INT DEFAULT 1)',
      'REFUSED',
    ],
    [
      'a wider key',
      'CREATE TABLE t (id INTEGER NOT NULL, a TEXT NOT NULL, b INT DEFAULT 1, PRIMARY KEY (id, a))',
      'REFUSED',
    ],
    ['a type', t.replace('TEXT', 'BLOB'), 'DESTRUCTIVE'],
    ['a default', t.replace('DEFAULT 1', 'DEFAULT 2'), 'DESTRUCTIVE'],
    ['NOT NULL', t.replace('DEFAULT 1', 'NOT NULL DEFAULT 1'), 'DESTRUCTIVE'],
    ['a removed column', t.replace(', a TEXT', ''), 'DESTRUCTIVE'],
    ['WITHOUT ROWID', t.replace(');', ') WITHOUT ROWID;'), 'DESTRUCTIVE'],
    ['STRICT', t.replace(');', ') STRICT;'), 'DESTRUCTIVE'],
    ['the key type', t.replace('INTEGER PRIMARY', 'INT NOT NULL PRIMARY'), 'DESTRUCTIVE'],
  ])('a change of %s', (_what, schema, code) => {
    const node = open(t);
    expect(() => apply(node, schema)).toThrow(
      expect.objectContaining({ code: `PATINA_SCHEMA_${code}` }),
    );
    expect(apply(node, t)).toEqual([]);
  });

  it('of one file stops all of them', () => {
    const node = open();
    const texts = [t, 'CREATE TABLE u (id INTEGER PRIMARY KEY, x UNIQUE)'];
    expect(() => applyReplicaSchema(node.replica, texts, { allowDestructive: true })).toThrow();
    expect(tablesOf(node)).toEqual([]);
  });

  it('leave no half of a plan that SQLite stops', () => {
    const node = open(`${t} CREATE VIEW v AS SELECT a FROM t;`);
    // The view is not declared any more, so it stays, and names the column.
    expect(() =>
      apply(
        node,
        'CREATE TABLE u (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, b INT DEFAULT 1)',
        true,
      ),
    ).toThrow();
    expect(tablesOf(node)).toEqual([{ name: 't' }, { name: 'v' }]);
    node.run("INSERT INTO t VALUES (1, 'x', 1)");
    expect(node.replica.head).toBe(1);
    expect(node.all('SELECT count(*) AS n FROM patina_changes')).toEqual([{ n: 1 }]);
  });
});

describe('names', () => {
  const names = [
    'select',
    'Order',
    'a b',
    'quo"te',
    "apo'strophe",
    'back`tick',
    '[brackets]',
    'semi;colon',
    'per%cent',
    'grün-weiß',
    '\u{1f33f}',
    '--comment',
    '/*comment*/',
    'x'.repeat(100),
    '1',
    't_v',
    'b_t',
  ];

  it('of every kind work for tables, columns, keys and indexes', () => {
    const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    const schema = names
      .map(
        (name, index) =>
          `CREATE TABLE ${quote(name)} (${quote(`k${name}`)} INTEGER PRIMARY KEY, ${quote(name)} TEXT DEFAULT 'x' CHECK (${quote(name)} <> 'no'));` +
          `CREATE INDEX ${quote(`i${index}${name}`)} ON ${quote(name)} (${quote(name)});`,
      )
      .join('\n');
    const [a, b] = [
      copyTestReplica(testActor('a'), `${t}${schema}`),
      copyTestReplica(testActor('b'), `${t}${schema}`),
    ];
    for (const name of names) {
      a.run(`INSERT INTO ${quote(name)} VALUES (1, 'a'), (2, 'b')`);
      a.run(`UPDATE ${quote(name)} SET ${quote(name)} = 'c' WHERE ${quote(`k${name}`)} = 1`);
      a.run(`DELETE FROM ${quote(name)} WHERE ${quote(`k${name}`)} = 2`);
    }
    expect(b.replica.merge(a.log)).toMatchObject({ quarantined: [], malformed: 0 });
    expect(contents(b.replica)).toBe(contents(a.replica));
    const again = schema.replaceAll("<> 'no'));", "<> 'no'), \"new, )\" TEXT DEFAULT '),');");
    expect(apply(a, `${t}${again}`)).toHaveLength(names.length);
    for (const name of names) a.run(`UPDATE ${quote(name)} SET "new, )" = 'z'`);
    expect(a.all('SELECT count(*) AS n FROM patina_changes')).not.toEqual([{ n: 0 }]);
  });

  it('hundreds of tables fit', () => {
    const schema = Array.from(
      { length: 300 },
      (_, i) => `CREATE TABLE n${i} (id INTEGER PRIMARY KEY, a);`,
    );
    const node = open(schema.join('\n'));
    node.run('INSERT INTO n299 VALUES (1, 1)');
    expect(node.all('SELECT "table" FROM patina_changes')).toEqual([{ table: 'n299' }]);
  });
});

it('reads declared texts that end in comments or nothing', () => {
  const { tables } = readDeclaredSchema([
    `${t} -- end`,
    '',
    '/* nothing',
    'CREATE TABLE u (id INTEGER PRIMARY KEY)',
  ]);
  expect(tables.map(({ name }) => name)).toEqual(['t']);
  expect(readDeclaredSchema([]).tables).toEqual([]);
});
