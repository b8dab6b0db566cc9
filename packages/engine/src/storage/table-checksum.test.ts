// Checksums of tables: equal on nodes that have the same rows, however they came there, and different as
// soon as one value differs in anything, its type included.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { must } from '../base/assert.ts';
import { checksumTable } from './table-checksum.ts';
import {
  openReadableReplicas,
  type ReadableBench,
  type ReadableReplica,
} from './testing-readable.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a, b REAL);
  CREATE TABLE pair (x TEXT NOT NULL, y BLOB NOT NULL, v, PRIMARY KEY (y, x)) WITHOUT ROWID;
`;
const limits = { timeoutMs: 20_000 };

let bench: ReadableBench;
let a: ReadableReplica;
let b: ReadableReplica;

function open(digits: readonly string[]): void {
  bench = openReadableReplicas(digits, schema);
  a = must(bench.nodes[0], 'a node');
  b = must(bench.nodes[1] ?? bench.nodes[0], 'a node');
}

beforeEach(() => open(['a', 'b']));
afterEach(() => bench.close());

async function checksumOf({ readers }: ReadableReplica, table = 't'): Promise<string> {
  return (await checksumTable(readers, table, limits)).checksum;
}

/** Values of which no two are the same to anybody who looks closely. */
const values = [
  'NULL',
  '0',
  '1',
  '1.0',
  "'1'",
  "x'31'",
  "''",
  "x''",
  "'a'",
  "'A'",
  "'a' || char(0)",
  "'a' || char(0) || 'b'",
  "CAST(x'ff' AS TEXT)",
  "CAST(x'fe' AS TEXT)",
  "x'ff'",
  "'\u{fffd}'",
  '9007199254740992',
  '9007199254740993',
  '9007199254740992.0',
  '-9223372036854775808',
  '9223372036854775807',
  '9223372036854775807.0',
  '0.1',
  '0.1 + 0.2',
  '0.3',
  '9e999',
  '-9e999',
  '5e-324',
] as const;

test('whatever two values differ in, their tables have different checksums', async () => {
  a.run('INSERT INTO t (id) VALUES (1), (2)');
  const seen = new Map<string, string>();
  for (const value of values) {
    a.run(`UPDATE t SET a = ${value} WHERE id = 1`);
    const checksum = await checksumOf(a);
    expect(seen.get(checksum), value).toBeUndefined();
    seen.set(checksum, value);
    // The same value of another row is another table.
    a.run('UPDATE t SET a = NULL WHERE id = 1', `UPDATE t SET a = ${value} WHERE id = 2`);
    if (value !== 'NULL') expect(seen.has(await checksumOf(a)), value).toBe(false);
    a.run('UPDATE t SET a = NULL');
  }
  // NaN is NULL to SQLite, and there is one zero among the reals.
  a.run('UPDATE t SET a = 9e999 - 9e999 WHERE id = 1');
  expect(seen.get(await checksumOf(a))).toBe('NULL');
  a.run('UPDATE t SET a = 0.0 WHERE id = 1');
  const zero = await checksumOf(a);
  a.run('UPDATE t SET a = NULL WHERE id = 1', 'UPDATE t SET a = -0.0 WHERE id = 1');
  expect(await checksumOf(a)).toBe(zero);
});

test('nodes that met have equal checksums, and one changed cell makes them differ', async () => {
  const value = fc.constantFrom(...values, '-0.0', 'random()');
  const id = fc.integer({ min: 1, max: 4 });
  const pair = fc.constantFrom("'p', x'01'", "CAST(x'ff' AS TEXT), x'02'", "'', x''");
  const statement = fc.oneof(
    fc.tuple(id, value, value).map((all) => `INSERT OR REPLACE INTO t VALUES (${all.join(', ')})`),
    fc.tuple(value, id).map(([v, k]) => `UPDATE t SET a = ${v} WHERE id = ${k}`),
    fc.tuple(value, id).map(([v, k]) => `UPDATE t SET b = ${v} WHERE id = ${k}`),
    id.map((k) => `DELETE FROM t WHERE id = ${k}`),
    fc.tuple(pair, value).map(([k, v]) => `INSERT OR REPLACE INTO pair VALUES (${k}, ${v})`),
    value.map((v) => `UPDATE pair SET v = ${v}`),
  );
  const writes = fc.array(fc.tuple(fc.nat(1), statement), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(writes, async (all) => {
      for (const [node, sql] of all) {
        a.clock.wallMs += 1;
        (node === 0 ? a : b).run(sql);
      }
      bench.exchange();
      const checksums = await Promise.all(['t', 'pair'].map((table) => checksumOf(a, table)));
      expect(await Promise.all(['t', 'pair'].map((table) => checksumOf(b, table)))).toEqual(
        checksums,
      );
      a.clock.wallMs += 1;
      b.run("INSERT INTO t (id, a) VALUES (5, 'more') ON CONFLICT (id) DO UPDATE SET a = a || 1");
      expect(await checksumOf(b)).not.toBe(checksums[0]);
      expect(await checksumOf(b, 'pair')).toBe(checksums[1]);
      bench.exchange();
      expect(await checksumOf(a)).toBe(await checksumOf(b));
    }),
    { seed: 5, numRuns: 60 },
  );
});

test('columns that came in another order make no difference, and another column does', async () => {
  const other = openReadableReplicas(
    ['c'],
    'CREATE TABLE t (b REAL, id INTEGER PRIMARY KEY, a);' +
      'CREATE TABLE pair (x TEXT NOT NULL, y BLOB NOT NULL, w, PRIMARY KEY (y, x)) WITHOUT ROWID;',
  );
  try {
    const c = must(other.nodes[0], 'a node');
    for (const node of [a, c]) node.run("INSERT INTO t (id, a, b) VALUES (1, 'x', 2)");
    expect(await checksumOf(c)).toBe(await checksumOf(a));
    expect(await checksumOf(c, 'pair')).not.toBe(await checksumOf(a, 'pair'));
  } finally {
    await other.close();
  }
});

test('rows are counted, a large table passes, and what is no replicated table is refused', async () => {
  expect(await checksumTable(a.readers, 't', limits)).toMatchObject({ rows: 0 });
  const numbers = 'SELECT 10 * a.value + b.value FROM json_each(?1) AS a, json_each(?2) AS b';
  const list = (count: number): string =>
    JSON.stringify(Array.from({ length: count }, (_, n) => n));
  a.run([`INSERT INTO t (id) ${numbers}`, [list(5_000), list(10)]]);
  expect(await checksumTable(a.readers, 't', limits)).toMatchObject({ rows: 50_000 });
  for (const table of ['nope', '__patina_state', '__patina_b_t', 'patina_changes']) {
    await expect(checksumOf(a, table), table).rejects.toMatchObject({ code: 'PATINA_NOT_FOUND' });
  }
  await expect(checksumTable(a.readers, 't', { timeoutMs: 1 })).rejects.toMatchObject({
    code: 'PATINA_SQL_TIMEOUT',
  });
});
