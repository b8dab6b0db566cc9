// SQL of merging, per table: reading and writing clocks, rows and single cells by key.

import { quoteName } from '../base/sql-text.ts';
import {
  baseTableName,
  cellTableName,
  clockKeys,
  keyMark,
  keyMatch,
  type ReplicatedTable,
} from './table.ts';

/** Statement texts for one table; parameters in the order that each comment says. */
export interface MergeSql {
  /** key → cl, hlc, actor, version, seq */
  readonly getBase: string;
  /** key, cl, hlc, actor, version, seq; does nothing when the key has a base. */
  readonly insertBase: string;
  /** key, cl, hlc, actor, version, seq */
  readonly putBase: string;
  /** key → col, hlc, actor, version, seq of every cell clock of the row */
  readonly getCells: string;
  /** key, col → hlc, actor, version, seq */
  readonly getCell: string;
  /** key, col, hlc, actor, version, seq */
  readonly putCell: string;
  /** key, col */
  readonly deleteCell: string;
  /** key */
  readonly deleteCells: string;
  /** key */
  readonly deleteRow: string;
}

/** Statement texts that do not depend on which columns a change has. */
export function mergeSql(table: ReplicatedTable): MergeSql {
  const base = quoteName(baseTableName(table.name));
  const cells = quoteName(cellTableName(table.name));
  const keys = clockKeys(table);
  const list = keys.join(', ');
  const marks = table.key.map(keyMark).join(', ');
  const match = table.key.map((column, index) => `k${index} = ${keyMark(column)}`).join(' AND ');
  const setClock =
    'hlc = excluded.hlc, actor = excluded.actor, version = excluded.version, seq = excluded.seq';
  const insertBase = `INSERT INTO ${base} (${list}, cl, hlc, actor, version, seq) VALUES (${marks}, ?, ?, ?, ?, ?)`;
  return {
    getBase: `SELECT cl, hlc, actor, version, seq FROM ${base} WHERE ${match}`,
    insertBase: `${insertBase} ON CONFLICT (${list}) DO NOTHING`,
    putBase: `${insertBase} ON CONFLICT (${list}) DO UPDATE SET cl = excluded.cl, ${setClock}`,
    getCells: `SELECT col, hlc, actor, version, seq FROM ${cells} WHERE ${match}`,
    getCell: `SELECT hlc, actor, version, seq FROM ${cells} WHERE ${match} AND col = ?`,
    putCell:
      `INSERT INTO ${cells} (${list}, col, hlc, actor, version, seq) ` +
      `VALUES (${marks}, ?, ?, ?, ?, ?) ON CONFLICT (${list}, col) DO UPDATE SET ${setClock}`,
    deleteCell: `DELETE FROM ${cells} WHERE ${match} AND col = ?`,
    deleteCells: `DELETE FROM ${cells} WHERE ${match}`,
    deleteRow: `DELETE FROM ${quoteName(table.name)} WHERE ${keyMatch(table)}`,
  };
}

/**
 * Inserts rows of these columns, or sets them where the key exists; parameters: key, columns, per row.
 */
export function upsertRowSql(
  table: ReplicatedTable,
  columns: readonly string[],
  rowCount: number = 1,
): string {
  const keys = table.key.map(({ name }) => quoteName(name));
  const names = [...keys, ...columns.map(quoteName)];
  const marks = [...table.key.map(keyMark), ...columns.map(() => '?')];
  const sets = columns.map((column) => `${quoteName(column)} = excluded.${quoteName(column)}`);
  const action = sets.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${sets.join(', ')}`;
  return (
    `INSERT INTO ${quoteName(table.name)} (${names.join(', ')}) ` +
    `VALUES ${repeat(`(${marks.join(', ')})`, rowCount)} ON CONFLICT (${keys.join(', ')}) ${action}`
  );
}

/** Sets one column; parameters: value, key. Text that is no UTF-8 is given as a blob and cast. */
export function updateCellSql(table: ReplicatedTable, column: string, odd: boolean): string {
  const value = odd ? 'CAST(? AS TEXT)' : '?';
  return `UPDATE ${quoteName(table.name)} SET ${quoteName(column)} = ${value} WHERE ${keyMatch(table)}`;
}

/** Statement texts that write many new rows of a table with a key of one column. */
export interface FreshRowsSql {
  /** keys → a row when any of them has a base */
  readonly findBase: string;
  /** per row: key, cl, hlc, actor, version, seq; a key that has a base is left out */
  readonly insertBases: string;
  /** per row: key, columns */
  readonly insertRows: string;
}

/** Texts for `count` rows with these columns. */
export function freshRowsSql(
  table: ReplicatedTable,
  columns: readonly string[],
  count: number,
): FreshRowsSql {
  const base = quoteName(baseTableName(table.name));
  return {
    findBase: `SELECT 1 FROM ${base} WHERE k0 IN (${repeat('?', count)}) LIMIT 1`,
    insertBases:
      `INSERT INTO ${base} (k0, cl, hlc, actor, version, seq) ` +
      `VALUES ${repeat('(?, ?, ?, ?, ?, ?)', count)} ON CONFLICT (k0) DO NOTHING`,
    insertRows: upsertRowSql(table, columns, count),
  };
}

function repeat(text: string, count: number): string {
  return new Array(count).fill(text).join(', ');
}
