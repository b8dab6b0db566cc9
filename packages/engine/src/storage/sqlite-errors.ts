// SQLite's error codes as Patina's: what went wrong, whether trying again helps, and what to do.

import { asPatinaError, type ErrorCode, PatinaError } from '../base/errors.ts';
import { faultOf, functionErrorOf } from './sql-fault.ts';

interface Cure {
  readonly code: ErrorCode;
  readonly hint?: string;
}

/** By the primary part of the code; the first match counts. */
const cures: readonly (readonly [prefix: string, cure: Cure])[] = [
  ['SQLITE_CONSTRAINT', { code: 'PATINA_SQL_CONSTRAINT' }],
  ['SQLITE_FULL', { code: 'PATINA_DISK_FULL', hint: 'Free disk space; reads go on meanwhile.' }],
  [
    'SQLITE_READONLY',
    { code: 'PATINA_DB_READ_ONLY', hint: 'Make the file and its folder writable.' },
  ],
  ['SQLITE_BUSY', { code: 'PATINA_DB_IN_USE', hint: 'Another program holds the write lock.' }],
  ['SQLITE_LOCKED', { code: 'PATINA_DB_IN_USE', hint: 'Another program holds the write lock.' }],
  ['SQLITE_NOTADB', { code: 'PATINA_DB_NOT_A_DATABASE', hint: 'Name another file in db.path.' }],
  ['SQLITE_CANTOPEN', { code: 'PATINA_DB_UNUSABLE', hint: 'Check db.path and its permissions.' }],
  ['SQLITE_CORRUPT', { code: 'PATINA_DB_UNUSABLE', hint: 'Restore a backup of this node.' }],
  ['SQLITE_IOERR', { code: 'PATINA_DB_UNUSABLE', hint: 'Check the disk.' }],
  ['SQLITE_NOMEM', { code: 'PATINA_DB_UNUSABLE' }],
  ['SQLITE_TOOBIG', { code: 'PATINA_RESULT_TOO_LARGE' }],
];

/** SQLite's code of an error, such as SQLITE_CONSTRAINT_NOTNULL; undefined for other errors. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** The error as a {@link PatinaError}: SQLite's by the table above, others as they are. */
export function fromSqlite(error: unknown): PatinaError {
  if (error instanceof PatinaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const own = functionErrorOf(message, error);
  if (own !== undefined) return own;
  const code = sqliteCode(error);
  const fault = faultOf(message);
  if (code === undefined) {
    // better-sqlite3 reports misuse (wrong number of parameters, several statements) as these.
    if (error instanceof RangeError || error instanceof TypeError) {
      return new PatinaError('PATINA_SQL_ERROR', message, { cause: error, fault });
    }
    return asPatinaError(error);
  }
  const cure = cures.find(([prefix]) => code.startsWith(prefix))?.[1] ?? {
    code: 'PATINA_SQL_ERROR',
  };
  return new PatinaError(cure.code, message, { hint: cure.hint, cause: error, fault });
}

/** Faults of the disk or the file: the whole batch stops, and nothing of it is recorded. */
export function isStorageFault(error: unknown): boolean {
  const code = sqliteCode(error);
  return (
    code !== undefined &&
    /^SQLITE_(FULL|READONLY|BUSY|LOCKED|NOTADB|CANTOPEN|CORRUPT|IOERR|NOMEM)/.test(code)
  );
}
