// What a node costs that has nothing to do: one of three, with all its processes.

import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../lib/agents.ts';
import type { Figure } from '../lib/figure.ts';
import { treeUse } from '../lib/proc.ts';
import { fixed } from '../lib/text.ts';

const mib = 1024 * 1024;

export const idleNode: Figure = {
  name: 'idle',
  title: 'idle node, whole process tree',
  target: '<= 250 MB RSS, <= 2 % of a core',
  async measure(context) {
    const agents = await startCluster(context, 3);
    const [, agent] = agents;
    if (agent === undefined) throw new Error('there is no second agent');
    const settleMs = context.isQuick ? 5_000 : 20_000;
    const watchMs = context.isQuick ? 5_000 : 20_000;
    context.progress(`three agents run; settling for ${settleMs / 1000} s`);
    await sleep(settleMs);
    const before = treeUse(agent.pid);
    const startMs = performance.now();
    context.progress(`watching for ${watchMs / 1000} s`);
    await sleep(watchMs);
    const after = treeUse(agent.pid);
    const cpuShare = (after.cpuMs - before.cpuMs) / (performance.now() - startMs);
    const metrics = await agent.client.metrics();
    for (const each of agents) await each.stop();
    const rssMb = after.rssBytes / 1e6;
    return {
      measured: `${fixed(rssMb, 0)} MB RSS, ${fixed(cpuShare * 100, 1)} % of a core`,
      isReached: rssMb <= 250 && cpuShare <= 0.02,
      values: {
        rssBytes: after.rssBytes,
        pssBytes: after.pssBytes,
        cpuShare,
        processes: after.processes,
        heapUsedBytes: metrics.get('nodejs_heap_size_used_bytes') ?? 0,
      },
      notes: [
        `${after.processes} processes, RSS summed; shared pages divided (PSS): ` +
          `${fixed(after.pssBytes / 1e6, 0)} MB; JavaScript heap of the main thread ` +
          `${fixed((metrics.get('nodejs_heap_size_used_bytes') ?? 0) / mib, 0)} MiB`,
      ],
    };
  },
};
