// Opens the database file of a node with the settings that replication relies on.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { PatinaError } from '../base/errors.ts';
import { installOnBetterSqlite } from '../functions/install.ts';
import { fromSqlite, sqliteCode } from './sqlite-errors.ts';

/** How long a statement waits for another program's write lock, milliseconds. */
export const busyTimeoutMs = 5_000;

/** WAL size at which it is cut back when it can be, bytes. */
export const walBytesMax = 64 * 1024 * 1024;

/** What PRAGMA auto_vacuum calls INCREMENTAL. */
const incrementalVacuum = 2;

export interface DatabaseOptions {
  /** `normal` survives SIGKILL; `full` also power loss. */
  readonly synchronous: 'normal' | 'full';
  readonly cacheKib: number;
  readonly readonly: boolean;
}

/**
 * Opens (and unless `readonly` creates) the file. Throws PATINA_DB_UNUSABLE when it cannot be read or
 * written, PATINA_DB_NOT_A_DATABASE when it is something else; then nothing was touched.
 */
export function openDatabase(path: string, options: DatabaseOptions): Database.Database {
  if (!options.readonly) checkWritable(path);
  try {
    const db = new Database(path, { readonly: options.readonly, timeout: busyTimeoutMs });
    try {
      configure(db, options);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    if (sqliteCode(error) === 'SQLITE_NOTADB') {
      throw new PatinaError('PATINA_DB_NOT_A_DATABASE', `${path} is not an SQLite database`, {
        hint: 'Name another file in db.path; this one was left as it is.',
        cause: error,
      });
    }
    throw fromSqlite(error);
  }
}

function configure(db: Database.Database, options: DatabaseOptions): void {
  // Reading the schema first: a file that is no database fails here, before anything is changed.
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
  if (!options.readonly) {
    // Setting what is set already would be a write, which other connections take for a foreign one.
    if (db.pragma('auto_vacuum', { simple: true }) !== incrementalVacuum) {
      db.pragma('auto_vacuum = INCREMENTAL');
    }
    db.pragma('journal_mode = WAL');
    db.pragma(`journal_size_limit = ${walBytesMax}`);
  }
  db.pragma(`synchronous = ${options.synchronous.toUpperCase()}`);
  db.pragma(`cache_size = -${options.cacheKib}`);
  db.pragma('foreign_keys = OFF');
  // REPLACE fires the delete trigger only with this; without it a row would begin twice.
  db.pragma('recursive_triggers = ON');
  db.pragma('temp_store = MEMORY');
  // Views, CHECKs and defaults may use our functions (docs/decisions/0014).
  db.pragma('trusted_schema = ON');
  installOnBetterSqlite(db);
}

function checkWritable(path: string): void {
  const folder = dirname(path);
  const fail = (message: string, hint: string, cause?: unknown): never => {
    throw new PatinaError('PATINA_DB_UNUSABLE', message, { hint, cause });
  };
  if (!existsSync(folder)) {
    fail(`the folder ${folder} of db.path does not exist`, 'Create it, or correct db.path.');
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    fail(`${path} cannot be written`, 'Check the permissions of db.path and its folder.', error);
  }
  if (existsSync(path) && !statSync(path).isFile()) {
    fail(`${path} is not a file`, 'Name a file in db.path.');
  }
}
