// Transactions that share a commit: each is atomic by itself, is answered in its place, and makes at most
// one version.

import { expect, it, vi } from 'vitest';
import type { SqlValue } from '../base/value.ts';
import type { LocalStatement, LocalTransaction, StatementParams } from '../ports.ts';
import { ChangeReader } from './change-reader.ts';
import { Replica } from './replica.ts';
import { applyReplicaSchema } from './schema-apply.ts';
import { createSqlVetter } from './sql-vetter.ts';
import { contents, copyTestReplica, type TestReplica, testActor } from './testing.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b < 100));
  CREATE TABLE u (id INTEGER PRIMARY KEY, v);
`;

function open(): TestReplica {
  return copyTestReplica(testActor('a'), schema);
}

function tx(...statements: (string | LocalStatement)[]): LocalTransaction {
  return { statements: statements.map((s) => (typeof s === 'string' ? { sql: s } : s)) };
}

/** Versions by outcome; the error code of one that failed. */
function outcomes(node: TestReplica, ...transactions: LocalTransaction[]): unknown[] {
  const result = node.replica.transact(transactions);
  node.log.push(...result.versions.flatMap(({ chunks }) => chunks ?? []));
  return result.outcomes.map((outcome) => (outcome.ok ? outcome.version : outcome.error.code));
}

function expectSameElsewhere(node: TestReplica): void {
  const peer = copyTestReplica(testActor('b'), schema);
  peer.replica.merge(node.log);
  expect(contents(peer.replica)).toBe(contents(node.replica));
  expect(node.replica.verifyBookkeeping()).toEqual([]);
}

it('answers in order, with versions without holes', () => {
  const node = open();
  expect(
    outcomes(
      node,
      tx("INSERT INTO t VALUES (1, 'x', 0)"),
      tx('SELECT 1'),
      tx('INSERT INTO nowhere VALUES (1)'),
      tx("INSERT INTO t VALUES (2, 'y', 0)", 'INSERT INTO u VALUES (1, 1)'),
      tx(),
      tx('UPDATE t SET a = a'),
      tx("UPDATE t SET a = 'z'"),
    ),
  ).toEqual([1, undefined, 'PATINA_SQL_ERROR', 2, undefined, undefined, 3]);
  expectSameElsewhere(node);
});

const failures: [what: string, statements: string[]][] = [
  ['a constraint', ["INSERT INTO t VALUES (9, 'x', 0)", "INSERT INTO t VALUES (1, 'x', 0)"]],
  ['a CHECK', ['UPDATE t SET b = 500']],
  ['NOT NULL', ['UPDATE t SET b = NULL']],
  ['OR ABORT half way', ["INSERT OR ABORT INTO t VALUES (7, '', 0), (8, '', 500)"]],
  ['OR FAIL half way', ["INSERT OR FAIL INTO t VALUES (7, '', 0), (8, '', 500)"]],
  [
    'OR FAIL half way, in capitals of all kinds',
    ["insert or Fail into t values (7, '', 0), (8, '', 500)"],
  ],
  ['OR ROLLBACK', ["INSERT OR ROLLBACK INTO t VALUES (7, '', 0), (8, '', 500)"]],
  ['OR ROLLBACK after others', ["UPDATE t SET a = 'gone'", 'UPDATE OR ROLLBACK t SET b = 500']],
  ['syntax', ["UPDATE t SET a = 'gone'", 'UPDATE']],
  ['too few parameters', ["UPDATE t SET a = 'gone'", 'UPDATE t SET a = ?']],
  ['two statements in one', ["UPDATE t SET a = 'gone'; UPDATE t SET b = 9"]],
];

it.each(failures)('leaves nothing of one that fails by %s, and all of the others', (_what, bad) => {
  const node = open();
  const found = outcomes(
    node,
    tx("INSERT INTO t VALUES (1, 'first', 0)"),
    tx(...bad),
    tx("INSERT INTO t VALUES (2, 'second', 0)"),
    tx(...bad),
    tx("INSERT INTO t VALUES (3, 'third', 0)"),
  );
  expect([found[0], found[2], found[4]]).toEqual([1, 2, 3]);
  expect(found[1]).toMatch(/^PATINA_SQL_/);
  expect(found[3]).toMatch(/^PATINA_SQL_/);
  expect(node.all('SELECT id, a, b FROM t')).toEqual([
    { id: 1, a: 'first', b: 0 },
    { id: 2, a: 'second', b: 0 },
    { id: 3, a: 'third', b: 0 },
  ]);
  expectSameElsewhere(node);
});

it('OR IGNORE keeps the rows that could be kept', () => {
  const node = open();
  expect(
    outcomes(node, tx("INSERT OR IGNORE INTO t VALUES (1, '', 0), (2, '', 500), (1, '', 1)")),
  ).toEqual([1]);
  expect(node.all('SELECT id FROM t')).toEqual([{ id: 1 }]);
  expectSameElsewhere(node);
});

it('leaves nothing of one whose changes cannot be read back', () => {
  const node = open();
  node.run("INSERT INTO t VALUES (1, 'x', 0)");
  const read = ChangeReader.prototype.readVersions;
  const spy = vi.spyOn(ChangeReader.prototype, 'readVersions').mockImplementation(function (
    this: ChangeReader,
    ...args
  ) {
    const found = read.apply(this, args);
    if (node.all("SELECT 1 FROM t WHERE a <> 'x'").length > 0) throw new Error('cannot be read');
    return found;
  });
  const many = Array.from({ length: 3_000 }, () => "UPDATE t SET a = a || '.'");
  const [first, last] = [
    tx('INSERT INTO u VALUES (NULL, 1)'),
    tx('INSERT INTO u VALUES (NULL, 2)'),
  ];
  for (const statements of [many.slice(0, 1), many.slice(0, 2), many]) {
    expect(outcomes(node, first, tx(...statements), last)).toEqual([
      expect.any(Number),
      'PATINA_INTERNAL',
      expect.any(Number),
    ]);
    expect(node.all('SELECT a FROM t')).toEqual([{ a: 'x' }]);
  }
  spy.mockRestore();
  expect(node.all('SELECT count(*) AS n FROM u')).toEqual([{ n: 6 }]);
  expect(node.replica.head).toBe(7);
  expectSameElsewhere(node);
});

it('a transaction of very many statements is as atomic', () => {
  const node = open();
  const many = Array.from({ length: 3_000 }, (_, id) => `INSERT INTO u VALUES (${id}, 'v')`);
  expect(
    outcomes(
      node,
      tx('INSERT INTO u VALUES (-1, 0)'),
      tx(...many, 'INSERT INTO u VALUES (-1, 1)'),
      tx(...many),
      tx('INSERT INTO u VALUES (-2, 0)'),
    ),
  ).toEqual([1, 'PATINA_SQL_CONSTRAINT', 2, 3]);
  expect(node.all('SELECT count(*) AS n FROM u')).toEqual([{ n: 3_002 }]);
});

function results(node: TestReplica, ...statements: (string | LocalStatement)[]): number[] {
  const { outcomes: found } = node.replica.transact([tx(...statements)]);
  const [outcome] = found;
  if (outcome?.ok !== true) throw outcome?.error ?? new Error('no outcome');
  for (const { timeMs } of outcome.results) expect(timeMs).toBeGreaterThanOrEqual(0);
  return outcome.results.map(({ rowsAffected }) => rowsAffected);
}

it('counts rows affected', () => {
  const node = open();
  expect(
    results(
      node,
      "INSERT INTO t VALUES (1, 'x', 0), (2, 'y', 0)",
      "UPDATE t SET a = 'x'",
      "REPLACE INTO t VALUES (1, 'z', 0)",
      'SELECT * FROM t',
      "INSERT INTO t VALUES (3, 'w', 0) RETURNING id, a",
      'UPDATE t SET b = b + 1 RETURNING id',
      'UPDATE t SET id = id + 10',
      'DELETE FROM t WHERE id > 11 RETURNING *',
      'DELETE FROM t WHERE id = 99',
    ),
  ).toEqual([2, 2, 1, 0, 1, 3, 3, 2, 0]);
});

const lists: [sql: string, params: StatementParams, value: SqlValue][] = [
  ['SELECT ?', [5], 5],
  ['SELECT ?2 || ?1', ['a', 'b'], 'ba'],
  ['SELECT ?1 || ?1', ['a'], 'aa'],
  ['SELECT ? || ?', ['a', 'b'], 'ab'],
  ['SELECT ?2 || ?', ['a', 'b', 'c'], 'bc'],
  ['SELECT :x || :y || :x', ['a', 'b'], 'aba'],
  ['SELECT @x || $y', ['a', 'b'], 'ab'],
  ["SELECT 'what?1 :x' || ?", ['a'], 'what?1 :xa'],
  ['SELECT ? /* ?2 :x */ -- $y\n', ['a'], 'a'],
  ['SELECT (SELECT "a?1" FROM (SELECT ? AS "a?1"))', ['a'], 'a'],
  ['SELECT ?3 || ?', ['a', 'b', 'c', 'd'], 'cd'],
  ['SELECT :x || :y', { ':x': 'a', ':y': 'b' }, 'ab'],
  ['SELECT :x || @y || $z', { x: 'a', '@y': 'b', $z: 'c' }, 'abc'],
  ['SELECT :x', { ':x': 'a', ':unused': 1 }, 'a'],
  ['SELECT ?1 || ?2', { '?1': 'a', '?2': 'b' }, 'ab'],
  ['SELECT typeof(?)', [1], 'integer'],
  ['SELECT typeof(?)', [1.5], 'real'],
  ['SELECT typeof(:x)', { ':x': 7 }, 'integer'],
  ['SELECT ?', [2n ** 62n], 2n ** 62n],
  ['SELECT hex(?)', [new Uint8Array([1, 255])], '01FF'],
  ['SELECT :__proto__', { ':__proto__': 'a' }, 'a'],
];

it.each(lists)('%s with %o', (sql, params, value) => {
  const node = open();
  results(node, { sql: sql.replace('SELECT ', 'INSERT INTO u VALUES (1, ').concat(')'), params });
  const [row] = node.replica.db
    .prepare('SELECT v FROM u')
    .raw()
    .safeIntegers()
    .all() as SqlValue[][];
  const [stored] = row ?? [];
  expect(stored).toEqual(typeof value === 'number' ? BigInt(value) : value);
});

it.each<[sql: string, params: StatementParams]>([
  ['SELECT ?', []],
  ['SELECT ?', [1, 2]],
  ['SELECT ?2', [1]],
  ['SELECT ?1', [1, 2]],
  ['SELECT :x, :y', [1]],
  ['SELECT :x', { ':y': 1 }],
])('refuses %s with %o', (sql, params) => {
  expect(() => results(open(), { sql, params })).toThrow(
    expect.objectContaining({ code: 'PATINA_SQL_ERROR' }),
  );
});

it('begins no further statement after the time limit', () => {
  const node = open();
  const slow = node.replica.db;
  slow.function('tick', { deterministic: false }, (ms) => {
    node.clock.wallMs += Number(ms);
    return 0;
  });
  const run = (timeoutMs: number): unknown => {
    const { outcomes: found } = node.replica.transact([
      { ...tx('INSERT INTO u VALUES (1, tick(50))', 'INSERT INTO u VALUES (2, 0)'), timeoutMs },
      tx('INSERT INTO u VALUES (3, 0)'),
    ]);
    return found.map((outcome) => (outcome.ok ? outcome.version : outcome.error.code));
  };
  expect(run(49)).toEqual(['PATINA_SQL_TIMEOUT', 1]);
  expect(node.all('SELECT id FROM u')).toEqual([{ id: 3 }]);
  node.run('DELETE FROM u');
  expect(run(50)).toEqual([3, 4]);
});

it('captures the same through the vetter, which names the tables written', () => {
  const plain = open();
  const { db } = open().replica;
  const vetter = createSqlVetter();
  const vetted = new Replica({
    db,
    wallMs: () => plain.clock.wallMs,
    monotonicMs: () => 0,
    newActorId: () => testActor('a'),
    vet: (sql) => vetter.vet(sql, 'write'),
    maxClockDriftMs: 500,
  });
  const sync = (): void => {
    const sql = 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL';
    vetter.setSchema(
      db
        .prepare<[], { sql: string }>(sql)
        .all()
        .map((row) => row.sql),
    );
  };
  sync();
  const transactions = [
    tx("INSERT INTO t VALUES (1, 'x', 0)", 'INSERT INTO u SELECT id, a FROM t'),
    tx(" /* a */ UPDATE t SET a = 'y' WHERE id IN (SELECT id FROM u) RETURNING a ; "),
    tx('WITH x(i) AS (VALUES (5), (6)) INSERT INTO u SELECT i, ? FROM x', 'DELETE FROM t'),
    tx({ sql: 'INSERT INTO u VALUES (?1, ?1)', params: [8] }),
    tx("INSERT INTO t (id) VALUES (4) ON CONFLICT DO UPDATE SET a = 'z'"),
    tx('REPLACE INTO u VALUES (5, NULL)', 'UPDATE OR REPLACE u SET id = 5 WHERE id = 6'),
    tx('INSERT INTO main.u VALUES (77, 1)', 'UPDATE "T" SET A = 1'),
  ].map((transaction): LocalTransaction => {
    const statements = transaction.statements.map((s) =>
      s.sql.includes(' ? ') ? { ...s, params: ['p'] } : s,
    );
    return { statements };
  });
  const expected = plain.replica.transact(transactions);
  const found = vetted.transact(transactions);
  expect(found.outcomes.map((outcome) => outcome.ok && outcome.version)).toEqual([
    1, 2, 3, 4, 5, 6, 7,
  ]);
  expect(found.versions.map(({ chunks }) => chunks?.map((chunk) => Buffer.from(chunk)))).toEqual(
    expected.versions.map(({ chunks }) => chunks?.map((chunk) => Buffer.from(chunk))),
  );
  expect(contents(vetted)).toBe(contents(plain.replica));
  applyReplicaSchema(vetted, [`${schema} CREATE TABLE w (id INTEGER PRIMARY KEY);`], {
    allowDestructive: false,
  });
  sync();
  expect(vetted.transact([tx('INSERT INTO w VALUES (1)')]).outcomes).toMatchObject([
    { version: 8 },
  ]);
  for (const sql of [
    'PRAGMA user_version = 1',
    "ATTACH '/tmp/x' AS x",
    'DELETE FROM __patina_state',
    'COMMIT',
  ]) {
    expect(vetted.transact([tx(sql)]).outcomes).toMatchObject([{ ok: false }]);
  }
  vetter.close();
});
