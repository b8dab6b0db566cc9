// Many seeds in several processes, in ranges that share their schemas.

import { type ChildProcess, fork } from 'node:child_process';
import { addCoverage, type Coverage } from './coverage.ts';
import type { FuzzOptions } from './fuzz-options.ts';
import type { FuzzJob, FuzzJobResult } from './fuzz-process.ts';
import type { SeedFailure } from './fuzz-seed.ts';

/** Seeds of one range: few schemas each, and not too many to tell how far it is. */
const rangeSeeds = 16;

/** A range that takes longer has a case that does not end, or many failures; milliseconds. */
const rangeMsMax = 600_000;

export interface FuzzOutcome {
  readonly passed: number;
  readonly failed: number;
  readonly coverage: Coverage;
}

export interface FuzzProgress {
  readonly done: number;
  readonly failures: readonly SeedFailure[];
  /** The range could not be run to its end. */
  readonly broken: string | undefined;
}

/** Runs all cases of the options; tells each range as it is done. */
export async function runFuzzCampaign(
  options: FuzzOptions,
  tell: (progress: FuzzProgress) => void,
): Promise<FuzzOutcome> {
  const jobs = rangesOf(options);
  const coverage: Coverage = {};
  let done = 0;
  let failed = 0;
  const take = (job: FuzzJob, result: FuzzJobResult | string): void => {
    done += job.count;
    const isBroken = typeof result === 'string';
    failed += isBroken ? job.count : result.failures.length;
    if (!isBroken) addCoverage(coverage, result.coverage);
    const broken = isBroken
      ? `seeds ${job.from} to ${job.from + job.count - 1}: ${result}`
      : undefined;
    tell({ done, failures: isBroken ? [] : result.failures, broken });
  };
  const lines = Array.from({ length: Math.min(options.jobs, jobs.length) }, () =>
    runLine(jobs, take),
  );
  await Promise.all(lines);
  return { passed: done - failed, failed, coverage };
}

function rangesOf({ from, cases, isQuick }: FuzzOptions): FuzzJob[] {
  const jobs: FuzzJob[] = [];
  for (let start = from; start < from + cases; ) {
    const end = Math.min(from + cases, start - (start % rangeSeeds) + rangeSeeds);
    jobs.push({ from: start, count: end - start, isQuick });
    start = end;
  }
  return jobs;
}

/** One process after the other takes jobs off the list; a new one only where the last has died. */
async function runLine(
  jobs: FuzzJob[],
  take: (job: FuzzJob, result: FuzzJobResult | string) => void,
): Promise<void> {
  let child: ChildProcess | undefined;
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    child ??= fork(new URL('./fuzz-process.ts', import.meta.url), { execArgv: process.execArgv });
    const result = await runJob(child, job);
    if (typeof result === 'string') {
      child.kill('SIGKILL');
      child = undefined;
    }
    take(job, result);
  }
  child?.disconnect();
}

function runJob(child: ChildProcess, job: FuzzJob): Promise<FuzzJobResult | string> {
  return new Promise((resolve) => {
    const settle = (result: FuzzJobResult | string): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(result);
    };
    const timer = setTimeout(() => {
      settle(`they took longer than ${rangeMsMax / 1_000} seconds`);
    }, rangeMsMax);
    const onMessage = (message: unknown): void => {
      settle(isResult(message) ? message : 'their process answered something else');
    };
    const onExit = (code: number | null, signal: string | null): void => {
      settle(`their process ended with ${signal ?? `code ${code}`}`);
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send(job);
  });
}

function isResult(message: unknown): message is FuzzJobResult {
  return typeof message === 'object' && message !== null && 'failures' in message;
}
