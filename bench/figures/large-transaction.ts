// One transaction of 10,000 rows: how soon the other nodes show it, and that they never show a part of
// it, while they are asked for the number of its rows all the time.

import { type BenchAgent, startCluster } from '../lib/agents.ts';
import { median } from '../lib/cost.ts';
import { httpRowsMax, rowsFrom } from '../lib/databases.ts';
import type { Figure } from '../lib/figure.ts';
import { must } from '../lib/must.ts';
import { duration, whole } from '../lib/text.ts';

/** What a node showed of one transaction. */
interface Watched {
  /** Monotonic time of the answer that showed all rows, milliseconds. */
  readonly atMs: number;
  /** Answers that showed some of the rows, and not all. */
  readonly partial: number;
  readonly answers: number;
}

async function watch({ client }: BenchAgent, start: number, count: number): Promise<Watched> {
  const query = ['SELECT count(*) FROM t WHERE id >= ?', [start]];
  const endMs = performance.now() + 60_000;
  let partial = 0;
  for (let answers = 1; performance.now() < endMs; answers++) {
    const found = await client.value(query);
    if (found === count) return { atMs: performance.now(), partial, answers };
    if (found !== 0) partial++;
  }
  throw new Error('the transaction did not become visible within a minute');
}

export const largeTransaction: Figure = {
  name: 'large',
  title: 'one transaction of 10,000 rows visible elsewhere',
  target: '<= 500 ms, never partly',
  async measure(context) {
    const rounds = context.isQuick ? 3 : 15;
    const count = httpRowsMax;
    const agents = await startCluster(context, 3);
    const [writer, ...others] = agents;
    const visibleMs: number[] = [];
    const sentToVisibleMs: number[] = [];
    const writeMs: number[] = [];
    let partial = 0;
    let answers = 0;
    for (let round = 0; round <= rounds; round++) {
      const start = round * count;
      const watching = others.map((other) => watch(other, start, count));
      const sentMs = performance.now();
      await must(writer, 'a writer').client.insert(rowsFrom(start, count));
      const acknowledgedMs = performance.now();
      const seen = await Promise.all(watching);
      partial += seen.reduce((sum, each) => sum + each.partial, 0);
      answers += seen.reduce((sum, each) => sum + each.answers, 0);
      const lastMs = Math.max(...seen.map(({ atMs }) => atMs));
      context.progress(`${duration(lastMs - acknowledgedMs)} after the commit was acknowledged`);
      // The first one warms up.
      if (round === 0) continue;
      visibleMs.push(Math.max(0, lastMs - acknowledgedMs));
      sentToVisibleMs.push(lastMs - sentMs);
      writeMs.push(acknowledgedMs - sentMs);
    }
    for (const agent of agents) await agent.stop();
    const medianMs = median(visibleMs);
    const maxMs = Math.max(...visibleMs);
    return {
      measured: `${duration(medianMs)} (max ${duration(maxMs)}), partly: ${partial}`,
      isReached: medianMs <= 500 && partial === 0,
      values: {
        visibleMedianMs: medianMs,
        visibleMaxMs: maxMs,
        sentToVisibleMedianMs: median(sentToVisibleMs),
        writeMedianMs: median(writeMs),
        partialAnswers: partial,
        answers,
      },
      notes: [
        'from the acknowledged commit until both other nodes have answered with all rows; from ' +
          `sending 10,000 statements: ${duration(median(sentToVisibleMs))}, of which the ` +
          `transaction itself ${duration(median(writeMs))}; ${whole(answers)} answers looked at`,
      ],
    };
  },
};
