// What replication has to know of one table: its key, its columns, and how their values travel.

import type { ColumnGuard } from '../base/column-guard.ts';
import { quoteName } from '../base/sql-text.ts';
import { OddText, type SqlValue } from '../base/value.ts';

export interface ReplicatedColumn {
  readonly name: string;
  /** Number of the column in cell clocks and triggers; never reused for another name. */
  readonly id: number;
}

export interface KeyColumn {
  readonly name: string;
  /** The declared type that gives the affinity. */
  readonly type: string;
  /** Parameters for it are the bytes of a text that is no UTF-8 (see {@link withOddKey}). */
  readonly isBytes?: boolean;
}

export interface ReplicatedTable {
  readonly name: string;
  /** Key columns in key order. */
  readonly key: readonly KeyColumn[];
  /** Columns with clocks: everything but key and generated columns, in declared order. */
  readonly columns: readonly ReplicatedColumn[];
  /** The key is the rowid: one INTEGER PRIMARY KEY column. */
  readonly keyIsRowid: boolean;
  /**
   * Some column keeps integers and reals apart (no affinity, BLOB, ANY), so that values must be read
   * and written with their exact storage class.
   */
  readonly exact: boolean;
  /** What incoming values are judged by. */
  readonly guards: readonly ColumnGuard[];
}

/** Whether a key of this many values holds text that is no UTF-8. */
export function hasOddKey(values: readonly SqlValue[], keyCount: number): boolean {
  for (let index = 0; index < keyCount; index++) {
    if (values[index] instanceof OddText) return true;
  }
  return false;
}

/** The table as SQL has to name it where the key holds {@link OddText}: given as bytes, and cast. */
export function withOddKey(table: ReplicatedTable, values: readonly SqlValue[]): ReplicatedTable {
  const key = table.key.map((column, index) =>
    values[index] instanceof OddText ? { ...column, isBytes: true } : column,
  );
  return { ...table, key };
}

/** The values with the bytes of each {@link OddText} in its place. */
export function oddAsBytes(values: readonly SqlValue[]): SqlValue[] {
  return values.map((value) => (value instanceof OddText ? value.bytes : value));
}

/** The parameter of a key column. */
export function keyMark(column: KeyColumn): string {
  return column.isBytes === true ? 'CAST(? AS TEXT)' : '?';
}

/** Condition that names one row of the table; parameters: key. */
export function keyMatch(table: ReplicatedTable): string {
  return table.key.map((column) => `${quoteName(column.name)} = ${keyMark(column)}`).join(' AND ');
}

/** Internal tables and triggers all begin so; statements from outside may not name them. */
export const internalPrefix = '__patina_';

/** Base clocks: one row per key ever seen, tombstones included. */
export function baseTableName(table: string): string {
  return `${internalPrefix}b_${table}`;
}

/** Cell clocks: one row per column written after its row's base. */
export function cellTableName(table: string): string {
  return `${internalPrefix}c_${table}`;
}

/** Index of base clocks by version. */
export function baseIndexName(table: string): string {
  return `${internalPrefix}bv_${table}`;
}

/** Index of cell clocks by version. */
export function cellIndexName(table: string): string {
  return `${internalPrefix}cv_${table}`;
}

/** Names of the key columns in the clock tables: k0, k1, …, whatever the table calls its own. */
export function clockKeys(table: ReplicatedTable): string[] {
  return table.key.map((_, index) => `k${index}`);
}
