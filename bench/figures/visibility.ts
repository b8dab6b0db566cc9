// How soon a write at one node is visible at the others. For every write a query for its row is sent to
// both other nodes beforehand, with `?after=` naming the version that the write will make: each answers
// once it has that version, with the row. The time is from sending the write to having the answer, so
// it holds the commit, the way over the network, the merge, a reader and both HTTP requests.

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchAgent, startCluster } from '../lib/agents.ts';
import { percentile } from '../lib/cost.ts';
import { insertSql, rowOf } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { must } from '../lib/must.ts';
import type { MadeVersion } from '../lib/node-client.ts';
import { duration, whole } from '../lib/text.ts';

const writesPerS = 100;
const periodMs = 1000 / writesPerS;

/** Writes before those that count: connections are opened, code is compiled. */
const warmUpWrites = 200;

/** Writes that are not visible yet at most: a node takes a limited number of waiting queries. */
const pendingMax = 50;

/** What was seen of one write, milliseconds after it was sent. */
interface Seen {
  readonly acknowledgedMs: number;
  /** At each of the other nodes. */
  readonly visibleMs: readonly number[];
}

/** Who writes, and the writes before: each is sent once the one before has its version. */
interface Writing {
  readonly writer: BenchAgent;
  readonly others: readonly BenchAgent[];
  last: Promise<MadeVersion>;
}

async function writeAndWatch(writing: Writing, id: number, expected: MadeVersion): Promise<Seen> {
  const query = ['SELECT a FROM t WHERE id = ?', [id]];
  const answers = writing.others.map(async ({ client }) => {
    const rows = await client.query(query, expected);
    const atMs = performance.now();
    if (rows[0]?.[0] !== rowOf(id)[1]) throw new Error(`row ${id} is not visible`);
    return atMs;
  });
  // Whichever fails first is thrown below; the other must not end the program meanwhile.
  for (const answer of answers) answer.catch(() => undefined);
  // The queries are on their way: the write must not overtake them.
  await sleep(periodMs / 2);
  // A write that has to wait for the one before is late, and counts as late.
  const startMs = performance.now();
  const made = writing.last.then(() => writing.writer.client.write([[insertSql, rowOf(id)]]));
  writing.last = made;
  const { version } = await made;
  const acknowledgedMs = performance.now() - startMs;
  if (version !== expected.version) throw new Error(`version ${version} is another than expected`);
  const visibleMs = (await Promise.all(answers)).map((atMs) => Math.max(0, atMs - startMs));
  return { acknowledgedMs, visibleMs };
}

/** Writes at a steady pace, whether or not earlier ones are visible yet. */
async function watchWrites(agents: readonly BenchAgent[], count: number): Promise<Seen[]> {
  const [first, ...others] = agents;
  const writer = must(first, 'a writer');
  const made = await writer.client.insert([rowOf(0)]);
  const writing = { writer, others, last: Promise.resolve(made) };
  const pending: Promise<Seen>[] = [];
  const startMs = performance.now();
  for (let index = 0; index < warmUpWrites + count; index++) {
    const waitMs = startMs + index * periodMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    await pending.at(-pendingMax);
    const expected = { actorId: made.actorId, version: made.version + 1 + index };
    const seen = writeAndWatch(writing, index + 1, expected);
    // A failure is thrown below, when all of them are gathered.
    seen.catch(() => undefined);
    pending.push(seen);
  }
  return (await Promise.all(pending)).slice(warmUpWrites);
}

/** Writes of one second. */
function windowsOf(seen: readonly Seen[]): number[][] {
  const windows: number[][] = [];
  for (let start = 0; start < seen.length; start += writesPerS) {
    windows.push(seen.slice(start, start + writesPerS).flatMap(({ visibleMs }) => visibleMs));
  }
  return windows;
}

/** All times of the half of the seconds that were calmer: what other programs leave undisturbed. */
function calmerHalf(seen: readonly Seen[]): number[] {
  const windows = windowsOf(seen).toSorted((a, b) => percentile(a, 0.9) - percentile(b, 0.9));
  return windows.slice(0, Math.ceil(windows.length / 2)).flat();
}

export const visibility: Figure = {
  name: 'visible',
  title: 'write on node 1 visible on nodes 2 and 3, 100 writes/s',
  target: 'p50 <= 5 ms, p99 <= 30 ms',
  async measure(context: BenchContext) {
    const agents = await startCluster(context, 3);
    const count = context.isQuick ? 300 : 3_000;
    context.progress(`${whole(count)} writes at ${writesPerS}/s`);
    const seen = await watchWrites(agents, count);
    const lagMs = await Promise.all(agents.slice(1).map(({ client }) => client.metrics()));
    for (const agent of agents) await agent.stop();
    const visibleMs = seen.flatMap((each) => each.visibleMs);
    const acknowledgedMs = seen.map((each) => each.acknowledgedMs);
    const afterAckMs = seen.flatMap((each) =>
      each.visibleMs.map((ms) => Math.max(0, ms - each.acknowledgedMs)),
    );
    const p50Ms = percentile(visibleMs, 0.5);
    const p99Ms = percentile(visibleMs, 0.99);
    const calmP50Ms = percentile(calmerHalf(seen), 0.5);
    const calmP99Ms = percentile(calmerHalf(seen), 0.99);
    const p99s = lagMs.map((metrics) => metrics.get('patina_lag_p99_seconds') ?? Number.NaN);
    return {
      measured: `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}`,
      isReached: p50Ms <= 5 && p99Ms <= 30,
      values: {
        p50Ms,
        p99Ms,
        maxMs: Math.max(...visibleMs),
        acknowledgedP50Ms: percentile(acknowledgedMs, 0.5),
        acknowledgedP99Ms: percentile(acknowledgedMs, 0.99),
        afterAcknowledgedP50Ms: percentile(afterAckMs, 0.5),
        afterAcknowledgedP99Ms: percentile(afterAckMs, 0.99),
        calmP50Ms,
        calmP99Ms,
        nodesOwnP99Ms: Math.max(...p99s) * 1000,
      },
      notes: [
        'from sending the write to the answer of a query for its row, which waited at the other ' +
          `node; the write itself is acknowledged after ${duration(percentile(acknowledgedMs, 0.5))} ` +
          `(p99 ${duration(percentile(acknowledgedMs, 0.99))})`,
        `from acknowledged to visible: p50 ${duration(percentile(afterAckMs, 0.5))}, ` +
          `p99 ${duration(percentile(afterAckMs, 0.99))}; commit there to merged here, by the ` +
          `nodes' own metric: p99 ${duration(Math.max(...p99s) * 1000)}`,
        `in the calmer half of the seconds: p50 ${duration(calmP50Ms)}, p99 ${duration(calmP99Ms)}`,
      ],
    };
  },
};
