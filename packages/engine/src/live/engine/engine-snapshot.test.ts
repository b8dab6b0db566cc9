// Snapshots are read at the pace of their readers, while results change, and hold up nobody.

import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { seededRng } from '../../base/rng.ts';
import { applyReplicaSchema } from '../../storage/schema-apply.ts';
import type { SnapshotReader } from './engine-types.ts';
import { freshRows, openTestNode, subscribe, type TestNode, TestReader } from './testing.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w TEXT)';
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

/** Rows with ids from..to. */
function insertSql(from: number, to: number): string {
  return (
    `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to}) ` +
    "INSERT INTO t SELECT i, i % 100, 'row ' || i FROM n"
  );
}

function cellsOf(lines: string): string[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => /^\{"row":\[\d+,(.*)\]\}$/.exec(line)?.[1] ?? line);
}

test.each([
  ['unordered', 'SELECT id, v FROM t'],
  ['ordered', 'SELECT id, v FROM t ORDER BY v, id'],
])('an %s snapshot is of one moment', (_kind, sql) => {
  const node = open(schema);
  const seed = Date.now();
  const rng = seededRng(seed);
  node.node.run(insertSql(1, 200));
  const { id } = subscribe(node, sql);
  for (let round = 0; round < 10; round++) {
    const isOrdered = sql.includes('ORDER');
    const expected = freshRows(node, sql, isOrdered);
    const snapshot = node.engine.openSnapshot(id);
    const rows: string[] = [];
    for (let page = snapshot.next(20); page !== undefined; page = snapshot.next(20)) {
      rows.push(...cellsOf(page.lines));
      const key = 1 + rng.below(220);
      node.node.run(
        rng.below(3) === 0
          ? ['DELETE FROM t WHERE id = ?', [key]]
          : ['INSERT OR REPLACE INTO t VALUES (?, ?, ?)', [key, rng.below(100), 'x']],
      );
      node.engine.work(forever);
    }
    expect(isOrdered ? rows : rows.sort(), `seed ${seed}`).toEqual(expected);
  }
});

test('a snapshot that too much has changed under is lost, and says so', () => {
  const node = open(schema, { snapshotChangesMax: 5 });
  node.node.run(insertSql(1, 50));
  const { id } = subscribe(node, 'SELECT id, v FROM t');
  const [slow, quick] = [node.engine.openSnapshot(id), node.engine.openSnapshot(id)];
  slow.next(10);
  quick.next(45);
  node.node.run('UPDATE t SET v = v + 1 WHERE id > 40');
  node.engine.work(forever);
  expect([slow.isLost, quick.isLost]).toEqual([true, false]);
  expect(() => slow.next(10)).toThrow(/too much changed/);
  expect(quick.next(45)?.count).toBe(5);
  expect(quick.next(45)).toBeUndefined();
});

test('a query that is dropped takes its snapshots with it', () => {
  const node = open(schema);
  node.node.run(insertSql(1, 50));
  const { id } = subscribe(node, 'SELECT id, v FROM t');
  const snapshot: SnapshotReader = node.engine.openSnapshot(id);
  snapshot.next(10);
  node.engine.drop(id);
  expect(snapshot.isLost).toBe(true);
  expect(node.engine.find(id)).toBeUndefined();
  expect(() => node.engine.openSnapshot(id)).toThrow(/no live query/);
  while (node.engine.work(5).againInMs !== undefined);
  expect(subscribe(node, 'SELECT id, v FROM t').rows()).toHaveLength(50);
});

test('filling a large query goes in slices, and others stay live meanwhile', () => {
  const node = open(schema);
  node.node.run(insertSql(1, 30_000));
  const small = subscribe(node, 'SELECT id, v FROM t WHERE id < 5');
  const { id, state } = node.engine.subscribe({ sql: 'SELECT * FROM t', params: [], role: '' });
  expect(state).toBe('filling');
  expect(() => node.engine.openSnapshot(id)).toThrow(/being filled/);
  let passes = 0;
  for (let filled = false; !filled; passes++) {
    node.node.run('UPDATE t SET v = v + 1 WHERE id IN (2, 20000)', 'DELETE FROM t WHERE id = 7');
    const pass = node.engine.work(2);
    expect(small.take(pass)).toHaveLength(1);
    filled = pass.filled.some((query) => query.id === id);
    if (!filled) expect(pass.againInMs).toBe(0);
  }
  expect(passes).toBeGreaterThan(2);
  const rows: string[] = [];
  const snapshot = node.engine.openSnapshot(id);
  for (let page = snapshot.next(5_000); page !== undefined; page = snapshot.next(5_000)) {
    rows.push(...cellsOf(page.lines));
  }
  expect(rows.sort()).toEqual(freshRows(node, 'SELECT * FROM t', false));
});

test('a schema that changes while a query is filled has it filled anew', () => {
  const node = open(schema);
  node.node.run(insertSql(1, 30_000));
  const sql = 'SELECT id, v FROM t';
  const { id } = node.engine.subscribe({ sql, params: [], role: '' });
  expect(node.engine.work(2).filled).toEqual([]);
  const next = `${schema}; CREATE TABLE u (id INTEGER PRIMARY KEY)`;
  applyReplicaSchema(node.node.replica, [next], { allowDestructive: false });
  node.node.run('DELETE FROM t WHERE id > 29000');
  const { filled, failed } = node.engine.work(forever);
  expect(filled).toMatchObject([{ id, changeId: 0 }]);
  expect(failed).toEqual([]);
  expect(new TestReader(node.engine, id).rows()).toEqual(freshRows(node, sql, false));
  expect(node.engine.stats()).toMatchObject([{ rows: 29_000, state: 'live' }]);
});

test('the WAL can be cut back whatever subscribers do', () => {
  const node = open(schema);
  node.node.run(insertSql(1, 3_000));
  const { id } = subscribe(node, 'SELECT * FROM t');
  node.engine.openSnapshot(id).next(10);
  node.engine.watch({ watchId: 'w', table: 't', from: undefined, filter: undefined, images: true });
  const program = new Database(node.databasePath);
  for (let step = 0; step < 8; step++) {
    node.node.run(`UPDATE t SET w = w || '${step}'`);
    node.engine.work(5);
    const [checkpoint] = program.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    expect(checkpoint?.busy).toBe(0);
  }
  program.close();
});
