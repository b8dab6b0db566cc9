// The command `npm run sim`: one seed in detail, or many in several processes.

import { type CampaignOutcome, runCampaign, type SeedOutcome } from './campaign.ts';
import { faultKindNames, faultKinds } from './faults/counters.ts';
import { helpText, parseOptions, repeatCommand, type SimOptions, UsageError } from './options.ts';
import { Simulation, type SimulationResult } from './simulation.ts';

/** Campaigns of so many seeds must have had every kind of fault. */
const seedsForAllFaults = 100;

async function main(): Promise<number> {
  let options: SimOptions | undefined;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nTry: npm run sim -- --help`);
    return 2;
  }
  if (options === undefined) {
    console.log(helpText);
    return 0;
  }
  const { seed } = options;
  return seed === undefined ? runMany(options) : runOne(seed, options);
}

async function runOne(seed: number, options: SimOptions): Promise<number> {
  const { nodes, faultMs, isCalm, trace, json } = options;
  const simulation = new Simulation({
    seed,
    nodes,
    faultMs,
    isCalm,
    ...(trace ? { onTrace: (line: string) => console.log(line) } : {}),
  });
  const startMs = performance.now();
  const result = await simulation.run();
  if (json) console.log(JSON.stringify(result));
  else {
    console.log(JSON.stringify(simulation.plan, undefined, 2));
    console.log(describeFaults(result));
    console.log(describeResult(result, performance.now() - startMs));
    if (result.failure !== undefined) console.log(describeFailure(result, options));
  }
  const isFailed = result.failure !== undefined;
  console.log(isFailed ? '0 passed, 1 failed' : '1 passed, 0 failed');
  return isFailed ? 1 : 0;
}

async function runMany(options: SimOptions): Promise<number> {
  const startMs = performance.now();
  const outcome = await runCampaign(options, (seed, done, total) => {
    if (options.json) {
      console.log(JSON.stringify('result' in seed ? seed.result : seed));
      return;
    }
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    const failure = failureOf(seed, options);
    if (failure !== undefined) console.log(failure);
    if (done % 10 === 0 || done === total) console.log(`${done} of ${total} seeds, ${seconds} s`);
  });
  return report(outcome, options);
}

function report(outcome: CampaignOutcome, options: SimOptions): number {
  const { passed, failed, faults, unseen } = outcome;
  if (!options.json) {
    console.log('Faults:');
    for (const kind of faultKindNames) console.log(`  ${kind} ${faults[kind]}`);
    console.log(`Parts of large transactions seen while overwritten: ${outcome.tornByOverwriting}`);
  }
  const mustSeeAll = !options.isCalm && options.seeds >= seedsForAllFaults;
  if (mustSeeAll && unseen.length > 0) {
    const kinds = faultKindNames.filter((kind) => unseen.includes(kind));
    for (const kind of kinds) console.log(`Never happened: ${kind} (${faultKinds[kind]})`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || (mustSeeAll && unseen.length > 0) ? 1 : 0;
}

function failureOf(outcome: SeedOutcome, options: SimOptions): string | undefined {
  if ('broken' in outcome) {
    const { seed, nodes } = outcome.job;
    return `seed ${seed} FAILED: ${outcome.broken}\n  ${repeatCommand(seed, options, nodes)}`;
  }
  const { result, job } = outcome;
  if (result.failure === undefined) return undefined;
  return describeFailure(result, options, job.nodes);
}

function describeFailure(
  { seed, failure, traceHash }: SimulationResult,
  options: SimOptions,
  nodes = options.nodes,
): string {
  return [
    `seed ${seed} FAILED at ${failure?.atMs} ms: ${failure?.check}`,
    `  ${failure?.message.replaceAll('\n', '\n  ')}`,
    `  trace ${traceHash}; repeat it with:`,
    `  ${repeatCommand(seed, options, nodes)}`,
  ].join('\n');
}

function describeFaults({ faults }: SimulationResult): string {
  const seen = faultKindNames.filter((kind) => faults[kind] > 0);
  return `faults: ${seen.map((kind) => `${kind} ${faults[kind]}`).join(', ') || 'none'}`;
}

function describeResult(result: SimulationResult, realMs: number): string {
  const { seed, nodes, faultMs, healMs, events, checks, traceHash } = result;
  return (
    `seed ${seed}: ${nodes} nodes, ${faultMs / 1_000} s of faults, equal ${healMs / 1_000} s later, ` +
    `${events} events, ${checks} checks, ${result.acknowledged} writes acknowledged, ` +
    `${result.refused} refused, ${result.doubtful} unanswered, trace ${traceHash}, ` +
    `${Math.round(realMs)} ms`
  );
}

process.exitCode = await main();
