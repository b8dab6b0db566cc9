// Both SQLite libraries tell of the same faults in the same words, and those are read rightly.

import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { SqlFault } from '../base/errors.ts';
import { sqlFault } from '../functions/function-error.ts';
import { sqlErrorOf } from './sql-error.ts';
import { fromSqlite } from './sqlite-errors.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, c INT CHECK (c < 10), CONSTRAINT odd CHECK (c <> 5));
  CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)) STRICT;
  CREATE TABLE g (id INTEGER PRIMARY KEY, x, y AS (x + 1));
  CREATE VIEW v AS SELECT * FROM t;
  INSERT INTO t VALUES (1, 'x', 1);
  INSERT INTO p VALUES (1, 1);
`;

const cases: readonly (readonly [sql: string, fault: SqlFault])[] = [
  [
    "INSERT INTO t VALUES (1, 'y', 1)",
    { sqlState: '23505', table: 't', column: 'id', constraint: 't_pkey' },
  ],
  [
    'INSERT INTO p VALUES (1, 1)',
    { sqlState: '23505', table: 'p', column: 'a, b', constraint: 'p_pkey' },
  ],
  ['INSERT INTO t VALUES (2, NULL, 1)', { sqlState: '23502', table: 't', column: 'a' }],
  ["INSERT INTO t VALUES (2, 'y', 50)", { sqlState: '23514', constraint: 'c < 10' }],
  ["INSERT INTO t VALUES (2, 'y', 5)", { sqlState: '23514', constraint: 'odd' }],
  ["INSERT INTO p VALUES ('x', 1)", { sqlState: '42804', table: 'p', column: 'a' }],
  ["INSERT INTO t VALUES ('x', 'y', 1)", { sqlState: '42804' }],
  ['SELECT * FRM t', { sqlState: '42601', position: 10 }],
  ["SELECT 'FRM', 'é😀' FRM t", { sqlState: '42601', position: 24 }],
  ['SELECT x, x, FROM t', { sqlState: '42601', position: 14 }],
  ['SELECT 1 FROM t WHERE (', { sqlState: '42601', position: 24 }],
  ["SELECT 'abc", { sqlState: '42601', position: 8 }],
  ['SELECT nope FROM t', { sqlState: '42703', position: 8 }],
  ['SELECT "nope" FROM t', { sqlState: '42703', position: 8 }],
  ['SELECT nope FROM t AS nope', { sqlState: '42703' }],
  ['SELECT x.id FROM t', { sqlState: '42703', position: 8 }],
  ['INSERT INTO t (zz) VALUES (1)', { sqlState: '42703', table: 't', position: 16 }],
  ['DELETE FROM nope', { sqlState: '42P01', position: 13 }],
  ['SELECT nofn(1)', { sqlState: '42883', position: 8 }],
  ['SELECT abs()', { sqlState: '42883', position: 8 }],
  ['SELECT t.id FROM t, t AS u WHERE id = 1', { sqlState: '42702' }],
  ['SELECT abs(-9223372036854775808)', { sqlState: '22003' }],
  ["SELECT json('x{')", { sqlState: '22P02' }],
  ['SELECT id FROM t WHERE sum(id) > 1', { sqlState: '42803' }],
  ['SELECT row_number()', { sqlState: '42P20' }],
  ['INSERT INTO v VALUES (1)', { sqlState: '55000' }],
  ['UPDATE g SET y = 1', { sqlState: '428C9' }],
  ["INSERT INTO t VALUES (3, 's', 1) ON CONFLICT (a) DO NOTHING", { sqlState: '42P10' }],
  ['SELECT * FROM t ORDER BY 5', { sqlState: '42P10' }],
  ['WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a', { sqlState: '42712' }],
  ['SELECT zeroblob(3000000000)', { sqlState: '54000' }],
];

function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

it.each(cases)('%s', (sql, fault) => {
  const node = new DatabaseSync(':memory:');
  node.exec(schema);
  expect(
    sqlErrorOf(
      thrownBy(() => node.exec(sql)),
      sql,
    ).fault,
  ).toEqual(fault);
  node.close();
  const better = new Database(':memory:');
  better.exec(schema);
  const { position: _place, ...withoutPlace } = fault;
  expect(fromSqlite(thrownBy(() => better.exec(sql))).fault).toEqual(withoutPlace);
  better.close();
});

it('parameters that do not fit', () => {
  const db = new Database(':memory:');
  const error = fromSqlite(thrownBy(() => void db.prepare('SELECT ?, ?').all(1)));
  expect(error).toMatchObject({ code: 'PATINA_SQL_ERROR', fault: { sqlState: '08P01' } });
  db.close();
});

it('errors of our functions keep their SQLSTATE and words', () => {
  const fail = (): never => {
    throw sqlFault('22012', 'division by zero', 'in a test');
  };
  const expected = {
    code: 'PATINA_SQL_ERROR',
    message: 'division by zero',
    fault: { sqlState: '22012', detail: 'in a test' },
  };
  const node = new DatabaseSync(':memory:');
  node.function('fail', fail);
  expect(sqlErrorOf(thrownBy(() => node.exec('SELECT fail()')))).toMatchObject(expected);
  node.close();
  const better = new Database(':memory:');
  better.function('fail', fail);
  better.exec('CREATE TABLE t (a)');
  const insert = better.prepare('INSERT INTO t VALUES (fail())');
  expect(fromSqlite(thrownBy(() => insert.run()))).toMatchObject(expected);
  better.close();
});
