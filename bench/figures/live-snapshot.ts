// The snapshot of a large result, from the request to its last byte, and what the node needs for it.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@patina/engine/storage/open-database.ts';
import { planAgent } from '../lib/agents.ts';
import { cacheKib, insertTransaction, openHost, rowsFrom, transact } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { drainSnapshot } from '../lib/live-stream.ts';
import { treeUse } from '../lib/proc.ts';
import { fixed, whole } from '../lib/text.ts';

const query = 'SELECT id, a, b, c, d FROM t';
const rowsPerTransaction = 2_000;

/** Limits of rows that let the query through. */
const config = '[subscriptions]\nquery_rows_max = 2000000\nrows_max = 4000000\n';

/** Beyond this the memory of the node grew with the result. */
const grownMbMax = 150;

const memoryPeriodMs = 100;

/** Rows of the same query per second when a program reads the file itself. */
function plainPerS(path: string, rows: number): number {
  const db = openDatabase(path, { synchronous: 'normal', cacheKib, readonly: true });
  const startMs = performance.now();
  let count = 0;
  for (const _row of db.prepare(query).raw().iterate()) count++;
  const tookMs = performance.now() - startMs;
  db.close();
  if (count !== rows) throw new Error(`${count} of ${rows} rows were read`);
  return (rows * 1000) / tookMs;
}

/** Watches the memory of a process tree; returns the peak so far. */
function watchMemory(pid: number): { readonly stop: () => Promise<number> } {
  let peakBytes = 0;
  let isWatching = true;
  const watching = (async () => {
    while (isWatching) {
      peakBytes = Math.max(peakBytes, treeUse(pid).pssBytes);
      await sleep(memoryPeriodMs);
    }
  })();
  return {
    async stop() {
      isWatching = false;
      await watching;
      return peakBytes;
    },
  };
}

export const liveSnapshot: Figure = {
  name: 'live-snapshot',
  title: 'snapshot of 1,000,000 rows streamed to a client',
  target: '>= 0.3 of plain reading, memory does not grow with the result',
  async measure(context: BenchContext) {
    const rows = context.isQuick ? 100_000 : 1_000_000;
    const agent = await planAgent(context, { name: 'n1', bootstrap: [], config });
    context.progress(`making ${whole(rows)} rows`);
    const host = openHost(agent.folder, 'state');
    for (let start = 0; start < rows; start += rowsPerTransaction) {
      transact(host, [insertTransaction(rowsFrom(start, rowsPerTransaction))]);
    }
    host.close();
    const path = join(agent.folder, 'state.db');
    const plain = Math.max(plainPerS(path, rows), plainPerS(path, rows));
    agent.start();
    await agent.ready();
    // The process of the live queries runs before the memory is looked at.
    await drainSnapshot(agent.apiPort, `${query} WHERE id < 1000`);
    const beforeBytes = treeUse(agent.pid).pssBytes;
    const memory = watchMemory(agent.pid);
    context.progress('streaming');
    const startMs = performance.now();
    const found = await drainSnapshot(agent.apiPort, query);
    const firstMs = performance.now() - startMs;
    const againMs = performance.now();
    await drainSnapshot(agent.apiPort, query);
    const secondMs = performance.now() - againMs;
    const peakBytes = await memory.stop();
    await agent.stop();
    if (found !== rows) throw new Error(`${found} of ${rows} rows came`);
    const perS = (rows * 1000) / firstMs;
    const againPerS = (rows * 1000) / secondMs;
    const grownMb = (peakBytes - beforeBytes) / 1e6;
    const ratio = perS / plain;
    return {
      measured: `${whole(perS)} rows/s, ${fixed(ratio)} of plain, +${fixed(grownMb, 0)} MB`,
      isReached: ratio >= 0.3 && grownMb <= grownMbMax,
      values: { rowsPerS: perS, ratio, plainPerS: plain, joinedRowsPerS: againPerS, grownMb },
      notes: [
        `plain better-sqlite3 reads ${whole(plain)} rows/s; a second client of the same query gets ` +
          `${whole(againPerS)} rows/s (${fixed(againPerS / plain)} of plain)`,
      ],
    };
  },
};
