// Cases in which the engine of live queries once broke a promise, as small as the fuzzer made them.

import { expect, test } from 'vitest';
import { caseFailure } from './held.ts';

const all = Number.POSITIVE_INFINITY;

test('another program writes a row twice before it is adopted', () => {
  const failure = caseFailure({
    schema: ['CREATE TABLE t (k INTEGER PRIMARY KEY, c)'],
    queries: [],
    steps: [
      { kind: 'watch', table: 't', images: true },
      { kind: 'write', node: 0, statements: ['INSERT INTO t VALUES (1, 2)'] },
      { kind: 'pass', budgetMs: all },
      { kind: 'foreign', statements: ['UPDATE t SET c = c + 1'] },
      { kind: 'pass', budgetMs: all },
      { kind: 'foreign', statements: ['UPDATE t SET c = 1.5'] },
      { kind: 'pass', budgetMs: all },
    ],
  });
  expect(failure).toBeUndefined();
});

test('a row appears by an update, while the version that inserts it waits for a column', () => {
  const old = 'CREATE TABLE t (k TEXT NOT NULL PRIMARY KEY, c)';
  const now = 'CREATE TABLE t (k TEXT NOT NULL PRIMARY KEY, c, z)';
  const failure = caseFailure({
    schema: [old],
    queries: [{ sql: 'SELECT k FROM t GROUP BY k' }, { sql: 'SELECT NULL FROM t' }],
    steps: [
      { kind: 'subscribe', query: 0 },
      { kind: 'subscribe', query: 1 },
      { kind: 'pass', budgetMs: all },
      { kind: 'schema', old, now, nodes: [1] },
      { kind: 'write', node: 1, statements: ["INSERT INTO t VALUES ('x', 5, 1)"] },
      { kind: 'write', node: 1, statements: ['UPDATE t SET c = 6'] },
      { kind: 'merge', node: 0, count: 3, order: 917 },
      { kind: 'pass', budgetMs: all },
    ],
  });
  expect(failure).toBeUndefined();
});

test('an update of a row arrives before the row', () => {
  const failure = caseFailure({
    schema: ['CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, c REAL) WITHOUT ROWID, STRICT'],
    queries: [{ sql: 'SELECT a AS r3 FROM t' }],
    steps: [
      { kind: 'subscribe', query: 0 },
      { kind: 'pass', budgetMs: all },
      { kind: 'write', node: 1, statements: ['INSERT INTO t VALUES (3, 2, 3)'] },
      { kind: 'write', node: 1, statements: ['UPDATE t SET c = -2'] },
      { kind: 'merge', node: 0, count: 1, order: 490 },
      { kind: 'pass', budgetMs: all },
      { kind: 'merge', node: 0, count: 1, order: 0 },
      { kind: 'pass', budgetMs: all },
    ],
  });
  expect(failure).toBeUndefined();
});

test('a step has more changes than are kept', () => {
  const rows = Array.from({ length: 20 }, (_, id) => `(${id}, 'a')`).join(', ');
  const failure = caseFailure({
    schema: ['CREATE TABLE t (id INTEGER PRIMARY KEY, a)'],
    queries: [{ sql: 'SELECT a FROM t' }],
    steps: [
      { kind: 'subscribe', query: 0 },
      { kind: 'pass', budgetMs: all },
      { kind: 'write', node: 0, statements: [`INSERT INTO t VALUES ${rows}`] },
      { kind: 'pass', budgetMs: all },
      { kind: 'resume', query: 0, choice: 0, changes: 1_000 },
      { kind: 'write', node: 0, statements: ['UPDATE t SET a = 2 WHERE id < 3'] },
      { kind: 'pass', budgetMs: all },
      { kind: 'resume', query: 0, choice: 1, changes: 1 },
    ],
    changesMax: 8,
  });
  expect(failure).toBeUndefined();
});

test('rows behind groups come and go, and the engine is opened again', () => {
  const failure = caseFailure({
    schema: [
      'CREATE TABLE v (k BLOB NOT NULL PRIMARY KEY, a)',
      'CREATE TABLE x (k NOT NULL PRIMARY KEY, b TEXT) WITHOUT ROWID',
    ],
    queries: [{ sql: 'SELECT s1.b, NULL FROM v AS s0, x AS s1 GROUP BY s1.b', isLoose: true }],
    steps: [
      { kind: 'subscribe', query: 0 },
      { kind: 'write', node: 1, statements: ["INSERT INTO x VALUES (2, '10')"] },
      { kind: 'merge', node: 0, count: 100, order: 363 },
      { kind: 'foreign', statements: ["INSERT INTO v VALUES (x'ff00', 3)"] },
      { kind: 'pass', budgetMs: all },
      { kind: 'write', node: 0, statements: ["UPDATE x SET k = 'ab' WHERE k = 2"] },
      { kind: 'pass', budgetMs: all },
      { kind: 'restart', isCrash: false },
      { kind: 'foreign', statements: ["INSERT INTO x VALUES (x'ff00', 'z')"] },
      { kind: 'pass', budgetMs: all },
    ],
  });
  expect(failure).toBeUndefined();
});
