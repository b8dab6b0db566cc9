// pg_catalog and information_schema as databases in memory beside the user's, attached under those names, so
// that queries join them with users' tables.

import type { DatabaseSync } from 'node:sqlite';
import { quoteName } from '@patina/engine/base/sql-text.ts';
import type { SchemaView } from '../schema-view.ts';
import { type CatalogRow, type CatalogRows, catalogRows } from './catalog-rows.ts';
import type { CatalogFacts } from './facts.ts';
import { informationRows, staticInformationRows } from './information-rows.ts';
import { type CatalogModel, makeModel } from './model.ts';
import { dataRows, type StaticRow, staticRows } from './static-rows.ts';
import { type SystemRelation, type SystemSchema, systemRelations } from './system-relations.ts';

/** The catalogs of one connection. */
export interface AttachedCatalog {
  /** What the catalogs were last filled from; undefined while they are empty. */
  readonly model: CatalogModel | undefined;
  /**
   * Fills the catalogs from a schema. Statements over them stay prepared; none may be running. Must run
   * where the authorizer trusts.
   */
  refill(view: SchemaView, facts: CatalogFacts): void;
}

const schemas: readonly SystemSchema[] = ['pg_catalog', 'information_schema'];

/**
 * Attaches both catalogs, without rows: {@link AttachedCatalog.refill} fills them. Needs two attached databases
 * in the connection's limits, and no authorizer that judges; the connection may be read-only.
 */
export function attachCatalog(database: DatabaseSync): AttachedCatalog {
  for (const schema of schemas) {
    // By name, not ':memory:': that would be read-only on a connection that is.
    database.exec(`ATTACH 'file:patina_${schema}?mode=memory' AS ${schema}`);
    const tables = [...systemRelations[schema].values()].map(createTableSql);
    database.exec([...tables, ...(schema === 'pg_catalog' ? indexesSql : [])].join(';\n'));
  }
  return new Catalog(database);
}

class Catalog implements AttachedCatalog {
  readonly #database: DatabaseSync;
  #model: CatalogModel | undefined;
  /** How many rows of each relation stay; they come first. */
  #staticCounts: ReadonlyMap<SystemRelation, number> | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get model(): CatalogModel | undefined {
    return this.#model;
  }

  refill(view: SchemaView, facts: CatalogFacts): void {
    const model = makeModel(view, facts);
    // Without a transaction around it each INSERT would be one of its own.
    this.#database.exec('SAVEPOINT patina_catalog');
    try {
      this.#staticCounts ??= this.#fillStatic(facts.database);
      this.#fillDynamic('pg_catalog', catalogRows(model));
      this.#fillDynamic('information_schema', informationRows(model));
      this.#model = model;
    } finally {
      this.#database.exec('RELEASE patina_catalog');
    }
  }

  #fillStatic(catalog: string): ReadonlyMap<SystemRelation, number> {
    const counts = new Map<SystemRelation, number>();
    const relations = systemRelations.pg_catalog;
    for (const [name, rows] of dataRows()) {
      const relation = relations.get(name);
      if (relation === undefined) continue;
      this.#insert(relation, rows);
      counts.set(relation, rows.length);
    }
    const named = [
      { schema: 'pg_catalog', rowsByName: staticRows() },
      { schema: 'information_schema', rowsByName: staticInformationRows(catalog) },
    ] as const;
    for (const { schema, rowsByName } of named) {
      for (const [name, rows] of Object.entries(rowsByName)) {
        const relation = systemRelations[schema].get(name);
        if (relation === undefined) continue;
        this.#insert(relation, inOrder(relation, rows));
        counts.set(relation, (counts.get(relation) ?? 0) + rows.length);
      }
    }
    return counts;
  }

  #fillDynamic(schema: SystemSchema, rowsByName: CatalogRows): void {
    for (const [name, rows] of Object.entries(rowsByName)) {
      const relation = systemRelations[schema].get(name);
      if (relation === undefined) continue;
      const kept = this.#staticCounts?.get(relation) ?? 0;
      this.#database.exec(`DELETE FROM ${qualifiedName(relation)} WHERE rowid > ${kept}`);
      this.#insert(relation, inOrder(relation, rows));
    }
  }

  #insert(relation: SystemRelation, rows: readonly StaticRow[]): void {
    if (rows.length === 0) return;
    const places = relation.columns.map(() => '?').join(', ');
    const insert = this.#database.prepare(
      `INSERT INTO ${qualifiedName(relation)} VALUES (${places})`,
    );
    for (const row of rows) insert.run(...row);
  }
}

function qualifiedName(relation: SystemRelation): string {
  return `${relation.schema}.${quoteName(relation.name)}`;
}

function createTableSql(relation: SystemRelation): string {
  const columns = relation.columns.map(({ name, declaredType }) => {
    return `${quoteName(name)} ${declaredType}`;
  });
  return `CREATE TABLE ${qualifiedName(relation)} (${columns.join(', ')})`;
}

/** For the joins that every introspection makes. */
const indexesSql: readonly string[] = [
  ['pg_class', 'oid'],
  ['pg_class', 'relname'],
  ['pg_attribute', 'attrelid'],
  ['pg_type', 'oid'],
  ['pg_proc', 'oid'],
].map(([table, column]) => {
  return `CREATE INDEX pg_catalog.${table}_${column}_index ON ${table} (${column})`;
});

function inOrder(relation: SystemRelation, rows: readonly CatalogRow[]): StaticRow[] {
  const names = relation.columns.map(({ name }) => name);
  return rows.map((row) => names.map((name) => row[name] ?? null));
}
