// `patina backup` and `patina restore`: whole copies of the database. A running agent makes the
// backup itself; a restore needs the agent to be stopped.

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import {
  adminPathOf,
  type CommandContext,
  type DatabaseFiles,
  databasePathOf,
  loadedConfig,
  printJson,
  printLine,
} from '../context.ts';
import { neededActorId } from './sync.ts';

/** Copying a large database takes its time, milliseconds. */
const backupTimeoutMs = 60 * 60_000;

/** Flags of `patina restore`. */
export interface RestoreFlags {
  /** Keep the actor id of the database that is replaced. */
  readonly selfActorId?: boolean;
  readonly actorId?: string;
}

/** Writes a node-neutral copy of the database, which {@link runRestore} takes at any node. */
export async function runBackup(context: CommandContext, path: string): Promise<void> {
  const backupPath = resolve(path);
  if (existsSync(backupPath)) {
    throw new PatinaError('PATINA_BAD_REQUEST', `${backupPath} exists`, {
      hint: 'Name a file that does not exist; nothing is overwritten.',
    });
  }
  const [{ config }, { askAgent }] = await Promise.all([
    loadedConfig(context),
    import('../../admin/client.ts'),
  ]);
  const adminPath = adminPathOf(config.admin.path);
  let bytes: number;
  try {
    ({ bytes } = await askAgent(adminPath, 'backup', { path: backupPath }, backupTimeoutMs));
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const databasePath = existingDatabase(databasePathOf(config.db.path));
    const files = await context.parts.databaseFiles();
    await files.backup(databasePath, backupPath);
    bytes = statSync(backupPath).size;
  }
  if (context.flags.json === true) return printJson(context, { path: backupPath, bytes });
  await printLine(context, `backed up to ${backupPath}, ${bytes} bytes`);
}

/** Puts a backup in the place of the database, under a new actor id unless told otherwise. */
export async function runRestore(
  context: CommandContext,
  path: string,
  flags: RestoreFlags,
): Promise<void> {
  const [{ config }, { askAgent }] = await Promise.all([
    loadedConfig(context),
    import('../../admin/client.ts'),
  ]);
  const databasePath = databasePathOf(config.db.path);
  const backupPath = resolve(path);
  if (!existsSync(backupPath)) {
    throw new PatinaError('PATINA_NOT_FOUND', `there is no backup at ${backupPath}`);
  }
  const named = flags.actorId === undefined ? undefined : neededActorId(flags.actorId);
  await refuseWhileRunning(adminPathOf(config.admin.path), askAgent);
  const files = await context.parts.databaseFiles();
  const actorId = flags.selfActorId === true ? await ownActorId(files, databasePath) : named;
  await files.restore(backupPath, databasePath, actorId);
  if (context.flags.json === true) {
    return printJson(context, { path: databasePath, actor_id: actorId ?? null });
  }
  const actor = actorId === undefined ? 'a new actor, from its next start' : `actor ${actorId}`;
  await printLine(context, `restored ${databasePath} as ${actor}`);
}

async function ownActorId(files: DatabaseFiles, databasePath: string): Promise<ActorId> {
  const actorId = await files.actorIdOf(databasePath);
  if (actorId !== undefined) return actorId;
  throw new PatinaError('PATINA_NOT_FOUND', `${databasePath} has no actor id that could be kept`, {
    hint: 'Leave out --self-actor-id: the database becomes a new actor.',
  });
}

type AskAgent = typeof import('../../admin/client.ts').askAgent;

async function refuseWhileRunning(adminPath: string, askAgent: AskAgent): Promise<void> {
  try {
    await askAgent(adminPath, 'ping', {}, 5_000);
  } catch (error) {
    if (isUnreachable(error)) return;
    throw error;
  }
  throw new PatinaError('PATINA_DB_IN_USE', 'an agent is running on this database', {
    hint: 'Stop it, restore, and start it again.',
  });
}

function existingDatabase(path: string): string {
  if (existsSync(path)) return path;
  throw new PatinaError(
    'PATINA_NOT_FOUND',
    `there is no database at ${path}, and no agent answers`,
    {
      hint: 'Name the database with --db-path, or its configuration with -c.',
    },
  );
}

function isUnreachable(error: unknown): boolean {
  return error instanceof PatinaError && error.code === 'PATINA_PEER_UNREACHABLE';
}
