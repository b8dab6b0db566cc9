// A real PostgreSQL for comparison: initialised in a directory of its own, on a free port of loopback,
// with TLS and SCRAM, and ended by its process. Debian's package is used where it is installed.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { generateCa, generateNodeCert } from '@patina/engine/transport/certificates.ts';
import { freePorts } from '../../cluster/support/free-ports.ts';
import { eventually } from '../../cluster/support/wait.ts';
import { canConnect, credentials, type PgTarget } from './target.ts';

const packageRoot = '/usr/lib/postgresql';
const host = '127.0.0.1';

/** The directory of its programs, of the newest version that is installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(packageRoot)) return undefined;
  return readdirSync(packageRoot)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(packageRoot, version, 'bin'))
    .find((directory) => existsSync(join(directory, 'initdb')));
}

/** PostgreSQL refuses to run as root: then it runs as the user of Debian's package. */
function owner(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres(): Promise<PgTarget> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL is not installed');
  const directory = mkdtempSync('/tmp/patina-postgres-');
  const who = owner();
  const own = (path: string): void => {
    if (who.uid !== undefined && who.gid !== undefined) chownSync(path, who.uid, who.gid);
  };
  own(directory);
  const [port = 0] = await freePorts(1);
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, credentials.password, { mode: 0o600 });
  own(passwordFile);
  const data = join(directory, 'data');
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-A', 'scram-sha-256', '-U', credentials.user, `--pwfile=${passwordFile}`].concat([
      '-N',
      '-E',
      'UTF8',
      '--locale=C',
    ]),
    { ...who, cwd: directory, stdio: 'ignore', env: { PATH: process.env.PATH, TZ: 'UTC' } },
  );
  const ca = await generateCa({ commonName: 'test' });
  const pair = await generateNodeCert({
    caCertPem: ca.certPem,
    caKeyPem: ca.keyPem,
    addresses: [host, 'localhost'],
  });
  for (const [name, text] of Object.entries({
    ca: ca.certPem,
    cert: pair.certPem,
    key: pair.keyPem,
  })) {
    const path = join(directory, `${name}.pem`);
    writeFileSync(path, text, { mode: 0o600 });
    own(path);
  }
  chmodSync(directory, 0o755);
  const caFile = join(directory, 'ca.pem');
  chmodSync(caFile, 0o644);
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: host,
    unix_socket_directories: '',
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: join(directory, 'cert.pem'),
    ssl_key_file: join(directory, 'key.pem'),
    timezone: 'UTC',
    max_connections: '210',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(programs, 'postgres'), ['-D', data, ...args], {
    ...who,
    cwd: directory,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, TZ: 'UTC' },
  });
  const target: PgTarget = {
    kind: 'postgres',
    host,
    port,
    ...credentials,
    caFile,
    database: 'postgres',
    pid: child.pid ?? 0,
    apiPort: undefined,
    apiToken: '',
    stop: () => end(child, 'SIGINT'),
    close: async () => {
      await end(child, 'SIGQUIT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await eventually('PostgreSQL answers', () => canConnect(target), { withinMs: 20_000 });
  return target;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = Promise.withResolvers<void>();
  child.on('exit', () => ended.resolve());
  child.kill(signal);
  await ended.promise;
}
