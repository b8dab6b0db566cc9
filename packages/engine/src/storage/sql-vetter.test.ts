// What outside SQL may and may not do, statement by statement.

import { DatabaseSync } from 'node:sqlite';
import BetterSqlite from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PatinaError } from '../base/errors.ts';
import { internalSchemaSql, internalViewsSql } from './internal-schema.ts';
import type { SqlMode } from './sql-authorizer.ts';
import { allowedFunctions, refusedFunctions } from './sql-functions.ts';
import { sqlBytesMax } from './sql-statement.ts';
import type { SqlVetter } from './sql-vetter.ts';
import { createSqlVetter } from './sql-vetter.ts';

const schema = [
  ...internalViewsSql,
  'CREATE INDEX notes_by_author ON notes (lower(author))',
  `CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT NOT NULL DEFAULT '', body TEXT,
    loud TEXT GENERATED ALWAYS AS (upper(body)) VIRTUAL)`,
  'CREATE TABLE tags (note INTEGER, tag TEXT, PRIMARY KEY (note, tag)) WITHOUT ROWID',
  'CREATE VIEW tagged AS SELECT n.body, t.tag FROM notes AS n JOIN tags AS t ON t.note = n.id',
  'CREATE VIEW snoop AS SELECT id FROM __patina_actors',
  'CREATE TABLE sqlite_sequence(name,seq)',
  'CREATE TRIGGER __patina_t AFTER INSERT ON notes BEGIN SELECT nothing_known(); END',
  ...internalSchemaSql,
];

let vetter: SqlVetter;
beforeEach(() => {
  vetter = createSqlVetter();
  vetter.setSchema(schema);
});
afterEach(() => vetter.close());

function errorOf(sql: string, mode: SqlMode): PatinaError {
  try {
    vetter.vet(sql, mode);
  } catch (error) {
    if (error instanceof PatinaError) return error;
    throw error;
  }
  throw new Error(`was allowed in mode ${mode}: ${sql}`);
}

const readable = [
  'SELECT 1',
  'VALUES (1, 2), (3, 4)',
  'select * from notes where id = ? and author = :author',
  'SELECT count(*), max(id) FROM notes',
  'WITH a AS (SELECT id FROM notes) SELECT * FROM a JOIN tags ON tags.note = a.id',
  'SELECT tag, row_number() OVER (PARTITION BY note ORDER BY tag) FROM tags',
  "SELECT value FROM json_each('[1,2]')",
  "SELECT body ->> '$.x' FROM notes",
  "SELECT author FROM notes WHERE body LIKE '%x%' OR body GLOB 'y*' COLLATE NOCASE",
  'SELECT * FROM tagged',
  'EXPLAIN SELECT * FROM notes',
  'explain /* why */ query plan select * from notes',
  'SELECT name, sql FROM sqlite_schema',
  "SELECT name FROM pragma_table_info('notes')",
  'SELECT * FROM patina_members',
  'SELECT count(*) FROM patina_gaps',
  'SELECT max(ms) FROM patina_lag WHERE versions > 0',
  'SELECT m.address, l.ms FROM patina_members m LEFT JOIN patina_lag l USING (actor_id)',
  'SELECT 1 WHERE EXISTS (SELECT 1 FROM patina_conflicts)',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT i FROM n',
  'SELECT \'it is -- not; a comment\', "id", [body], `author` FROM notes',
];

describe('reads', () => {
  test.each(readable)('may run %s', (sql) => {
    const vetted = vetter.vet(sql, 'read');
    expect(vetted).toMatchObject({ sql, readOnly: true, returnsRows: true, tablesWritten: [] });
  });

  test('report tables, columns and the bare text', () => {
    const vetted = vetter.vet(' ;; -- first\n SELECT body, tag FROM tagged ; /* end */ ; ', 'read');
    expect(vetted.sql).toBe('SELECT body, tag FROM tagged ;');
    expect(vetted.columns).toEqual(['body', 'tag']);
    expect([...vetted.tablesRead].sort()).toEqual(['notes', 'tagged', 'tags']);
  });

  test('report a table of which only the rows are counted', () => {
    const sql = 'WITH n AS (SELECT 1) SELECT count(*) FROM notes, n';
    expect(vetter.vet(sql, 'read').tablesRead).toEqual(['notes']);
  });

  test.each([
    'INSERT INTO notes (body) VALUES (1)',
    'REPLACE INTO tags VALUES (1, 2)',
    'UPDATE notes SET body = 1',
    'DELETE FROM notes',
    'WITH a AS (SELECT 1 AS id) DELETE FROM notes WHERE id IN (SELECT id FROM a)',
    'EXPLAIN DELETE FROM notes',
    'INSERT INTO notes (body) VALUES (1) RETURNING id',
    'CREATE TABLE other (id)',
    'CREATE TEMP TABLE other (id)',
    'CREATE TEMP VIEW other AS SELECT 1',
    'DROP TABLE notes',
    'ALTER TABLE notes ADD COLUMN other',
    'VACUUM',
    "VACUUM INTO '/tmp/stolen.db'",
    'EXPLAIN VACUUM',
    'REINDEX',
    'ANALYZE',
  ])('are not readonly: %s', (sql) => {
    const error = errorOf(sql, 'read');
    expect(error.code).toBe('PATINA_SQL_NOT_READONLY');
    expect(error.message).toBe('statement is not readonly');
  });
});

const refusedEverywhere = [
  "ATTACH '/etc/passwd' AS stolen",
  "/**/ATTACH ':memory:' AS other",
  'DETACH main',
  'PRAGMA user_version',
  'PRAGMA writable_schema = 1',
  'PRAGMA query_only(0)',
  'PRAGMA wal_checkpoint(TRUNCATE)',
  'EXPLAIN PRAGMA table_info(notes)',
  'BEGIN IMMEDIATE',
  'COMMIT',
  'END',
  'ROLLBACK',
  'SAVEPOINT a',
  'RELEASE a',
  "SELECT load_extension('/tmp/evil.so')",
  "SELECT sqlite_log(1, 'x')",
  "SELECT fts3_tokenizer('simple')",
  'SELECT sqlite_compileoption_get(1)',
  'SELECT * FROM __patina_state',
  'SELECT 1 FROM main.__PATINA_state',
  'SELECT count(*) FROM "__patina_actors"',
  'SELECT (SELECT 1 FROM [__patina_heads])',
  'SELECT * FROM (SELECT * FROM __patina_members) AS patina_members',
  'WITH patina_members AS (SELECT * FROM __patina_members) SELECT * FROM patina_members',
  'WITH patina_lag AS (SELECT 1 FROM __Patina_lag) SELECT count(*) FROM patina_lag',
  'SELECT m.address FROM patina_members AS m, __patina_meta AS s',
  'SELECT * FROM snoop',
  'SELECT * FROM temp.sqlite_schema',
  'SELECT * FROM dbstat',
  'SELECT count(*) FROM dbstat',
  'SELECT count(*) FROM pragma_database_list',
  'SELECT * FROM pragma_database_list',
  'SELECT * FROM pragma_compile_options',
  'SELECT 1; SELECT 2',
  'SELECT 1; DELETE FROM notes',
  'SELECT 1;; garbage',
];

describe('refused in both modes', () => {
  for (const mode of ['read', 'write'] as const) {
    test.each(refusedEverywhere)(`${mode}: %s`, (sql) => {
      expect(errorOf(sql, mode).code).toBe('PATINA_SQL_REFUSED');
    });
  }

  test.each([
    ['', 'the statement is empty'],
    [' ; -- nothing\n ;', 'the statement is empty'],
    ['SELEC 1', 'near "SELEC": syntax error'],
    ['SELECT', 'incomplete input'],
    ['SELECT * FROM nowhere', 'no such table: nowhere'],
    ['SELECT missing FROM notes', 'no such column: missing'],
    ['SELECT * FROM pragma_wal_checkpoint', 'no such table: pragma_wal_checkpoint'],
    ['SELECT regexp(1, 2)', 'no such function: regexp'],
    ['SELECT 1 \0 ; DROP TABLE notes', 'a statement cannot contain the character U+0000'],
    ["SELECT '", 'unrecognized token: "\'"'],
  ])('wrong SQL: %j', (sql, message) => {
    for (const mode of ['read', 'write'] as const) {
      const error = errorOf(sql, mode);
      expect(error.code).toBe('PATINA_SQL_ERROR');
      expect(error.message).toBe(message);
    }
  });

  test('statements over the length limit', () => {
    const fits = `SELECT '${'x'.repeat(sqlBytesMax - 20)}'`;
    expect(vetter.vet(fits, 'read').columns).toHaveLength(1);
    expect(errorOf(`${fits}${' '.repeat(100)}`, 'read').code).toBe('PATINA_SQL_ERROR');
    expect(errorOf(`SELECT '${'é'.repeat(sqlBytesMax / 2)}'`, 'read').code).toBe(
      'PATINA_SQL_ERROR',
    );
  });

  test('expressions nested too deeply', () => {
    const deep = `SELECT ${'('.repeat(5_000)}1${')'.repeat(5_000)}`;
    expect(errorOf(deep, 'read').code).toBe('PATINA_SQL_ERROR');
  });
});

describe('writes', () => {
  test.each([
    'INSERT INTO notes (id, body) VALUES (?, ?)',
    'INSERT OR REPLACE INTO notes (id, body) VALUES (?, ?)',
    'INSERT OR IGNORE INTO notes (id, body) VALUES (1, last_insert_rowid())',
    'REPLACE INTO tags VALUES (1, 2)',
    'INSERT INTO notes (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
    'INSERT INTO notes (body) SELECT tag FROM tags',
    'UPDATE notes SET body = t.tag FROM tags AS t WHERE t.note = notes.id',
    'UPDATE OR FAIL notes SET id = id + 1',
    'WITH a AS (SELECT note FROM tags) DELETE FROM notes WHERE id IN (SELECT note FROM a)',
    "INSERT INTO notes (body) SELECT value FROM json_each('[1]')",
    'INSERT INTO notes (body) SELECT address FROM patina_members',
    "INSERT INTO notes (body) VALUES ('or rollback __patina_ is only text')",
    'DELETE FROM notes WHERE author IS NULL OR body IS NULL',
  ])('may run %s', (sql) => {
    const vetted = vetter.vet(sql, 'write');
    expect(vetted.readOnly).toBe(false);
    expect(vetted.returnsRows).toBe(false);
    expect(vetted.tablesWritten).toHaveLength(1);
  });

  test('RETURNING yields rows', () => {
    const vetted = vetter.vet('DELETE FROM tags WHERE note = 1 RETURNING tag AS t', 'write');
    expect(vetted).toMatchObject({ returnsRows: true, columns: ['t'], tablesWritten: ['tags'] });
  });

  test('a query in a transaction is read-only', () => {
    expect(vetter.vet('SELECT id FROM notes', 'write').readOnly).toBe(true);
  });

  test.each([
    'CREATE TABLE other (id INTEGER PRIMARY KEY)',
    'CREATE INDEX i ON notes (body)',
    'CREATE VIEW v AS SELECT 1',
    'CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END',
    'CREATE TEMP TABLE other (id)',
    'CREATE TEMP TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END',
    'CREATE VIRTUAL TABLE v USING fts5(a)',
    'CREATE TABLE IF NOT EXISTS notes (id)',
    'DROP TABLE notes',
    'DROP TABLE IF EXISTS nowhere',
    'ALTER TABLE notes ADD COLUMN other',
    'VACUUM',
    "VACUUM INTO '/tmp/stolen.db'",
    'REINDEX',
    'ANALYZE',
    'INSERT INTO __patina_state VALUES (1, 1, 1, 1, 1, 1, 1)',
    'UPDATE __patina_state SET version = 0',
    'DELETE FROM __patina_heads',
    'DELETE FROM notes WHERE id IN (SELECT actor FROM __patina_heads)',
    'INSERT INTO notes (body) SELECT sql FROM sqlite_schema',
    'INSERT OR ROLLBACK INTO notes (id) VALUES (1)',
    'UPDATE /* x */ OR -- y\n ROLLBACK notes SET id = 1',
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) INSERT INTO notes (id) SELECT i FROM n',
    'WITH n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n',
    "INSERT INTO notes (body) SELECT name FROM pragma_table_info('notes')",
    "INSERT INTO notes (body) VALUES (load_extension('x'))",
  ])('may not run %s', (sql) => {
    expect(errorOf(sql, 'write').code).toBe('PATINA_SQL_REFUSED');
  });

  test.each([
    'DELETE FROM tagged',
    'DELETE FROM patina_members',
    'DELETE FROM sqlite_master',
    "UPDATE sqlite_schema SET sql = ''",
    'INSERT INTO pragma_table_info VALUES (1)',
  ])('cannot change what is no table of the user: %s', (sql) => {
    expect(errorOf(sql, 'write').message).toMatch(/may not be modified|cannot modify/);
  });
});

test('a new schema counts at once, and a broken one changes nothing', () => {
  expect(vetter.vet('SELECT tag FROM tags', 'read').columns).toEqual(['tag']);
  expect(() => vetter.setSchema(['CREATE TABLE a (b c d,, e)'])).toThrow(/syntax error/);
  expect(() => vetter.setSchema(['DROP TABLE notes'])).toThrow(/vet against/);
  expect(vetter.vet('SELECT tag FROM tags', 'read').columns).toEqual(['tag']);
  vetter.setSchema(['CREATE TABLE other (id INTEGER PRIMARY KEY)']);
  expect(errorOf('SELECT tag FROM tags', 'read').message).toBe('no such table: tags');
  expect(vetter.vet('DELETE FROM other', 'write').tablesWritten).toEqual(['other']);
});

test('a virtual table of another program stays out of reach', () => {
  vetter.setSchema(['CREATE VIRTUAL TABLE found USING fts5(b)', 'CREATE TABLE a (b)']);
  expect(vetter.vet('DELETE FROM a', 'write').tablesWritten).toEqual(['a']);
  expect(errorOf('DELETE FROM found', 'write').message).toBe('no such table: found');
});

test('more different statements than the cache holds are still judged rightly', () => {
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 2_500; number++) {
      expect(vetter.vet(`SELECT id AS c${number} FROM notes`, 'read').columns).toEqual([
        `c${number}`,
      ]);
    }
  }
});

describe('attached databases', () => {
  const withCatalog = createSqlVetter({
    attached: {
      databases: 1,
      prepare: (database) => {
        database.exec("ATTACH ':memory:' AS catalog; CREATE TABLE catalog.notes (a)");
        database.exec('CREATE TABLE catalog.kinds (b)');
        database.function('kind_of', () => 1);
      },
      functions: new Set(['kind_of']),
    },
  });
  withCatalog.setSchema(['CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)']);

  test('are read beside the tables of the schema, which alone are named', () => {
    const joined = withCatalog.vet('SELECT text, b FROM notes, catalog.kinds', 'read');
    expect(joined).toMatchObject({ tablesRead: ['notes'], readsAttached: true });
    const named = withCatalog.vet('SELECT a FROM catalog.notes', 'read');
    expect(named).toMatchObject({ tablesRead: [], readsAttached: true });
    const counted = withCatalog.vet('SELECT count(*) FROM catalog.notes', 'read');
    expect(counted).toMatchObject({ tablesRead: [], readsAttached: true });
    const called = withCatalog.vet('SELECT kind_of()', 'read');
    expect(called).toMatchObject({ tablesRead: [], readsAttached: true });
    const own = withCatalog.vet('SELECT text FROM notes', 'read');
    expect(own).toMatchObject({ tablesRead: ['notes'], readsAttached: false });
  });

  test.each([
    'INSERT INTO catalog.kinds VALUES (1)',
    'UPDATE catalog.notes SET a = 1',
    'DELETE FROM catalog.kinds',
    'DELETE FROM kinds',
  ])('are not written: %s', (sql) => {
    expect(() => withCatalog.vet(sql, 'write')).toThrow(/writing to (kinds|notes) is not allowed/);
  });

  test('do not open their own schema', () => {
    expect(() => withCatalog.vet('SELECT * FROM catalog.sqlite_schema', 'read')).toThrow(/access/);
  });
});

test('every function of both SQLite libraries was looked at', () => {
  const sql = 'SELECT DISTINCT name FROM pragma_function_list ORDER BY name';
  const own = new DatabaseSync(':memory:');
  const writer = new BetterSqlite(':memory:');
  const names = [...own.prepare(sql).all(), ...writer.prepare<[], { name: string }>(sql).all()];
  expect(names.length).toBeGreaterThan(200);
  const judged = (name: string): boolean =>
    allowedFunctions.has(name) !== refusedFunctions.has(name);
  expect(names.map((row) => String(row['name'])).filter((name) => !judged(name))).toEqual([]);
  own.close();
  writer.close();
});

test('text made of the parts of dangerous statements is never allowed to do harm', () => {
  const part = fc.constantFrom(
    ...['SELECT', '*', 'FROM', 'WITH', 'AS', '(', ')', ';', 'VACUUM', 'ATTACH', "'x'", 'PRAGMA'],
    ...['__patina_state', 'patina_members', '/*', '*/', '--', '\n', 'INSERT', 'INTO', 'notes'],
    ...['VALUES', '(1)', 'DELETE', 'EXPLAIN', 'sqlite_master', ',', '1', 'INTO', '"', '['],
  );
  const text = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, fc.constantFrom<SqlMode>('read', 'write'), (sql, mode) => {
      try {
        const vetted = vetter.vet(sql, mode);
        expect(vetted.tablesWritten.filter((table) => table !== 'notes')).toEqual([]);
        expect(vetted.sql).toMatch(/^(SELECT|WITH|VALUES|EXPLAIN|INSERT|DELETE)/);
        const beneath = vetted.tablesRead.filter((table) => table.startsWith('__patina_'));
        if (beneath.length > 0) expect(beneath).toEqual(['__patina_members']);
      } catch (error) {
        expect(error).toBeInstanceOf(PatinaError);
      }
    }),
    { numRuns: 3_000 },
  );
});
