// Single-row transactions over HTTP, beside a server whose handler does nothing: both in turns, both
// under the same load generator, which takes its share of the same cores.

import { join } from 'node:path';
import { startCluster } from '../lib/agents.ts';
import { median } from '../lib/cost.ts';
import type { Figure } from '../lib/figure.ts';
import { type LoadResult, postLoad, withNothingServer } from '../lib/load.ts';
import { treeUse } from '../lib/proc.ts';
import { fixed, whole } from '../lib/text.ts';

const connections = 32;

/** Without a key SQLite takes the next one, so that the body may stay the same. */
const body = [['INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)', ['name 1', 3, 0.25, 'some text']]];

export const httpTransactions: Figure = {
  name: 'http',
  title: 'HTTP single-row transactions, 32 connections',
  target: '>= 8,000/s, p99 <= 20 ms',
  async measure(context) {
    const rounds = context.isQuick ? 1 : 5;
    const seconds = context.isQuick ? 2 : 8;
    const [agent] = await startCluster(context, 1);
    if (agent === undefined) throw new Error('there is no agent');
    const ours: LoadResult[] = [];
    const nothing: LoadResult[] = [];
    const agentCpuShares: number[] = [];
    const bodyFile = join(context.directory, 'body.json');
    const post = (port: number, time: number) =>
      postLoad({ port, body, bodyFile, connections, seconds: time });
    await withNothingServer(async (port) => {
      context.progress('warming up');
      await post(agent.apiPort, 2);
      await post(port, 1);
      for (let round = 1; round <= rounds; round++) {
        context.progress(`round ${round} of ${rounds}`);
        const before = treeUse(agent.pid).cpuMs;
        ours.push(await post(agent.apiPort, seconds));
        agentCpuShares.push((treeUse(agent.pid).cpuMs - before) / (seconds * 1000));
        nothing.push(await post(port, seconds));
      }
    });
    const rows = await agent.client.count();
    await agent.stop();
    const perS = median(ours.map((result) => result.perS));
    const p99Ms = median(ours.map((result) => result.p99Ms));
    const nothingPerS = median(nothing.map((result) => result.perS));
    const ratio = median(ours.map((result, index) => result.perS / (nothing[index]?.perS ?? 0)));
    const failures = ours.reduce((sum, result) => sum + result.failures, 0);
    return {
      measured: `${whole(perS)}/s, p99 ${whole(p99Ms)} ms, ${fixed(ratio)} of nothing`,
      isReached: perS >= 8_000 && p99Ms <= 20 && failures === 0,
      values: {
        perS,
        p50Ms: median(ours.map((result) => result.p50Ms)),
        p99Ms,
        ratioToNothing: ratio,
        nothingPerS,
        nothingP99Ms: median(nothing.map((result) => result.p99Ms)),
        agentCores: median(agentCpuShares),
        failures,
        rows,
      },
      notes: [
        `a handler that only parses the body: ${whole(nothingPerS)}/s; the agent used ` +
          `${fixed(median(agentCpuShares))} cores; ${whole(rows)} rows, ${failures} failures`,
      ],
    };
  },
};
