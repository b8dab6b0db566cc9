// The checksum of a table: equal on all nodes where its rows are equal, value by value and type by type,
// however they came there. The rows are hashed in a reader process, in the order of their keys.

import { createHash } from 'node:crypto';
import { quoteName } from '../base/sql-text.ts';
import type { ReaderPool } from './reader-pool.ts';
import { type ReadLimits, readTableColumns, type TableColumns } from './table-columns.ts';

export interface TableChecksum {
  readonly rows: number;
  /** SHA-256 over the names of the columns and the rows, hex. */
  readonly checksum: string;
  /** Milliseconds in the reader. */
  readonly timeMs: number;
}

/** Rejects with PATINA_NOT_FOUND, and with PATINA_SQL_TIMEOUT after `timeoutMs`. */
export async function checksumTable(
  readers: Pick<ReaderPool, 'all' | 'hash'>,
  table: string,
  limits: ReadLimits,
): Promise<TableChecksum> {
  const startMs = performance.now();
  const columns = await readTableColumns(readers, table, limits);
  // Columns that were added later stand in another order than where the table was made with them.
  const names = columns.all.toSorted();
  const { signal } = limits;
  const { rows, hash, timeMs } = await readers.hash({
    sql: rowsSql(columns, names),
    timeoutMs: Math.max(1, limits.timeoutMs - (performance.now() - startMs)),
    ...(signal === undefined ? {} : { signal }),
  });
  const facts = JSON.stringify([names, rows, hash]);
  return { rows, checksum: createHash('sha256').update(facts).digest('hex'), timeMs };
}

/** Text is read as its bytes, since it may be no UTF-8; whether it was text stands beside it. */
function rowsSql({ name, key }: TableColumns, names: readonly string[]): string {
  const values = names.map((column) => {
    const value = `t.${quoteName(column)}`;
    const isText = `typeof(${value}) = 'text'`;
    return `CASE WHEN ${isText} THEN CAST(${value} AS BLOB) ELSE ${value} END, ${isText}`;
  });
  const order = key.map((column) => `t.${quoteName(column)}`).join(', ');
  return `SELECT ${values.join(', ')} FROM ${quoteName(name)} AS t ORDER BY ${order}`;
}
