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
import { type AttachedCatalog, attachCatalog } from '../catalog/attach.ts';
import { catalogFunctionNames, installCatalogFunctions } from '../catalog/catalog-functions.ts';
import type { CatalogFacts } from '../catalog/facts.ts';
import { readSchemaView } from '../catalog/schema-reader.ts';
import { asPgError, type PgError } from '../pg-error.ts';
import type { SchemaView } from '../schema-view.ts';

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
  readonly #catalog: AttachedCatalog;
  #facts: CatalogFacts = { database: 'patina', users: [], settings: [] };
  #schemaVersion = -1;
  #view: SchemaView | undefined;
  #isCatalogStale = true;

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
    this.#catalog = attachCatalog(database);
    installCatalogFunctions(database, this.#catalog);
    this.#authorizer = installAuthorizer(database);
    this.#authorizer.allowFunctions(catalogFunctionNames);
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
    this.#isCatalogStale = true;
    this.#refreshTables();
    return true;
  }

  /** Throws PatinaError or what SQLite says. */
  prepare(sql: string, readsCatalog: boolean): StatementSync {
    if (readsCatalog) this.#fillCatalog();
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

  /** What the catalogs tell beside the schema, from now on. */
  setFacts(facts: CatalogFacts): void {
    this.#facts = facts;
    this.#isCatalogStale = true;
  }

  /** Only when it is asked for: most readers never are. */
  #fillCatalog(): void {
    if (!this.#isCatalogStale) return;
    this.#authorizer.trust(() => {
      const sql = 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL';
      const ddl = this.#database.prepare(sql).all();
      this.#view = readSchemaView(
        ddl.map((row) => String(row['sql'])),
        this.#view,
      );
      this.#catalog.refill(this.#view, this.#facts);
    });
    this.#isCatalogStale = false;
  }

  #refreshTables(): void {
    refreshKnownTables(this.#database, this.#authorizer);
  }
}
