// Runs one step of `npm test`: its command in a process group of its own, under a time limit, with
// its output passed on and its tests counted.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onParentEnd } from './parent-watch.mjs';
import { countTests } from './test-counts.mjs';

/** @typedef {import('./test-steps.mjs').TestStep} TestStep */
/** @typedef {import('./test-counts.mjs').Counts} Counts */

/**
 * @typedef {object} StepResult
 * @property {TestStep} step
 * @property {Counts} counts
 * @property {number} seconds
 * @property {string} note Why the step did not end by itself; empty where it did.
 */

/**
 * @typedef {object} RunOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env Its PATH is where the commands of steps are found.
 * @property {string} resultsDir Where steps write their result files.
 * @property {(text: string) => void} write Takes the output while it comes.
 */

/** Of the end of a step's output, for the counts in it, characters. */
const outputCharsMax = 1_000_000;
/** From asking a step to end until it is killed, milliseconds. */
const killGraceMs = 5_000;

/**
 * Runs a step to its end. Never rejects: what goes wrong is part of the result.
 * @param {TestStep} step
 * @param {RunOptions} options
 * @returns {Promise<StepResult>}
 */
export async function runStep(step, options) {
  mkdirSync(options.resultsDir, { recursive: true });
  const reportPath = join(options.resultsDir, `${step.id}.json`);
  rmSync(reportPath, { force: true });
  const args = step.args.map((arg) => arg.replace('{results}', reportPath));
  const startedMs = performance.now();
  const { exitOk, output, note } = await runCommand(step, args, options);
  const report = existsSync(reportPath) ? readFileSync(reportPath, 'utf8') : undefined;
  const counts = countTests(step.counts, { exitOk, output, report });
  return { step, counts, seconds: (performance.now() - startedMs) / 1000, note };
}

/**
 * @param {TestStep} step
 * @param {string[]} args
 * @param {RunOptions} options
 * @returns {Promise<{ exitOk: boolean, output: string, note: string }>}
 */
function runCommand(step, args, { cwd, env, write }) {
  const child = spawn(findCommand(step.command, env), args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that ending the step ends everything that it started.
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    write(text);
    output = (output + text).slice(-outputCharsMax);
  });
  let note = '';
  const limit = setTimeout(() => {
    note = `ended after its limit of ${step.timeLimitS} s`;
    stopGroup(child.pid);
  }, step.timeLimitS * 1000);
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
 * The first file of that name on the environment's PATH; spawn itself would search our own.
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 */
function findCommand(command, env) {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const paths = folders.map((folder) => join(folder, command));
  return paths.find((path) => existsSync(path)) ?? command;
}

/**
 * Ends the step and then ourselves when we are told to end, or npm was.
 * @param {import('node:child_process').ChildProcess} child
 */
function stopOnSignals(child) {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  const stop = () => {
    stopGroup(child.pid);
    child.once('close', () => process.exit(130));
  };
  for (const signal of signals) process.once(signal, stop);
  const unwatch = onParentEnd(stop);
  return () => {
    unwatch();
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
