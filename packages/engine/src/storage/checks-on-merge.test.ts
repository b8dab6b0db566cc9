// A change is judged by itself and the schema, never by the row that it meets: nodes with the same
// schema apply and set aside the same versions, in whatever order these arrive (P1, P11).

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRng, shuffled } from '../base/rng.ts';
import { contents, copyTestReplica, type TestReplica, testActor } from './testing.ts';

const loose = `
  CREATE TABLE span (id INTEGER PRIMARY KEY, lo INT DEFAULT 9, hi INT, note TEXT, size ANY);
  CREATE TABLE firm (k TEXT NOT NULL PRIMARY KEY, n ANY);
`;
const strict = `
  CREATE TABLE span (
    id INTEGER PRIMARY KEY CHECK (id < 4),
    lo INT NOT NULL DEFAULT 9 CHECK (lo >= 0),
    hi INT CHECK (hi <> 5) CHECK (hi IS NOT NULL),
    note TEXT COLLATE NOCASE CHECK (note IN ('a', 'b')),
    size ANY,
    CONSTRAINT ordered CHECK (lo <= hi),
    CHECK (span.lo < 8)
  );
  CREATE TABLE firm (k TEXT NOT NULL PRIMARY KEY CHECK (length(k) = 1), n INT NOT NULL DEFAULT 0) STRICT;
`;

const id = fc.constantFrom('1', '2', '3', '4');
const number = fc.constantFrom('-1', '0', '1', '2', '5', '7', '8', 'NULL');
const note = fc.constantFrom("'a'", "'B'", "'c'", 'NULL', '1');
const key = fc.constantFrom("'x'", "'y'", "'long'");

const statement = fc.oneof(
  fc
    .tuple(id, number, number, note)
    .map((row) => `INSERT OR IGNORE INTO span (id, lo, hi, note) VALUES (${row.join(', ')})`),
  fc.tuple(number, id).map(([v, row]) => `UPDATE OR IGNORE span SET lo = ${v} WHERE id = ${row}`),
  fc.tuple(number, id).map(([v, row]) => `UPDATE OR IGNORE span SET hi = ${v} WHERE id = ${row}`),
  fc.tuple(note, id).map(([v, row]) => `UPDATE OR IGNORE span SET note = ${v} WHERE id = ${row}`),
  id.map((row) => `DELETE FROM span WHERE id = ${row}`),
  fc
    .tuple(key, fc.constantFrom('1', '2', "'t'", '1.5', 'NULL'))
    .map(([k, n]) => `INSERT OR REPLACE INTO firm (k, n) VALUES (${k}, ${n})`),
  fc.tuple(key, number).map(([k, n]) => `UPDATE OR IGNORE firm SET n = ${n} WHERE k = ${k}`),
);

const transactions = fc.array(
  fc.record({
    node: fc.nat(2),
    statements: fc.array(statement, { minLength: 1, maxLength: 3 }),
    hears: fc.boolean(),
  }),
  { minLength: 1, maxLength: 15 },
);

function quarantineOf(node: TestReplica): unknown[] {
  return node.all('SELECT actor_id, version, reason FROM patina_quarantine ORDER BY 1, 2');
}

it('nodes of one schema apply the same versions and set the same aside', () => {
  let quarantined = 0;
  let broken = 0;
  fc.assert(
    fc.property(transactions, fc.nat(), (steps, seed) => {
      const rng = seededRng(seed);
      const writers = [
        copyTestReplica(testActor('a'), loose),
        copyTestReplica(testActor('b'), loose),
        copyTestReplica(testActor('c'), strict),
      ];
      for (const { node, statements, hears } of steps) {
        const writer = writers[node] as TestReplica;
        if (hears) writer.replica.merge(writers.flatMap(({ log }) => log));
        try {
          writer.run(...statements);
        } catch {
          // The strict writer refuses what breaks its own CHECKs.
        }
      }
      const log = writers.flatMap((writer) => writer.log);
      const readers = ['d', 'e', 'f'].map((digit) => copyTestReplica(testActor(digit), strict));
      for (const { replica } of readers) {
        const order = shuffled(rng, log);
        const cut = rng.below(order.length + 1);
        replica.merge(order.slice(0, cut));
        for (const chunk of order.slice(cut)) replica.merge([chunk]);
        expect(replica.verifyBookkeeping()).toEqual([]);
      }
      const [first, ...others] = readers as [TestReplica, ...TestReplica[]];
      quarantined += quarantineOf(first).length;
      broken += first.all('SELECT 1 FROM span WHERE lo > hi').length;
      for (const other of others) {
        expect(contents(other.replica)).toBe(contents(first.replica));
        expect(quarantineOf(other)).toEqual(quarantineOf(first));
      }
      for (const { replica } of [...writers, ...readers]) replica.db.close();
    }),
    { numRuns: 100 },
  );
  expect(quarantined).toBeGreaterThan(0);
  expect(broken).toBeGreaterThan(0);
}, 120_000);

it('merges two valid writes to a row that breaks a CHECK over both columns', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => copyTestReplica(testActor(digit), strict)) as [
    TestReplica,
    TestReplica,
    TestReplica,
  ];
  a.run("INSERT INTO span (id, lo, hi, note) VALUES (1, 2, 6, 'a')");
  b.replica.merge(a.log);
  a.run('UPDATE span SET lo = 6');
  b.run('UPDATE span SET hi = 3');
  for (const node of [a, b, c]) node.replica.merge([...b.log, ...a.log]);
  for (const node of [a, b, c]) {
    expect(node.all('SELECT id, lo, hi FROM span')).toEqual([{ id: 1, lo: 6, hi: 3 }]);
    expect(quarantineOf(node)).toEqual([]);
    // Local writes go on being asked.
    expect(() => node.run('UPDATE span SET lo = 7')).toThrow(/ordered/);
    expect(() => node.run("INSERT INTO span VALUES (2, 7, 6, 'a', 0)")).toThrow(/ordered/);
  }
  expect(contents(c.replica)).toBe(contents(a.replica));
});

it('begins a row with defaults that break a CHECK when a cell comes before its row', () => {
  const [a, b] = [copyTestReplica(testActor('a'), strict), copyTestReplica(testActor('b'), strict)];
  a.run("INSERT INTO span (id, lo, hi, note) VALUES (1, 2, 6, 'a')");
  a.run('UPDATE span SET hi = 7');
  const [insert, update] = a.log as [Uint8Array, Uint8Array];
  expect(b.replica.merge([update]).quarantined).toEqual([]);
  expect(b.all('SELECT lo, hi FROM span')).toEqual([{ lo: 9, hi: 7 }]);
  b.replica.merge([insert]);
  expect(contents(b.replica)).toBe(contents(a.replica));
});

it('applies what was set aside when the schema asks it no more', async () => {
  const [a, b] = [copyTestReplica(testActor('a'), loose), copyTestReplica(testActor('b'), strict)];
  a.run("INSERT INTO span (id, lo, hi, note) VALUES (1, 2, 5, 'a')");
  a.run(
    "INSERT INTO firm VALUES ('x', 't')",
    "INSERT INTO span (id, lo, hi, note) VALUES (2, 1, 1, 'a')",
  );
  const { quarantined } = b.replica.merge(a.log);
  expect(quarantined.map(({ header, reason }) => [header.version, reason])).toEqual([
    [1, 'PATINA_SQL_CONSTRAINT'],
    [2, 'PATINA_SQL_CONSTRAINT'],
  ]);
  expect(b.all('SELECT * FROM span')).toEqual([]);
  expect(b.replica.retryQuarantined('all').applied).toEqual([]);
});
