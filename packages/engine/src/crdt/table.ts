// What replication has to know of one table: its key, its columns, and how their values travel.

/** Text whose bytes are no UTF-8: SQLite keeps such text, JavaScript strings cannot. */
export class OddText {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A value as SQLite holds it; integers outside the safe range are bigints. */
export type SqlValue = null | number | bigint | string | Uint8Array | OddText;

export interface ReplicatedColumn {
  readonly name: string;
  /** Number of the column in cell clocks and triggers; never reused for another name. */
  readonly id: number;
}

export interface ReplicatedTable {
  readonly name: string;
  /** Key columns in key order, with the declared type that gives their affinity. */
  readonly key: readonly { readonly name: string; readonly type: string }[];
  /** Columns with clocks: everything but key and generated columns, in declared order. */
  readonly columns: readonly ReplicatedColumn[];
  /** The key is the rowid: one INTEGER PRIMARY KEY column. */
  readonly keyIsRowid: boolean;
  /**
   * Some column keeps integers and reals apart (no affinity, BLOB, ANY), so that values must be read
   * and written with their exact storage class.
   */
  readonly exact: boolean;
}

/** Quotes an identifier for SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
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

/** Names of the key columns in the clock tables: k0, k1, …, whatever the table calls its own. */
export function clockKeys(table: ReplicatedTable): string[] {
  return table.key.map((_, index) => `k${index}`);
}
