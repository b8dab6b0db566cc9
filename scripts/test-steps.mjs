// What `npm test` runs, in order: one row a step. To add a suite, add a row.

import { browserPackages, postgresPackages } from './system-programs.mjs';

/**
 * @typedef {object} TestStep
 * @property {string} id Names the step's result file and its line in the summary.
 * @property {string} title What the step shows, in a few words.
 * @property {string} command A tool of node_modules/.bin; `node` is the pinned runtime.
 * @property {string[]} args `{results}` stands for the path of this step's result file.
 * @property {'check' | 'vitest' | 'last-line'} counts Where the numbers come from. check: the step
 *   counts as one test by its exit code. vitest: vitest's JSON report, written to `{results}`.
 *   last-line: the last line of its output of the form `3 passed, 0 failed, 1 skipped`.
 * @property {readonly import('./system-programs.mjs').SystemPackage[]} [systemPackages] Programs of the
 *   machine that it needs for all of its tests.
 * @property {number} timeLimitS After this many seconds the step is ended and has failed.
 */

const vitestReports = ['--reporter=default', '--reporter=json', '--outputFile.json={results}'];

/** @type {readonly TestStep[]} */
export const testSteps = [
  {
    id: 'lint',
    title: 'Format and lint (biome)',
    command: 'biome',
    args: ['check', '--error-on-warnings', '.'],
    counts: 'check',
    timeLimitS: 120,
  },
  {
    id: 'tidy',
    title: 'Tidiness of files and links in the documents',
    command: 'node',
    args: ['scripts/check-tidy.ts'],
    counts: 'check',
    timeLimitS: 60,
  },
  {
    id: 'architecture',
    title: 'Import directions, purity of the machines, declared dependencies',
    command: 'node',
    args: ['scripts/check-architecture.ts'],
    counts: 'check',
    timeLimitS: 60,
  },
  {
    id: 'typecheck',
    title: 'Types of every workspace (tsc)',
    command: 'turbo',
    args: ['run', 'typecheck', 'typecheck:root', '--continue', '--output-logs=errors-only'],
    counts: 'check',
    timeLimitS: 300,
  },
  {
    id: 'build',
    title: 'Build of the console (next)',
    command: 'turbo',
    args: ['run', 'build', '--output-logs=errors-only'],
    counts: 'check',
    timeLimitS: 300,
  },
  {
    id: 'unit',
    title: 'Unit and property tests (vitest)',
    command: 'vitest',
    args: ['run', ...vitestReports],
    counts: 'vitest',
    timeLimitS: 900,
  },
  {
    id: 'sim',
    title: 'Simulated clusters: faults first, then healed (100 seeds)',
    command: 'node',
    args: ['packages/sim/src/main.ts', '--seeds', '100'],
    counts: 'last-line',
    timeLimitS: 900,
  },
  {
    id: 'fuzz',
    title: 'Live queries compared with the same SQL run afresh (300 cases)',
    command: 'node',
    args: ['packages/sim/src/subscriptions/main.ts', '--cases', '300'],
    counts: 'last-line',
    timeLimitS: 900,
  },
  {
    id: 'cluster',
    title: 'Real processes (tests/, vitest)',
    command: 'vitest',
    args: ['run', '--config', 'vitest.cluster.config.ts', ...vitestReports],
    counts: 'vitest',
    timeLimitS: 900,
  },
  {
    id: 'pg',
    title:
      'PostgreSQL clients, and a corpus of queries beside a real PostgreSQL (tests/pg, vitest)',
    command: 'vitest',
    args: ['run', '--config', 'vitest.pg.config.ts', ...vitestReports],
    counts: 'vitest',
    timeLimitS: 600,
    systemPackages: postgresPackages,
  },
  {
    id: 'browser',
    title: 'The console in a real browser against real agents (tests/browser, vitest)',
    command: 'vitest',
    args: ['run', '--config', 'vitest.browser.config.ts', ...vitestReports],
    counts: 'vitest',
    timeLimitS: 900,
    systemPackages: browserPackages,
  },
];
