// Promise P1: replicas that have the same changesets are equal, rows and clocks, whatever the order,
// the batching and the repetition in which they arrived.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { seededRng, shuffled } from '../base/rng.ts';
import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName } from '../crdt/table.ts';
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

type Action =
  | {
      readonly kind: 'write';
      readonly node: number;
      readonly statements: readonly string[];
      readonly stepMs: number;
    }
  | {
      readonly kind: 'deliver';
      readonly from: number;
      readonly to: number;
      readonly seed: number;
    };

function actionsOn(names: readonly Table[]): fc.Arbitrary<Action[]> {
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

/** Runs after which databases are made anew. */
const runsPerCluster = 500;

/**
 * Three nodes that write and two that come late. They are used for many runs, since opening a database
 * costs more than a run does: in between all rows and clocks are taken away, and every node knows all
 * versions of the runs before.
 */
class Cluster {
  readonly nodes: readonly TestReplica[];
  readonly servers: readonly ChangeServer[];
  runs = 0;

  constructor(schema: string) {
    this.nodes = ['a', 'b', 'c', 'd', 'e'].map((digit) =>
      copyTestReplica(testActor(digit), schema),
    );
    this.servers = this.nodes.map(({ replica }) => new ChangeServer(replica.db));
  }

  at(index: number): TestReplica {
    return this.nodes[index] as TestReplica;
  }

  get writers(): readonly TestReplica[] {
    return this.nodes.slice(0, 3);
  }

  begin(): void {
    this.runs++;
    const wallMs = Math.max(...this.nodes.map(({ clock }) => clock.wallMs)) + 1_000;
    for (const { clock, log, replica } of this.nodes) {
      clock.wallMs = wallMs;
      log.length = 0;
      replica.db.exec('BEGIN; UPDATE __patina_state SET applying = 1');
      for (const { name } of replica.tables.values()) {
        for (const table of [name, baseTableName(name), cellTableName(name)]) {
          replica.db.exec(`DELETE FROM ${quoteName(table)}`);
        }
      }
      replica.db.exec('UPDATE __patina_state SET applying = 0; COMMIT');
    }
  }

  /** Brings one node up to date from what another has, as sync does. */
  catchUp(to: number, from: number, heads: ReadonlyMap<ActorId, number>, seed: number): void {
    const chunks: Uint8Array[] = [];
    const { replica } = this.at(to);
    const server = this.servers[from] as ChangeServer;
    for (const { actorId, head } of this.at(from).replica.book.state()) {
      const start = (heads.get(actorId) ?? 0) + 1;
      if (start > head) continue;
      const all: SyncNeed = { kind: 'full', actorId, start, end: head };
      for (let need: SyncNeed | undefined = all; need !== undefined; ) {
        const slice = server.read(need, 100);
        chunks.push(...slice.chunks);
        replica.recordEmpty(slice.empty);
        need = slice.rest;
      }
    }
    mergeShuffled(this.at(to), chunks, seed);
  }

  close(): void {
    for (const { replica } of this.nodes) replica.db.close();
  }
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

/** What happens, then everybody hears all of it, in an order of its own. */
function runOnce(cluster: Cluster, actions: readonly Action[], seed: number): void {
  cluster.begin();
  const states = cluster.at(0).replica.book.state();
  const heads = new Map(states.map(({ actorId, head }) => [actorId, head]));
  for (const step of actions) {
    if (step.kind === 'deliver') {
      const { from, to } = step;
      if (from !== to) mergeShuffled(cluster.at(to), cluster.at(from).log, step.seed);
      continue;
    }
    const node = cluster.at(step.node);
    node.clock.wallMs += step.stepMs;
    node.run(...step.statements);
  }
  const all = cluster.writers.flatMap(({ log }) => log);
  for (const [index, node] of cluster.nodes.slice(0, 4).entries()) {
    const others = all.filter((chunk) => !node.log.includes(chunk));
    mergeShuffled(node, others, seed + index);
  }
  // The last is served from clocks and rows, where overwritten changes are gone.
  cluster.catchUp(4, seed % 3, heads, seed + 4);
  const [first, ...others] = cluster.nodes as readonly [TestReplica, ...TestReplica[]];
  const expected = contents(first.replica);
  for (const { replica } of others) {
    expect(contents(replica)).toBe(expected);
    expect(replica.book.state()).toEqual(first.replica.book.state());
  }
  for (const { replica } of cluster.nodes) expect(replica.verifyBookkeeping()).toEqual([]);
}

/** Few tables at a time: more writes meet, and a run costs less. */
const shares: readonly (readonly [names: readonly Table[], share: number])[] = [
  [['plain'], 0.32],
  [['pair', 'only'], 0.32],
  [['firm'], 0.32],
  [allTables, 0.04],
];

test.each(shares)(
  'equal changesets make equal replicas, rows and clocks: %s',
  (names, share) => {
    const schema = schemaOf(names);
    let cluster = new Cluster(schema);
    const renew = (): void => {
      cluster.close();
      cluster = new Cluster(schema);
    };
    const property = fc.property(actionsOn(names), fc.nat(), (actions, seed) => {
      if (cluster.runs >= runsPerCluster) renew();
      try {
        runOnce(cluster, actions, seed);
      } catch (error) {
        renew();
        throw error;
      }
    });
    fc.assert(property, { numRuns: Math.ceil(runs * share) });
    cluster.close();
  },
  600_000,
);

test('the later of two concurrent transactions on the same cells wins whole', () => {
  const [a, b] = new Cluster(schemaOf(['plain'])).nodes as readonly [TestReplica, TestReplica];
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
