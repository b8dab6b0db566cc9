// A new node joins one that has a million rows. Meanwhile that one goes on answering queries, at the
// pace of a person or program that asks it now and then.

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchAgent, planAgent } from '../lib/agents.ts';
import { percentile } from '../lib/cost.ts';
import { insertTransaction, openHost, rowsFrom, transact } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { treeUse } from '../lib/proc.ts';
import { duration, fixed, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const rowsPerTransaction = 1_000;
const queryPeriodMs = 20;
const catchUpMsMax = 300_000;

/** Fills the database of an agent that does not run yet. */
function fill({ folder }: BenchAgent, rows: number): { actorId: string; head: number } {
  const host = openHost(folder, 'state');
  for (let start = 0; start < rows; start += rowsPerTransaction) {
    transact(host, [insertTransaction(rowsFrom(start, rowsPerTransaction))]);
  }
  const { actorId, head } = host.replica;
  host.close();
  return { actorId, head };
}

/** Asks for single rows until told to stop; returns how long each answer took. */
async function askSteadily(
  { client }: BenchAgent,
  rows: number,
  signal: AbortSignal,
): Promise<number[]> {
  const timesMs: Promise<number>[] = [];
  const ask = async (id: number): Promise<number> => {
    const startMs = performance.now();
    await client.query(['SELECT * FROM t WHERE id = ?', [id]]);
    return performance.now() - startMs;
  };
  for (let count = 0; !signal.aborted; count++) {
    timesMs.push(ask((count * 7_919) % rows));
    await sleep(queryPeriodMs);
  }
  return Promise.all(timesMs);
}

async function caughtUp(agent: BenchAgent, actorId: string, head: number): Promise<void> {
  await waitFor(
    async () => {
      const lag = await agent.client.lag();
      const row = lag.find((each) => each.actor_id === actorId);
      return row?.head === head && row.versions === 0 ? true : undefined;
    },
    { deadlineMs: catchUpMsMax, everyMs: 100, what: 'the new node has everything' },
  );
}

async function measure(context: BenchContext) {
  const rows = context.isQuick ? 50_000 : 1_000_000;
  const server = await planAgent(context, { name: 'server', bootstrap: [] });
  context.progress(`filling ${whole(rows)} rows`);
  const { actorId, head } = fill(server, rows);
  server.start();
  await server.ready();
  const bootstrap = [server.gossipAddress];
  const joiner = await planAgent(context, { name: 'joiner', bootstrap });
  const done = new AbortController();
  const quietMs = askSteadily(server, rows, AbortSignal.timeout(context.isQuick ? 1_000 : 5_000));
  const quietP99Ms = percentile(await quietMs, 0.99);
  const answering = askSteadily(server, rows, done.signal);
  context.progress('an empty node joins');
  const startMs = performance.now();
  joiner.start();
  await joiner.ready();
  const readyMs = performance.now() - startMs;
  await caughtUp(joiner, actorId, head);
  const tookMs = performance.now() - startMs;
  done.abort();
  const answersMs = await answering;
  const found = await joiner.client.count();
  if (found !== rows) throw new Error(`the new node has ${found} of ${rows} rows`);
  const sent = (await server.client.metrics()).get('patina_transport_total{kind="bytesSent"}') ?? 0;
  const serverPeak = treeUse(server.pid).rssBytes;
  const joinerPeak = treeUse(joiner.pid).rssBytes;
  await joiner.stop();
  await server.stop();
  return { rows, tookMs, readyMs, answersMs, quietP99Ms, sent, serverPeak, joinerPeak };
}

export const catchUp: Figure = {
  name: 'catchup',
  title: 'empty node catches up 1,000,000 rows over QUIC',
  target: '<= 25 s, queries at the serving node p99 <= 50 ms',
  async measure(context) {
    const found = await measure(context);
    const queryP99Ms = percentile(found.answersMs, 0.99);
    // A short run is judged by its share of the rows.
    const limitMs = (25_000 * found.rows) / 1_000_000;
    const rowsPerS = (found.rows * 1000) / (found.tookMs - found.readyMs);
    return {
      measured: `${duration(found.tookMs)}, queries p99 ${duration(queryP99Ms)}`,
      isReached: found.tookMs <= Math.max(limitMs, 5_000) && queryP99Ms <= 50,
      values: {
        rows: found.rows,
        tookMs: found.tookMs,
        readyMs: found.readyMs,
        rowsPerS,
        queryP50Ms: percentile(found.answersMs, 0.5),
        queryP99Ms,
        quietQueryP99Ms: found.quietP99Ms,
        bytesPerRow: found.sent / found.rows,
        serverRssBytes: found.serverPeak,
        joinerRssBytes: found.joinerPeak,
      },
      notes: [
        `${whole(found.rows)} rows in transactions of ${whole(rowsPerTransaction)}, from starting ` +
          `the process, which takes ${duration(found.readyMs)}; ${whole(rowsPerS)} rows/s after; ` +
          `${fixed(found.sent / found.rows, 1)} bytes sent a row`,
        `the serving node was asked for single rows ${whole(1000 / queryPeriodMs)} times a second ` +
          `(p99 before anybody joined: ${duration(found.quietP99Ms)}); memory after it: ` +
          `${whole(found.serverPeak / 1e6)} MB there, ${whole(found.joinerPeak / 1e6)} MB here`,
      ],
    };
  },
};
