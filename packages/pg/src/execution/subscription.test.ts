// Live queries as rows: snapshots, changes as what is gone and what is new, and slow clients.

import { hlcFromUnixMs } from '@patina/engine/base/hlc.ts';
import type { ChangeGroup, LiveSink, OpenRequest } from '@patina/engine/live/live-queries.ts';
import { testActor } from '@patina/engine/storage/testing.ts';
import { expect, test } from 'vitest';
import type { SubscribeSource } from '../utility/utility-statement.ts';
import { parseCells, Subscription } from './subscription.ts';

const columns = ['id', 'name'].map((name) => ({
  name,
  type: { oid: 25, typmod: -1 },
  tableOid: 0,
  columnNumber: 0,
}));

function source(withSnapshot: boolean, withProgress: boolean): SubscribeSource {
  const query = {
    kind: 'query',
    sql: 'SELECT id, name FROM t',
    params: [],
    columns,
    tablesRead: ['t'],
    notices: [],
    readsCatalog: false,
  } as const;
  return { kind: 'subscribe', query, columns, withSnapshot, withProgress };
}

interface Opened {
  readonly subscription: Subscription;
  readonly sink: LiveSink;
  readonly request: OpenRequest;
  isClosed(): boolean;
}

async function open(from: SubscribeSource, rowsMax = 1_000): Promise<Opened> {
  const seen = Promise.withResolvers<{ request: OpenRequest; sink: LiveSink }>();
  let isClosed = false;
  const subscription = await Subscription.open({
    live: {
      open: async (request, sink) => {
        seen.resolve({ request, sink });
        const opened = { id: '', hash: '', columns: [], isOrdered: false, reason: undefined };
        return {
          opened: { ...opened, start: 'snapshot' },
          close: () => {
            isClosed = true;
          },
        };
      },
    },
    source: from,
    params: [],
    role: 'reader',
    client: 'test',
    rowsMax,
    nowMs: () => 1_800_000_000_000,
  });
  return { subscription, ...(await seen.promise), isClosed: () => isClosed };
}

function lines(...rows: readonly (readonly [number, string])[]): Uint8Array {
  return Buffer.from(rows.map(([id, cells]) => `{"row":[${id},${cells}]}\n`).join(''));
}

function group(unixMs: number, ...changes: ChangeGroup['changes']): ChangeGroup {
  return {
    origins: [{ actorId: testActor('1'), version: 1, hlc: hlcFromUnixMs(unixMs) }],
    changes,
  };
}

const snapshotMs = 1_800_000_000_000;

test('the snapshot comes as insertions, an update as the old row and the new one', async () => {
  const { subscription, sink } = await open(source(true, false));
  const bytes = lines([1, '[1,"a"]'], [2, '[2,"b"]']);
  void sink.onRows(bytes.subarray(0, 20), 1);
  void sink.onRows(bytes.subarray(20), 1);
  sink.onSnapshotEnd({ changeId: 0, timeMs: 1 });
  expect(subscription.take(10)).toEqual([
    [snapshotMs, 1, 1, 'a'],
    [snapshotMs, 1, 2, 'b'],
  ]);
  const laterMs = snapshotMs + 5;
  void sink.onGroup(
    group(
      laterMs,
      { type: 'update', rowId: 2, cells: '[2,"c"]', changeId: 1 },
      { type: 'delete', rowId: 1, cells: '[1,"a"]', changeId: 2 },
    ),
  );
  expect(subscription.take(10)).toEqual([
    [laterMs, -1, 2, 'b'],
    [laterMs, 1, 2, 'c'],
    [laterMs, -1, 1, 'a'],
  ]);
});

test('without a snapshot the old rows are known all the same; progress says how far it is', async () => {
  const { subscription, sink } = await open(source(false, true));
  void sink.onRows(lines([1, '[1,"a"]']), 1);
  sink.onSnapshotEnd({ changeId: 0, timeMs: 1 });
  // A clock elsewhere may be behind: timestamps never go back.
  const change = { type: 'update', rowId: 1, cells: '[1,"b"]', changeId: 1 } as const;
  void sink.onGroup(group(snapshotMs - 50, change));
  expect(subscription.take(10)).toEqual([
    [snapshotMs, 1, null, null, null],
    [snapshotMs, 0, -1, 1, 'a'],
    [snapshotMs, 0, 1, 1, 'b'],
    [snapshotMs, 1, null, null, null],
  ]);
});

test('a client that does not read holds the live query; closing frees it', async () => {
  const opened = await open(source(true, false), 100_000);
  const rows = Array.from({ length: 6_000 }, (_, index) => [index, `[${index},"x"]`] as const);
  const pending = opened.sink.onRows(lines(...rows), rows.length);
  expect(pending).toBeInstanceOf(Promise);
  expect(opened.subscription.take(5_000)).toHaveLength(5_000);
  await pending;
  opened.subscription.close();
  expect(opened.isClosed()).toBe(true);
});

test('rows that are here come before the error that ends it', async () => {
  const { subscription, sink } = await open(source(true, false));
  const waiting = subscription.wait(undefined);
  void sink.onRows(lines([1, '[1,"a"]']), 1);
  await waiting;
  sink.onLagged('cursor', 5);
  expect(subscription.take(10)).toHaveLength(1);
  expect(() => subscription.take(10)).toThrow(expect.objectContaining({ sqlState: '53400' }));
});

test('a wait ends when it is over or given up', async () => {
  const { subscription } = await open(source(true, false));
  await subscription.wait(1);
  const waiting = subscription.wait(undefined);
  subscription.abandon();
  await waiting;
  expect(subscription.take(10)).toEqual([]);
});

test('a result has a bound', async () => {
  const { subscription, sink } = await open(source(false, false), 1);
  void sink.onRows(lines([1, '[1,"a"]'], [2, '[2,"b"]']), 2);
  expect(() => subscription.take(10)).toThrow(expect.objectContaining({ sqlState: '54000' }));
});

test('cells keep all digits of integers, the fraction of REALs, and bytes', () => {
  expect(parseCells('[9007199254740993,1.5,2.0,"é",null,[1,255],-7]')).toEqual([
    9007199254740993n,
    1.5,
    2,
    'é',
    null,
    Uint8Array.of(1, 255),
    -7,
  ]);
});
