// Transactions of one row each, in the node's own process: many callers share commits, which a plain
// database in autocommit mode cannot. One caller at a time is measured beside it.

import { join } from 'node:path';
import { type NodeStorage, openThreadedStorage } from '@patina/engine/storage/threaded-storage.ts';
import { type Cost, costOf, interleave, perSecond, ratioOf } from '../lib/cost.ts';
import {
  cacheKib,
  insertSql,
  insertTransaction,
  openHost,
  openPlain,
  type Row,
  rowsFrom,
  schemaSql,
  transact,
} from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { fixed, whole } from '../lib/text.ts';

/** Callers that each wait for their own transaction. */
const callers = 64;

async function plainSide({ directory }: BenchContext, name: string, rows: readonly Row[]) {
  const db = openPlain(directory, name);
  const statement = db.prepare(insertSql);
  const cost = await costOf(() => {
    for (const row of rows) statement.run(...row);
  });
  db.close();
  return cost;
}

async function withStorage(
  { directory }: BenchContext,
  name: string,
  work: (storage: NodeStorage) => Promise<Cost>,
): Promise<Cost> {
  const path = join(directory, `${name}.db`);
  const storage = await openThreadedStorage({
    path,
    synchronous: 'normal',
    cacheKib,
    maxClockDriftMs: 500,
  });
  await storage.applySchema({ texts: [schemaSql], allowDestructive: false });
  const cost = await work(storage);
  await storage.close();
  return cost;
}

/** `atOnce` callers take the rows in turn, each with one transaction under way. */
async function drive(storage: NodeStorage, rows: readonly Row[], atOnce: number): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let row = rows[next++]; row !== undefined; row = rows[next++]) {
      const outcome = await storage.transact(insertTransaction([row]));
      if (!outcome.ok) throw outcome.error;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
}

async function oneByOneSide({ directory }: BenchContext, name: string, rows: readonly Row[]) {
  const host = openHost(directory, name);
  const transactions = rows.map((row) => insertTransaction([row]));
  const cost = await costOf(() => {
    for (const transaction of transactions) transact(host, [transaction]);
  });
  host.close();
  return cost;
}

export const singleRows: Figure = {
  name: 'single',
  title: 'single-row transactions, in process',
  target: '>= 0.4 of plain',
  async measure(context) {
    const rounds = context.isQuick ? 2 : 7;
    const rows = rowsFrom(0, context.isQuick ? 5_000 : 30_000);
    context.progress(`${rounds} rounds of ${whole(rows.length)} transactions`);
    const few = rows.slice(0, rows.length / 5);
    const costs = await interleave(rounds, [
      ['plain', (round) => plainSide(context, `plain-${round}`, rows)],
      [
        'shared',
        (round) =>
          withStorage(context, `shared-${round}`, (storage) =>
            costOf(() => drive(storage, rows, callers)),
          ),
      ],
      ['oneByOne', (round) => oneByOneSide(context, `one-${round}`, rows)],
      ['plainFew', (round) => plainSide(context, `plain-few-${round}`, few)],
      [
        'waiting',
        (round) =>
          withStorage(context, `waiting-${round}`, (storage) =>
            costOf(() => drive(storage, few, 1)),
          ),
      ],
    ]);
    const shared = ratioOf(costs('plain'), costs('shared'));
    const oneByOne = ratioOf(costs('plain'), costs('oneByOne'));
    const waiting = ratioOf(costs('plainFew'), costs('waiting'));
    const plainPerS = perSecond(rows.length, costs('plain'));
    const sharedPerS = perSecond(rows.length, costs('shared'));
    return {
      measured: `${fixed(shared.wall)} of plain (CPU ${fixed(shared.cpu)})`,
      isReached: shared.wall >= 0.4,
      values: {
        wallRatio: shared.wall,
        cpuRatio: shared.cpu,
        oneByOneWallRatio: oneByOne.wall,
        oneByOneCpuRatio: oneByOne.cpu,
        oneCallerWallRatio: waiting.wall,
        plainPerS,
        nodePerS: sharedPerS,
      },
      notes: [
        `${callers} callers at the storage of a node: ${whole(sharedPerS)}/s, plain autocommit ` +
          `${whole(plainPerS)}/s; CPU counts both threads`,
        `a commit for each on the writer's thread: ${fixed(oneByOne.wall)} of plain ` +
          `(CPU ${fixed(oneByOne.cpu)}); one caller that waits each time: ${fixed(waiting.wall)}`,
      ],
    };
  },
};
