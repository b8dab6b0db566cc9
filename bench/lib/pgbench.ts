// Load by pgbench: the same script over and over, by several connections, with prepared statements.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectArguments, type PgAddress, postgresProgram } from './postgres.ts';
import { startProgram } from './processes.ts';

export interface PgbenchPlan {
  readonly directory: string;
  /** A script of pgbench: SQL, and its own commands that begin with a backslash. */
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
}

export interface PgbenchResult {
  /** Transactions a second, connecting left out. */
  readonly perS: number;
  readonly latencyMs: number;
  readonly failures: number;
}

/** Runs it; rejects with what pgbench says where it fails. */
export async function pgbench(address: PgAddress, plan: PgbenchPlan): Promise<PgbenchResult> {
  const script = join(plan.directory, 'pgbench.sql');
  writeFileSync(script, plan.script);
  const { clients, seconds } = plan;
  const load = ['-c', String(clients), '-j', '2', '-T', String(seconds), '-M', 'prepared'];
  const args = [...connectArguments(address).filter((arg) => arg !== '-d'), '-n', ...load];
  const child = startProgram(postgresProgram('pgbench'), ['-f', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.on('data', (piece: Buffer) => {
      output += piece.toString('utf8');
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`pgbench failed: ${output.slice(0, 2_000)}`);
  return {
    perS: numberAfter(output, /^tps = ([\d.]+)/m),
    latencyMs: numberAfter(output, /^latency average = ([\d.]+)/m),
    failures: numberAfter(output, /^number of failed transactions: (\d+)/m),
  };
}

function numberAfter(output: string, pattern: RegExp): number {
  const text = pattern.exec(output)?.[1];
  if (text === undefined) throw new Error(`pgbench did not say ${pattern.source}: ${output}`);
  return Number(text);
}
