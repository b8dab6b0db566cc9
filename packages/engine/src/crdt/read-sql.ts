// SQL that reads the current changes of versions back from clocks and rows. What a later version has
// overwritten is gone from its version: that version carries it.

import { quoteName } from '../base/sql-text.ts';
import {
  baseIndexName,
  baseTableName,
  cellIndexName,
  cellTableName,
  clockKeys,
  keyMatch,
  type ReplicatedTable,
} from './table.ts';

/** Which changes a statement reads; parameters follow the actor ordinal. */
export type ReadSpan =
  /** version from, version to */
  | 'versions'
  /** version, seq from, seq to */
  | 'seqs';

// A bare parameter that a plan could depend on makes SQLite prepare the statement anew whenever it is
// bound, which costs ten times the reading. `?+0` says that the plan does not depend on it.
function spanSql(alias: string, span: ReadSpan): string {
  return span === 'versions'
    ? `${alias}.actor = ?+0 AND ${alias}.version BETWEEN ?+0 AND ?+0`
    : `${alias}.actor = ?+0 AND ${alias}.version = ?+0 AND ${alias}.seq BETWEEN ?+0 AND ?+0`;
}

function matchKeys(table: ReplicatedTable, left: string, right: string): string {
  return table.key.map((_, i) => `${left}.k${i} = ${right}.k${i}`).join(' AND ');
}

function matchRow(table: ReplicatedTable, clocks: string): string {
  return table.key.map(({ name }, i) => `t.${quoteName(name)} = ${clocks}.k${i}`).join(' AND ');
}

/** Key values, text as its bytes where `exactKeys`. */
function keyValues(table: ReplicatedTable, alias: string, exactKeys: boolean): string[] {
  return clockKeys(table).map((key) => {
    const value = `${alias}.${key}`;
    return exactKeys
      ? `CASE typeof(${value}) WHEN 'text' THEN CAST(${value} AS BLOB) ELSE ${value} END`
      : value;
  });
}

/** Where `exactKeys`, the types of the key values follow at the end of a row. */
function keyTypes(table: ReplicatedTable, alias: string, exactKeys: boolean): string {
  if (!exactKeys) return '';
  return clockKeys(table)
    .map((key) => `, typeof(${alias}.${key})`)
    .join('');
}

/**
 * Rows that began or ended: key values, column values, then cl, seq, version, hlc. Parameters: actor,
 * span, row limit; in order of version and seq. With `exactKeys` text keys are read as bytes, and the
 * types of the keys follow.
 */
export function readBasesSql(table: ReplicatedTable, span: ReadSpan, exactKeys: boolean): string {
  const base = quoteName(baseTableName(table.name));
  const values = [
    ...keyValues(table, 'b', exactKeys),
    ...table.columns.map(({ name }) => `t.${quoteName(name)}`),
  ];
  return (
    `SELECT ${values.join(', ')}, b.cl, b.seq, b.version, b.hlc${keyTypes(table, 'b', exactKeys)} ` +
    `FROM ${base} AS b INDEXED BY ${quoteName(baseIndexName(table.name))} ` +
    `LEFT JOIN ${quoteName(table.name)} AS t ON ${matchRow(table, 'b')} ` +
    `WHERE ${spanSql('b', span)} ORDER BY b.version, b.seq LIMIT ?+0`
  );
}

/**
 * Columns of those rows that later writes have overwritten: version, seq, col. A cell that is older
 * than its base (left behind by a REPLACE outside of Patina) does not count.
 */
export function readSupersededSql(table: ReplicatedTable, span: ReadSpan): string {
  const base = quoteName(baseTableName(table.name));
  const cells = quoteName(cellTableName(table.name));
  return (
    'SELECT b.version, b.seq, c.col ' +
    `FROM ${base} AS b INDEXED BY ${quoteName(baseIndexName(table.name))} ` +
    `CROSS JOIN ${cells} AS c ON ${matchKeys(table, 'c', 'b')} ` +
    `WHERE ${spanSql('b', span)} AND (c.version = 0 OR c.hlc > b.hlc OR ` +
    '(c.hlc = b.hlc AND (c.actor <> b.actor OR c.seq > b.seq)))'
  );
}

/** Whether the table has any cell clock at all. */
export function hasCellsSql(table: ReplicatedTable): string {
  return `SELECT 1 FROM ${quoteName(cellTableName(table.name))} LIMIT 1`;
}

/**
 * Single cells: key values, the value, then col, cl, seq, version, hlc. Parameters: actor, span, row
 * limit; in order of version and seq.
 */
export function readCellsSql(table: ReplicatedTable, span: ReadSpan, exactKeys: boolean): string {
  const cells = quoteName(cellTableName(table.name));
  const cases = table.columns.map(({ id, name }) => `WHEN ${id} THEN t.${quoteName(name)}`);
  const value = cases.length === 0 ? 'NULL' : `CASE c.col ${cases.join(' ')} END`;
  return (
    `SELECT ${keyValues(table, 'c', exactKeys).join(', ')}, ${value}, ` +
    `c.col, b.cl, c.seq, c.version, c.hlc${keyTypes(table, 'c', exactKeys)} ` +
    `FROM ${cells} AS c INDEXED BY ${quoteName(cellIndexName(table.name))} ` +
    `CROSS JOIN ${quoteName(baseTableName(table.name))} AS b ON ${matchKeys(table, 'b', 'c')} ` +
    `CROSS JOIN ${quoteName(table.name)} AS t ON ${matchRow(table, 'c')} ` +
    `WHERE ${spanSql('c', span)} ORDER BY c.version, c.seq LIMIT ?+0`
  );
}

/** Greatest seq of a version, of bases and cells. Parameters: actor, version, actor, version. */
export function lastSeqSql(table: ReplicatedTable): string {
  const of = (name: string): string =>
    `(SELECT max(seq) FROM ${quoteName(name)} WHERE actor = ?+0 AND version = ?+0)`;
  return (
    `SELECT max(coalesce(${of(baseTableName(table.name))}, -1), ` +
    `coalesce(${of(cellTableName(table.name))}, -1))`
  );
}

/** HLC of a version by any change that is left of it; 0 for none. Parameters as {@link lastSeqSql}. */
export function versionHlcSql(table: ReplicatedTable): string {
  const of = (name: string): string =>
    `(SELECT hlc FROM ${quoteName(name)} WHERE actor = ?+0 AND version = ?+0 LIMIT 1)`;
  const base = of(baseTableName(table.name));
  return `SELECT coalesce(${base}, ${of(cellTableName(table.name))}, 0)`;
}

/** Exact values of one row by key: each column, then each column's bytes where it is text. */
export function readExactSql(table: ReplicatedTable): string {
  const names = table.columns.map(({ name }) => quoteName(name));
  const texts = names.map(
    (name) => `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) END`,
  );
  const values = [...names, ...texts].join(', ');
  return `SELECT ${values} FROM ${quoteName(table.name)} WHERE ${keyMatch(table)}`;
}
