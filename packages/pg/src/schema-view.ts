// The schema as the PostgreSQL side sees it: relations with columns that have PostgreSQL types. A plain
// value made from the CREATE statements of the database; a new one is made when they change.

import type { PgType } from './types/oids.ts';

export interface ColumnInfo {
  readonly name: string;
  /** As declared; empty where the column of a view is an expression. */
  readonly declaredType: string;
  readonly type: PgType;
  readonly isNotNull: boolean;
  /** SQL text of the default in SQLite's dialect. */
  readonly defaultSql: string | undefined;
  readonly isGenerated: boolean;
  /** Place in the primary key from 1; 0 when it is not part of it. */
  readonly keyPosition: number;
}

export interface IndexInfo {
  readonly name: string;
  readonly isUnique: boolean;
  readonly isPrimaryKey: boolean;
  /** undefined stands for an expression. */
  readonly columns: readonly (string | undefined)[];
  /** undefined for indexes that SQLite made by itself. */
  readonly sql: string | undefined;
}

export interface ForeignKeyInfo {
  readonly columns: readonly string[];
  readonly table: string;
  readonly tableColumns: readonly string[];
  readonly onUpdate: string;
  readonly onDelete: string;
}

export interface RelationInfo {
  /** `public` for what users made; `pg_catalog` or `information_schema`. */
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  /** Stays the same for as long as the relation has this name. */
  readonly oid: number;
  readonly columns: readonly ColumnInfo[];
  readonly indexes: readonly IndexInfo[];
  readonly foreignKeys: readonly ForeignKeyInfo[];
  /** CHECK constraints as SQL text, table constraints and those of columns. */
  readonly checks: readonly string[];
  /** The CREATE statement. */
  readonly sql: string;
}

export interface SchemaView {
  /** Another number for another schema: plans are kept by it. */
  readonly version: number;
  /** Finds a relation; names match without regard to ASCII case. Without `schema` the search path decides. */
  find(name: string, schema?: string): RelationInfo | undefined;
  /** Everything that users made, in the order of names. */
  readonly relations: readonly RelationInfo[];
}
