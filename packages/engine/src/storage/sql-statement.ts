// The checks around preparing one statement from outside: a single statement, of an allowed kind,
// within limits, judged by the authorizer. Shared by the vetter and the reader processes.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PatinaError } from '../base/errors.ts';
import type { SqlAuthorizer, SqlMode } from './sql-authorizer.ts';
import { notReadonly, refused, unknownTableRefused } from './sql-authorizer.ts';
import { sqlErrorOf } from './sql-error.ts';
import type { StatementOutline } from './sql-lexer.ts';
import { hasRollbackConflictClause, isBlankFrom, outlineStatement } from './sql-lexer.ts';

/** Greatest length of one statement, in UTF-16 units and in UTF-8 bytes. */
export const sqlBytesMax = 1_000_000;

/** Limits of every connection that prepares SQL from outside; see sqlite3_limit. */
export const sqlLimits = {
  length: 64 * 1024 * 1024,
  sqlLength: sqlBytesMax,
  column: 2_000,
  exprDepth: 200,
  compoundSelect: 100,
  vdbeOp: 1_000_000,
  functionArg: 127,
  attach: 0,
  likePatternLength: 10_000,
  variableNumber: 32_766,
  triggerDepth: 10,
} as const;

const readingKeywords: ReadonlySet<string> = new Set(['select', 'values', 'with']);
const writingKeywords: ReadonlySet<string> = new Set(['insert', 'replace', 'update', 'delete']);
const changingKeywords: ReadonlySet<string> = new Set([
  ...writingKeywords,
  'alter',
  'analyze',
  'create',
  'drop',
  'reindex',
  'vacuum',
]);

/** A statement that was prepared and found harmless. */
export interface CheckedStatement {
  readonly statement: StatementSync;
  /** The text of the statement alone, without what is around it. */
  readonly sql: string;
}

/**
 * Prepares `sql` on `database`, whose authorizer is `authorizer`. `refreshTables` is called when a
 * touched table is not known, and tells the authorizer the tables of today. Throws PatinaError.
 */
export function prepareChecked(
  database: DatabaseSync,
  authorizer: SqlAuthorizer,
  sql: string,
  mode: SqlMode,
  refreshTables: () => void,
): CheckedStatement {
  const outline = checkOutline(sql, mode);
  let statement = prepare(database, authorizer, sql, mode);
  if (authorizer.unknownTable() !== undefined) {
    // The schema may have changed; after the refresh SQLite has the present one at hand too.
    refreshTables();
    statement = prepare(database, authorizer, sql, mode);
  }
  const unknown = authorizer.unknownTable();
  if (unknown !== undefined) throw unknownTableRefused(unknown);
  const end = statement.sourceSQL.length;
  if (!isBlankFrom(sql, end)) throw refused('more than one statement in one string', oneHint);
  if (!authorizer.acted) throw refused('this kind of statement', undefined);
  authorizer.prepared();
  return { statement, sql: sql.slice(outline.start, end) };
}

const oneHint = 'send several statements as elements of the array of a transaction';

function prepare(
  database: DatabaseSync,
  authorizer: SqlAuthorizer,
  sql: string,
  mode: SqlMode,
): StatementSync {
  authorizer.begin(sql, mode);
  try {
    return database.prepare(sql);
  } catch (error) {
    throw authorizer.refusal ?? sqlErrorOf(error, sql);
  }
}

function checkOutline(sql: string, mode: SqlMode): StatementOutline {
  if (sql.length > sqlBytesMax || Buffer.byteLength(sql) > sqlBytesMax) {
    throw new PatinaError('PATINA_SQL_ERROR', `a statement has at most ${sqlBytesMax} bytes`, {
      hint: 'bind values as parameters instead of writing them into the statement',
    });
  }
  if (sql.includes('\0')) {
    throw new PatinaError('PATINA_SQL_ERROR', 'a statement cannot contain the character U+0000');
  }
  const outline = outlineStatement(sql);
  if (outline === undefined) {
    throw new PatinaError('PATINA_SQL_ERROR', 'the statement is empty');
  }
  checkKeyword(outline.keyword, mode);
  if (mode === 'write' && hasRollbackConflictClause(sql)) {
    throw refused('OR ROLLBACK', 'use OR ABORT: the whole request is rolled back when it fails');
  }
  return outline;
}

/** Refuses what can be told from the leading keyword; SQLite judges the syntax of unknown words. */
function checkKeyword(keyword: string, mode: SqlMode): void {
  if (readingKeywords.has(keyword)) return;
  if (mode === 'write' && writingKeywords.has(keyword)) return;
  if (mode === 'read' && changingKeywords.has(keyword)) throw notReadonly();
  if (sqliteKeywords.has(keyword)) throw refused(keyword.toUpperCase(), hintOf(keyword));
}

const schemaKeywords: ReadonlySet<string> = new Set(['alter', 'create', 'drop']);
const transactionKeywords: ReadonlySet<string> = new Set([
  'begin',
  'commit',
  'end',
  'release',
  'rollback',
  'savepoint',
]);
const sqliteKeywords: ReadonlySet<string> = new Set([
  ...schemaKeywords,
  ...transactionKeywords,
  'analyze',
  'attach',
  'detach',
  'pragma',
  'reindex',
  'vacuum',
]);

function hintOf(keyword: string): string | undefined {
  if (schemaKeywords.has(keyword)) return 'change the schema with `patina schema apply`';
  if (transactionKeywords.has(keyword)) {
    return 'the statements of one request are one transaction; Patina begins and commits it';
  }
  if (keyword === 'pragma') return 'use the pragma_table_info family of table functions';
  return undefined;
}
