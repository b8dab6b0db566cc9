// Rows are collected whole wherever their bytes are cut, and no more than the limits allow.

import { PatinaError } from '@patina/engine/base/errors.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PatinaService } from '../service.ts';
import { collectQuery } from './collect-query.ts';
import { planTree } from './query-plan.ts';

const statement = { sql: 'SELECT n', params: [] };

/** A reader that writes these rows in pieces of this size, and stops when it is told to. */
function readerOf(rows: readonly string[], pieceBytes: number) {
  const seen = { stopped: false };
  const query: PatinaService['query'] = async ({ signal }, sink) => {
    sink.onHead(['n', 'text']);
    const bytes = Buffer.from(rows.map((cells, n) => `{"row":[${n + 1},${cells}]}\n`).join(''));
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      if (signal?.aborted === true) {
        seen.stopped = true;
        throw new PatinaError('PATINA_STREAM_CLOSED', 'gone');
      }
      await sink.onRows(bytes.subarray(start, start + pieceBytes));
    }
    return { rows: rows.length, timeMs: 5 };
  };
  return { query, seen };
}

test('rows arrive whole, wherever their bytes are cut', async () => {
  const cells = fc.tuple(fc.integer(), fc.string({ unit: 'grapheme', maxLength: 5 }));
  const sizes = fc.record({
    rows: fc.array(cells, { maxLength: 12 }),
    pieceBytes: fc.integer({ min: 1, max: 40 }),
    rowsMax: fc.integer({ min: 1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ rows, pieceBytes, rowsMax }) => {
      const texts = rows.map((row) => JSON.stringify(row));
      const service = readerOf(texts, pieceBytes);
      const limits = { rowsMax, bytesMax: 1_000_000, timeoutMs: 1_000 };
      const result = await collectQuery(service, { statement, ...limits });
      expect(result.rows).toEqual(rows.slice(0, rowsMax));
      expect(result.truncated).toBe(rows.length > rowsMax);
      expect(result.columns).toEqual(['n', 'text']);
    }),
  );
});

test('the reader is stopped at the limit on bytes, also amid one endless row', async () => {
  const many = readerOf(
    Array.from({ length: 1_000 }, () => '[1,"x"]'),
    100,
  );
  const limits = { statement, rowsMax: 10_000, bytesMax: 300, timeoutMs: 1_000 };
  const some = await collectQuery(many, limits);
  expect(some.truncated).toBe(true);
  expect(some.bytes).toBeLessThanOrEqual(300);
  expect(many.seen.stopped).toBe(true);
  const endless = readerOf([`[1,"${'x'.repeat(10_000)}"]`], 100);
  expect(await collectQuery(endless, limits)).toMatchObject({ rows: [], truncated: true });
});

test('errors and callers that go away are no truncation', async () => {
  const failing: PatinaService['query'] = async () => {
    throw new PatinaError('PATINA_SQL_ERROR', 'no such table');
  };
  const limits = { statement, rowsMax: 1, bytesMax: 1_000, timeoutMs: 1_000 };
  await expect(collectQuery({ query: failing }, limits)).rejects.toMatchObject({
    code: 'PATINA_SQL_ERROR',
  });
  const signal = AbortSignal.abort();
  await expect(
    collectQuery(readerOf(['[1]', '[2]'], 5), { ...limits, signal }),
  ).rejects.toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
});

test('a query plan becomes a tree', () => {
  const rows = [
    [2, 0, 0, 'COMPOUND QUERY'],
    [3, 2, 0, 'SCAN a'],
    [5, 2, 0, 'SEARCH b'],
    [9, 0, 0, 'USE TEMP B-TREE'],
  ];
  expect(planTree(rows)).toEqual([
    {
      id: 2,
      detail: 'COMPOUND QUERY',
      children: [
        { id: 3, detail: 'SCAN a', children: [] },
        { id: 5, detail: 'SEARCH b', children: [] },
      ],
    },
    { id: 9, detail: 'USE TEMP B-TREE', children: [] },
  ]);
});
