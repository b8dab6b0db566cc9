// Many live queries beside many writes: queries that all differ, and queries that differ in a constant.
// Every query is a connection of its own, as if each had a program of its own.

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchAgent, planAgent } from '../lib/agents.ts';
import { percentile } from '../lib/cost.ts';
import { insertSql, type Row, rowOf } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { type LiveStream, openLive } from '../lib/live-stream.ts';
import { must } from '../lib/must.ts';
import { treeUse } from '../lib/proc.ts';
import { duration, fixed, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const writesPerS = 500;
const arrivalMsMax = 60_000;

/** Queries that are opened at the same time. */
const openingMax = 64;

/** Lets one client hold them all. */
const config =
  '[subscriptions]\nper_client_max = 20000\nsubscriptions_max = 20000\nqueries_max = 20000\n';

interface Load {
  /** From commit to event, milliseconds. */
  readonly eventMs: readonly number[];
  readonly lagged: number;
  readonly missing: number;
  /** CPU time of the node with all its processes per write, milliseconds. */
  readonly cpuMsPerWrite: number;
}

interface LoadPlan {
  readonly queries: readonly unknown[];
  readonly rowOf: (index: number) => Row;
  readonly seconds: number;
}

async function openAll(
  agent: BenchAgent,
  queries: readonly unknown[],
  listener: Parameters<typeof openLive>[2],
): Promise<LiveStream[]> {
  const streams: LiveStream[] = [];
  let next = 0;
  const opener = async (): Promise<void> => {
    for (let index = next++; index < queries.length; index = next++) {
      const port = must(agent.apiPorts[index % agent.apiPorts.length], 'a port');
      streams.push(await openLive(port, queries[index], listener));
    }
  };
  await Promise.all(Array.from({ length: openingMax }, opener));
  return streams;
}

/** Opens all queries and writes at a steady pace; each write is expected at one query. */
async function loadOf(context: BenchContext, agent: BenchAgent, plan: LoadPlan): Promise<Load> {
  const eventMs: number[] = [];
  let lagged = 0;
  context.progress(`opening ${whole(plan.queries.length)} queries`);
  const streams = await openAll(agent, plan.queries, {
    onStep({ cells, committedMs, atMs }) {
      for (const _row of cells) eventMs.push(Math.max(0, atMs - committedMs));
    },
    onLagged: () => lagged++,
  });
  const total = writesPerS * plan.seconds;
  context.progress(`${whole(total)} writes at ${writesPerS}/s`);
  const before = treeUse(agent.pid);
  const startMs = performance.now();
  const writes: Promise<unknown>[] = [];
  for (let index = 0; index < total; index++) {
    const waitMs = startMs + (index * 1000) / writesPerS - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    const write = agent.client.write([[insertSql, plan.rowOf(index)]]);
    write.catch(() => undefined);
    writes.push(write);
  }
  await Promise.all(writes);
  const after = treeUse(agent.pid);
  await waitFor(async () => (eventMs.length >= total ? true : undefined), {
    deadlineMs: arrivalMsMax,
    everyMs: 50,
    what: 'all writes arrive as changes',
  }).catch(() => undefined);
  for (const stream of streams) stream.close();
  return {
    eventMs,
    lagged,
    missing: Math.max(0, total - eventMs.length),
    cpuMsPerWrite: (after.cpuMs - before.cpuMs) / total,
  };
}

async function withAgent<T>(
  context: BenchContext,
  name: string,
  work: (agent: BenchAgent) => Promise<T>,
): Promise<T> {
  const agent = await planAgent(context, { name, bootstrap: [], apiListeners: 4, config });
  agent.start();
  await agent.ready();
  try {
    return await work(agent);
  } finally {
    await agent.stop();
  }
}

/** Filters of several kinds; the row with `b = index` is in the result of query `index` alone. */
function filterOf(index: number): unknown {
  const select = 'SELECT id, a, b FROM t WHERE';
  switch (index % 4) {
    case 0:
      return [`${select} b BETWEEN ? AND ?`, [index, index]];
    case 1:
      return [`${select} b > ? AND b < ? AND d LIKE 'some%'`, [index - 1, index + 1]];
    case 2:
      return `${select} b + 1 = ${index + 1} AND a IS NOT NULL`;
    default:
      return `${select} abs(b - ${index}) = 0`;
  }
}

function rowFor(index: number, value: number): Row {
  const [id, a, , c, d] = rowOf(index);
  return [id, a, value, c, d];
}

export const liveFilters: Figure = {
  name: 'live-filters',
  title: '1,000 different filter queries over one table, 500 writes/s',
  target: 'p99 <= 50 ms, no lag events',
  async measure(context) {
    const count = context.isQuick ? 100 : 1_000;
    const load = await withAgent(context, 'filters', (agent) =>
      loadOf(context, agent, {
        queries: Array.from({ length: count }, (_, index) => filterOf(index)),
        rowOf: (index) => rowFor(index, index % count),
        seconds: context.isQuick ? 3 : 15,
      }),
    );
    const p50Ms = percentile(load.eventMs, 0.5);
    const p99Ms = percentile(load.eventMs, 0.99);
    return {
      measured: `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}, ${load.lagged} lagged`,
      isReached: p99Ms <= 50 && load.lagged === 0 && load.missing === 0,
      values: {
        p50Ms,
        p99Ms,
        lagged: load.lagged,
        missing: load.missing,
        cpuMsPerWrite: load.cpuMsPerWrite,
      },
      notes: [
        `${whole(count)} connections; the node used ${fixed(load.cpuMsPerWrite)} ms of CPU time per write`,
      ],
    };
  },
};

export const liveConstants: Figure = {
  name: 'live-constants',
  title: '10,000 queries that differ in a constant, 500 writes/s, each for one of them',
  target: 'p99 <= 50 ms, a write costs <= 2 x that with 10',
  async measure(context) {
    const count = context.isQuick ? 500 : 10_000;
    const seconds = context.isQuick ? 3 : 15;
    const loadWith = (name: string, queries: number): Promise<Load> =>
      withAgent(context, name, (agent) =>
        loadOf(context, agent, {
          queries: Array.from({ length: queries }, (_, index) => [
            'SELECT id, a, b FROM t WHERE b = ?',
            [index],
          ]),
          rowOf: (index) => rowFor(index, (index * 7919) % queries),
          seconds,
        }),
      );
    const few = await loadWith('few', 10);
    const many = await loadWith('many', count);
    const p50Ms = percentile(many.eventMs, 0.5);
    const p99Ms = percentile(many.eventMs, 0.99);
    const costRatio = many.cpuMsPerWrite / few.cpuMsPerWrite;
    return {
      measured: `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}, ${fixed(costRatio)} x`,
      isReached: p99Ms <= 50 && costRatio <= 2 && many.lagged === 0 && many.missing === 0,
      values: {
        p50Ms,
        p99Ms,
        costRatio,
        cpuMsPerWrite: many.cpuMsPerWrite,
        cpuMsPerWriteWith10: few.cpuMsPerWrite,
        lagged: many.lagged,
        missing: many.missing,
      },
      notes: [
        `CPU time of the node per write: ${fixed(few.cpuMsPerWrite)} ms with 10 queries, ` +
          `${fixed(many.cpuMsPerWrite)} ms with ${whole(count)}`,
      ],
    };
  },
};
