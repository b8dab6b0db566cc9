// Thirty agents, each of which knows at most ten earlier ones when it starts. Transactions go to
// agents at random; the time counts from the first of them until all agents have all of them.

import { type BenchAgent, planAgent } from '../lib/agents.ts';
import { rowsFrom } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { must } from '../lib/must.ts';
import { treeUse } from '../lib/proc.ts';
import { duration, fixed, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const rowsTotal = 800;
const rowsPerTransaction = 20;
const bootstrapMax = 10;

/** Agents that are starting at the same time: the cores are few. */
const startingMax = 2;

const equalMsMax = 120_000;

const contentsSql =
  'SELECT count(*), sum(id), sum(b), total(c), sum(length(a) + length(d)), min(id), max(id) FROM t';

function sample<T>(items: readonly T[], count: number): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item);
}

async function startAgents(context: BenchContext, count: number): Promise<BenchAgent[]> {
  const agents: BenchAgent[] = [];
  while (agents.length < count) {
    const size = agents.length === 0 ? 1 : Math.min(startingMax, count - agents.length);
    const names = Array.from({ length: size }, (_, index) => `n${agents.length + index + 1}`);
    const wave = await Promise.all(
      names.map((name) => {
        const known = sample(agents, bootstrapMax);
        return planAgent(context, { name, bootstrap: known.map((each) => each.gossipAddress) });
      }),
    );
    for (const agent of wave) agent.start();
    await Promise.all(wave.map((agent) => agent.ready()));
    agents.push(...wave);
    if (agents.length % 5 === 0) context.progress(`${agents.length} agents run`);
  }
  return agents;
}

/** Writes all rows; returns the heads that every agent must come to know. */
async function writeEverywhere(
  agents: readonly BenchAgent[],
): Promise<ReadonlyMap<string, number>> {
  const heads = new Map<string, number>();
  const writes: Promise<void>[] = [];
  for (let start = 0; start < rowsTotal; start += rowsPerTransaction) {
    const { client } = must(agents[Math.floor(Math.random() * agents.length)], 'an agent');
    const write = client.insert(rowsFrom(start, rowsPerTransaction)).then((made) => {
      heads.set(made.actorId, Math.max(made.version, heads.get(made.actorId) ?? 0));
    });
    writes.push(write);
  }
  await Promise.all(writes);
  return heads;
}

async function hasAll(
  { client }: BenchAgent,
  heads: ReadonlyMap<string, number>,
): Promise<boolean> {
  const lag = await client.lag();
  const found = new Map(lag.map(({ actor_id, head }) => [actor_id, head]));
  const isComplete = lag.every(({ versions }) => versions === 0);
  return isComplete && [...heads].every(([actorId, head]) => found.get(actorId) === head);
}

async function allEqual(
  agents: readonly BenchAgent[],
  heads: ReadonlyMap<string, number>,
): Promise<number> {
  const times = agents.map((agent) =>
    waitFor(async () => ((await hasAll(agent, heads)) ? performance.now() : undefined), {
      deadlineMs: equalMsMax,
      everyMs: 100,
      what: `agent ${agent.name} has everything`,
    }),
  );
  return Math.max(...(await Promise.all(times)));
}

/** Throws unless all agents show the same rows, all of them, and miss nothing. */
async function checkEqual(agents: readonly BenchAgent[]): Promise<void> {
  const contents = new Set<string>();
  for (const { client } of agents) {
    contents.add(JSON.stringify(await client.query(contentsSql)));
    if ((await client.gaps()) !== 0) throw new Error('an agent has gaps');
    if ((await client.count()) !== rowsTotal) throw new Error('an agent lacks rows');
  }
  if (contents.size !== 1) throw new Error(`agents differ: ${[...contents].join(' ')}`);
}

export const manyAgents: Figure = {
  name: 'many',
  title: '30 agents, 800 rows in transactions of 20 at random agents',
  target: 'all equal, no gaps, <= 15 s',
  async measure(context) {
    const count = context.isQuick ? 8 : 30;
    const agents = await startAgents(context, count);
    const memoryBytes = agents.reduce((sum, { pid }) => sum + treeUse(pid).pssBytes, 0);
    context.progress(`writing ${rowsTotal} rows`);
    const startMs = performance.now();
    const heads = await writeEverywhere(agents);
    const writtenMs = performance.now() - startMs;
    const tookMs = (await allEqual(agents, heads)) - startMs;
    await checkEqual(agents);
    const members = await Promise.all(
      agents.map(async ({ client }) => {
        const all = await client.members();
        return all.filter(({ state }) => state === 'alive').length;
      }),
    );
    await Promise.all(agents.map((agent) => agent.kill()));
    const seenMin = Math.min(...members);
    return {
      measured: `all equal after ${duration(tookMs)}`,
      isReached: tookMs <= 15_000,
      values: {
        agents: count,
        tookMs,
        writtenMs,
        membersSeenMin: seenMin,
        memoryBytesPerAgent: memoryBytes / count,
      },
      notes: [
        `${count} agents on this machine, ${rowsTotal / rowsPerTransaction} transactions at once, ` +
          `all acknowledged after ${duration(writtenMs)}; each agent sees at least ` +
          `${whole(seenMin)} members; memory ${fixed(memoryBytes / count / 1e6, 0)} MB each ` +
          '(shared pages divided)',
      ],
    };
  },
};
