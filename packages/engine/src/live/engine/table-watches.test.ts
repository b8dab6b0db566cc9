// Watches tell which rows of a table were written, from a cursor on, and no others.

import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { applyReplicaSchema } from '../../storage/schema-apply.ts';
import type { WatchGroup } from '../live-queries.ts';
import type { LiveEngine } from './engine-types.ts';
import { openTestNode, type TestNode } from './testing.ts';

const schema = 'CREATE TABLE t (a TEXT NOT NULL, b INTEGER NOT NULL, v, PRIMARY KEY (a, b))';

let opened: TestNode[] = [];
afterEach(() => {
  for (const node of opened) node.close();
  opened = [];
});

function open(): TestNode {
  const node = openTestNode(schema);
  opened.push(node);
  return node;
}

function watch(node: TestNode, options: Partial<Parameters<LiveEngine['watch']>[0]> = {}) {
  return node.engine.watch({
    watchId: 'w',
    table: 'T',
    from: undefined,
    filter: undefined,
    images: false,
    ...options,
  });
}

function work(node: TestNode): WatchGroup[] {
  return node.engine.work(10).watchGroups.map(({ group }) => group);
}

test('says what was written and what was deleted', () => {
  const node = open();
  node.node.run("INSERT INTO t VALUES ('x', 1, 'before')");
  const opening = watch(node);
  expect(opening).toMatchObject({
    start: 'now',
    key: ['a', 'b'],
    columns: ['a', 'b', 'v'],
    backlog: [],
  });
  expect(work(node)).toEqual([]);
  node.node.run("INSERT INTO t VALUES ('x', 2, NULL)", 'DELETE FROM t WHERE b = 1');
  const [group] = work(node);
  expect(group?.notices).toEqual([
    { type: 'update', key: '["x",2]', row: undefined },
    { type: 'delete', key: '["x",1]', row: undefined },
  ]);
  expect(group?.origins).toMatchObject([{ version: 2 }]);
  node.engine.unwatch('w');
  node.node.run("INSERT INTO t VALUES ('x', 3, NULL)");
  expect(work(node)).toEqual([]);
});

test('goes on from a cursor, also one from before a restart', () => {
  const node = open();
  const { cursor } = watch(node);
  node.node.run("INSERT INTO t VALUES ('x', 1, 1)");
  const [first] = work(node);
  node.node.run("INSERT INTO t VALUES ('x', 2, 2)");
  node.restart();
  const resumed = watch(node, { from: first?.cursor ?? '' });
  expect(resumed).toMatchObject({ start: 'resumed', reason: undefined });
  expect(resumed.backlog.flatMap(({ notices }) => notices.map(({ key }) => key))).toEqual([
    '["x",2]',
  ]);
  expect(work(node)).toEqual([]);
  const all = watch(node, { from: cursor, watchId: 'other' });
  expect(all.backlog[0]?.notices).toHaveLength(2);
});

test('a cursor that cannot be gone on from starts anew and says why', () => {
  const node = open();
  const { cursor } = watch(node);
  expect(watch(node, { from: 'another-state:1' })).toMatchObject({
    start: 'restarted',
    reason: expect.stringContaining('another node'),
  });
  expect(() => watch(node, { from: 'nonsense' })).toThrow(/is no cursor/);
  expect(() => watch(node, { from: `${cursor}9` })).toThrow(/in the future/);
  for (const b of [1, 2, 3]) node.node.run(`INSERT INTO t VALUES ('x', ${b}, 1)`);
  const trim = 'DELETE FROM __patina_commits WHERE seq < (SELECT max(seq) FROM __patina_commits)';
  node.node.replica.db.exec(trim);
  const { start, reason } = watch(node, { from: cursor });
  expect(start).toBe('restarted');
  expect(reason).toMatch(/log does not say/);
});

test('filters see the present row, and rows come whole where they are wanted', () => {
  const node = open();
  watch(node, { filter: 'v > 5 -- more than five', images: true });
  node.node.run("INSERT INTO t VALUES ('x', 1, 1), ('x', 2, 9.0), ('x', 3, x'0a'), ('y', 4, NULL)");
  expect(work(node)[0]?.notices).toEqual([
    { type: 'update', key: '["x",2]', row: '["x",2,9.0]' },
    { type: 'update', key: '["x",3]', row: '["x",3,[10]]' },
  ]);
  for (const filter of ['nothing > 1', 'v; DELETE FROM t', '1) OR (1', 'load_extension(v)']) {
    if (filter !== '1) OR (1') expect(() => watch(node, { filter }), filter).toThrow();
  }
  expect(() => watch(node, { table: 'nowhere' })).toThrow(/no replicated table/);
});

test('writes of other programs are told once while they wait to be adopted', () => {
  const node = open();
  watch(node);
  const program = new Database(node.databasePath);
  program.exec("INSERT INTO t VALUES ('p', 1, 1)");
  expect(work(node)[0]?.notices).toHaveLength(1);
  expect(work(node)).toEqual([]);
  for (const v of [2, 3, 4]) {
    program.exec(`UPDATE t SET v = ${v} WHERE a = 'p'`);
    expect(work(node)[0]?.notices).toHaveLength(1);
  }
  expect(work(node)).toEqual([]);
  program.close();
});

test('a write of another program counts although a version that was told touched the row', () => {
  const node = open();
  node.node.run("INSERT INTO t VALUES ('x', 1, 1)");
  watch(node);
  const program = new Database(node.databasePath);
  program.exec('UPDATE t SET v = 2');
  expect(work(node)[0]?.notices).toHaveLength(1);
  expect(work(node)).toEqual([]);
  program.close();
});

test('a table with other columns ends its watches', () => {
  const node = open();
  watch(node);
  watch(node, { watchId: 'v', filter: 'v > 1' });
  const next = 'CREATE TABLE t (a TEXT NOT NULL, b INTEGER NOT NULL, w, PRIMARY KEY (a, b))';
  applyReplicaSchema(node.node.replica, [next], { allowDestructive: true });
  const { endedWatches = [] } = node.engine.work(10);
  expect(endedWatches.map(({ watchId }) => watchId)).toEqual(['w', 'v']);
  expect(endedWatches[0]?.error.message).toMatch(/columns of table 't' changed/);
  expect(watch(node).columns).toEqual(['a', 'b', 'w']);
});

test('a watch goes on when another table changed', () => {
  const node = open();
  watch(node);
  const next = `${schema}; CREATE TABLE u (id INTEGER PRIMARY KEY)`;
  applyReplicaSchema(node.node.replica, [next], { allowDestructive: false });
  node.node.run("INSERT INTO t VALUES ('x', 1, 1)");
  expect(work(node)).toHaveLength(1);
});

test('text that is no UTF-8 is told as it can be written', () => {
  const node = open();
  watch(node);
  node.node.run("INSERT INTO t VALUES (CAST(x'ff61' AS TEXT), 1, 1)");
  expect(work(node)[0]?.notices).toEqual([
    { type: 'update', key: '["\uFFFDa",1]', row: undefined },
  ]);
  node.node.run('DELETE FROM t');
  expect(work(node)[0]?.notices).toEqual([
    { type: 'delete', key: '["\uFFFDa",1]', row: undefined },
  ]);
});

test('a watch ends when more was written at once than it can be told', () => {
  const node = open();
  const { cursor } = watch(node);
  node.node.run(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50001) ' +
      "INSERT INTO t SELECT 'x', i, NULL FROM n",
  );
  expect(node.engine.work(10)).toMatchObject({ watchGroups: [], endedWatches: [{ watchId: 'w' }] });
  expect(watch(node, { from: cursor })).toMatchObject({ start: 'restarted', backlog: [] });
});
