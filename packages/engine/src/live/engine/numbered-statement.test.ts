// Numbered parameters reach SQLite with their exact values, whatever numbers the SQL leaves out.

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { boundValues, NumberedStatement } from './numbered-statement.ts';

const db = new Database(':memory:');

test.each([
  ['SELECT ?1, ?2', [1n, 'b'], [1n, 'b']],
  ['SELECT ?3', [1n, 2n, 3n], [3n]],
  ['SELECT ?2, ?4, ?2', [1n, 2n, 3n, 4n], [2n, 4n, 2n]],
  ["SELECT '?1', ?2 -- ?3", [1n, 2n, 3n], ['?1', 2n]],
  ['SELECT 5 AS "?1"', [1n], [5n]],
  ['SELECT ?1 /* ?2', [1.5], [1.5]],
  ['SELECT typeof(?1), typeof(?2)', [1n, 1], ['integer', 'real']],
  ['SELECT ?1, ?2', [9223372036854775807n], [9223372036854775807n, null]],
])('%s', (sql, values, row) => {
  const statement = new NumberedStatement(db, sql);
  expect(statement.get(values)).toEqual(row);
  expect(statement.all(values)).toEqual([row]);
  expect([...statement.iterate(values)]).toEqual([row]);
});

test('whole numbers of clients are integers', () => {
  expect(boundValues([1, 1.5, 2n, 'x', null])).toEqual([1n, 1.5, 2n, 'x', null]);
});
