// The command `npm run fuzz:subscriptions`: random cases of live queries, in several processes.

import { UsageError } from '../options.ts';
import { lacking } from './coverage.ts';
import { type FuzzOutcome, type FuzzProgress, runFuzzCampaign } from './fuzz-campaign.ts';
import { type FuzzOptions, fuzzHelpText, parseFuzzOptions } from './fuzz-options.ts';

/** Campaigns of so many cases must have had everything. */
const casesForAll = 300;

/** Failures that are shown in full. */
const failuresShownMax = 20;

const progressPeriodMs = 5_000;

async function main(): Promise<number> {
  let options: FuzzOptions | undefined;
  try {
    options = parseFuzzOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nTry: npm run fuzz:subscriptions -- --help`);
    return 2;
  }
  if (options === undefined) {
    console.log(fuzzHelpText);
    return 0;
  }
  const startMs = performance.now();
  const outcome = await runFuzzCampaign(options, progressTeller(options.cases, startMs));
  return report(outcome, options);
}

function progressTeller(cases: number, startMs: number): (progress: FuzzProgress) => void {
  let shown = 0;
  let nextMs = startMs + progressPeriodMs;
  return ({ done, failures, broken }) => {
    if (broken !== undefined) console.log(`FAILED ${broken}`);
    for (const { seed, check, message, test } of failures) {
      if (++shown > failuresShownMax) continue;
      console.log(`seed ${seed} FAILED: ${check}\n  ${message.replaceAll('\n', '\n  ')}`);
      console.log(`  repeat it with: npm run fuzz:subscriptions -- --seed ${seed}\n${test}\n`);
    }
    const nowMs = performance.now();
    if (nowMs < nextMs && done < cases) return;
    nextMs = nowMs + progressPeriodMs;
    const seconds = (nowMs - startMs) / 1_000;
    console.log(
      `${done} of ${cases} cases, ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)} a second`,
    );
  };
}

function report({ passed, failed, coverage }: FuzzOutcome, options: FuzzOptions): number {
  console.log(`Seeds ${options.from} to ${options.from + options.cases - 1}. What they had:`);
  for (const name of Object.keys(coverage).sort()) console.log(`  ${name} ${coverage[name]}`);
  const missing = options.cases >= casesForAll ? lacking(coverage) : [];
  for (const name of missing) console.log(`Never happened: ${name}`);
  // What never happened makes the campaign fail, so it counts.
  console.log(`${passed} passed, ${failed + missing.length} failed`);
  return failed + missing.length > 0 ? 1 : 0;
}

process.exitCode = await main();
