// How soon a client that follows a query has a change. The time begins with the commit, as its HLC says
// (whole milliseconds, rounded down, so up to one is counted too much), and ends when the program that
// measures has read the end of the step from its socket: nodes and program share one clock.

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchAgent, startCluster } from '../lib/agents.ts';
import { percentile } from '../lib/cost.ts';
import { insertSql, rowOf } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { nowMs, openLive } from '../lib/live-stream.ts';
import { must } from '../lib/must.ts';
import { duration, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const writesPerS = 100;
const periodMs = 1000 / writesPerS;
const warmUpWrites = 200;
const arrivalMsMax = 30_000;

interface Latencies {
  /** From commit to event, milliseconds. */
  readonly eventMs: readonly number[];
  /** From sending the write to the event, milliseconds. */
  readonly sentMs: readonly number[];
}

/** Writes at `writer` one row after the other while `reader` follows them. */
async function follow(writer: BenchAgent, reader: BenchAgent, count: number): Promise<Latencies> {
  const eventMsById = new Map<number, number>();
  const arrivedMsById = new Map<number, number>();
  const statement = 'SELECT id, a, b FROM t WHERE b >= 0';
  const stream = await openLive(reader.apiPort, statement, {
    onStep({ cells, committedMs, atMs }) {
      for (const [id] of cells) {
        eventMsById.set(Number(id), Math.max(0, atMs - committedMs));
        arrivedMsById.set(Number(id), atMs);
      }
    },
  });
  const sentMsById = new Map<number, number>();
  const writes: Promise<unknown>[] = [];
  const startMs = performance.now();
  const total = warmUpWrites + count;
  for (let id = 0; id < total; id++) {
    const waitMs = startMs + id * periodMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    sentMsById.set(id, nowMs());
    const write = writer.client.write([[insertSql, rowOf(id)]]);
    write.catch(() => undefined);
    writes.push(write);
  }
  await Promise.all(writes);
  await waitFor(async () => (arrivedMsById.size >= total ? true : undefined), {
    deadlineMs: arrivalMsMax,
    everyMs: 50,
    what: 'all writes arrive as changes',
  });
  stream.close();
  const counted = [...eventMsById.keys()].filter((id) => id >= warmUpWrites);
  return {
    eventMs: counted.map((id) => eventMsById.get(id) ?? Number.NaN),
    sentMs: counted.map((id) => (arrivedMsById.get(id) ?? 0) - (sentMsById.get(id) ?? 0)),
  };
}

function latencyFigure(options: {
  readonly name: string;
  readonly title: string;
  readonly p50MsMax: number;
  readonly p99MsMax: number;
  readonly agents: number;
}): Figure {
  const { name, title, p50MsMax, p99MsMax } = options;
  return {
    name,
    title,
    target: `p50 <= ${p50MsMax} ms, p99 <= ${p99MsMax} ms`,
    async measure(context: BenchContext) {
      const agents = await startCluster(context, options.agents);
      const writer = must(agents[0], 'a writer');
      const reader = must(agents.at(-1), 'a reader');
      const count = context.isQuick ? 300 : 2_000;
      context.progress(`${whole(count)} writes at ${writesPerS}/s`);
      const { eventMs, sentMs } = await follow(writer, reader, count);
      for (const agent of agents) await agent.stop();
      const p50Ms = percentile(eventMs, 0.5);
      const p99Ms = percentile(eventMs, 0.99);
      return {
        measured: `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}`,
        isReached: p50Ms <= p50MsMax && p99Ms <= p99MsMax,
        values: {
          p50Ms,
          p99Ms,
          maxMs: Math.max(...eventMs),
          sentP50Ms: percentile(sentMs, 0.5),
          sentP99Ms: percentile(sentMs, 0.99),
        },
        notes: [
          `from sending the write to the event: p50 ${duration(percentile(sentMs, 0.5))}, ` +
            `p99 ${duration(percentile(sentMs, 0.99))}`,
        ],
      };
    },
  };
}

export const liveHere = latencyFigure({
  name: 'live-here',
  title: 'commit to event at the client, same node, 100 writes/s',
  p50MsMax: 3,
  p99MsMax: 15,
  agents: 1,
});

export const liveThere = latencyFigure({
  name: 'live-there',
  title: 'commit to event at a client of another node, 100 writes/s',
  p50MsMax: 8,
  p99MsMax: 40,
  agents: 2,
});
