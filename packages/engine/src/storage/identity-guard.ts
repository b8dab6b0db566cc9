// Versions of an actor are never used twice. A small file beside the database holds the lock of the
// running node and remembers which file, start and machine the identity belongs to: a database that was
// copied, restored from a copy, or may have lost its tail in a power cut, comes back as a new actor.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { PatinaError } from '../base/errors.ts';
import { sqliteCode } from './sqlite-errors.ts';

/** Why an identity must not be used again. */
export type IdentityDoubt =
  /** The file beside the database is missing, or belongs to another database. */
  | 'copied'
  /** The database is older than its last start here. */
  | 'restored'
  /** The machine went down without a clean stop, and commits were not synced to disk. */
  | 'power-loss';

interface Memory {
  /** Device and inode of the database file. */
  readonly file: string;
  /** Chosen at each start and kept in the database too. */
  readonly start: string;
  readonly bootId: string;
  readonly clean: boolean;
  /** The open version of the database at the start and, after a clean one, at the stop. */
  readonly version: number;
}

const startKey = 'identity.start';

export class IdentityGuard {
  readonly #lock: Database.Database;
  readonly #path: string;

  /** Takes the lock; throws PATINA_DB_IN_USE when another node has it, having touched nothing. */
  constructor(databasePath: string) {
    this.#path = resolveDatabase(databasePath);
    this.#lock = new Database(`${this.#path}-node`, { timeout: 0 });
    try {
      this.#lock.pragma('locking_mode = EXCLUSIVE');
      this.#lock.exec('BEGIN EXCLUSIVE');
      this.#lock.exec('CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value TEXT)');
      this.#lock.exec('COMMIT');
    } catch (error) {
      this.#lock.close();
      if (!/^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error) ?? '')) throw error;
      throw new PatinaError('PATINA_DB_IN_USE', `another agent is running on ${databasePath}`, {
        hint: 'Stop it first, or name another file in db.path.',
        cause: error,
      });
    }
  }

  /**
   * Compares what is remembered with the database. Call {@link begin} afterwards. `hasIdentity` says
   * whether the database was used by a node before.
   */
  doubt(db: Database.Database, hasIdentity: boolean, isSynced: boolean): IdentityDoubt | undefined {
    if (!hasIdentity) return undefined;
    const memory = this.#read();
    if (memory === undefined || memory.file !== fileId(this.#path)) return 'copied';
    if (memory.start !== readStart(db) || readVersion(db) < memory.version) return 'restored';
    if (!memory.clean && !isSynced && memory.bootId !== bootId()) return 'power-loss';
    return undefined;
  }

  /** Remembers this start, in both files. */
  begin(db: Database.Database): void {
    const start = randomBytes(16).toString('hex');
    db.prepare(
      'INSERT INTO __patina_meta (key, value) VALUES (?, ?) ' +
        'ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ).run(startKey, start);
    const version = readVersion(db);
    this.#write({ file: fileId(this.#path), start, bootId: bootId(), clean: false, version });
  }

  /** Remembers a clean stop, after the last commit, and gives up the lock. `version`: the open one. */
  end(version: number): void {
    const memory = this.#read();
    if (memory !== undefined) this.#write({ ...memory, clean: true, version });
    this.#lock.close();
  }

  /** Gives up the lock without a word, for a start that failed. */
  abandon(): void {
    this.#lock.close();
  }

  #read(): Memory | undefined {
    const rows = this.#lock
      .prepare<[], { key: string; value: string }>('SELECT key, value FROM memory')
      .all();
    const values = new Map(rows.map(({ key, value }) => [key, value]));
    const [file, start, boot] = ['file', 'start', 'bootId'].map((key) => values.get(key));
    if (file === undefined || start === undefined || boot === undefined) return undefined;
    const version = Number(values.get('version') ?? 0);
    return { file, start, bootId: boot, clean: values.get('clean') === 'true', version };
  }

  #write(memory: Memory): void {
    const put = this.#lock.prepare('INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)');
    this.#lock.transaction(() => {
      for (const [key, value] of Object.entries(memory)) put.run(key, String(value));
    })();
  }
}

function readStart(db: Database.Database): string | undefined {
  return db
    .prepare<[string], { value: string }>('SELECT value FROM __patina_meta WHERE key = ?')
    .get(startKey)?.value;
}

/** The open version of the database. */
export function readVersion(db: Database.Database): number {
  const sql = 'SELECT version FROM __patina_state WHERE id = 1';
  return db.prepare<[], { version: number }>(sql).get()?.version ?? 0;
}

/** The file behind links, so that two names of one database have one lock. */
export function resolveDatabase(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}

function fileId(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** Changes when the machine boots; empty where the system does not tell, which counts as no change. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
