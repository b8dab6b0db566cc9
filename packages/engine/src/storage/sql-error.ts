// Turns errors of SQLite into errors of Patina. Both SQLite libraries report here: node:sqlite by a
// number in `errcode`, better-sqlite3 by a name in `code`.

import type { ErrorCode } from '../base/errors.ts';
import { PatinaError } from '../base/errors.ts';
import { faultOf, functionErrorOf } from './sql-fault.ts';

/** Primary result codes of SQLite that mean more than "the statement is wrong". */
const codeByResult: ReadonlyMap<number, ErrorCode> = new Map([
  [5, 'PATINA_OVERLOADED'],
  [6, 'PATINA_OVERLOADED'],
  [7, 'PATINA_RESULT_TOO_LARGE'],
  [8, 'PATINA_DB_READ_ONLY'],
  [10, 'PATINA_DB_UNUSABLE'],
  [11, 'PATINA_DB_UNUSABLE'],
  [13, 'PATINA_DISK_FULL'],
  [14, 'PATINA_DB_UNUSABLE'],
  [19, 'PATINA_SQL_CONSTRAINT'],
  [23, 'PATINA_SQL_REFUSED'],
  [26, 'PATINA_DB_NOT_A_DATABASE'],
]);

const resultByName: ReadonlyMap<string, number> = new Map([
  ['SQLITE_BUSY', 5],
  ['SQLITE_LOCKED', 6],
  ['SQLITE_NOMEM', 7],
  ['SQLITE_READONLY', 8],
  ['SQLITE_IOERR', 10],
  ['SQLITE_CORRUPT', 11],
  ['SQLITE_FULL', 13],
  ['SQLITE_CANTOPEN', 14],
  ['SQLITE_CONSTRAINT', 19],
  ['SQLITE_AUTH', 23],
  ['SQLITE_NOTADB', 26],
]);

/**
 * The PatinaError of an error that SQLite threw; other PatinaErrors pass through. Places in `sql`, the
 * statement, are told where it is given.
 */
export function sqlErrorOf(error: unknown, sql?: string): PatinaError {
  if (error instanceof PatinaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const own = functionErrorOf(message, error);
  if (own !== undefined) return own;
  const code = codeByResult.get(resultOf(error)) ?? 'PATINA_SQL_ERROR';
  return new PatinaError(code, message, { cause: error, fault: faultOf(message, sql) });
}

/** The primary result code of SQLite; 1, its generic error, when there is none. */
function resultOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 1;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  if ('code' in error && typeof error.code === 'string') {
    const primary = /^SQLITE_[A-Z]+/.exec(error.code)?.[0] ?? '';
    return resultByName.get(primary) ?? 1;
  }
  return 1;
}
