// The state that a replica keeps beside its tables: who it is, which version is open, its clock.

import type Database from 'better-sqlite3';
import { type ActorId, actorIdToBytes } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import { changesViewSql } from '../crdt/changes-view.ts';
import type { ActorTable } from './actor-table.ts';
import { internalFormat, internalSchemaSql, internalViewsSql } from './internal-schema.ts';
import type { Statements } from './statements.ts';

export interface ReplicaState {
  readonly actorId: ActorId;
  /** Ordinal of the actor in clock rows. */
  readonly actor: number;
  /** The version that the next transaction gets. */
  readonly openVersion: number;
  readonly lastHlc: number;
}

/** Creates the internal tables and an identity where the file has none, and what an older one lacks. */
export function initialiseDatabase(db: Database.Database, newActorId: () => ActorId): void {
  if (readFormat(db) === internalFormat) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of internalSchemaSql) db.exec(sql);
    const format = readFormat(db);
    if (format === undefined) createIdentity(db, newActorId());
    else if (format > internalFormat) {
      throw new PatinaError(
        'PATINA_DB_UNUSABLE',
        `the database has internal format ${format}, this Patina knows up to ${internalFormat}`,
        { hint: 'Start it with the Patina that wrote it, or a newer one.' },
      );
    } else {
      for (const sql of internalViewsSql) db.exec(sql);
      db.prepare('UPDATE __patina_state SET format = ?').run(internalFormat);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The format of the internal tables; undefined where there are none. */
function readFormat(db: Database.Database): number | undefined {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__patina_state'").get();
  if (table === undefined) return undefined;
  const sql = 'SELECT format FROM __patina_state WHERE id = 1';
  return db.prepare<[], { format: number }>(sql).get()?.format;
}

function createIdentity(db: Database.Database, actorId: ActorId): void {
  const { lastInsertRowid } = db
    .prepare('INSERT INTO __patina_actors (id) VALUES (?)')
    .run(actorIdToBytes(actorId));
  db.prepare('INSERT INTO __patina_state VALUES (1, ?, ?, 1, 0, 0, 0)').run(
    internalFormat,
    lastInsertRowid,
  );
  for (const sql of internalViewsSql) db.exec(sql);
  db.exec(changesViewSql([]));
}

/** Reads the state row. */
export function loadState(statements: Statements, actors: ActorTable): ReplicaState {
  const row = statements
    .get('SELECT actor, version, hlc FROM __patina_state WHERE id = 1')
    .get() as {
    actor: number;
    version: number;
    hlc: number;
  };
  return {
    actorId: actors.id(row.actor),
    actor: row.actor,
    openVersion: row.version,
    lastHlc: row.hlc,
  };
}
