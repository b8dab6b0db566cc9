// Statements with more to them than text and parameters: many lists of parameters, rows that are kept, and
// an outcome that was told before.

import { describe, expect, it } from 'vitest';
import { errorKind } from '../base/errors.ts';
import type { LocalOutcome, LocalStatement, LocalTransaction } from '../ports.ts';
import { Replica } from './replica.ts';
import { createSqlVetter } from './sql-vetter.ts';
import { contents, copyTestReplica, type TestReplica, testActor } from './testing.ts';
import { openTrialBench } from './testing-trials.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b < 100));
  CREATE TABLE u (id INTEGER PRIMARY KEY, v);
`;

function open(): TestReplica {
  return copyTestReplica(testActor('a'), schema);
}

function outcomesOf(node: TestReplica, ...transactions: LocalTransaction[]): LocalOutcome[] {
  const { outcomes, versions } = node.replica.transact(transactions);
  node.log.push(...versions.flatMap(({ chunks }) => chunks ?? []));
  return [...outcomes];
}

function resultOf(node: TestReplica, ...statements: LocalStatement[]): unknown[] {
  const [outcome] = outcomesOf(node, { statements });
  if (outcome === undefined || !outcome.ok) throw outcome?.error;
  return outcome.results.map(({ rowsAffected, rows }) => [rowsAffected, rows]);
}

function errorOf(node: TestReplica, ...statements: LocalStatement[]): string {
  const before = contents(node.replica);
  const [outcome] = outcomesOf(node, { statements });
  expect(contents(node.replica)).toBe(before);
  return outcome === undefined || outcome.ok ? 'no error' : outcome.error.code;
}

describe('lists of parameters', () => {
  it.each([
    'INSERT INTO t (id, a) VALUES (?, ?)',
    'INSERT INTO t (id, a) VALUES (?1, ?2)',
    'INSERT INTO t (a, id) VALUES (?2, ?1)',
    'INSERT INTO t (id, a) VALUES (:id, @a)',
  ])('%s', (sql) => {
    const node = open();
    const paramRows = [
      [1, 'x'],
      [2n ** 60n, null],
    ];
    expect(resultOf(node, { sql, paramRows })).toEqual([[2, undefined]]);
    expect(node.all('SELECT CAST(id AS TEXT) AS id, a FROM t ORDER BY t.id')).toEqual([
      { id: '1', a: 'x' },
      { id: String(2n ** 60n), a: null },
    ]);
    expect(node.replica.head).toBe(1);
  });

  it('that are empty do nothing, and one that fails undoes all', () => {
    const node = open();
    const sql = 'INSERT INTO t (id, b) VALUES (?, ?)';
    expect(resultOf(node, { sql, paramRows: [] })).toEqual([[0, undefined]]);
    const bad = [...Array.from({ length: 40 }, (_, id) => [id, 1]), [50, 500]];
    expect(errorOf(node, { sql, paramRows: bad })).toBe('PATINA_SQL_CONSTRAINT');
    expect(errorOf(node, { sql, paramRows: bad.slice(-3) })).toBe('PATINA_SQL_CONSTRAINT');
    expect(errorOf(node, { sql, paramRows: [[1, 1], [2]] })).toBe('PATINA_SQL_ERROR');
    expect(node.replica.head).toBe(0);
  });

  it('are one version, however many, and stop when their time is over', () => {
    const node = open();
    const paramRows = Array.from({ length: 5_000 }, (_, id) => [id, 'text']);
    resultOf(node, { sql: 'INSERT INTO t (id, a) VALUES (?1, ?2)', paramRows });
    expect(node.replica.head).toBe(1);
    const peer = copyTestReplica(testActor('b'), schema);
    peer.replica.merge(node.log);
    expect(contents(peer.replica)).toBe(contents(node.replica));
    const slow = {
      sql: 'UPDATE t SET a = ? WHERE id = ?',
      paramRows: paramRows.map((row) => [...row].reverse()),
    };
    const [outcome] = outcomesOf(node, { statements: [slow], timeoutMs: -1 });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'PATINA_SQL_TIMEOUT' } });
  });

  it('a hundred thousand cross the threads and are written in a second or so', async () => {
    const bench = await openTrialBench(schema);
    const paramRows = Array.from({ length: 100_000 }, (_, id) => [id, `some text ${id}`, id % 100]);
    const startMs = performance.now();
    await bench.commit({ sql: 'INSERT INTO t VALUES (?1, ?2, ?3)', paramRows });
    const tookMs = performance.now() - startMs;
    await bench.close();
    expect(tookMs).toBeLessThan(5_000);
  });
});

describe('rows of RETURNING', () => {
  it('are kept where that is asked for, with integers as they are', () => {
    const node = open();
    const sql =
      'INSERT INTO t VALUES (?, ?, ?) RETURNING id, a, b, 9007199254740993, 1.5, a IS NULL';
    const paramRows = [
      [1, 'x', 3],
      [2, null, 4],
    ];
    expect(resultOf(node, { sql, paramRows, keepsRows: true })).toEqual([
      [
        2,
        [
          [1, 'x', 3, 9007199254740993n, 1.5, 0],
          [2, null, 4, 9007199254740993n, 1.5, 1],
        ],
      ],
    ]);
    expect(resultOf(node, { sql: 'DELETE FROM t RETURNING id' })).toEqual([[2, undefined]]);
    const none = { sql: "UPDATE t SET a = '' RETURNING id", keepsRows: true };
    expect(resultOf(node, none)).toEqual([[0, []]]);
    expect(resultOf(node, { sql: "INSERT INTO u VALUES (1, x'00ff')", keepsRows: true })).toEqual([
      [1, undefined],
    ]);
    const blob = { sql: 'UPDATE u SET id = 2 RETURNING v', keepsRows: true };
    expect(resultOf(node, blob)).toEqual([[1, [[Buffer.from([0, 255])]]]]);
  });

  it('that are too large undo what made them', () => {
    const node = open();
    node.run("INSERT INTO u VALUES (1, ''), (2, ''), (3, '')");
    const sql = "UPDATE u SET v = printf('%.*c', 30000000, 'x') RETURNING v";
    expect(errorOf(node, { sql, keepsRows: true })).toBe('PATINA_RESULT_TOO_LARGE');
    expect(node.all('SELECT DISTINCT v FROM u')).toEqual([{ v: '' }]);
  });
});

describe('an expected outcome', () => {
  const update = { sql: 'UPDATE t SET b = b + 1 WHERE b < ? RETURNING id, b', params: [10] };

  it('lets the transaction pass that has it', () => {
    const node = open();
    node.run("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 20)");
    const expected = { rowsAffected: 1, rows: [[1, 2]] };
    expect(resultOf(node, { ...update, keepsRows: true, expected })).toEqual([[1, [[1, 2]]]]);
    expect(resultOf(node, { ...update, expected: { rowsAffected: 1, rows: undefined } })).toEqual([
      [1, undefined],
    ]);
  });

  it.each([
    { rowsAffected: 2, rows: undefined },
    { rowsAffected: 1, rows: [[1, 3]] },
    { rowsAffected: 1, rows: [[2, 2]] },
    { rowsAffected: 1, rows: [] },
    { rowsAffected: 1, rows: [[1, '2']] },
  ])('fails the transaction with another one: %o', (expected) => {
    const node = open();
    node.run("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 20)");
    const told = { ...update, expected };
    expect(errorOf(node, told)).toBe('PATINA_TRANSACTION_CONFLICT');
    expect(errorOf(node, { sql: "INSERT INTO u VALUES (1, '')" }, told)).toBe(
      'PATINA_TRANSACTION_CONFLICT',
    );
    const many = Array.from({ length: 40 }, (_, id) => ({
      sql: `INSERT INTO u VALUES (${id}, 1)`,
    }));
    expect(errorOf(node, ...many, told)).toBe('PATINA_TRANSACTION_CONFLICT');
    const [one, two, three] = outcomesOf(
      node,
      { statements: [{ sql: 'INSERT INTO u VALUES (7, 1)' }] },
      { statements: [told] },
      { statements: [{ sql: 'INSERT INTO u VALUES (8, 1)' }] },
    );
    expect([one?.ok, two?.ok, three?.ok]).toEqual([true, false, true]);
    if (two?.ok !== false) throw new Error('it must fail');
    expect(two.error.message).toBe('could not serialize access due to concurrent update');
    expect(errorKind(two.error.code)).toMatchObject({ sqlState: '40001', retry: true });
    expect(node.all('SELECT id FROM u')).toEqual([{ id: 7 }, { id: 8 }]);
    expect(node.replica.verifyBookkeeping()).toEqual([]);
  });
});

it('statements of PostgreSQL clients are vetted, run and captured like all others', () => {
  const node = open();
  const vetter = createSqlVetter();
  vetter.setSchema(
    node.replica.db
      .prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')
      .pluck()
      .all(),
  );
  const replica = new Replica({
    db: node.replica.db,
    wallMs: () => node.clock.wallMs,
    monotonicMs: () => node.clock.wallMs,
    newActorId: () => testActor('a'),
    maxClockDriftMs: 1_000_000,
    vet: (sql) => vetter.vet(sql, 'write'),
  });
  const run = (sql: string, ...params: (number | string)[]): number | string => {
    const [outcome] = replica.transact([{ statements: [{ sql, params }] }]).outcomes;
    if (outcome === undefined || !outcome.ok) return outcome?.error.code ?? '';
    return outcome.results[0]?.rowsAffected ?? -1;
  };
  expect(run("INSERT INTO t SELECT value, 'x', 0 FROM json_each(?1)", '[1,2,3]')).toBe(3);
  expect(run('INSERT INTO u SELECT id, a FROM t WHERE id IN (SELECT max(id) FROM t)')).toBe(1);
  expect(run("UPDATE t SET a = u.v || '!' FROM u WHERE u.id = t.id")).toBe(1);
  expect(
    run('WITH one AS (SELECT min(id) AS id FROM t) DELETE FROM t WHERE id = (SELECT id FROM one)'),
  ).toBe(1);
  expect(run('UPDATE t SET b = 5 FROM __patina_state AS s WHERE s.id = t.id')).toBe(
    'PATINA_SQL_REFUSED',
  );
  expect(replica.head).toBe(4);
  vetter.close();
});
