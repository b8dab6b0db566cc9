// Many seeds in several processes: known troublemakers first, then the others in order.

import { type ChildProcess, fork } from 'node:child_process';
import {
  addFaultCounts,
  type FaultCounts,
  faultKindNames,
  newFaultCounts,
} from './faults/counters.ts';
import type { SimOptions } from './options.ts';
import { regressionSeeds } from './regression-seeds.ts';
import type { SeedJob } from './seed-process.ts';
import type { SimulationResult } from './simulation.ts';

/** A seed that takes longer has a node that does not come to rest; real milliseconds. */
const seedMsMax = 180_000;

export interface CampaignOutcome {
  readonly passed: number;
  readonly failed: number;
  readonly faults: FaultCounts;
  /** Times that a large transaction was seen in part, as the documented limit allows. */
  readonly tornByOverwriting: number;
  /** Kinds of faults that no seed had. */
  readonly unseen: readonly string[];
}

/** What became of one seed; a string when the process could not say. */
export type SeedOutcome =
  | { readonly job: SeedJob; readonly result: SimulationResult }
  | { readonly job: SeedJob; readonly broken: string };

/** Runs all seeds of the options; tells each outcome as it comes. */
export async function runCampaign(
  options: SimOptions,
  tell: (outcome: SeedOutcome, done: number, total: number) => void,
): Promise<CampaignOutcome> {
  const jobs = campaignJobs(options);
  const total = jobs.length;
  const faults = newFaultCounts();
  let done = 0;
  let failed = 0;
  let tornByOverwriting = 0;
  const take = (outcome: SeedOutcome): void => {
    done++;
    if ('broken' in outcome || outcome.result.failure !== undefined) failed++;
    if ('result' in outcome) {
      addFaultCounts(faults, outcome.result.faults);
      tornByOverwriting += outcome.result.tornByOverwriting;
    }
    tell(outcome, done, total);
  };
  const lines = Array.from({ length: Math.min(options.jobs, total) }, () => runLine(jobs, take));
  await Promise.all(lines);
  const unseen = options.isCalm ? [] : faultKindNames.filter((kind) => faults[kind] === 0);
  return { passed: done - failed, failed, faults, tornByOverwriting, unseen };
}

/** Known troublemakers first. */
export function campaignJobs(options: SimOptions): SeedJob[] {
  const { faultMs, isCalm, nodes, from, seeds } = options;
  const known = regressionSeeds.map((known) => {
    return { seed: known.seed, nodes: known.nodes ?? nodes, faultMs, isCalm };
  });
  const others = Array.from({ length: seeds }, (_, index) => from + index)
    .filter((seed) => !known.some((other) => other.seed === seed && other.nodes === nodes))
    .map((seed) => ({ seed, nodes, faultMs, isCalm }));
  return [...known, ...others];
}

/** One process after the other takes jobs off the list; a new one only where the last has died. */
async function runLine(jobs: SeedJob[], take: (outcome: SeedOutcome) => void): Promise<void> {
  let child: ChildProcess | undefined;
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    child ??= fork(new URL('./seed-process.ts', import.meta.url), { execArgv: process.execArgv });
    const outcome = await runOne(child, job);
    if ('broken' in outcome) {
      child.kill('SIGKILL');
      child = undefined;
    }
    take(outcome);
  }
  child?.disconnect();
}

function runOne(child: ChildProcess, job: SeedJob): Promise<SeedOutcome> {
  return new Promise((resolve) => {
    const settle = (outcome: SeedOutcome): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      settle({ job, broken: `it took longer than ${seedMsMax / 1_000} real seconds` });
    }, seedMsMax);
    const onMessage = (message: unknown): void => {
      if (isResult(message)) settle({ job, result: message });
      else settle({ job, broken: 'its process answered something else' });
    };
    const onExit = (code: number | null, signal: string | null): void => {
      settle({ job, broken: `its process ended with ${signal ?? `code ${code}`}` });
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send(job);
  });
}

function isResult(message: unknown): message is SimulationResult {
  return typeof message === 'object' && message !== null && 'traceHash' in message;
}
