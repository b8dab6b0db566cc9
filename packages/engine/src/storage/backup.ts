// Backups belong to no node: whoever starts on one gets an actor id of its own. Restoring puts a backup
// in the place of a database that no agent is running on.

import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type ActorId, actorIdToBytes } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import { installOnBetterSqlite } from '../functions/install.ts';
import { IdentityGuard, readVersion, resolveDatabase } from './identity-guard.ts';
import { openDatabase } from './open-database.ts';

/** Tables that describe a node rather than the data. */
const nodeTables = [
  '__patina_members',
  '__patina_lag',
  '__patina_subscriptions',
  '__patina_meta',
  '__patina_commits',
] as const;

/** Takes what belongs to one node out of a copy of its database. */
export function makeNeutral(path: string): void {
  const db = new Database(path);
  installOnBetterSqlite(db);
  try {
    for (const table of nodeTables) db.exec(`DELETE FROM ${table}`);
    db.pragma('journal_mode = WAL');
  } finally {
    db.close();
  }
}

/** Writes a copy of the database at `from`, which no agent runs on, to `to`. */
export function backupOffline(from: string, to: string): void {
  const guard = new IdentityGuard(from);
  try {
    const db = openDatabase(from, { synchronous: 'full', cacheKib: 2_000, readonly: false });
    try {
      db.prepare('VACUUM INTO ?').run(to);
    } finally {
      db.close();
    }
    makeNeutral(to);
  } finally {
    guard.abandon();
  }
}

/**
 * Puts the backup in the place of the database at `to`. Without `actorId` the database becomes a new
 * actor at its next start; with it, it is that actor: only right where that actor's node is gone for good
 * and the backup holds all that it ever sent. Throws PATINA_DB_IN_USE while an agent runs on `to`.
 */
export function restoreDatabase(from: string, to: string, actorId: ActorId | undefined): void {
  checkBackup(from);
  const target = resolveDatabase(to);
  const guard = new IdentityGuard(target);
  const incoming = `${target}-restoring`;
  try {
    rmSync(incoming, { force: true });
    copyFileSync(from, incoming);
    makeNeutral(incoming);
    if (actorId !== undefined) setActor(incoming, actorId);
    foldWal(target);
    for (const suffix of ['-wal', '-shm']) rmSync(target + suffix, { force: true });
    renameSync(incoming, target);
    if (actorId === undefined) guard.abandon();
    else beginAs(guard, target);
  } catch (error) {
    rmSync(incoming, { force: true });
    guard.abandon();
    throw error;
  }
}

/** Remembers the restored file as one that its actor stopped cleanly. */
function beginAs(guard: IdentityGuard, path: string): void {
  const db = openDatabase(path, { synchronous: 'full', cacheKib: 2_000, readonly: false });
  guard.begin(db);
  const version = readVersion(db);
  db.close();
  guard.end(version);
}

/**
 * Puts the log of the former database into its file: were the log just taken away, a crash before the
 * new file stands in its place would leave the old one without its last versions.
 */
function foldWal(path: string): void {
  if (!existsSync(path)) return;
  try {
    const db = new Database(path);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
  } catch {
    // It is damaged, which may be why it is replaced.
  }
}

function checkBackup(path: string): void {
  if (!existsSync(path)) {
    throw new PatinaError('PATINA_NOT_FOUND', `there is no file ${path}`, {
      hint: 'Name a backup.',
    });
  }
  const db = openDatabase(path, { synchronous: 'full', cacheKib: 2_000, readonly: true });
  try {
    const state = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__patina_state'").get();
    if (state === undefined) {
      throw new PatinaError('PATINA_DB_UNUSABLE', `${path} is no backup of a Patina database`, {
        hint: 'Make one with: patina backup PATH',
      });
    }
    const [check] = db.pragma('quick_check(1)') as [{ quick_check: string }];
    if (check.quick_check !== 'ok') {
      throw new PatinaError('PATINA_DB_UNUSABLE', `${path} is damaged: ${check.quick_check}`, {
        hint: 'Use another backup.',
      });
    }
  } finally {
    db.close();
  }
}

/** Makes the database that of `actorId`, going on after the versions of it that the backup knows. */
function setActor(path: string, actorId: ActorId): void {
  const db = openDatabase(path, { synchronous: 'full', cacheKib: 2_000, readonly: false });
  try {
    db.transaction(() => {
      const id = actorIdToBytes(actorId);
      db.prepare('INSERT OR IGNORE INTO __patina_actors (id) VALUES (?)').run(id);
      const { ordinal } = db
        .prepare<[Uint8Array], { ordinal: number }>(
          'SELECT ordinal FROM __patina_actors WHERE id = ?',
        )
        .get(id) ?? { ordinal: 0 };
      const state = db
        .prepare<[], { actor: number; version: number }>(
          'SELECT actor, version FROM __patina_state',
        )
        .get();
      if (state === undefined || state.actor === ordinal) return;
      const head = db
        .prepare<[number], { head: number }>('SELECT head FROM __patina_heads WHERE actor = ?')
        .get(ordinal);
      db.prepare('DELETE FROM __patina_heads WHERE actor = ?').run(ordinal);
      if (state.version > 1) {
        db.prepare('INSERT OR REPLACE INTO __patina_heads (actor, head) VALUES (?, ?)').run(
          state.actor,
          state.version - 1,
        );
      }
      db.prepare('UPDATE __patina_state SET actor = ?, version = ?').run(
        ordinal,
        (head?.head ?? 0) + 1,
      );
    })();
  } finally {
    db.close();
  }
}
