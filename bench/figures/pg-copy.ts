// COPY over the PostgreSQL protocol: a large table out, in constant memory, and many rows in; beside a
// real PostgreSQL.

import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/cost.ts';
import { rowOf } from '../lib/databases.ts';
import type { Figure } from '../lib/figure.ts';
import { fillAgent, fillPostgres, startPgAgent } from '../lib/pg-agents.ts';
import {
  connectArguments,
  hasPostgres,
  notMeasured,
  type PgAddress,
  postgresProgram,
  psql,
  withPostgres,
} from '../lib/postgres.ts';
import { treeUse } from '../lib/proc.ts';
import { startProgram } from '../lib/processes.ts';
import { duration, fixed, whole } from '../lib/text.ts';

const bytesPerSMin = 20e6;
/** What a node may grow by while it sends a table that is larger, bytes. */
const growthBytesMax = 48 * 1024 * 1024;
const memoryPeriodMs = 50;

const copyInMsMax = 3_000;

interface CopiedOut {
  readonly bytes: number;
  readonly tookMs: number;
}

/** Reads a whole table, as fast as it comes. */
async function copyOut(address: PgAddress): Promise<CopiedOut> {
  const startMs = performance.now();
  const args = [...connectArguments(address), '-X', '-q', '-c', 'COPY t TO STDOUT'];
  const child = startProgram(postgresProgram('psql'), args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  child.stdout?.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('COPY TO STDOUT failed');
  return { bytes, tookMs: performance.now() - startMs };
}

/** The most memory that a process and its children take until `work` is done. */
async function greatestRss<T>(pid: number, work: Promise<T>): Promise<[T, number]> {
  let greatest = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      greatest = Math.max(greatest, treeUse(pid).pssBytes);
      await sleep(memoryPeriodMs);
    }
  })();
  try {
    return [await work, greatest];
  } finally {
    isOver = true;
    await watching;
  }
}

export const pgCopyOut: Figure = {
  name: 'pg-copy-out',
  title: 'PostgreSQL clients: 1,000,000 rows out by COPY',
  target: 'constant memory (<= 48 MB more), >= 20 MB/s',
  async measure(context) {
    if (!hasPostgres()) return notMeasured;
    const count = context.isQuick ? 50_000 : 1_000_000;
    const rounds = context.isQuick ? 1 : 3;
    const node = await startPgAgent(context, 'n1');
    context.progress(`${whole(count)} rows`);
    await fillAgent(node, count);
    const ours: CopiedOut[] = [];
    const theirs: CopiedOut[] = [];
    let growthBytes = 0;
    await withPostgres(context.directory, async (server) => {
      fillPostgres(server, count);
      await copyOut(node.address);
      for (let round = 1; round <= rounds; round++) {
        context.progress(`round ${round} of ${rounds}`);
        const before = treeUse(node.agent.pid).pssBytes;
        const [copied, greatest] = await greatestRss(node.agent.pid, copyOut(node.address));
        growthBytes = Math.max(growthBytes, greatest - before);
        ours.push(copied);
        theirs.push(await copyOut(server));
      }
    });
    await node.agent.stop();
    const rate = ({ bytes, tookMs }: CopiedOut): number => (bytes * 1_000) / tookMs;
    const bytesPerS = median(ours.map(rate));
    const postgresBytesPerS = median(theirs.map(rate));
    return {
      measured: `${fixed(bytesPerS / 1e6, 1)} MB/s, ${fixed(growthBytes / 1e6, 1)} MB more memory`,
      isReached: bytesPerS >= bytesPerSMin && growthBytes <= growthBytesMax,
      values: { bytesPerS, growthBytes, postgresBytesPerS },
      notes: [
        `${whole(count)} rows, ${fixed((ours[0]?.bytes ?? 0) / 1e6, 1)} MB`,
        `PostgreSQL: ${fixed(postgresBytesPerS / 1e6, 1)} MB/s`,
      ],
    };
  },
};

/** Sends a file of lines by COPY; resolves with how long it took. */
async function copyIn(address: PgAddress, file: string): Promise<number> {
  const startMs = performance.now();
  const args = [...connectArguments(address), '-X', '-q', '-v', 'ON_ERROR_STOP=1'];
  const copy = ['-c', 'COPY t (id, a, b, c, d) FROM STDIN'];
  const child = startProgram(postgresProgram('psql'), [...args, ...copy], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  if (child.stdin === null) throw new Error('psql takes no input');
  createReadStream(file).pipe(child.stdin);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('COPY FROM STDIN failed');
  return performance.now() - startMs;
}

export const pgCopyIn: Figure = {
  name: 'pg-copy-in',
  title: 'PostgreSQL clients: 100,000 rows in by COPY',
  target: '<= 3 s',
  async measure(context) {
    if (!hasPostgres()) return notMeasured;
    const count = context.isQuick ? 10_000 : 100_000;
    const rounds = context.isQuick ? 1 : 3;
    const node = await startPgAgent(context, 'n1');
    const ours: number[] = [];
    const theirs: number[] = [];
    await withPostgres(context.directory, async (server) => {
      fillPostgres(server, 1);
      for (let round = 1; round <= rounds; round++) {
        context.progress(`round ${round} of ${rounds}`);
        const file = join(context.directory, `rows-${round}.txt`);
        const lines = Array.from({ length: count }, (_, index) =>
          rowOf(round * 10_000_000 + index).join('\t'),
        );
        writeFileSync(file, `${lines.join('\n')}\n`);
        ours.push(await copyIn(node.address, file));
        theirs.push(await copyIn(server, file));
      }
    });
    const rows = Number(psql(node.address, 'SELECT count(*) FROM t'));
    await node.agent.stop();
    const tookMs = median(ours);
    const postgresMs = median(theirs);
    return {
      measured: duration(tookMs),
      isReached: tookMs <= copyInMsMax && rows === rounds * count,
      values: { copyInMs: tookMs, postgresMs, rows },
      notes: [`PostgreSQL, with fsync: ${duration(postgresMs)}`],
    };
  },
};
