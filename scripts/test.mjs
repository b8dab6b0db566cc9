// `npm test`: makes the clone ready, runs every step of test-steps.mjs, and ends with one line over all
// of them. A failed step doesn't stop the later ones, so that one run shows everything that is wrong.
// `npm test -- unit lint` runs only the steps named.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reportSetupFailure, rootDir, setUp } from './setup.mjs';
import { countTests, formatCounts, sumCounts } from './test-counts.mjs';
import { testSteps } from './test-steps.mjs';

/** @typedef {import('./test-steps.mjs').TestStep} TestStep */
/** @typedef {import('./test-counts.mjs').Counts} Counts */
/** @typedef {{ step: TestStep, counts: Counts, seconds: number, note: string }} StepResult */

const outputCharsMax = 1_000_000;
const killGraceMs = 5_000;
const resultsDir = join(rootDir, '.patina', 'test-results');

async function main() {
  const steps = chooseSteps(process.argv.slice(2));
  if (steps === undefined) return 2;
  let env;
  try {
    heading('Set-up');
    ({ env } = setUp((line) => console.log(line)));
    env = { ...env, ...colours() };
    console.log('Everything is in place.');
  } catch (error) {
    reportSetupFailure(error);
    console.log(`\n${formatCounts({ passed: 0, failed: 1, skipped: 0 })}`);
    return 1;
  }
  mkdirSync(resultsDir, { recursive: true });
  /** @type {StepResult[]} */
  const results = [];
  for (const [index, step] of steps.entries()) {
    heading(`${index + 1}/${steps.length} ${step.title}`);
    results.push(await runStep(step, env));
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

/**
 * @param {TestStep} step
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<StepResult>}
 */
async function runStep(step, env) {
  const reportPath = join(resultsDir, `${step.id}.json`);
  rmSync(reportPath, { force: true });
  const args = step.args.map((arg) => arg.replace('{results}', reportPath));
  const startedMs = performance.now();
  const { exitOk, output, note } = await runCommand(step, args, env);
  const report = existsSync(reportPath) ? readFileSync(reportPath, 'utf8') : undefined;
  const counts = countTests(step.counts, { exitOk, output, report });
  return { step, counts, seconds: (performance.now() - startedMs) / 1000, note };
}

/**
 * Runs one command in a process group of its own, so that ending it ends everything it started.
 * @param {TestStep} step
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ exitOk: boolean, output: string, note: string }>}
 */
function runCommand(step, args, env) {
  const command = join(rootDir, 'node_modules', '.bin', step.command);
  const child = spawn(command, args, {
    cwd: rootDir,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    output = (output + chunk).slice(-outputCharsMax);
  });
  let note = '';
  const onTimeLimit = () => {
    note = `ended after its limit of ${step.timeLimitS} s`;
    stopGroup(child.pid);
  };
  const limit = setTimeout(onTimeLimit, step.timeLimitS * 1000);
  const release = stopOnSignals(child);
  return new Promise((resolve) => {
    /** @param {boolean} exitOk */
    const finish = (exitOk) => {
      clearTimeout(limit);
      release();
      resolve({ exitOk, output, note });
    };
    child.on('error', (error) => {
      note = `could not be started: ${error.message}`;
      finish(false);
    });
    child.on('close', (code, signal) => {
      if (note === '' && signal !== null) note = `ended by ${signal}`;
      finish(code === 0 && note === '');
    });
  });
}

/**
 * Ends the step and then ourselves when we are told to end.
 * @param {import('node:child_process').ChildProcess} child
 */
function stopOnSignals(child) {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  const stop = () => {
    stopGroup(child.pid);
    child.once('close', () => process.exit(130));
  };
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** @param {number | undefined} pid */
function stopGroup(pid) {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), killGraceMs).unref();
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already, which is what was wanted.
  }
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
