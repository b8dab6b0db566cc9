// The database as a reader opens it: for reading alone, judged by the authorizer, with the functions and the
// catalogs of PostgreSQL, which are made anew when the schema has changed.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { installOnNodeSqlite } from '@patina/engine/functions/install.ts';
import {
  installAuthorizer,
  refreshKnownTables,
  type SqlAuthorizer,
} from '@patina/engine/storage/sql-authorizer.ts';
import { sqlErrorOf } from '@patina/engine/storage/sql-error.ts';
import { prepareChecked, sqlLimits } from '@patina/engine/storage/sql-statement.ts';
import { asPgError, type PgError } from '../pg-error.ts';

/** What SQLite may allocate in this process for sorting, hashing and values. */
const heapBytesMax = 512 * 1024 * 1024;

/** How long a query waits for a lock; readers of a WAL database wait for schema changes only. */
const busyTimeoutMs = 5_000;

/** pg_catalog and information_schema. */
const attachedMax = 2;

export class ReaderDatabase {
  readonly #database: DatabaseSync;
  readonly #authorizer: SqlAuthorizer;
  readonly #versionStatement: StatementSync;
  #schemaVersion = -1;

  constructor(path: string) {
    const database = new DatabaseSync(path, {
      readOnly: true,
      allowExtension: false,
      defensive: true,
      enableForeignKeyConstraints: false,
      timeout: busyTimeoutMs,
      limits: { ...sqlLimits, attach: attachedMax },
    });
    this.#database = database;
    // Nothing but our own functions is here, and views of the schema may use them.
    database.exec('PRAGMA trusted_schema = ON');
    database.exec(`PRAGMA hard_heap_limit = ${heapBytesMax}`);
    installOnNodeSqlite(database);
    this.#authorizer = installAuthorizer(database);
    this.#versionStatement = database.prepare('PRAGMA main.schema_version');
    this.refresh();
  }

  /** Of the last look; see {@link refresh}. */
  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  /** Looks whether the schema has changed; then statements are to be prepared anew. */
  refresh(): boolean {
    const version = Number(this.#versionStatement.get()?.['schema_version'] ?? 0);
    if (version === this.#schemaVersion) return false;
    this.#schemaVersion = version;
    this.#refreshTables();
    return true;
  }

  /** Throws PatinaError or what SQLite says. */
  prepare(sql: string, readsCatalog: boolean): StatementSync {
    if (readsCatalog) throw new Error('not yet');
    const refreshTables = (): void => this.#refreshTables();
    const checked = prepareChecked(this.#database, this.#authorizer, sql, 'read', refreshTables);
    const { statement } = checked;
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return statement;
  }

  /** What a statement failed with, as the client is told it. */
  errorOf(error: unknown): PgError {
    return asPgError(this.#authorizer.refusal ?? sqlErrorOf(error));
  }

  #refreshTables(): void {
    refreshKnownTables(this.#database, this.#authorizer);
  }
}
