// A real PostgreSQL to compare with, started for one figure, and its client programs: pgbench makes the
// load on both servers.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './figure.ts';
import { freeTcpPort } from './free-ports.ts';
import { endProcess, startProgram } from './processes.ts';
import { waitFor } from './wait.ts';

const programs = '/usr/lib/postgresql/15/bin';

/** PostgreSQL refuses to run as root; with this it runs as the user that its package makes. */
const serverUser = 'postgres';

const readyMsMax = 30_000;

/** Where to connect. */
export interface PgAddress {
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export interface PostgresServer extends PgAddress {
  readonly version: string;
}

/** Whether PostgreSQL and its programs are installed here. */
export function hasPostgres(): boolean {
  return existsSync(join(programs, 'postgres')) && existsSync(join(programs, 'pgbench'));
}

/** Path of one of PostgreSQL's programs. Throws where they are not installed. */
export function postgresProgram(name: string): string {
  const path = join(programs, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: install postgresql-15`);
  return path;
}

/** What a figure says where there is neither a PostgreSQL nor its client programs. */
export const notMeasured: Measured = {
  measured: 'NOT MEASURED: PostgreSQL 15 is not installed here',
  isReached: false,
  values: {},
  notes: [
    'its server is compared with, and its pgbench and psql are the clients: install postgresql-15',
  ],
};

/** Runs `work` with a PostgreSQL 15 of the settings that its package has. */
export async function withPostgres<T>(
  directory: string,
  work: (server: PostgresServer) => Promise<T>,
): Promise<T> {
  const folder = join(directory, 'postgres');
  const isRoot = process.getuid?.() === 0;
  mkdirSync(folder);
  if (isRoot) {
    // The figure's own directory is closed to other users.
    chmodSync(directory, 0o711);
    execFileSync('chown', [serverUser, folder]);
  }
  const asUser = (program: string, args: readonly string[]): [string, string[]] =>
    isRoot
      ? ['runuser', ['-u', serverUser, '--', postgresProgram(program), ...args]]
      : [postgresProgram(program), [...args]];
  const data = join(folder, 'data');
  const [initdb, initArgs] = asUser('initdb', ['-D', data, '-U', serverUser, '-A', 'trust', '-N']);
  execFileSync(initdb, initArgs, { stdio: 'ignore', cwd: folder });
  const port = await freeTcpPort();
  const logFile = join(directory, 'postgres.log');
  const log = openSync(logFile, 'a');
  const listen = ['-c', 'listen_addresses=127.0.0.1', '-k', folder, '-p', String(port)];
  const [postgres, serverArgs] = asUser('postgres', ['-D', data, ...listen]);
  const child = startProgram(postgres, serverArgs, { stdio: ['ignore', log, log], cwd: folder });
  const address = { port, user: serverUser, database: 'postgres' };
  try {
    await waitFor(
      async () => {
        if (child.exitCode !== null) throw new Error(readFileSync(logFile, 'utf8'));
        return isUp(address) ? true : undefined;
      },
      { deadlineMs: readyMsMax, everyMs: 100, what: 'PostgreSQL answers' },
    );
    return await work({ ...address, version: psql(address, 'SHOW server_version') });
  } finally {
    await endProcess(child);
  }
}

function isUp(address: PgAddress): boolean {
  try {
    psql(address, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

/** Arguments of PostgreSQL's programs that say where to connect. */
export function connectArguments({ port, user, database }: PgAddress): string[] {
  return ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', database];
}

/** Runs SQL; the rows as unaligned text. Throws what the server has against it. */
export function psql(address: PgAddress, sql: string): string {
  const args = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', sql];
  return execFileSync(postgresProgram('psql'), [...connectArguments(address), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}
