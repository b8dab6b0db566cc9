// The load generator, as a process of its own beside the server.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { endProcess, startProcess } from './processes.ts';

const autocannon = createRequire(import.meta.url).resolve('autocannon');
const nothingServer = join(import.meta.dirname, '../load/nothing-server.ts');

const resultSchema = z.object({
  requests: z.object({ average: z.number(), total: z.number() }),
  latency: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  errors: z.number(),
  timeouts: z.number(),
  non2xx: z.number(),
});

export interface LoadPlan {
  readonly port: number;
  readonly body: unknown;
  /** Where the body is written for the load generator. */
  readonly bodyFile: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests without a good answer. */
  readonly failures: number;
}

/** POSTs the same transaction over and over. */
export async function postLoad(plan: LoadPlan): Promise<LoadResult> {
  const options = ['-c', String(plan.connections), '-d', String(plan.seconds), '-m', 'POST'];
  // As a file: an argument that begins with a bracket is read as further options.
  writeFileSync(plan.bodyFile, JSON.stringify(plan.body));
  const request = ['-H', 'content-type=application/json', '-i', plan.bodyFile];
  const url = `http://127.0.0.1:${plan.port}/v1/transactions`;
  const child = startProcess([autocannon, '--json', ...options, ...request, url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout?.on('data', (piece: Buffer) => {
    output += piece.toString('utf8');
  });
  await once(child, 'close');
  const { requests, latency, errors, timeouts, non2xx } = resultSchema.parse(JSON.parse(output));
  return {
    perS: requests.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    failures: errors + timeouts + non2xx,
  };
}

/** Runs `work` with the port of a server whose handler does nothing. */
export async function withNothingServer<T>(work: (port: number) => Promise<T>): Promise<T> {
  const child = startProcess([nothingServer], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = await once(child, 'message');
  try {
    return await work(z.number().parse(port));
  } finally {
    await endProcess(child);
  }
}
