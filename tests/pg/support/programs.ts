// Programs in other languages: each runs a matrix of steps against the target and prints one JSON object,
// the name of each step with `ok` or with what was wrong.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { PgTarget } from './target.ts';
import { typeSamples } from './type-samples.ts';

const programs = join(import.meta.dirname, '..', 'programs');

/** Debian's Python, which has Debian's drivers; another one may come first on PATH. */
const python = '/usr/bin/python3';

/** The driver of Debian's package. */
const jdbc = '/usr/share/java/postgresql.jar';

/** A matrix may take so long, milliseconds. */
const programMsMax = 50_000;

export function hasPython(module: string): boolean {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function hasJdbc(): boolean {
  if (!existsSync(jdbc)) return false;
  try {
    execFileSync('javac', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What a matrix in Python tells. */
export function runPython(program: string, target: PgTarget): Promise<Record<string, string>> {
  return run(python, [join(programs, program)], target);
}

/** What a matrix in one file of Java tells. */
export function runJava(program: string, target: PgTarget): Promise<Record<string, string>> {
  return run('java', ['-cp', jdbc, join(programs, program)], target);
}

const toldSchema = z.record(z.string(), z.string());

async function run(
  command: string,
  args: readonly string[],
  target: PgTarget,
): Promise<Record<string, string>> {
  const child = spawn(command, args, {
    env: {
      ...process.env,
      ...clientEnvironment(target),
      CA_FILE: target.caFile,
      SAMPLES: JSON.stringify(typeSamples),
      PYTHONDONTWRITEBYTECODE: '1',
    },
    timeout: programMsMax,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (piece) => {
    out += String(piece);
  });
  child.stderr.on('data', (piece) => {
    errors += String(piece);
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${out}\n${errors}`);
  return toldSchema.parse(JSON.parse(out));
}

/** The variables that libpq and its programs read. */
export function clientEnvironment(target: PgTarget): Record<string, string> {
  return {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGPASSWORD: target.password,
    PGDATABASE: target.database,
    PGSSLMODE: 'disable',
    PGCONNECT_TIMEOUT: '10',
  };
}

/** The steps that did not go well. */
export function failuresOf(told: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(told).filter(([, result]) => result !== 'ok'));
}
