// Where statements are planned: PostgreSQL's view of the schema, a clone of the schema on which plans are
// vetted, and the planner over both. View and clone are made anew when the schema has changed.

import { createSqlVetter, type SqlVetter } from '@patina/engine/storage/sql-vetter.ts';
import { loadModule } from 'libpg-query';
import { attachCatalog } from '../catalog/attach.ts';
import { catalogFunctionNames, installCatalogFunctions } from '../catalog/catalog-functions.ts';
import { readSchemaView } from '../catalog/schema-reader.ts';
import type { PgBackend } from '../execution/ports.ts';
import type { SchemaView } from '../schema-view.ts';
import type { Planner } from '../sql/planned.ts';
import { createPlanner } from '../sql/planner.ts';

/** pg_catalog and information_schema. */
const attachedDatabases = 2;

export class PlanDesk {
  readonly #backend: Pick<PgBackend, 'schemaDdl' | 'onSchemaChange'>;
  readonly #vetter: SqlVetter = createSqlVetter({
    attached: {
      databases: attachedDatabases,
      functions: catalogFunctionNames,
      prepare: (database) => {
        // Empty: a plan needs the catalogs' tables and the functions' names, not what they hold.
        attachCatalog(database);
        installCatalogFunctions(database, undefined);
      },
    },
  });
  readonly #stopListening: () => void;
  #view: SchemaView | undefined;
  #refreshing: Promise<void> | undefined;
  #isStale = true;
  #schemaVersion: number | undefined;

  readonly planner: Planner = createPlanner({
    schema: () => this.#schema(),
    vet: (sql, mode) => this.#vetter.vet(sql, mode),
  });

  constructor(backend: Pick<PgBackend, 'schemaDdl' | 'onSchemaChange'>) {
    this.#backend = backend;
    this.#stopListening = backend.onSchemaChange(() => void this.refresh().catch(() => undefined));
  }

  get view(): SchemaView | undefined {
    return this.#view;
  }

  /** SQLite's plan of a statement that was vetted. */
  explain(sql: string): readonly string[] {
    return this.#vetter.explain(sql);
  }

  /** A reader found the database at this version: another program may have changed the schema. */
  sawSchemaVersion(schemaVersion: number): void {
    if (schemaVersion === this.#schemaVersion) return;
    const isFirst = this.#schemaVersion === undefined;
    this.#schemaVersion = schemaVersion;
    if (!isFirst) void this.refresh().catch(() => undefined);
  }

  /** Reads the schema; resolves when plans are made against it as it is now. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Resolves when it may plan. */
  ready(): Promise<void> {
    return this.#view === undefined ? this.refresh() : Promise.resolve();
  }

  stop(): void {
    this.#stopListening();
    this.#vetter.close();
  }

  #schema(): SchemaView {
    if (this.#view === undefined) throw new Error('the schema has not been read yet');
    return this.#view;
  }

  async #read(): Promise<void> {
    await loadModule();
    while (this.#isStale) {
      this.#isStale = false;
      const ddl = await this.#backend.schemaDdl();
      const view = readSchemaView(ddl, this.#view);
      if (view === this.#view) continue;
      this.#vetter.setSchema(ddl);
      this.#view = view;
    }
  }
}
