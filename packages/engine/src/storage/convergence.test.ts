// Promise P1: replicas that have the same changesets are equal, rows and clocks, whatever the order,
// the batching and the repetition in which they arrived.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRng, shuffled } from '../base/rng.ts';
import type { SyncNeed } from '../ports.ts';
import { ChangeServer } from './change-server.ts';
import { contents, copyTestReplica, type TestReplica, testActor, testStartMs } from './testing.ts';

const tables = {
  plain: 'CREATE TABLE plain (id INTEGER PRIMARY KEY, a TEXT, b INTEGER DEFAULT 7, c);',
  pair:
    'CREATE TABLE pair (x TEXT NOT NULL, y BLOB NOT NULL, v REAL, w TEXT COLLATE NOCASE, ' +
    'PRIMARY KEY (y, x)) WITHOUT ROWID;',
  only: 'CREATE TABLE only (k TEXT NOT NULL PRIMARY KEY);',
  firm:
    'CREATE TABLE firm (id INTEGER PRIMARY KEY, n INT NOT NULL DEFAULT 0, any ANY, d INT AS (n * 2)) ' +
    'STRICT;',
} as const;

type Table = keyof typeof tables;

const allTables: readonly Table[] = ['plain', 'pair', 'only', 'firm'];

function schemaOf(names: readonly Table[]): string {
  return names.map((name) => tables[name]).join('\n');
}

const values = [
  'NULL',
  '0',
  '1',
  '-1',
  '1.0',
  '1.5',
  "''",
  "'a'",
  "'A'",
  "x''",
  "x'00ff'",
  "CAST(x'ff41' AS TEXT)",
  '9007199254740993',
  '-9223372036854775808',
  '9223372036854775807',
  '9e99',
  "'\u{1f33f}'",
] as const;
const numbers = ['0', '1', '2', '9007199254740993', '-5'] as const;
const keys = ['1', '2', '9007199254740993'] as const;
const pairs = ["'p', x'01'", "CAST(x'ff' AS TEXT), x'02'", "'', x''"] as const;

const value = fc.constantFrom(...values);
const number = fc.constantFrom(...numbers);
const key = fc.constantFrom(...keys);
const pair = fc.constantFrom(...pairs);
const text = fc.constantFrom("'a'", "CAST(x'fe' AS TEXT)", "''");

const statements: Record<Table, fc.Arbitrary<string>[]> = {
  plain: [
    fc
      .tuple(key, value, number)
      .map(([k, a, b]) => `INSERT OR IGNORE INTO plain (id, a, b) VALUES (${k}, ${a}, ${b})`),
    fc
      .tuple(key, value)
      .map(([k, c]) => `INSERT OR REPLACE INTO plain (id, c) VALUES (${k}, ${c})`),
    fc
      .tuple(key, value, value)
      .map(
        ([k, a, c]) =>
          `INSERT INTO plain (id, a, c) VALUES (${k}, ${a}, ${c}) ON CONFLICT (id) DO UPDATE SET c = excluded.c`,
      ),
    fc.tuple(key, value).map(([k, a]) => `UPDATE plain SET a = ${a} WHERE id = ${k}`),
    fc
      .tuple(key, value, number)
      .map(([k, c, b]) => `UPDATE plain SET c = ${c}, b = ${b} WHERE id = ${k}`),
    fc
      .tuple(key, key)
      .map(([k, to]) => `UPDATE OR REPLACE plain SET id = ${to}, b = 3 WHERE id = ${k}`),
    key.map((k) => `DELETE FROM plain WHERE id = ${k}`),
  ],
  pair: [
    fc
      .tuple(pair, value)
      .map(([k, v]) => `INSERT OR REPLACE INTO pair (x, y, v) VALUES (${k}, ${v})`),
    fc.tuple(pair, value).map(([k, w]) => `UPDATE pair SET w = ${w} WHERE (x, y) = (${k})`),
    pair.map((k) => `DELETE FROM pair WHERE (x, y) = (${k})`),
  ],
  only: [
    text.map((k) => `INSERT OR IGNORE INTO only VALUES (${k})`),
    text.map((k) => `DELETE FROM only WHERE k = ${k}`),
  ],
  firm: [
    fc
      .tuple(key, number, value)
      .map(([k, n, any]) => `INSERT OR REPLACE INTO firm (id, n, any) VALUES (${k}, ${n}, ${any})`),
    fc.tuple(key, value).map(([k, any]) => `UPDATE firm SET any = ${any} WHERE id = ${k}`),
  ],
};

function actionsOn(names: readonly Table[]) {
  const statement = fc.oneof(...names.flatMap((name) => statements[name]));
  const action = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        node: fc.nat(2),
        statements: fc.array(statement, { minLength: 1, maxLength: 4 }),
        stepMs: fc.nat(2),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('deliver' as const),
        from: fc.nat(2),
        to: fc.nat(2),
        seed: fc.nat(),
      }),
    },
  );
  return fc.array(action, { minLength: 1, maxLength: 25 });
}

/** Runs of all properties together. */
const runs = Number(process.env['PATINA_PROPERTY_RUNS'] ?? 5_100);

function openAll(schema: string): TestReplica[] {
  return ['a', 'b', 'c'].map((digit) => copyTestReplica(testActor(digit), schema));
}

function mergeShuffled(to: TestReplica, chunks: readonly Uint8Array[], seed: number): void {
  const rng = seededRng(seed);
  let rest = shuffled(rng, [...chunks, ...chunks.filter(() => rng.below(4) === 0)]);
  while (rest.length > 0) {
    const size = 1 + rng.below(rest.length);
    const outcome = to.replica.merge(rest.slice(0, size));
    expect(outcome.malformed).toBe(0);
    expect(outcome.quarantined).toEqual([]);
    rest = rest.slice(size);
  }
}

/** Brings `to` up to date from what `from` has, as sync does. */
function catchUp(to: TestReplica, from: TestReplica, seed: number): void {
  const server = new ChangeServer(from.replica.db);
  const chunks: Uint8Array[] = [];
  for (const { actorId, head } of from.replica.book.state()) {
    for (let need: SyncNeed | undefined = { kind: 'full', actorId, start: 1, end: head }; need; ) {
      const slice = server.read(need, 100);
      chunks.push(...slice.chunks);
      to.replica.recordEmpty(slice.empty);
      need = slice.rest;
    }
  }
  mergeShuffled(to, chunks, seed);
  expect(to.replica.book.state()).toEqual(from.replica.book.state());
}

/** Few tables at a time: more writes meet, and a run costs less. */
test.each<[names: readonly Table[], share: number]>([
  [['plain'], 0.32],
  [['pair', 'only'], 0.32],
  [['firm'], 0.32],
  [allTables, 0.04],
])(
  'equal changesets make equal replicas, rows and clocks: %s',
  (names, share) => {
    const schema = schemaOf(names);
    fc.assert(
      fc.property(actionsOn(names), fc.nat(), (actions, seed) => {
        const nodes = openAll(schema);
        const at = (index: number): TestReplica => nodes[index] as TestReplica;
        for (const step of actions) {
          if (step.kind === 'deliver') {
            if (step.from !== step.to) mergeShuffled(at(step.to), at(step.from).log, step.seed);
            continue;
          }
          const node = at(step.node);
          node.clock.wallMs += step.stepMs;
          node.run(...step.statements);
        }
        for (const [index, node] of nodes.entries()) {
          const others = nodes.filter((other) => other !== node).flatMap(({ log }) => log);
          mergeShuffled(node, others, seed + index);
        }
        const all = nodes.flatMap(({ log }) => log);
        const fresh = copyTestReplica(testActor('d'), schema);
        mergeShuffled(fresh, all, seed + 3);
        // A newcomer that is served from clocks and rows, where overwritten changes are gone.
        const late = copyTestReplica(testActor('e'), schema);
        catchUp(late, at(seed % 3), seed + 4);
        const expected = contents(at(0).replica);
        for (const node of [...nodes, fresh, late]) {
          expect(contents(node.replica)).toBe(expected);
          expect(node.replica.verifyBookkeeping()).toEqual([]);
          node.replica.db.close();
        }
      }),
      { numRuns: Math.ceil(runs * share) },
    );
  },
  600_000,
);

test('the later of two concurrent transactions on the same cells wins whole', () => {
  const [a, b] = openAll(schemaOf(['plain'])) as [TestReplica, TestReplica, TestReplica];
  a.run("INSERT INTO plain (id, a, b) VALUES (1, '-', 0)");
  b.replica.merge(a.log);
  a.clock.wallMs = testStartMs + 10;
  b.clock.wallMs = testStartMs + 20;
  a.run("UPDATE plain SET a = '9', b = 1 WHERE id = 1");
  b.run("UPDATE plain SET a = '1', b = 9 WHERE id = 1");
  a.replica.merge(b.log);
  b.replica.merge(a.log);
  expect(a.all('SELECT a, b FROM plain')).toEqual([{ a: '1', b: 9 }]);
  expect(b.all('SELECT a, b FROM plain')).toEqual([{ a: '1', b: 9 }]);
  expect(
    b.all(
      'SELECT "table", "column", rule, winner_value, loser_value FROM patina_conflicts ORDER BY "column"',
    ),
  ).toEqual([
    { table: 'plain', column: 'a', rule: 'hlc', winner_value: '1', loser_value: '9' },
    { table: 'plain', column: 'b', rule: 'hlc', winner_value: 9, loser_value: 1 },
  ]);
});
