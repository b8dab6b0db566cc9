// SQL that reads the current changes of versions back from clocks and rows. What a later version has
// overwritten is gone from its version: that version carries it.

import {
  baseTableName,
  cellTableName,
  clockKeys,
  quoteName,
  type ReplicatedTable,
} from './table.ts';

/** Which changes a statement reads; parameters follow the actor ordinal. */
export type ReadSpan =
  /** version from, version to */
  | 'versions'
  /** version, seq from, seq to */
  | 'seqs';

function spanSql(alias: string, span: ReadSpan): string {
  return span === 'versions'
    ? `${alias}.actor = ? AND ${alias}.version BETWEEN ? AND ?`
    : `${alias}.actor = ? AND ${alias}.version = ? AND ${alias}.seq BETWEEN ? AND ?`;
}

function matchKeys(table: ReplicatedTable, left: string, right: string): string {
  return table.key.map((_, i) => `${left}.k${i} = ${right}.k${i}`).join(' AND ');
}

function matchRow(table: ReplicatedTable, clocks: string): string {
  return table.key.map(({ name }, i) => `t.${quoteName(name)} = ${clocks}.k${i}`).join(' AND ');
}

/**
 * Rows that began or ended: key values, column values, then cl, seq, version, hlc. Parameters: actor,
 * span, row limit; in order of version and seq.
 */
export function readBasesSql(table: ReplicatedTable, span: ReadSpan): string {
  const base = quoteName(baseTableName(table.name));
  const values = [
    ...clockKeys(table).map((key) => `b.${key}`),
    ...table.columns.map(({ name }) => `t.${quoteName(name)}`),
  ];
  return (
    `SELECT ${values.join(', ')}, b.cl, b.seq, b.version, b.hlc ` +
    `FROM ${base} AS b INDEXED BY ${quoteName(`${baseTableName(table.name)}_v`)} ` +
    `LEFT JOIN ${quoteName(table.name)} AS t ON ${matchRow(table, 'b')} ` +
    `WHERE ${spanSql('b', span)} ORDER BY b.version, b.seq LIMIT ?`
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
    `FROM ${base} AS b INDEXED BY ${quoteName(`${baseTableName(table.name)}_v`)} ` +
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
export function readCellsSql(table: ReplicatedTable, span: ReadSpan): string {
  const cells = quoteName(cellTableName(table.name));
  const cases = table.columns.map(({ id, name }) => `WHEN ${id} THEN t.${quoteName(name)}`);
  const value = cases.length === 0 ? 'NULL' : `CASE c.col ${cases.join(' ')} END`;
  return (
    `SELECT ${clockKeys(table)
      .map((key) => `c.${key}`)
      .join(', ')}, ${value}, c.col, b.cl, c.seq, c.version, c.hlc ` +
    `FROM ${cells} AS c INDEXED BY ${quoteName(`${cellTableName(table.name)}_v`)} ` +
    `CROSS JOIN ${quoteName(baseTableName(table.name))} AS b ON ${matchKeys(table, 'b', 'c')} ` +
    `CROSS JOIN ${quoteName(table.name)} AS t ON ${matchRow(table, 'c')} ` +
    `WHERE ${spanSql('c', span)} ORDER BY c.version, c.seq LIMIT ?`
  );
}

/** Greatest seq of a version, of bases and cells. Parameters: actor, version, actor, version. */
export function lastSeqSql(table: ReplicatedTable): string {
  const of = (name: string): string =>
    `(SELECT max(seq) FROM ${quoteName(name)} WHERE actor = ? AND version = ?)`;
  return (
    `SELECT max(coalesce(${of(baseTableName(table.name))}, -1), ` +
    `coalesce(${of(cellTableName(table.name))}, -1))`
  );
}

/** Exact values of one row by key: each column, then each column's bytes where it is text. */
export function readExactSql(table: ReplicatedTable): string {
  const names = table.columns.map(({ name }) => quoteName(name));
  const texts = names.map(
    (name) => `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) END`,
  );
  const match = table.key.map(({ name }) => `${quoteName(name)} = ?`).join(' AND ');
  return `SELECT ${[...names, ...texts].join(', ')} FROM ${quoteName(table.name)} WHERE ${match}`;
}
