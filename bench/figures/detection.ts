// Membership with default settings: how soon a killed agent is down in the view of all others, and that
// no living one is called down while all of them are as busy as the machine allows.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allSeeAll, type BenchAgent, startCluster } from '../lib/agents.ts';
import { median } from '../lib/cost.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { postLoad } from '../lib/load.ts';
import { must } from '../lib/must.ts';
import { duration, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const agentsTotal = 5;
const pollMs = 25;
const detectMsMax = 60_000;
const connectionsPerAgent = 8;

const loadBody = [
  ['INSERT INTO t (id, a, b, c, d) VALUES (random(), ?, ?, ?, ?)', ['name 1', 3, 0.25, 'text']],
];

/** Kills an agent; returns how long after that each of the others called it down, milliseconds. */
async function killAndWatch(agents: readonly BenchAgent[], victim: BenchAgent): Promise<number[]> {
  const others = agents.filter((agent) => agent !== victim);
  const startMs = performance.now();
  await victim.kill();
  return Promise.all(
    others.map(({ client, name }) =>
      waitFor(
        async () => {
          const members = await client.members();
          const found = members.find(({ address }) => address === victim.gossipAddress);
          return found?.state === 'down' ? performance.now() - startMs : undefined;
        },
        { deadlineMs: detectMsMax, everyMs: pollMs, what: `${name} calls the killed agent down` },
      ),
    ),
  );
}

interface Watch {
  /** Times that an agent called a living one down or suspect, in all views together. */
  readonly downs: number;
  readonly suspicions: number;
  readonly writesPerS: number;
}

/** Loads all agents and looks at every view meanwhile. */
async function watchUnderLoad(
  { directory }: BenchContext,
  agents: readonly BenchAgent[],
  seconds: number,
): Promise<Watch> {
  const before = countEvents(agents);
  const loads = agents.map(({ name, apiPort }) =>
    postLoad({
      port: apiPort,
      body: loadBody,
      bodyFile: join(directory, `${name}.json`),
      connections: connectionsPerAgent,
      seconds,
    }),
  );
  const results = await Promise.all(loads);
  await sleep(1_000);
  const after = countEvents(agents);
  return {
    downs: after.downs - before.downs,
    suspicions: after.suspicions - before.suspicions,
    writesPerS: results.reduce((sum, { perS }) => sum + perS, 0),
  };
}

/** What the agents have written to their logs so far, in all. */
function countEvents(agents: readonly BenchAgent[]): { downs: number; suspicions: number } {
  const logs = agents.map((agent) => agent.log()).join('');
  const count = (event: string) => logs.split(`: ${event} `).length - 1;
  return { downs: count('member-down'), suspicions: count('member-suspect') };
}

export const detection: Figure = {
  name: 'detection',
  title: 'a killed agent is down in the view of all others, 5 agents',
  target: '<= 8 s; nobody living called down in 10 min of full load',
  async measure(context) {
    const kills = context.isQuick ? 1 : 5;
    const watchS = context.isLong ? 600 : context.isQuick ? 8 : 60;
    const agents = await startCluster(context, agentsTotal);
    context.progress(`all agents busy for ${watchS} s`);
    const watched = await watchUnderLoad(context, agents, watchS);
    const slowestMs: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await allSeeAll(agents);
      const victim = must(agents[kill % agentsTotal], 'an agent');
      const timesMs = await killAndWatch(agents, victim);
      slowestMs.push(Math.max(...timesMs));
      context.progress(`down everywhere after ${duration(Math.max(...timesMs))}`);
      victim.start();
      await victim.ready();
    }
    // The count of false alarms means something only where it counts true ones.
    const { downs } = countEvents(agents);
    if (downs < kills) throw new Error('the logs do not show who was called down');
    for (const agent of agents) await agent.stop();
    const worstMs = Math.max(...slowestMs);
    return {
      measured: `${duration(worstMs)}; ${watched.downs} called down in ${watchS} s of load`,
      isReached: worstMs <= 8_000 && watched.downs === 0,
      values: {
        worstMs,
        medianMs: median(slowestMs),
        watchSeconds: watchS,
        falseDowns: watched.downs,
        suspicions: watched.suspicions,
        loadPerS: watched.writesPerS,
      },
      notes: [
        `the slowest of four views in each of ${kills} kills: median ` +
          `${duration(median(slowestMs))}, worst ${duration(worstMs)}`,
        `under load of ${whole(watched.writesPerS)} transactions/s at all five together, ` +
          `${watched.suspicions} suspicions, all refuted unless called down`,
      ],
    };
  },
};
