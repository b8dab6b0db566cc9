// `npm test`: makes the clone ready, runs every step of test-steps.mjs, and ends with one line over
// all of them. A failed step doesn't stop the later ones, so that one run shows everything that is
// wrong. `npm test -- unit lint` runs only the steps named.

import { join } from 'node:path';
import { rootDir, setUpOrReport } from './setup.mjs';
import { ensureSystemPackages } from './system-programs.mjs';
import { formatCounts, sumCounts } from './test-counts.mjs';
import { runStep } from './test-runner.mjs';
import { testSteps } from './test-steps.mjs';

/** @typedef {import('./test-steps.mjs').TestStep} TestStep */
/** @typedef {import('./test-runner.mjs').StepResult} StepResult */

async function main() {
  const steps = chooseSteps(process.argv.slice(2));
  if (steps === undefined) return 2;
  heading('Set-up');
  const ready = setUpOrReport();
  if (ready === undefined) {
    console.log(`\n${formatCounts({ passed: 0, failed: 1, skipped: 0 })}`);
    return 1;
  }
  console.log('Everything is in place.');
  /** @type {StepResult[]} */
  const results = [];
  for (const [index, step] of steps.entries()) {
    heading(`${index + 1}/${steps.length} ${step.title}`);
    ensureSystemPackages(step.systemPackages ?? [], (line) => console.log(line));
    const result = await runStep(step, {
      cwd: rootDir,
      env: { ...ready.env, ...colours() },
      resultsDir: join(rootDir, '.patina', 'test-results'),
      write: (text) => process.stdout.write(text),
    });
    results.push(result);
  }
  return summarise(results);
}

/**
 * @param {string[]} names
 * @returns {readonly TestStep[] | undefined}
 */
function chooseSteps(names) {
  const known = testSteps.map((step) => step.id);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no step ${unknown.join(', ')}. The steps are: ${known.join(', ')}.`);
    return undefined;
  }
  return names.length === 0 ? testSteps : testSteps.filter((step) => names.includes(step.id));
}

/** The tools write to a pipe, so they have to be told whether a person sees their colours. */
function colours() {
  return process.stdout.isTTY === true ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
}

/** @param {string} text */
function heading(text) {
  console.log(`\n=== ${text} ===`);
}

/** @param {StepResult[]} results */
function summarise(results) {
  heading('Summary');
  const width = Math.max(...results.map(({ step }) => step.id.length));
  for (const { step, counts, seconds, note } of results) {
    const verdict = counts.failed === 0 ? 'ok    ' : 'FAILED';
    const tail = note === '' ? '' : ` (${note})`;
    const time = `${seconds.toFixed(1)} s`.padStart(8);
    console.log(`${verdict} ${step.id.padEnd(width)} ${time}  ${formatCounts(counts)}${tail}`);
  }
  const sum = sumCounts(results.map(({ counts }) => counts));
  console.log(`\n${formatCounts(sum)}`);
  return sum.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
