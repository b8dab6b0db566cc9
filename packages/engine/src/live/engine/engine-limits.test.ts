// What the engine refuses, what ends a query, and what is kept for how long.

import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { applyReplicaSchema } from '../../storage/schema-apply.ts';
import { freshRows, openTestNode, subscribe, type TestNode, TestReader } from './testing.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w TEXT);
  CREATE TABLE u (id INTEGER PRIMARY KEY, t INTEGER);
`;
const tableWatch = { watchId: 'w', table: 't', from: undefined, filter: undefined, images: false };
const forever = Number.POSITIVE_INFINITY;

let opened: TestNode[] = [];
afterEach(() => {
  for (const node of opened) node.close();
  opened = [];
});

function open(...options: Parameters<typeof openTestNode>): TestNode {
  const node = openTestNode(...options);
  opened.push(node);
  return node;
}

function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

test.each([
  ['DELETE FROM t', 'PATINA_SQL_NOT_READONLY'],
  ['SELECT 1; SELECT 2', 'PATINA_SQL_REFUSED'],
  ['SELECT * FROM nowhere', 'PATINA_SQL_ERROR'],
  ['SELECT * FROM __patina_state', 'PATINA_SQL_REFUSED'],
  ['SELECT', 'PATINA_SQL_ERROR'],
  ['EXPLAIN SELECT 1', 'PATINA_SUBSCRIPTION_REFUSED'],
  ['SELECT random()', 'PATINA_SUBSCRIPTION_REFUSED'],
])('%s is refused', (sql, code) => {
  const node = open(schema);
  for (const ask of ['subscribe', 'lookup'] as const) {
    const error = refusal(() => node.engine[ask]({ sql, params: [], role: '' }));
    expect(error, ask).toMatchObject({ code });
  }
  expect(refusal(() => node.engine.explain(sql, []))).toMatchObject({ code });
  expect(node.engine.stats()).toEqual([]);
});

test('equal queries are one; other values and other rights make another', () => {
  const node = open(schema);
  const ask = (sql: string, params: readonly number[], role: string): string =>
    node.engine.subscribe({ sql, params, role }).id;
  const id = ask('SELECT v FROM t WHERE id = ?', [1], 'a');
  expect(ask('select v from t where id = 1', [], 'a')).toBe(id);
  expect(node.engine.lookup({ sql: 'SELECT v FROM t WHERE id=1', params: [], role: 'a' })?.id).toBe(
    id,
  );
  expect(ask('SELECT v FROM t WHERE id = ?', [2], 'a')).not.toBe(id);
  expect(ask('SELECT v FROM t WHERE id = ?', [1], 'b')).not.toBe(id);
  expect(node.engine.lookup({ sql: 'SELECT v FROM t', params: [], role: 'a' })).toBeUndefined();
  expect(node.engine.stats()).toHaveLength(3);
});

test('limits on queries and rows are told with what to do', () => {
  const node = open(schema, { queriesMax: 3, queryRowsMax: 10, rowsMax: 15, rerunRowsMax: 4 });
  node.node.run('INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5)');
  expect(refusal(() => subscribe(node, 'SELECT max(v) OVER (ORDER BY id) FROM t'))).toMatchObject({
    code: 'PATINA_SUBSCRIPTION_LIMIT',
    message: 'a query that is run whole at every change may have 4 rows at most',
  });
  const first = subscribe(node, 'SELECT * FROM t');
  const second = subscribe(node, 'SELECT * FROM t WHERE v > 0');
  expect(refusal(() => subscribe(node, 'SELECT * FROM t, t AS s'))).toMatchObject({
    code: 'PATINA_SUBSCRIPTION_LIMIT',
  });
  subscribe(node, 'SELECT * FROM t WHERE v < 0');
  expect(refusal(() => subscribe(node, 'SELECT * FROM u'))).toMatchObject({
    code: 'PATINA_SUBSCRIPTION_LIMIT',
    message: 'this node keeps 3 live queries, which is its limit',
  });
  node.node.run('INSERT INTO t SELECT id + 10, v, w FROM t');
  const { failed } = node.engine.work(forever);
  expect(failed).toMatchObject([{ error: { code: 'PATINA_SUBSCRIPTION_LIMIT' } }]);
  expect([first.id, second.id]).toContain(failed[0]?.id);
  expect(node.engine.stats()).toHaveLength(2);
});

test('changes are kept up to a limit, and read in parts', () => {
  const node = open(schema, { changesMax: 10 });
  const reader = subscribe(node, 'SELECT id, v FROM t');
  for (let id = 1; id <= 50; id++) {
    node.node.run(
      `INSERT INTO t VALUES (${id}, 0, '')`,
      `INSERT INTO t VALUES (${id + 100}, 0, '')`,
    );
    reader.take(node.engine.work(forever));
  }
  expect(reader.changeId).toBe(100);
  expect(node.engine.changesSince(reader.id, 101)).toEqual({ kind: 'future', changeId: 100 });
  expect(node.engine.changesSince(reader.id, 100)).toEqual({ kind: 'groups', groups: [] });
  const old = node.engine.changesSince(reader.id, 0);
  if (old.kind !== 'too-old') throw new Error(old.kind);
  expect(old.minChangeId).toBeGreaterThan(80);
  expect(old.minChangeId).toBeLessThanOrEqual(90);
  const some = node.engine.changesSince(reader.id, old.minChangeId, 3);
  if (some.kind !== 'groups') throw new Error(some.kind);
  expect(some.groups.map(({ changes }) => changes.length)).toEqual([2, 2]);
  expect(some.groups[0]?.origins).toHaveLength(1);
  const within = node.engine.changesSince(reader.id, 99);
  if (within.kind !== 'groups') throw new Error(within.kind);
  expect(within.groups.map(({ changes }) => changes.length)).toEqual([1]);
  expect(within.groups[0]?.origins).toHaveLength(1);
});

test('a group that is larger than what is kept is not kept in part', () => {
  const node = open(schema, { changesMax: 4 });
  const reader = subscribe(node, 'SELECT id, v FROM t');
  node.node.run("INSERT INTO t VALUES (1, 1, ''), (2, 2, ''), (3, 3, ''), (4, 4, ''), (5, 5, '')");
  reader.take(node.engine.work(forever));
  expect(node.engine.changesSince(reader.id, 0)).toEqual({ kind: 'too-old', minChangeId: 5 });
  for (const v of [7, 8, 9]) {
    node.node.run(`UPDATE t SET v = ${v} WHERE id < 4`);
    reader.take(node.engine.work(forever));
  }
  expect(node.engine.changesSince(reader.id, 5)).toEqual({ kind: 'too-old', minChangeId: 11 });
  expect(node.engine.changesSince(reader.id, 11)).toMatchObject({ groups: [{ origins: [{}] }] });
});

test('a changed schema goes on with what still fits and ends what does not', () => {
  const node = open(schema);
  node.node.run("INSERT INTO t VALUES (1, 1, 'a')", 'INSERT INTO u VALUES (1, 1)');
  const narrow = subscribe(node, 'SELECT id, v FROM t');
  const wide = subscribe(node, 'SELECT * FROM t');
  const joined = subscribe(node, 'SELECT u.id, t.w FROM u JOIN t ON t.id = u.t');
  const next = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, x INTEGER DEFAULT 5);';
  applyReplicaSchema(node.node.replica, [next], { allowDestructive: true });
  node.node.run('INSERT INTO t VALUES (2, 2, 6)');
  const pass = node.engine.work(forever);
  expect(pass.failed.map(({ id }) => id).sort()).toEqual([joined.id, wide.id].sort());
  for (const { error } of pass.failed) {
    expect(error).toMatchObject({ code: 'PATINA_SUBSCRIPTION_FAILED', hint: /subscribe again/i });
  }
  narrow.take(pass);
  expect(narrow.rows()).toEqual(['[1,1]', '[2,2]']);
  const again = subscribe(node, 'SELECT * FROM t');
  expect(again.rows()).toEqual(['[1,1,5]', '[2,2,6]']);
  node.node.run('UPDATE t SET x = 0');
  again.take(node.engine.work(forever));
  expect(again.rows()).toEqual(freshRows(node, 'SELECT * FROM t', false));
});

test('a query whose SQL fails on some value ends, and the others go on', () => {
  const node = open(schema);
  node.node.run("INSERT INTO t VALUES (1, 1, '[1]')");
  const fragile = subscribe(node, "SELECT id, json_extract(w, '$[0]') FROM t");
  const sturdy = subscribe(node, 'SELECT id, w FROM t');
  node.node.run("UPDATE t SET w = 'no JSON'");
  const pass = node.engine.work(forever);
  expect(pass.failed).toMatchObject([{ id: fragile.id, error: { message: /malformed JSON/ } }]);
  sturdy.take(pass);
  expect(sturdy.rows()).toEqual(['[1,"no JSON"]']);
});

test('whole runs are put off when they are dear, and their origins add up', () => {
  const node = open(schema);
  const reader = subscribe(node, 'SELECT count(*) FROM t');
  node.node.run("INSERT INTO t VALUES (1, 1, '')");
  reader.take(node.engine.work(0));
  let origins = 0;
  for (let id = 2; id < 20; id++) {
    node.node.run(`INSERT INTO t VALUES (${id}, 1, '')`);
    for (const group of reader.take(node.engine.work(0))) origins += group.origins.length;
  }
  for (const group of reader.take(node.engine.work(forever))) origins += group.origins.length;
  expect(reader.rows()).toEqual(['[19]']);
  expect(origins).toBeLessThanOrEqual(19);
  expect(node.engine.work(0).againInMs).toBeUndefined();
});

test('a query that depends on the time is run by itself', () => {
  const node = open(schema);
  const reader = subscribe(node, "SELECT strftime('%f', 'now') AS now, count(*) FROM t");
  const { againInMs } = node.engine.work(0);
  expect(againInMs).toBeGreaterThan(0);
  expect(againInMs).toBeLessThanOrEqual(1_000);
  // The wall clock of SQLite may still show the same millisecond.
  const deadlineMs = performance.now() + 5_000;
  for (let groups = reader.take(node.engine.work(0)); groups.length === 0; ) {
    expect(performance.now()).toBeLessThan(deadlineMs);
    node.clock.ms += 1_000;
    groups = reader.take(node.engine.work(0));
    if (groups.length > 0) expect(groups).toMatchObject([{ origins: [] }]);
  }
});

test('a state file that cannot be used is replaced', () => {
  const node = open(schema);
  node.node.run("INSERT INTO t VALUES (1, 1, '')");
  const { id } = subscribe(node, 'SELECT id FROM t');
  node.engine.close();
  writeFileSync(
    node.statePath,
    'no database at all, but long enough to look like something'.repeat(99),
  );
  node.open();
  expect(node.engine.find(id)).toBeUndefined();
  expect(subscribe(node, 'SELECT id FROM t').rows()).toEqual(['[1]']);
});

test('a database that was put back is compared whole', () => {
  const node = open(schema);
  const { db } = node.node.replica;
  node.node.run("INSERT INTO t VALUES (1, 1, '')");
  db.pragma('wal_checkpoint(TRUNCATE)');
  const backup = readFileSync(node.databasePath);
  const reader = subscribe(node, 'SELECT id, v FROM t');
  const { cursor } = node.engine.watch(tableWatch);
  node.node.run("INSERT INTO t VALUES (2, 2, '')", 'UPDATE t SET v = 9');
  reader.take(node.engine.work(forever));
  node.engine.close();
  db.close();
  writeFileSync(node.databasePath, backup);
  node.open();
  reader.take(node.engine.work(forever));
  expect(reader.rows()).toEqual(['[1,1]']);
  expect(new TestReader(node.engine, reader.id).rows()).toEqual(['[1,1]']);
  expect(node.engine.watch({ ...tableWatch, from: cursor }).start).toBe('restarted');
});

test('many queries that differ in a constant are told apart', () => {
  const node = open(schema);
  node.node.run("INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, 'c')");
  const readers = Array.from({ length: 20 }, (_, value) =>
    subscribe(node, 'SELECT t.id, t.v, u.id FROM t JOIN u ON u.t = t.id WHERE t.v = ?', [value]),
  );
  const others = [
    subscribe(node, 'SELECT t.id, t.v, u.id FROM t JOIN u ON u.t = t.id WHERE t.v = ?', ['3']),
    subscribe(node, 'SELECT t.id, t.v, u.id FROM t JOIN u ON u.t = t.id WHERE t.v = ?', [null]),
  ];
  const steps = [
    'INSERT INTO u VALUES (1, 1), (2, 2), (3, 3)',
    'UPDATE t SET v = 3 WHERE id = 1',
    'UPDATE t SET v = 3 WHERE id = 3',
    'UPDATE u SET t = 2 WHERE id = 1',
    'DELETE FROM t WHERE id = 2',
    "INSERT INTO t VALUES (2, 19, '')",
  ];
  expect(node.engine.explainQuery(others[0]?.id ?? '')?.indexedBy).toEqual(['t.v']);
  for (const step of steps) {
    node.node.run(step);
    const pass = node.engine.work(forever);
    for (const [value, reader] of readers.entries()) {
      reader.take(pass);
      const sql = `SELECT t.id, t.v, u.id FROM t JOIN u ON u.t = t.id WHERE t.v = ${value}`;
      expect(reader.rows(), `${value} after ${step}`).toEqual(freshRows(node, sql, false));
    }
    for (const reader of others) reader.take(pass);
    expect(others[0]?.rows()).toEqual(readers[3]?.rows());
    expect(others[1]?.rows()).toEqual([]);
  }
});

test('it says how a query is kept, and by which plan of SQLite', () => {
  const node = open(schema);
  const sql = 'SELECT t.v, u.id FROM u JOIN t ON t.id = u.t WHERE t.v = 5';
  const explanation = node.engine.explain(sql, []);
  expect(explanation).toMatchObject({
    mode: 'key-wise',
    columns: ['v', 'id'],
    isOrdered: false,
    indexedBy: ['t.v'],
  });
  expect(explanation.reasons.length).toBeGreaterThan(0);
  expect(explanation.tables.map(({ table, reaction }) => [table, reaction]).sort()).toEqual([
    ['t', 'keys'],
    ['u', 'keys'],
  ]);
  expect(explanation.queryPlan.join('\n')).toMatch(/SEARCH .* USING INTEGER PRIMARY KEY/);
  const { id } = subscribe(node, sql);
  expect(node.engine.explainQuery(id)).toEqual(explanation);
  expect(node.engine.explainQuery('unknown')).toBeUndefined();
});
