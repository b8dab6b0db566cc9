// A read-only connection to the node's database, for SQL that came from outside: one snapshot at a
// time, prepared statements kept by their text.

import type Database from 'better-sqlite3';
import { openDatabase } from '../../storage/open-database.ts';
import { NumberedStatement } from './numbered-statement.ts';

/**
 * Statements kept per connection: families share theirs, so there are far fewer than queries. What
 * fills queries runs each of them once.
 */
export const statementsMax = { pass: 1_000, fill: 16 } as const;

/** What SQLite may allocate in this process for sorting, hashing, values and pages. */
const heapBytesMax = 1024 * 1024 * 1024;

const cacheKib = 16 * 1024;

export class DatabaseReader {
  readonly db: Database.Database;
  readonly #statementsByText = new Map<string, NumberedStatement>();
  readonly #statementsMax: number;

  constructor(path: string, keptStatementsMax: number) {
    this.#statementsMax = keptStatementsMax;
    this.db = openDatabase(path, { readonly: true, synchronous: 'normal', cacheKib });
    this.db.pragma('query_only = ON');
    this.db.pragma(`hard_heap_limit = ${heapBytesMax}`);
  }

  /** The statement of this text, prepared once as long as it is used now and then. */
  statement(sql: string): NumberedStatement {
    const known = this.#statementsByText.get(sql);
    if (known !== undefined) {
      this.#statementsByText.delete(sql);
      this.#statementsByText.set(sql, known);
      return known;
    }
    const statement = new NumberedStatement(this.db, sql);
    if (this.#statementsByText.size >= this.#statementsMax) {
      const oldest = this.#statementsByText.keys().next();
      if (oldest.done !== true) this.#statementsByText.delete(oldest.value);
    }
    this.#statementsByText.set(sql, statement);
    return statement;
  }

  /** Begins a read transaction; its snapshot is taken by the first statement. */
  begin(): void {
    this.db.exec('BEGIN');
  }

  /** Ends it: a snapshot that is held keeps the WAL from being cut back. */
  end(): void {
    if (this.db.inTransaction) this.db.exec('COMMIT');
  }

  /** Forgets all statements: after a change of schema their texts may mean something else. */
  forgetStatements(): void {
    this.#statementsByText.clear();
  }

  close(): void {
    this.end();
    this.db.close();
  }
}
