// The benchmark: measures each figure by itself, and prints what was found beside what is to be
// reached. A figure that falls short is reported and is no failure of the program.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchUp } from './figures/catch-up.ts';
import { detection } from './figures/detection.ts';
import { httpTransactions } from './figures/http.ts';
import { idleNode } from './figures/idle.ts';
import { largeTransaction } from './figures/large-transaction.ts';
import { liveJoin } from './figures/live-join.ts';
import { liveHere, liveThere } from './figures/live-latency.ts';
import { liveConstants, liveFilters } from './figures/live-many.ts';
import { liveMemory } from './figures/live-memory.ts';
import { liveSnapshot } from './figures/live-snapshot.ts';
import { localInsert, localUpdate } from './figures/local-writes.ts';
import { manyAgents } from './figures/many-agents.ts';
import { merging } from './figures/merging.ts';
import { pgCopyIn, pgCopyOut } from './figures/pg-copy.ts';
import { pgInsert } from './figures/pg-insert.ts';
import { pgPlan } from './figures/pg-plan.ts';
import { pgSelect } from './figures/pg-select.ts';
import { singleRows } from './figures/single-rows.ts';
import { databaseSize } from './figures/size.ts';
import { visibility } from './figures/visibility.ts';
import { wireBytes } from './figures/wire.ts';
import { type BenchArguments, helpText, readArguments } from './lib/arguments.ts';
import type { Figure } from './lib/figure.ts';
import { watchOthers } from './lib/machine.ts';
import { endAllProcesses, endProcessesOnExit } from './lib/processes.ts';
import { profileSummary } from './lib/profile.ts';
import { type Finding, jsonOf, tableOf, writeReport } from './lib/report.ts';
import { duration } from './lib/text.ts';

const figures: readonly Figure[] = [
  localInsert,
  localUpdate,
  singleRows,
  merging,
  httpTransactions,
  visibility,
  largeTransaction,
  catchUp,
  manyAgents,
  detection,
  wireBytes,
  databaseSize,
  idleNode,
  liveHere,
  liveThere,
  liveFilters,
  liveConstants,
  liveJoin,
  liveSnapshot,
  liveMemory,
  pgSelect,
  pgInsert,
  pgCopyOut,
  pgCopyIn,
  pgPlan,
];

const resultsDirectory = join(import.meta.dirname, 'results');

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

async function measureOne(figure: Figure, options: BenchArguments): Promise<Finding> {
  const directory = mkdtempSync(join(tmpdir(), `patina-bench-${figure.name}-`));
  const profileDirectory = options.profile
    ? join(resultsDirectory, 'profiles', figure.name)
    : undefined;
  if (profileDirectory !== undefined) {
    rmSync(profileDirectory, { recursive: true, force: true });
    mkdirSync(profileDirectory, { recursive: true });
  }
  const startMs = performance.now();
  const others = watchOthers();
  const finding = async (outcome: Finding['outcome']): Promise<Finding> => {
    await endAllProcesses();
    return { figure, outcome, tookMs: performance.now() - startMs, othersCores: others() };
  };
  try {
    const outcome = await figure.measure({
      isQuick: options.quick,
      isLong: options.long,
      directory,
      profileDirectory,
      progress: (text) => say(`${figure.name}: ${text}`),
    });
    return await finding(outcome);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return await finding({ error: text });
  } finally {
    if (profileDirectory !== undefined) process.stderr.write(profileSummary(profileDirectory));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function run(options: BenchArguments): Promise<void> {
  const unknown = options.only?.filter((name) => !figures.some((figure) => figure.name === name));
  if (unknown !== undefined && unknown.length > 0) {
    throw new Error(`there is no figure ${unknown.join(', ')}; --help lists all`);
  }
  const findings: Finding[] = [];
  for (const figure of figures) {
    if (options.only !== undefined && !options.only.includes(figure.name)) continue;
    say(`${figure.name}: ${figure.title}`);
    const finding = await measureOne(figure, options);
    findings.push(finding);
    const { outcome, tookMs } = finding;
    const found = 'error' in outcome ? `failed: ${outcome.error}` : outcome.measured;
    say(`${figure.name}: ${found} [${duration(tookMs)}]`);
  }
  const mode = options.quick ? 'quick' : options.long ? 'long' : 'full';
  const json = jsonOf(findings, mode);
  writeReport(join(resultsDirectory, 'latest.json'), json);
  process.stdout.write(options.json ? `${json}\n` : `\n${tableOf(findings)}`);
  if (findings.some(({ outcome }) => 'error' in outcome)) process.exitCode = 1;
}

endProcessesOnExit();
try {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(helpText(figures));
  else await run(options);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
