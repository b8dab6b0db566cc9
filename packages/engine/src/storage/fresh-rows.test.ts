// Rows that are new here are written many to a statement; where some of their keys are known already,
// the result must be the same as row by row.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../base/bytes.ts';
import type { SqlValue } from '../base/value.ts';
import { encodeChunk } from '../crdt/changeset-codec.ts';
import { contents, copyTestReplica, type TestReplica, testActor, testStartMs } from './testing.ts';

const schema =
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b); CREATE TABLE k (id TEXT NOT NULL PRIMARY KEY)';

function insertMany(node: TestReplica, ids: readonly number[], value: string): void {
  node.run(
    ...ids.map(
      (id) => ['INSERT OR REPLACE INTO t (id, a, b) VALUES (?, ?, ?)', [id, value, id]] as const,
    ),
    ...ids.map((id) => ['INSERT OR IGNORE INTO k VALUES (?)', [`k${id}`]] as const),
  );
}

const ids = fc.uniqueArray(fc.nat(120), { minLength: 1, maxLength: 100 });

test('overlapping bulk inserts end equal in every order', () => {
  fc.assert(
    fc.property(ids, ids, ids, fc.boolean(), (first, second, gone, isFirstLater) => {
      const [a, b, c] = ['a', 'b', 'c'].map((digit) =>
        copyTestReplica(testActor(digit), schema),
      ) as [TestReplica, TestReplica, TestReplica];
      a.clock.wallMs = testStartMs + (isFirstLater ? 10 : 0);
      insertMany(a, first, 'from a');
      insertMany(b, second, 'from b');
      b.run(...gone.map((id) => `DELETE FROM t WHERE id = ${id}`));
      a.replica.merge(b.log);
      b.replica.merge(a.log);
      c.replica.merge([...b.log].reverse());
      c.replica.merge(a.log);
      expect(contents(b.replica)).toBe(contents(a.replica));
      expect(contents(c.replica)).toBe(contents(a.replica));
      for (const { replica } of [a, b, c]) replica.db.close();
    }),
    { numRuns: 150 },
  );
});

function chunkOf(keys: readonly SqlValue[]): Uint8Array {
  const header = {
    actorId: testActor('f'),
    version: 1,
    hlc: 4096,
    startSeq: 0,
    endSeq: keys.length,
    lastSeq: keys.length,
  };
  const changes = keys.map((key, seq) => ({ cl: 1, seq, values: [key, 'x', null] }));
  const names = { table: 't', key: ['id'], columns: ['a', 'b'], superseded: [] };
  return encodeChunk(header, [{ kind: 'row', ...names, exact: true, changes }], new ByteWriter());
}

test('a changeset that begins a key twice in a row is refused whole, and not counted as known', () => {
  const { replica } = copyTestReplica(testActor('a'), schema);
  const keys = Array.from({ length: 32 }, (_, index) => BigInt(index % 10));
  const outcome = replica.merge([chunkOf(keys)]);
  expect(outcome.malformed).toBe(1);
  expect(replica.book.contains(testActor('f'), 1)).toBe(false);
  expect(replica.db.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
});

test('text that is no UTF-8 goes its own way among new rows', () => {
  const a = copyTestReplica(testActor('a'), schema);
  const b = copyTestReplica(testActor('b'), schema);
  insertMany(
    a,
    Array.from({ length: 40 }, (_, index) => index),
    'plain',
  );
  a.run("INSERT INTO t (id, a) VALUES (200, CAST(x'ff' AS TEXT))");
  b.replica.merge(a.log);
  expect(contents(b.replica)).toBe(contents(a.replica));
});
