// Merging what other nodes wrote: chunks as they come off the wire are decoded, checked and applied.

import { costOf, interleave, perSecond, ratioOf } from '../lib/cost.ts';
import {
  insertSql,
  insertTransaction,
  openHost,
  openPlain,
  rowsFrom,
  transact,
} from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { fixed, whole } from '../lib/text.ts';

/** As the applier of a node gathers them. */
const batchBytesMax = 256 * 1024;
const batchChunksMax = 2_000;

/** The stream that an origin makes of `count` rows in transactions of `perTransaction`. */
function streamOf(
  { directory }: BenchContext,
  count: number,
  perTransaction: number,
): readonly Uint8Array[][] {
  const host = openHost(directory, `origin-${perTransaction}`);
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < count; start += perTransaction) {
    const versions = transact(host, [insertTransaction(rowsFrom(start, perTransaction))]);
    for (const version of versions) {
      if (version.chunks === undefined) throw new Error('a version came without its chunks');
      chunks.push(...version.chunks);
    }
  }
  host.close();
  return batchesOf(chunks);
}

function batchesOf(chunks: readonly Uint8Array[]): Uint8Array[][] {
  const batches: Uint8Array[][] = [];
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    if (batch.length === batchChunksMax || bytes + chunk.length > batchBytesMax) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(chunk);
    bytes += chunk.length;
  }
  return [...batches, batch];
}

async function mergeSide(
  context: BenchContext,
  name: string,
  batches: readonly Uint8Array[][],
  rows: number,
) {
  const host = openHost(context.directory, name);
  const cost = await costOf(() => {
    for (const batch of batches) host.replica.merge(batch);
  });
  const found = host.replica.db.prepare('SELECT count(*) AS n FROM t').pluck().get();
  if (found !== rows) throw new Error(`${String(found)} of ${rows} rows were merged`);
  host.close();
  return cost;
}

async function plainSide({ directory }: BenchContext, name: string, count: number) {
  const rows = rowsFrom(0, count);
  const db = openPlain(directory, name);
  const statement = db.prepare(insertSql);
  const cost = await costOf(() => {
    db.exec('BEGIN');
    for (const row of rows) statement.run(...row);
    db.exec('COMMIT');
  });
  db.close();
  return cost;
}

export const merging: Figure = {
  name: 'merge',
  title: 'merging a received stream, decode included, inserts',
  target: '>= 0.4 of plain insert',
  async measure(context) {
    const rounds = context.isQuick ? 2 : 7;
    const count = context.isQuick ? 20_000 : 100_000;
    context.progress(`making streams of ${whole(count)} rows`);
    const by1000 = streamOf(context, count, 1_000);
    const by100 = streamOf(context, count, 100);
    const by1 = streamOf(context, count / 5, 1);
    context.progress(`${rounds} rounds`);
    const costs = await interleave(rounds, [
      ['plain', (round) => plainSide(context, `plain-${round}`, count)],
      ['by1000', (round) => mergeSide(context, `by1000-${round}`, by1000, count)],
      ['by100', (round) => mergeSide(context, `by100-${round}`, by100, count)],
      ['plainFew', (round) => plainSide(context, `plain-few-${round}`, count / 5)],
      ['by1', (round) => mergeSide(context, `by1-${round}`, by1, count / 5)],
    ]);
    const ratio = ratioOf(costs('plain'), costs('by100'));
    const large = ratioOf(costs('plain'), costs('by1000'));
    const small = ratioOf(costs('plainFew'), costs('by1'));
    const plainPerS = perSecond(count, costs('plain'));
    const mergedPerS = perSecond(count, costs('by100'));
    return {
      measured: `${fixed(ratio.cpu)} of plain (wall ${fixed(ratio.wall)}), ${whole(mergedPerS)}/s`,
      isReached: ratio.cpu >= 0.4,
      values: {
        wallRatio: ratio.wall,
        cpuRatio: ratio.cpu,
        by1000WallRatio: large.wall,
        by1000CpuRatio: large.cpu,
        by1WallRatio: small.wall,
        by1CpuRatio: small.cpu,
        plainPerS,
        mergedPerS,
      },
      notes: [
        `transactions of 100 rows: ${whole(mergedPerS)} rows/s where plain inserts ` +
          `${whole(plainPerS)} rows/s in one transaction`,
        `transactions of 1,000 rows: ${fixed(large.cpu)} of plain (wall ${fixed(large.wall)}); ` +
          `of one row: ${fixed(small.cpu)} (wall ${fixed(small.wall)})`,
      ],
    };
  },
};
