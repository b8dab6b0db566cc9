// The file in which live queries keep their results and changes, so that they survive the process.
// Nothing in it cannot be made anew: a file that cannot be used is replaced by an empty one.

import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { sqliteCode } from '../../storage/sqlite-errors.ts';

/** Format of the tables below; a file of another one is replaced. */
const stateFormat = 1;

/** Marks the file as ours ("PLQ1"). */
const applicationId = 0x504c5131;

/** WAL size at which it is cut back, bytes. */
const walBytesMax = 64 * 1024 * 1024;

/**
 * Pages in the WAL at which they are written to the file, which waits for the disk: few, so that nobody
 * waits for long; more while much is written anyway.
 */
export const checkpointPages = { usual: 1_000, filling: 8_000 } as const;

const cacheKib = 64 * 1024;

// A query has two sets of rows: 2n its result, 2n + 1 the rows behind the groups of its result.
const schema: readonly string[] = [
  'CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID',
  `CREATE TABLE queries (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, sql TEXT NOT NULL,
    params TEXT NOT NULL, role TEXT NOT NULL, columns TEXT NOT NULL, is_live INTEGER NOT NULL,
    change_id INTEGER NOT NULL, min_change_id INTEGER NOT NULL, next_row_id INTEGER NOT NULL,
    next_hidden_id INTEGER NOT NULL, row_count INTEGER NOT NULL, hidden_count INTEGER NOT NULL, created_ms INTEGER NOT NULL,
    shape TEXT NOT NULL
  )`,
  // The order of an ordered result: its row ids, 8 bytes each.
  'CREATE TABLE orders (number INTEGER PRIMARY KEY, row_ids BLOB NOT NULL)',
  `CREATE TABLE rows (
    set_id INTEGER NOT NULL, row_id INTEGER NOT NULL, identity TEXT NOT NULL, cells TEXT NOT NULL,
    PRIMARY KEY (set_id, row_id)
  ) WITHOUT ROWID`,
  // Which rows hold which keys. One range scan finds every query that holds a key.
  `CREATE TABLE sources (
    tbl INTEGER NOT NULL, key TEXT NOT NULL, set_id INTEGER NOT NULL, source INTEGER NOT NULL,
    row_id INTEGER NOT NULL, PRIMARY KEY (tbl, key, set_id, source, row_id)
  ) WITHOUT ROWID`,
  // Dropped queries whose rows are still to be erased.
  'CREATE TABLE dropped (number INTEGER PRIMARY KEY, shape TEXT NOT NULL)',
  'CREATE TABLE tables (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)',
  // origins: at the first change of a group, what made the group.
  `CREATE TABLE changes (
    number INTEGER NOT NULL, change_id INTEGER NOT NULL, type INTEGER NOT NULL, row_id INTEGER NOT NULL,
    cells TEXT NOT NULL, position INTEGER, origins TEXT, PRIMARY KEY (number, change_id)
  ) WITHOUT ROWID`,
];

/** Opens the file, or makes it. */
export function openStateFile(path: string): Database.Database {
  const db = tryOpen(path);
  if (db !== undefined) return db;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  const fresh = configure(new Database(path));
  fresh.transaction(() => {
    for (const sql of schema) fresh.exec(sql);
    fresh.pragma(`application_id = ${applicationId}`);
    fresh.pragma(`user_version = ${stateFormat}`);
  })();
  return fresh;
}

/** The file as it is; undefined when there is none, or none that can be used. */
function tryOpen(path: string): Database.Database | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { fileMustExist: true });
    const isOurs =
      db.pragma('application_id', { simple: true }) === applicationId &&
      db.pragma('user_version', { simple: true }) === stateFormat &&
      db.pragma('quick_check(1)', { simple: true }) === 'ok';
    if (isOurs) return configure(db);
  } catch (error) {
    db?.close();
    if (!isUnusable(error)) throw error;
    return undefined;
  }
  db.close();
  return undefined;
}

/** Faults of the file itself; others, such as a full disk, would not be cured by another file. */
function isUnusable(error: unknown): boolean {
  return /^SQLITE_(NOTADB|CORRUPT|CANTOPEN|ERROR|FORMAT)/.test(sqliteCode(error) ?? '');
}

function configure(db: Database.Database): Database.Database {
  db.pragma('journal_mode = WAL');
  // Survives the end of the process; after a power cut a state before the last one may be found.
  db.pragma('synchronous = NORMAL');
  db.pragma(`wal_autocheckpoint = ${checkpointPages.usual}`);
  db.pragma(`journal_size_limit = ${walBytesMax}`);
  db.pragma(`cache_size = -${cacheKib}`);
  db.pragma('temp_store = MEMORY');
  return db;
}
