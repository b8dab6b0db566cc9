// Guarded statements mean on better-sqlite3's SQLite what they mean on node:sqlite's, which is built
// without the option that goes wrong.

import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guardLike } from './like-guard.ts';

const schema = `
  CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT, y TEXT COLLATE NOCASE, u, n INT);
  CREATE TABLE b (id INTEGER PRIMARY KEY, aid INT, x TEXT, y TEXT COLLATE NOCASE, u);
  CREATE INDEX ax ON a (x); CREATE INDEX ay ON a (y); CREATE INDEX bx ON b (x);
  CREATE INDEX "by" ON b (y); CREATE INDEX bu ON b (u COLLATE NOCASE);
  INSERT INTO a VALUES (1, 'apple', 'apple', 'apple', 1), (2, NULL, NULL, NULL, 2),
    (3, 'Banana', 'Banana', 'apq', 3), (4, '12', '12', 12, 4), (5, 'zz', 'apz', 1.5, NULL);
  INSERT INTO b VALUES (1, 1, 'apple', 'apple', 'apple'), (2, 1, NULL, NULL, NULL),
    (3, 3, 'bx', 'APx', 'apq'), (4, 9, 'a', 'a', 12);
`;

const node = new DatabaseSync(':memory:');
node.exec(schema);
const better = new Database(':memory:');
better.exec(schema);

function rowsOfNode(sql: string): string {
  const statement = node.prepare(sql);
  statement.setReturnArrays(true);
  return JSON.stringify(statement.all());
}

function rowsOfBetter(sql: string): string {
  return JSON.stringify(better.prepare(sql).raw().all());
}

it('without the guard rows of outer joins get lost', () => {
  const sql = "SELECT a.id, b.id FROM a RIGHT JOIN b ON b.y LIKE 'a%' ORDER BY 1, 2";
  expect(rowsOfBetter(sql)).not.toBe(rowsOfNode(sql));
  expect(rowsOfBetter(guardLike(sql))).toBe(rowsOfNode(sql));
});

const column = fc
  .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y', '"u"'))
  .map((parts) => parts.join('.'));
const pattern = fc.constantFrom(
  "'a%'",
  "'ap%'",
  "'b_%'",
  "'A%'",
  "'1%'",
  "('a' || '%')",
  "'a%' ESCAPE '!'",
);
const like = fc
  .tuple(column, fc.constantFrom('', 'NOT '), fc.constantFrom('LIKE', 'GLOB'), pattern)
  .map(([left, not, verb, right]) =>
    verb === 'GLOB'
      ? `${left} ${not}GLOB ${right.replace(/ ESCAPE.*/, '').replace('%', '*')}`
      : `${left} ${not}LIKE ${right}`,
  );
const call = fc
  .tuple(fc.constantFrom('', 'NOT '), fc.constantFrom("like('a%', ", "glob ('a*', "), column)
  .map(([not, name, argument]) => `${not}${name}${argument})`);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    like,
    call,
    tie('condition').map((inner) => `(${inner}) IS NOT TRUE`),
    tie('condition').map((inner) => `NOT (${inner})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([left, verb, right]) => `(${left} ${verb} ${right})`),
    tie('condition').map((inner) => `CASE WHEN ${inner} THEN 1 ELSE b.id IS NULL END`),
  ),
}));

it('any statement means the same on both', () => {
  const runs = {
    seed: process.env['PATINA_SEED'] === 'random' ? Date.now() : 4,
    numRuns: 3_000,
  };
  const join = fc.constantFrom('LEFT', 'RIGHT', 'FULL');
  fc.assert(
    fc.property(join, condition, fc.option(condition), (kind, on, where) => {
      const filter = where === null ? '' : `WHERE ${where}`;
      const sql = `SELECT a.id, b.id FROM a ${kind} JOIN b ON ${on} ${filter} ORDER BY 1, 2`;
      expect(rowsOfBetter(guardLike(sql))).toBe(rowsOfNode(sql));
    }),
    runs,
  );
});

it.each([
  ['SELECT 1', 'SELECT 1'],
  ["SELECT x LIKE 'a%' FROM a", "SELECT x LIKE 'a%' FROM a"],
  [
    "SELECT 'x like y', x NOT LIKE ?1, [like] /* like */ FROM a LEFT JOIN b WHERE NOT like('a', x)",
    "SELECT 'x like y', x NOT LIKE + ?1, [like] /* like */ FROM a LEFT JOIN b WHERE NOT like( +'a', x)",
  ],
])('%s', (sql, guarded) => {
  expect(guardLike(sql)).toBe(guarded);
});
