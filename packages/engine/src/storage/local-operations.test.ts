// What each kind of local write becomes: which rows, deletes and cells, with which causal lengths, and
// that another node which merges them ends identical.

import { expect, it } from 'vitest';
import { OddText } from '../base/value.ts';
import { decodeChunk } from '../crdt/changeset-codec.ts';
import { contents, copyTestReplica, type TestReplica, testActor } from './testing.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER DEFAULT 7);
  CREATE TABLE only (k TEXT NOT NULL PRIMARY KEY);
  CREATE TABLE pair (x TEXT NOT NULL, y BLOB NOT NULL, v REAL, PRIMARY KEY (y, x)) WITHOUT ROWID;
  CREATE TABLE free (id TEXT NOT NULL PRIMARY KEY, v, w TEXT COLLATE NOCASE);
  CREATE TABLE firm (id INT NOT NULL PRIMARY KEY, n INT NOT NULL DEFAULT 1, d INT AS (n * 2), any ANY) STRICT;
`;

/** Changes as lines: kind, table, columns, key and values, causal length. */
function linesOf(chunks: readonly Uint8Array[]): string[] {
  return chunks
    .flatMap((chunk) => decodeChunk(chunk).blocks)
    .flatMap(({ kind, table, columns, changes }) =>
      changes.map(({ cl, seq, values }) => {
        const shown = values.map((value) =>
          value instanceof OddText ? `odd ${Buffer.from(value.bytes).toString('hex')}` : value,
        );
        return {
          seq,
          line: `${kind} ${table}(${columns}) ${shown.map(String).join(',')} cl ${cl}`,
        };
      }),
    )
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ line }) => line);
}

/** Runs on one node what comes before and then the statements; both nodes must end identical. */
function lines(before: readonly string[], ...statements: string[]): string[] {
  const [a, b] = [copyTestReplica(testActor('a'), schema), copyTestReplica(testActor('b'), schema)];
  for (const sql of before) a.run(sql);
  const from = a.log.length;
  const head = a.replica.head;
  const outcome = a.run(...statements);
  const made = a.log.slice(from);
  expect(outcome.ok && outcome.version).toBe(made.length === 0 ? undefined : head + 1);
  expect(a.replica.head).toBe(made.length === 0 ? head : head + 1);
  const { quarantined, malformed } = b.replica.merge(a.log);
  expect({ quarantined, malformed }).toEqual({ quarantined: [], malformed: 0 });
  expect(contents(b.replica)).toBe(contents(a.replica));
  expect(b.replica.verifyBookkeeping()).toEqual([]);
  for (const { replica } of [a, b]) replica.db.close();
  return linesOf(made);
}

const one = "INSERT INTO t VALUES (1, 'x', 1)";

it.each<[what: string, before: string[], statements: string[], changes: string[]]>([
  ['insert', [], [one], ['row t(a,b) 1,x,1 cl 1']],
  ['insert with defaults', [], ['INSERT INTO t (id) VALUES (1)'], ['row t(a,b) 1,null,7 cl 1']],
  [
    'insert without columns but the key',
    [],
    ["INSERT INTO only VALUES ('k')"],
    ['row only() k cl 1'],
  ],
  ['update to the same value', [one], ["UPDATE t SET a = 'x', b = 1"], []],
  ['update of one column', [one], ["UPDATE t SET a = 'y', b = 1"], ['cell t(a) 1,y cl 1']],
  ['update to NULL', [one], ['UPDATE t SET a = NULL'], ['cell t(a) 1,null cl 1']],
  [
    'two updates of one column in one transaction',
    [one],
    ["UPDATE t SET a = 'y'", "UPDATE t SET a = 'z'"],
    ['cell t(a) 1,z cl 1'],
  ],
  ['delete', [one], ['DELETE FROM t'], ['delete t() 1 cl 2']],
  ['delete of what is not there', [], ['DELETE FROM t'], []],
  ['insert again', [one, 'DELETE FROM t'], [one], ['row t(a,b) 1,x,1 cl 3']],
  ['second delete', [one, 'DELETE FROM t', one], ['DELETE FROM t'], ['delete t() 1 cl 4']],
  ['insert and delete in one transaction', [], [one, 'DELETE FROM t'], ['delete t() 1 cl 2']],
  [
    'delete and insert in one transaction',
    [one],
    ['DELETE FROM t', "INSERT INTO t VALUES (1, 'y', 2)"],
    ['row t(a,b) 1,y,2 cl 3'],
  ],
  [
    'update of the key',
    [one],
    ['UPDATE t SET id = 2'],
    ['delete t() 1 cl 2', 'row t(a,b) 2,x,1 cl 1'],
  ],
  [
    'update of key and column',
    [one],
    ["UPDATE t SET id = 2, a = 'y'"],
    ['delete t() 1 cl 2', 'row t(a,b) 2,y,1 cl 1'],
  ],
  ['update of the key to itself', [one], ['UPDATE t SET id = 1'], []],
  [
    'update of the key back to a deleted one',
    [one, 'UPDATE t SET id = 2'],
    ['UPDATE t SET id = 1'],
    ['delete t() 2 cl 2', 'row t(a,b) 1,x,1 cl 3'],
  ],
  [
    'swap of keys',
    [one, "INSERT INTO t VALUES (2, 'y', 2)"],
    ['UPDATE t SET id = -id', 'UPDATE t SET id = CASE id WHEN -1 THEN 2 ELSE 1 END'],
    ['delete t() -2 cl 2', 'row t(a,b) 1,y,2 cl 3', 'delete t() -1 cl 2', 'row t(a,b) 2,x,1 cl 3'],
  ],
  ['REPLACE of a new row', [], ["REPLACE INTO t VALUES (1, 'y', 2)"], ['row t(a,b) 1,y,2 cl 1']],
  ['REPLACE', [one], ["REPLACE INTO t VALUES (1, 'y', 2)"], ['row t(a,b) 1,y,2 cl 3']],
  [
    'UPDATE OR REPLACE onto another key',
    [one, "INSERT INTO t VALUES (2, 'y', 2)"],
    ['UPDATE OR REPLACE t SET id = 2 WHERE id = 1'],
    ['delete t() 1 cl 2', 'row t(a,b) 2,x,1 cl 3'],
  ],
  [
    'upsert of an existing row',
    [one],
    ["INSERT INTO t VALUES (1, 'y', 1) ON CONFLICT DO UPDATE SET a = excluded.a, b = excluded.b"],
    ['cell t(a) 1,y cl 1'],
  ],
  ['upsert that does nothing', [one], [`${one} ON CONFLICT DO NOTHING`], []],
  [
    'INSERT OR IGNORE of an existing row',
    [one],
    ["INSERT OR IGNORE INTO t VALUES (1, 'y', 2)"],
    [],
  ],
  [
    'many rows and tables',
    [one],
    [
      "INSERT INTO t VALUES (2, 'y', 2), (3, 'z', 3)",
      "INSERT INTO only VALUES ('k')",
      'UPDATE t SET b = 9',
    ],
    [
      'row t(a) 2,y cl 1',
      'row t(a) 3,z cl 1',
      'row only() k cl 1',
      'cell t(b) 1,9 cl 1',
      'cell t(b) 2,9 cl 1',
      'cell t(b) 3,9 cl 1',
    ],
  ],
  [
    'composite key',
    ["INSERT INTO pair VALUES ('p', x'01', 1)"],
    ["UPDATE pair SET v = 2.5 WHERE (x, y) = ('p', x'01')"],
    ['cell pair(v) 1,p,2.5 cl 1'],
  ],
  [
    'part of a composite key',
    ["INSERT INTO pair VALUES ('p', x'01', 1)"],
    ["UPDATE pair SET x = 'q'"],
    ['delete pair() 1,p cl 2', 'row pair(v) 1,q,1 cl 1'],
  ],
  [
    'case under NOCASE',
    ["INSERT INTO free VALUES ('i', 0, 'a')"],
    ["UPDATE free SET w = 'A'"],
    ['cell free(w) i,A cl 1'],
  ],
  [
    'integer to real',
    ["INSERT INTO free VALUES ('i', 1, 'a')"],
    ['UPDATE free SET v = 1.0'],
    ['cell free(v) i,1 cl 1'],
  ],
  [
    'a generated column is no change',
    [],
    ['INSERT INTO firm (id) VALUES (5)'],
    ['row firm(n,any) 5,1,null cl 1'],
  ],
  [
    'what a generated column depends on',
    ['INSERT INTO firm (id) VALUES (5)'],
    ['UPDATE firm SET n = 4'],
    ['cell firm(n) 5,4 cl 1'],
  ],
])('%s', (_what, before, statements, changes) => {
  expect(lines(before, ...statements)).toEqual(changes);
});

const oddKeys = [
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
];

it.each(oddKeys)('keeps the 64-bit key %s through insert, update, delete', (key) => {
  const insert = `INSERT INTO t VALUES (${key}, 'x', ${key}), (${key === oddKeys[2] ? 0 : `${key} + 1`}, 'y', 0)`;
  expect(lines([], insert)[0]).toBe(`row t(a,b) ${key},x,${key} cl 1`);
  const update = `UPDATE t SET a = 'z' WHERE id = ${key}`;
  expect(lines([insert], update)).toEqual([`cell t(a) ${key},z cl 1`]);
  expect(lines([insert, update], `DELETE FROM t WHERE id = ${key}`)).toEqual([
    `delete t() ${key} cl 2`,
  ]);
});

it('tells apart text keys that are no UTF-8', () => {
  const insert =
    "INSERT INTO only VALUES (CAST(x'ff' AS TEXT)), (CAST(x'fe' AS TEXT)), ('\ufffd'), (char(0))";
  expect(lines([], insert)).toEqual([
    'row only() odd ff cl 1',
    'row only() odd fe cl 1',
    'row only() \ufffd cl 1',
    'row only() \0 cl 1',
  ]);
  const remove = "DELETE FROM only WHERE k = CAST(x'fe' AS TEXT)";
  expect(lines([insert], remove)).toEqual(['delete only() odd fe cl 2']);
  const rows =
    "INSERT INTO free VALUES (CAST(x'ff' AS TEXT), CAST(x'fd' AS TEXT), 'a'), (CAST(x'fe' AS TEXT), 1, 'b')";
  expect(lines([], rows)[0]).toBe('row free(v,w) odd ff,odd fd,a cl 1');
  expect(lines([rows], "UPDATE free SET w = 'z'")).toEqual([
    'cell free(w) odd ff,z cl 1',
    'cell free(w) odd fe,z cl 1',
  ]);
  expect(lines([rows], "UPDATE free SET v = CAST(x'80' AS TEXT)")[0]).toBe(
    'cell free(v) odd ff,odd 80 cl 1',
  );
  expect(lines([rows], `UPDATE free SET id = 'k' WHERE w = 'a'`)).toEqual([
    'delete free() odd ff cl 2',
    'row free(v,w) k,odd fd,a cl 1',
  ]);
  expect(lines([rows], `REPLACE INTO free VALUES (CAST(x'fe' AS TEXT), 2, 'c')`)).toEqual([
    'row free(v,w) odd fe,2,c cl 3',
  ]);
});

const oddValues = [
  'NULL',
  "''",
  "x''",
  "x'00ff'",
  '0',
  '1',
  '1.0',
  '-0.0',
  '9e999',
  '-9e999',
  '4.9e-324',
  '1e300',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
  '9007199254740992.0',
  "'a' || char(0) || 'b'",
  "CAST(x'ff00' AS TEXT)",
  "CAST(x'efbfbd' AS TEXT)",
  "'\u{1f33f}'",
  "'1'",
];

it('carries every value exactly into columns of every affinity', () => {
  const types = ['', 'TEXT', 'INTEGER', 'REAL', 'NUMERIC', 'BLOB', 'DATETIME', 'ANY'];
  const columns = types.map((type, index) => `c${index} ${type}`).join(', ');
  const odd =
    `CREATE TABLE o (id INTEGER PRIMARY KEY, ${columns});` +
    types
      .map((type, index) => `CREATE TABLE s${index} (id INTEGER PRIMARY KEY, v ${type});`)
      .join('');
  const [a, b] = [copyTestReplica(testActor('a'), odd), copyTestReplica(testActor('b'), odd)];
  for (const [index, value] of oddValues.entries()) {
    a.run(`INSERT INTO o VALUES (${index}, ${types.map(() => value).join(', ')})`);
    // Inserted with one value and updated to another: once as a row, once as a cell.
    for (const [column] of types.entries()) {
      a.run(`INSERT INTO s${column} VALUES (${index}, ${value}), (${index + 1000}, 'none')`);
      a.run(`UPDATE s${column} SET v = ${value} WHERE id = ${index + 1000}`);
    }
  }
  b.replica.merge(a.log);
  expect(contents(b.replica)).toBe(contents(a.replica));
});

it('carries values bound as parameters, negative zero and 64-bit integers among them', () => {
  const values = [
    -0,
    2 ** 60,
    -1,
    1.5,
    Infinity,
    123n,
    2n ** 63n - 1n,
    new Uint8Array([0, 255]),
    'é',
    null,
  ];
  const [a, b] = pairOf();
  for (const [index, value] of values.entries()) {
    a.run(['INSERT INTO free VALUES (?, ?, ?)', [`k${index}`, value, String(value)]]);
    a.run(['UPDATE free SET v = ? WHERE id = ?', [value, `k${(index + 1) % values.length}`]]);
  }
  b.replica.merge(a.log);
  expect(contents(b.replica)).toBe(contents(a.replica));
});

function pairOf(): [TestReplica, TestReplica] {
  return [copyTestReplica(testActor('a'), schema), copyTestReplica(testActor('b'), schema)];
}

it('numbers the changes of a version differently, rising', () => {
  const [a] = pairOf();
  a.run(
    "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)",
    "UPDATE t SET a = 'z', b = 9",
    'DELETE FROM t WHERE id = 2',
    'UPDATE t SET id = id + 10',
    "INSERT INTO only VALUES ('x'), ('y')",
  );
  const seqs = a.log
    .flatMap((chunk) => decodeChunk(chunk).blocks)
    .flatMap(({ changes }) => changes.map(({ seq }) => seq));
  expect(new Set(seqs).size).toBe(seqs.length);
});

it('gives a transaction one version and one HLC, whatever it touches', () => {
  const [a] = pairOf();
  a.run(one, "INSERT INTO only VALUES ('k')", "INSERT INTO free VALUES ('i', 1, 'a')");
  const headers = a.log.map((chunk) => decodeChunk(chunk).header);
  expect(headers).toHaveLength(1);
  expect(headers[0]?.version).toBe(1);
});
