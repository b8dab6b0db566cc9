// What the commands of the command line share: the streams, the configuration as far as they need
// it, and the parts of the node that they start. Heavy parts are loaded when a command asks for
// them.

import { readFileSync } from 'node:fs';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { Logger } from 'pino';
import type { AdminCommand, AdminParams, AdminResults } from '../admin/protocol.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import type { HttpTarget } from './http-client.ts';
import type { CliIo } from './io.ts';
import { write } from './io.ts';

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly apiAddr?: string;
  readonly dbPath?: string;
  readonly adminPath?: string;
  readonly json?: boolean;
}

/** A node that runs in this process. */
export interface RunningAgent {
  /** Leaves the cluster, finishes the write queue, closes everything. */
  stop(): Promise<void>;
  /** Takes new certificates into use; throws PATINA_TLS_INVALID, and keeps the old ones, where it can't. */
  reload?(): void;
}

/** What `patina demo` was asked for. */
export interface DemoOptions {
  /** Number of nodes. */
  readonly nodes: number;
  /** Whether to remove what an earlier run left. */
  readonly fresh: boolean;
  /** Whether to end with a proof once all nodes are equal. */
  readonly once: boolean;
  /** Live writes per second over all nodes. */
  readonly ratePerSecond: number;
  /** HTTP port of the first node; the others follow. */
  readonly port: number;
}

export interface CertificatePair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Makes certificates. */
export interface Certificates {
  generateCa(): Promise<CertificatePair>;
  /** With an actor id, the certificate is good for that actor only. */
  generateNodeCert(
    ca: CertificatePair,
    hosts: readonly string[],
    actorId: ActorId | undefined,
  ): Promise<CertificatePair>;
  generateClientCert(ca: CertificatePair): Promise<CertificatePair>;
}

/** Copies whole databases while no agent runs on them. */
export interface DatabaseFiles {
  /** Writes a node-neutral copy of the database to a path that must not exist. */
  backup(databasePath: string, backupPath: string): Promise<void>;
  /** Whose database this is; undefined where there is none yet. */
  actorIdOf(databasePath: string): Promise<ActorId | undefined>;
  /** Puts a backup in the place of the database; without an actor id, its next start makes one. */
  restore(backupPath: string, databasePath: string, actorId: ActorId | undefined): Promise<void>;
}

/** The parts of the node that commands start; each is loaded on demand. */
export interface NodeParts {
  startAgent(config: Config, logger: Logger): Promise<RunningAgent>;
  runDemo(options: DemoOptions): Promise<void>;
  certificates(): Promise<Certificates>;
  databaseFiles(): Promise<DatabaseFiles>;
}

/** One run of the command line. */
export interface CommandContext {
  readonly io: CliIo;
  readonly parts: NodeParts;
  readonly flags: GlobalFlags;
}

/** Writes one JSON document on a line. */
export function printJson({ io }: CommandContext, value: unknown): Promise<void> {
  return write(io.stdout, `${JSON.stringify(value)}\n`);
}

/** Writes a sentence for people. */
export function printLine({ io }: CommandContext, line: string): Promise<void> {
  return write(io.stdout, `${line}\n`);
}

/** The configuration from the flags, the environment and the file. */
export async function loadedConfig({ flags, io }: CommandContext): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig({
    file: flags.config,
    env: io.env,
    flags: { 'api-addr': flags.apiAddr, 'db-path': flags.dbPath, 'admin-path': flags.adminPath },
  });
}

/** Asks the agent of this configuration by its admin socket. */
export async function askConfiguredAgent<C extends AdminCommand>(
  context: CommandContext,
  command: C,
  params: AdminParams[C],
  timeoutMs?: number,
): Promise<AdminResults[C]> {
  const [{ config }, { askAgent }] = await Promise.all([
    loadedConfig(context),
    import('../admin/client.ts'),
  ]);
  return askAgent(adminPathOf(config.admin.path), command, params, timeoutMs);
}

/** The path of the admin socket, which this command needs. */
export function adminPathOf(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new PatinaError('PATINA_CONFIG_INVALID', 'neither admin.path nor db.path is set', {
    hint: 'Name the socket of the agent with --admin-path, or its configuration with -c.',
  });
}

/** The path of the database, which this command needs. */
export function databasePathOf(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new PatinaError('PATINA_CONFIG_INVALID', 'db.path is not set', {
    hint: 'Name the database with --db-path, or its configuration with -c.',
  });
}

/** The HTTP API of this configuration. PATINA_TOKEN goes before the token of the configuration. */
export async function httpTarget(context: CommandContext): Promise<HttpTarget> {
  const [{ config }, { Secret }] = await Promise.all([
    loadedConfig(context),
    import('../config/secret.ts'),
  ]);
  const fromEnv = context.io.env.PATINA_TOKEN;
  if (fromEnv !== undefined && !/^[\x21-\x7e]+$/.test(fromEnv)) {
    throw new PatinaError(
      'PATINA_CONFIG_INVALID',
      'PATINA_TOKEN is empty, or not printable ASCII',
      {
        hint: 'Set it to the token of the node, or unset it.',
      },
    );
  }
  const [address] = config.api.addr;
  if (address === undefined) throw new PatinaError('PATINA_CONFIG_INVALID', 'api.addr is empty');
  const token = fromEnv === undefined ? config.api.authz.bearerToken : new Secret(fromEnv);
  return { address, token, certPem: certificateOf(config.api.tls.certFile) };
}

/** The certificate of the node, where it serves HTTPS. */
function certificateOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PatinaError('PATINA_TLS_INVALID', `api.tls.cert_file: cannot read ${path}`, {
      hint: 'Make the certificate readable: it is no secret.',
      cause,
    });
  }
}
