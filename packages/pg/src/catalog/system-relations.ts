// The relations of pg_catalog and information_schema, with all columns that PostgreSQL 15 has, so that
// any client's introspection query finds what it names.

import type { ColumnInfo, RelationInfo } from '../schema-view.ts';
import { catalogRelations } from './data/relations.ts';

/** Schemas that no user's relation is in. */
export type SystemSchema = 'pg_catalog' | 'information_schema';

export interface SystemRelation extends RelationInfo {
  readonly schema: SystemSchema;
  /** What pg_class says: 'r' or 'v'. */
  readonly relkind: string;
}

/** oid, bool, int2, int4, int8, xid, cid and the reg… types, which are oids. */
const integers: ReadonlySet<number> = new Set([
  16, 20, 21, 23, 24, 26, 28, 29, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096,
]);
const reals: ReadonlySet<number> = new Set([700, 701]);

/** By schema, then by name. */
export const systemRelations: Readonly<Record<SystemSchema, ReadonlyMap<string, SystemRelation>>> =
  readRelations();

function readRelations(): Record<SystemSchema, Map<string, SystemRelation>> {
  const bySchema: Record<SystemSchema, Map<string, SystemRelation>> = {
    pg_catalog: new Map(),
    information_schema: new Map(),
  };
  for (const line of dataLines(catalogRelations)) {
    const [schema, oid, name, relkind, columns] = line;
    if (schema !== 'pg_catalog' && schema !== 'information_schema') continue;
    if (!Array.isArray(columns)) continue;
    bySchema[schema].set(String(name), {
      schema,
      name: String(name),
      kind: relkind === 'v' ? 'view' : 'table',
      relkind: String(relkind),
      oid: Number(oid),
      columns: columns.map((column) => readColumn(String(column))),
      indexes: [],
      foreignKeys: [],
      checks: [],
      sql: '',
    });
  }
  return bySchema;
}

/**
 * The schema that the catalogs show a relation in. Patina's own views are found without a schema, and are kept
 * out of lists of what users made.
 */
export function shownSchema(relation: RelationInfo): string {
  const isOwn = relation.kind === 'view' && relation.name.toLowerCase().startsWith('patina_');
  return isOwn ? 'pg_catalog' : relation.schema;
}

/** The rows of a data file: a JSON array per line. */
export function dataLines(text: string): unknown[][] {
  const rows: unknown = JSON.parse(`[${text.trim().split('\n').join(',')}]`);
  return Array.isArray(rows) ? rows.filter((row) => Array.isArray(row)) : [];
}

/** `name!:oid`, with the mark where it is NOT NULL. */
function readColumn(text: string): ColumnInfo {
  const [, name = '', mark, oid] = /^(.*?)(!?):(\d+)$/.exec(text) ?? [];
  return {
    name,
    declaredType: storedAs(Number(oid)),
    type: { oid: Number(oid), typmod: -1 },
    isNotNull: mark === '!',
    defaultSql: undefined,
    isGenerated: false,
    keyPosition: 0,
  };
}

/** The type that SQLite gets to see; arrays are JSON text. */
function storedAs(oid: number): string {
  return integers.has(oid) ? 'INTEGER' : reals.has(oid) ? 'REAL' : 'TEXT';
}
