// The rows that every figure uses, and the databases to put them into: a plain one, and a node's own,
// both opened with the same settings.

import { join } from 'node:path';
import type { LocalTransaction, LocalVersion } from '@patina/engine/ports.ts';
import { Host } from '@patina/engine/storage/host.ts';
import { openDatabase } from '@patina/engine/storage/open-database.ts';
import type Database from 'better-sqlite3';

/** Five columns. */
export const schemaSql =
  'CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a TEXT, b INTEGER, c REAL, d TEXT);';

export const insertSql = 'INSERT INTO t (id, a, b, c, d) VALUES (?, ?, ?, ?, ?)';
export const updateSql = 'UPDATE t SET b = ? WHERE id = ?';

/** Page cache of all write connections, KiB: the default of a node. */
export const cacheKib = 65_536;

/** The largest SQL transaction of the HTTP API. */
export const httpRowsMax = 10_000;

/** About 43 bytes of data. */
export type Row = readonly [id: number, a: string, b: number, c: number, d: string];

export function rowOf(id: number): Row {
  return [id, `name ${id}`, id * 3, id / 7, `some text value ${id % 100}`];
}

/** Rows with ids from `start` on. */
export function rowsFrom(start: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => rowOf(start + index));
}

/** One transaction that inserts these rows, a statement each. */
export function insertTransaction(rows: readonly Row[]): LocalTransaction {
  return { statements: rows.map((params) => ({ sql: insertSql, params })) };
}

/** A database without replication. */
export function openPlain(directory: string, name: string): Database.Database {
  const db = openDatabase(join(directory, `${name}.db`), {
    synchronous: 'normal',
    cacheKib,
    readonly: false,
  });
  db.exec(schemaSql);
  return db;
}

/** A database as the writer thread of a node holds it. */
export function openHost(directory: string, name: string): Host {
  const host = new Host({
    path: join(directory, `${name}.db`),
    synchronous: 'normal',
    cacheKib,
    maxClockDriftMs: 500,
  });
  host.applySchema({ texts: [schemaSql], allowDestructive: false });
  return host;
}

/** Runs transactions; throws the error of the first that fails. Returns the versions made. */
export function transact(
  host: Host,
  transactions: readonly LocalTransaction[],
): readonly LocalVersion[] {
  const { outcomes, versions } = host.replica.transact(transactions);
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
  return versions;
}
