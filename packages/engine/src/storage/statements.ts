// Prepared statements by their text: preparing costs more than running, so they are kept.

import type Database from 'better-sqlite3';

/** Statements kept per connection; internal SQL has few texts per table. */
const statementsMax = 2_000;

export class Statements {
  readonly db: Database.Database;
  readonly #statementsByText = new Map<string, Database.Statement<unknown[], unknown>>();

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** The statement of this text; results of reading come as arrays (`raw`) where `raw` is given. */
  get(
    sql: string,
    mode: 'plain' | 'raw' | 'exact' = 'plain',
  ): Database.Statement<unknown[], unknown> {
    const key = mode === 'plain' ? sql : `${mode}:${sql}`;
    const known = this.#statementsByText.get(key);
    if (known !== undefined) return known;
    const statement = this.db.prepare<unknown[], unknown>(sql);
    if (mode !== 'plain') statement.raw(true);
    if (mode === 'exact') statement.safeIntegers(true);
    if (this.#statementsByText.size >= statementsMax) this.#statementsByText.clear();
    this.#statementsByText.set(key, statement);
    return statement;
  }

  /** Forgets all statements: after a change of schema their texts may mean something else. */
  clear(): void {
    this.#statementsByText.clear();
  }
}
