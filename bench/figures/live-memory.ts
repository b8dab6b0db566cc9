// What a live query costs that nothing happens to: memory of the whole node, the connection included.

import { setTimeout as sleep } from 'node:timers/promises';
import { planAgent } from '../lib/agents.ts';
import { rowsFrom } from '../lib/databases.ts';
import type { Figure } from '../lib/figure.ts';
import { type LiveStream, openLive } from '../lib/live-stream.ts';
import { treeUse } from '../lib/proc.ts';
import { fixed, whole } from '../lib/text.ts';

const config =
  '[subscriptions]\nper_client_max = 20000\nsubscriptions_max = 20000\nqueries_max = 20000\n';
const rowsPerQuery = 3;

/** Queries before those that count: code is compiled, buffers have their size. */
const warmUpQueries = 1_000;

const settleMs = 3_000;

export const liveMemory: Figure = {
  name: 'live-memory',
  title: 'memory per idle subscription with 3 rows, connection included',
  target: '<= 20 KB',
  async measure(context) {
    const count = context.isQuick ? 500 : 4_000;
    const agent = await planAgent(context, { name: 'n1', bootstrap: [], apiListeners: 2, config });
    agent.start();
    await agent.ready();
    const total = warmUpQueries + count;
    for (let start = 0; start < total * rowsPerQuery; start += 5_000) {
      await agent.client.insert(rowsFrom(start, Math.min(5_000, total * rowsPerQuery - start)));
    }
    const streams: LiveStream[] = [];
    const open = async (from: number, to: number): Promise<void> => {
      for (let index = from; index < to; index++) {
        const port = agent.apiPorts[index % agent.apiPorts.length] ?? agent.apiPort;
        const first = index * rowsPerQuery;
        const statement = [
          'SELECT id, a, b FROM t WHERE id BETWEEN ? AND ?',
          [first, first + rowsPerQuery - 1],
        ];
        const stream = await openLive(port, statement, {});
        if (stream.rows !== rowsPerQuery) throw new Error(`${stream.rows} rows`);
        streams.push(stream);
      }
    };
    await open(0, warmUpQueries);
    await sleep(settleMs);
    const before = treeUse(agent.pid).pssBytes;
    context.progress(`opening ${whole(count)} queries`);
    await open(warmUpQueries, total);
    await sleep(settleMs);
    const bytes = (treeUse(agent.pid).pssBytes - before) / count;
    for (const stream of streams) stream.close();
    await agent.stop();
    return {
      measured: `${fixed(bytes / 1000, 1)} KB`,
      isReached: bytes <= 20_000,
      values: { bytesPerSubscription: bytes },
      notes: [
        `${whole(count)} queries with a connection each, after ${whole(warmUpQueries)} others`,
      ],
    };
  },
};
