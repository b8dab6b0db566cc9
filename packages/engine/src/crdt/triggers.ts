// Clock tables and capture triggers of one table, as SQL text. The triggers are pure SQL, so a write
// made by any program with the plain SQLite library is captured too. They read the open version and
// its HLC from __patina_state; while the writer merges, that row's `applying` is 1 and they do nothing.
//
// seq numbers come from total_changes(): it rises with every row a trigger writes and costs no write of
// its own (a counter row would cost a tenth of the insert speed). seqs rise, but have holes.

import { quoteName } from '../base/sql-text.ts';
import {
  baseIndexName,
  baseTableName,
  cellIndexName,
  cellTableName,
  clockKeys,
  internalPrefix,
  type ReplicatedTable,
} from './table.ts';

const clockColumns = 'hlc, actor, version, seq';
const clockFromState = 's.hlc, s.actor, s.version, total_changes() - s.seq_base';
const clockFromExcluded =
  'hlc = excluded.hlc, actor = excluded.actor, version = excluded.version, seq = excluded.seq';
const notApplying = '(SELECT applying FROM __patina_state WHERE id = 1) = 0';

/** CREATE statements of the clock tables and their indexes. */
export function clockTablesSql(table: ReplicatedTable): string[] {
  const base = quoteName(baseTableName(table.name));
  const cells = quoteName(cellTableName(table.name));
  const keys = clockKeys(table);
  const typedKeys = table.key.map(({ type }, index) => `k${index} ${type} NOT NULL`);
  const clock =
    'hlc INTEGER NOT NULL, actor INTEGER NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL';
  const baseSql = table.keyIsRowid
    ? `CREATE TABLE ${base} (k0 INTEGER PRIMARY KEY, cl INTEGER NOT NULL, ${clock})`
    : `CREATE TABLE ${base} (${typedKeys.join(', ')}, cl INTEGER NOT NULL, ${clock}, ` +
      `PRIMARY KEY (${keys.join(', ')})) WITHOUT ROWID`;
  return [
    baseSql,
    `CREATE INDEX ${quoteName(baseIndexName(table.name))} ON ${base} (actor, version, seq)`,
    `CREATE TABLE ${cells} (${typedKeys.join(', ')}, col INTEGER NOT NULL, ${clock}, ` +
      `PRIMARY KEY (${keys.join(', ')}, col)) WITHOUT ROWID`,
    `CREATE INDEX ${quoteName(cellIndexName(table.name))} ON ${cells} (actor, version, seq)`,
  ];
}

/** Names of all triggers that {@link triggersSql} makes for a table with these columns. */
export function triggerNames(table: ReplicatedTable): string[] {
  return [
    `${internalPrefix}i_${table.name}`,
    `${internalPrefix}d_${table.name}`,
    `${internalPrefix}k_${table.name}`,
    ...table.columns.map(({ id }) => `${internalPrefix}u${id}_${table.name}`),
  ];
}

/** CREATE TRIGGER statements that capture every write to the table. */
export function triggersSql(table: ReplicatedTable): string[] {
  return [
    insertTrigger(table),
    deleteTrigger(table),
    keyTrigger(table),
    ...table.columns.map(({ id, name }) => cellTrigger(table, id, name)),
  ];
}

/** Base clock of a row that begins to exist: causal length 1, or the next odd one. */
function birthSql(table: ReplicatedTable, row: 'NEW'): string {
  const keys = clockKeys(table).join(', ');
  return (
    `INSERT INTO ${quoteName(baseTableName(table.name))} (${keys}, cl, ${clockColumns}) ` +
    `SELECT ${keyValues(table, row)}, 1, ${clockFromState} ` +
    'FROM __patina_state AS s WHERE s.id = 1 AND s.applying = 0 ' +
    `ON CONFLICT (${keys}) DO UPDATE SET cl = cl + 1 + (cl & 1), ${clockFromExcluded};`
  );
}

/** Tombstone of a row that ceases to exist: the next even causal length; its cell clocks go. */
function deathSql(table: ReplicatedTable): string {
  const keys = clockKeys(table).join(', ');
  return (
    `INSERT INTO ${quoteName(baseTableName(table.name))} (${keys}, cl, ${clockColumns}) ` +
    `SELECT ${keyValues(table, 'OLD')}, 2, ${clockFromState} ` +
    'FROM __patina_state AS s WHERE s.id = 1 AND s.applying = 0 ' +
    `ON CONFLICT (${keys}) DO UPDATE SET cl = cl + 2 - (cl & 1), ${clockFromExcluded};\n  ` +
    dropCellsSql(table, 'OLD')
  );
}

function dropCellsSql(table: ReplicatedTable, row: 'NEW' | 'OLD'): string {
  const matches = table.key.map(({ name }, index) => `k${index} = ${row}.${quoteName(name)}`);
  return (
    `DELETE FROM ${quoteName(cellTableName(table.name))} ` +
    `WHERE ${matches.join(' AND ')} AND ${notApplying};`
  );
}

function insertTrigger(table: ReplicatedTable): string {
  return trigger(
    `i_${table.name}`,
    `AFTER INSERT ON ${quoteName(table.name)}`,
    birthSql(table, 'NEW'),
  );
}

function deleteTrigger(table: ReplicatedTable): string {
  return trigger(`d_${table.name}`, `AFTER DELETE ON ${quoteName(table.name)}`, deathSql(table));
}

/** A changed key is the death of one row and the birth of another. */
function keyTrigger(table: ReplicatedTable): string {
  const names = table.key.map(({ name }) => quoteName(name));
  const moved = names.map((name) => `NEW.${name} IS NOT OLD.${name}`).join(' OR ');
  return trigger(
    `k_${table.name}`,
    `AFTER UPDATE OF ${names.join(', ')} ON ${quoteName(table.name)} WHEN ${moved}`,
    `${deathSql(table)}\n  ${birthSql(table, 'NEW')}\n  ${dropCellsSql(table, 'NEW')}`,
  );
}

/** A column that changed gets a cell clock; writing the value it had makes none. */
function cellTrigger(table: ReplicatedTable, id: number, column: string): string {
  const name = quoteName(column);
  const keys = clockKeys(table).join(', ');
  // Compared byte by byte: under a NOCASE column 'a' and 'A' are equal, and still a change. Where the
  // column keeps integers and reals apart, 1 and 1.0 are equal too, and still a change.
  const changed = `NEW.${name} COLLATE BINARY IS NOT OLD.${name}`;
  const retyped = table.exact ? ` OR typeof(NEW.${name}) <> typeof(OLD.${name})` : '';
  const sameKey = table.key.map(
    (key) => `NEW.${quoteName(key.name)} IS OLD.${quoteName(key.name)}`,
  );
  return trigger(
    `u${id}_${table.name}`,
    `AFTER UPDATE OF ${name} ON ${quoteName(table.name)} ` +
      `WHEN (${changed}${retyped}) AND ${sameKey.join(' AND ')}`,
    `INSERT INTO ${quoteName(cellTableName(table.name))} (${keys}, col, ${clockColumns}) ` +
      `SELECT ${keyValues(table, 'NEW')}, ${id}, ${clockFromState} ` +
      'FROM __patina_state AS s WHERE s.id = 1 AND s.applying = 0 ' +
      `ON CONFLICT (${keys}, col) DO UPDATE SET ${clockFromExcluded};`,
  );
}

function trigger(name: string, event: string, body: string): string {
  return `CREATE TRIGGER ${quoteName(internalPrefix + name)} ${event} BEGIN\n  ${body}\nEND`;
}

function keyValues(table: ReplicatedTable, row: 'NEW' | 'OLD'): string {
  return table.key.map(({ name }) => `${row}.${quoteName(name)}`).join(', ');
}
