// What the analysis of queries and the change feed have to know of the schema, read from SQLite.

import Database from 'better-sqlite3';
import { quoteName } from '../../base/sql-text.ts';
import type { ReplicatedTable } from '../../crdt/table.ts';
import { installOnBetterSqlite } from '../../functions/install.ts';
import { patinaViews } from '../../storage/sql-names.ts';
import { readReplicatedTables, readSchemaFacts } from '../../storage/table-catalog.ts';
import type { Catalog, CatalogColumn, CatalogTable } from '../../subscriptions/plan.ts';

export interface SchemaReading {
  readonly catalog: Catalog;
  readonly replicatedByName: ReadonlyMap<string, ReplicatedTable>;
  /** All CREATE statements, for the vetter. */
  readonly ddl: readonly string[];
  /** Changes with every change of the schema. */
  readonly version: number;
}

/** The number that SQLite counts up with every change of the schema. */
export function schemaVersion(db: Database.Database): number {
  return Number(db.pragma('schema_version', { simple: true }));
}

export function readSchema(db: Database.Database): SchemaReading {
  const ddl = db
    .prepare<[], { sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')
    .all()
    .map(({ sql }) => sql);
  const facts = readSchemaFacts(db);
  const replicatedByName = readReplicatedTables(db);
  const collations = new CollationReader();
  const tables = new Map<string, CatalogTable>();
  for (const { name, sql, columns } of facts.tables) {
    const key = columns
      .filter(({ keyPosition }) => keyPosition > 0)
      .toSorted((a, b) => a.keyPosition - b.keyPosition);
    const collationByColumn = collations.read(
      name,
      sql,
      columns.map((column) => column.name),
    );
    tables.set(name.toLowerCase(), {
      name,
      kind: replicatedByName.has(name) ? 'replicated' : 'other',
      key: key.map((column) => column.name),
      columns: columns.map((column) => ({
        name: column.name,
        type: column.type,
        collation: collationByColumn.get(column.name) ?? '',
        isGenerated: column.generated,
      })),
    });
  }
  collations.close();
  for (const { name, sql } of facts.views) {
    tables.set(name.toLowerCase(), { ...readView(db, name, 'view'), sql });
  }
  for (const name of patinaViews) tables.set(name, readView(db, name, 'node-view'));
  return { catalog: { tables }, replicatedByName, ddl, version: schemaVersion(db) };
}

function readView(db: Database.Database, name: string, kind: 'view' | 'node-view'): CatalogTable {
  return { name, kind, key: [], columns: viewColumns(db, name) };
}

/** A view on something that is gone has no columns; SQLite says so when it is asked. */
function viewColumns(db: Database.Database, name: string): CatalogColumn[] {
  const describe = db.prepare<[string], { name: string; type: string }>(
    'SELECT name, type FROM pragma_table_xinfo(?)',
  );
  try {
    return describe
      .all(name)
      .map((column) => ({ ...column, collation: 'BINARY', isGenerated: false }));
  } catch {
    return [];
  }
}

/** Columns that one index takes. */
const indexColumnsMax = 100;

/** SQLite tells the collations of indexes alone, so each table gets one, in a scratch database. */
class CollationReader {
  readonly #db = new Database(':memory:');

  constructor() {
    installOnBetterSqlite(this.#db);
  }

  read(table: string, sql: string, columns: readonly string[]): Map<string, string> {
    const found = new Map<string, string>();
    try {
      this.#db.exec(sql);
    } catch {
      // A table that needs something of the real file; its columns are not known to be BINARY.
      return found;
    }
    for (let from = 0; from < columns.length; from += indexColumnsMax) {
      const some = columns.slice(from, from + indexColumnsMax).map(quoteName);
      this.#db.exec(`CREATE INDEX "probe of ${from}" ON ${quoteName(table)} (${some.join(', ')})`);
      const rows = this.#db
        .prepare<[string], { name: string | null; coll: string }>(
          'SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1',
        )
        .all(`probe of ${from}`);
      for (const { name, coll } of rows) if (name !== null) found.set(name, coll.toUpperCase());
      this.#db.exec(`DROP INDEX "probe of ${from}"`);
    }
    return found;
  }

  close(): void {
    this.#db.close();
  }
}
