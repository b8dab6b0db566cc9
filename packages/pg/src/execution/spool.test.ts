// Results that are kept: in memory up to a bound, then in a file that nobody else can find.

import { readdirSync, readlinkSync } from 'node:fs';
import { ByteWriter } from '@patina/engine/base/bytes.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import { afterEach, expect, test } from 'vitest';
import { writeValues } from '../reader/reader-protocol.ts';
import { Spool } from './spool.ts';

const spools: Spool[] = [];

function makeSpool(spoolMemoryBytesMax: number, spoolFileBytesMax = 1e9): Spool {
  const spool = new Spool({ spoolMemoryBytesMax, spoolFileBytesMax });
  spools.push(spool);
  return spool;
}

afterEach(async () => {
  for (const spool of spools.splice(0)) await spool.close();
});

function record(row: readonly SqlValue[]): Buffer {
  const writer = new ByteWriter();
  writeValues(writer, row);
  const bytes = Buffer.alloc(4 + writer.length);
  bytes.writeUInt32BE(writer.length, 0);
  bytes.set(writer.finish(), 4);
  return bytes;
}

async function rowsOf(spool: Spool, from: number, count: number): Promise<SqlValue[][]> {
  const rows: SqlValue[][] = [];
  await spool.read(from, count, (row) => rows.push(row));
  return rows;
}

/** Temporary files of spools that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.includes('patina-pg-') ? [path] : [];
    } catch {
      return [];
    }
  });
}

test.each([
  ['in memory', 1e6],
  ['in a file', 100],
])('rows come back from everywhere, %s', async (_where, memoryBytesMax) => {
  const spool = makeSpool(memoryBytesMax);
  for (let row = 0; row < 1_000; row += 10) {
    const batch = Array.from({ length: 10 }, (_, index) =>
      record([`row ${row + index}`, 2n ** 60n]),
    );
    await spool.append(Buffer.concat(batch));
  }
  expect(spool.rows).toBe(1_000);
  expect(await rowsOf(spool, 0, 1)).toEqual([['row 0', 2n ** 60n]]);
  expect((await rowsOf(spool, 130, 3)).map(([text]) => text)).toEqual([
    'row 130',
    'row 131',
    'row 132',
  ]);
  expect(await rowsOf(spool, 998, 10)).toHaveLength(2);
  expect(await rowsOf(spool, 1_000, 10)).toEqual([]);
  expect(await rowsOf(spool, 0, 5_000)).toHaveLength(1_000);
});

test('a row larger than what is read at once comes back whole', async () => {
  const spool = makeSpool(10);
  const large = 'x'.repeat(1_000_000);
  await spool.append(record([large]));
  await spool.append(record(['after it']));
  expect(await rowsOf(spool, 0, 2)).toEqual([[large], ['after it']]);
});

test('its file has no name and is gone when it is closed', async () => {
  const spool = makeSpool(10);
  await spool.append(record(['x'.repeat(100)]));
  expect(spool.hasFile).toBe(true);
  expect(openFiles()).toEqual([expect.stringContaining('(deleted)')]);
  await spool.close();
  expect(openFiles()).toEqual([]);
});

test('more than the limit is refused with the way out', async () => {
  const spool = makeSpool(10, 50);
  await expect(spool.append(record(['x'.repeat(100)]))).rejects.toMatchObject({
    sqlState: '53400',
  });
});
