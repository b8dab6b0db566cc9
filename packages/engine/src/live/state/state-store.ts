// What is kept of live queries: their results row by row, which keys the rows stand on, and the changes
// of late. Writes gather in one transaction, which the engine commits before it tells anybody.

import type Database from 'better-sqlite3';
import { checkpointPages, openStateFile } from './state-file.ts';

/** Rows written by one statement: binding and stepping cost as much as inserting. */
const rowsPerInsert = 32;

/** A row that is kept. */
export interface KeptRow {
  readonly rowId: number;
  readonly identity: string;
  readonly cells: string;
}

/** A row that stands on a key. */
export interface Holder {
  readonly setId: number;
  readonly source: number;
  readonly rowId: number;
}

/** A query as it is kept. */
export interface KeptQuery {
  readonly number: number;
  readonly id: string;
  readonly hash: string;
  readonly sql: string;
  readonly params: string;
  readonly role: string;
  /** Names of its columns, JSON. */
  readonly columns: string;
  readonly isLive: boolean;
  readonly changeId: number;
  /** The lowest change id that can be gone on from. */
  readonly minChangeId: number;
  readonly nextRowId: number;
  /** The same of the rows behind groups. */
  readonly nextHiddenId: number;
  readonly rowCount: number;
  readonly hiddenCount: number;
  readonly createdMs: number;
  /** What the form of its rows depends on. */
  readonly shape: string;
}

export const changeTypes = ['insert', 'update', 'delete'] as const;

/** A change as it is kept; `origins` stands at the first of a group. */
export interface KeptChange {
  readonly changeId: number;
  readonly type: (typeof changeTypes)[number];
  readonly rowId: number;
  readonly cells: string;
  readonly position: number | undefined;
  readonly origins: string | undefined;
}

type QueryRow = [
  number,
  string,
  string,
  string,
  string,
  string,
  string,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  string,
];

type Statement = Database.Statement<unknown[], unknown>;

export class StateStore {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Statement>();
  readonly #tableIds = new Map<string, number>();
  #isFilling = false;
  #rows: unknown[] = [];
  #sources: unknown[] = [];

  constructor(path: string) {
    this.#db = openStateFile(path);
  }

  // ---- transactions

  /** Commits everything that was written since the last commit. */
  commit(): void {
    this.#flush();
    if (this.#db.inTransaction) this.#db.exec('COMMIT');
  }

  /** Says whether much is being written, in no transaction. */
  setFilling(isFilling: boolean): void {
    if (isFilling === this.#isFilling) return;
    this.#isFilling = isFilling;
    const pages = isFilling ? checkpointPages.filling : checkpointPages.usual;
    this.#db.pragma(`wal_autocheckpoint = ${pages}`);
  }

  rollback(): void {
    this.#rows = [];
    this.#sources = [];
    this.#tableIds.clear();
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  close(): void {
    this.rollback();
    this.#db.close();
  }

  // ---- meta

  meta(key: string): string | undefined {
    const row = this.#read('SELECT value FROM meta WHERE key = ?').get(key);
    return row === undefined ? undefined : String((row as [unknown])[0]);
  }

  setMeta(key: string, value: string): void {
    this.#write('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', [key, value]);
  }

  /** The number by which `sources` knows a table. */
  tableId(name: string): number {
    const known = this.#tableIds.get(name);
    if (known !== undefined) return known;
    const row = this.#read('SELECT id FROM tables WHERE name = ?').get(name);
    if (row === undefined) {
      this.#write('INSERT INTO tables (name) VALUES (?)', [name]);
      return this.tableId(name);
    }
    const [id] = row as [number];
    this.#tableIds.set(name, id);
    return id;
  }

  // ---- queries

  queries(): KeptQuery[] {
    const sql =
      'SELECT number, id, hash, sql, params, role, columns, is_live, change_id, min_change_id, ' +
      'next_row_id, next_hidden_id, row_count, hidden_count, created_ms, shape FROM queries ORDER BY number';
    return (this.#read(sql).all() as QueryRow[]).map((row) => ({
      number: row[0],
      id: row[1],
      hash: row[2],
      sql: row[3],
      params: row[4],
      role: row[5],
      columns: row[6],
      isLive: row[7] === 1,
      changeId: row[8],
      minChangeId: row[9],
      nextRowId: row[10],
      nextHiddenId: row[11],
      rowCount: row[12],
      hiddenCount: row[13],
      createdMs: row[14],
      shape: row[15],
    }));
  }

  /** Writes what changes of a query, or all of a new one. */
  putQuery(query: KeptQuery): void {
    this.#write(
      'INSERT OR REPLACE INTO queries (number, id, hash, sql, params, role, columns, is_live, change_id, ' +
        'min_change_id, next_row_id, next_hidden_id, row_count, hidden_count, created_ms, shape) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      [
        query.number,
        query.id,
        query.hash,
        query.sql,
        query.params,
        query.role,
        query.columns,
        query.isLive ? 1 : 0,
        query.changeId,
        query.minChangeId,
        query.nextRowId,
        query.nextHiddenId,
        query.rowCount,
        query.hiddenCount,
        query.createdMs,
        query.shape,
      ],
    );
  }

  /** Writes how far a query has come. */
  putProgress(query: KeptQuery): void {
    this.#write(
      'UPDATE queries SET change_id = ?, min_change_id = ?, next_row_id = ?, ' +
        'next_hidden_id = ?, row_count = ?, hidden_count = ? WHERE number = ?',
      [
        query.changeId,
        query.minChangeId,
        query.nextRowId,
        query.nextHiddenId,
        query.rowCount,
        query.hiddenCount,
        query.number,
      ],
    );
  }

  /** Forgets a query; its rows are still there, and are to be erased. */
  dropQuery(number: number, shape: string): void {
    this.#write('INSERT OR REPLACE INTO dropped (number, shape) VALUES (?, ?)', [number, shape]);
    this.#write('DELETE FROM orders WHERE number = ?', [number]);
    this.#write('DELETE FROM changes WHERE number = ?', [number]);
    this.#write('DELETE FROM queries WHERE number = ?', [number]);
  }

  /** Dropped queries that still have rows. */
  dropped(): { readonly number: number; readonly shape: string }[] {
    const rows = this.#read('SELECT number, shape FROM dropped ORDER BY number').all();
    return (rows as [number, string][]).map(([number, shape]) => ({ number, shape }));
  }

  /** All rows of a dropped query are erased. */
  forgetDropped(number: number): void {
    this.#write('DELETE FROM dropped WHERE number = ?', [number]);
  }

  // ---- rows

  insertRow(setId: number, rowId: number, identity: string, cells: string): void {
    this.#rows.push(setId, rowId, identity, cells);
    if (this.#rows.length >= rowsPerInsert * 4) this.#flushRows();
  }

  updateRow(setId: number, rowId: number, identity: string, cells: string): void {
    this.#write('UPDATE rows SET cells = ?, identity = ? WHERE set_id = ? AND row_id = ?', [
      cells,
      identity,
      setId,
      rowId,
    ]);
  }

  deleteRow(setId: number, rowId: number): void {
    this.#write('DELETE FROM rows WHERE set_id = ? AND row_id = ?', [setId, rowId]);
  }

  row(setId: number, rowId: number): KeptRow | undefined {
    this.#flush();
    const sql = 'SELECT identity, cells FROM rows WHERE set_id = ? AND row_id = ?';
    const row = this.#read(sql).get(setId, rowId) as [string, string] | undefined;
    return row === undefined ? undefined : { rowId, identity: row[0], cells: row[1] };
  }

  /** Rows after `rowId`, in order of their ids. */
  rowsAfter(setId: number, rowId: number, lastRowId: number, rowsMax: number): [number, string][] {
    this.#flush();
    const sql =
      'SELECT row_id, cells FROM rows WHERE set_id = ? AND row_id > ? AND row_id <= ? ' +
      'ORDER BY row_id LIMIT ?';
    return this.#read(sql).all(setId, rowId, lastRowId, rowsMax) as [number, string][];
  }

  /** Some rows of a set. */
  someRows(setId: number, rowsMax: number): KeptRow[] {
    this.#flush();
    const sql = 'SELECT row_id, identity, cells FROM rows WHERE set_id = ? LIMIT ?';
    const rows = this.#read(sql).all(setId, rowsMax) as [number, string, string][];
    return rows.map(([rowId, identity, cells]) => ({ rowId, identity, cells }));
  }

  /** All rows of a set. Nothing else may be done with the store until they are read. */
  *allRows(setId: number): Generator<KeptRow> {
    this.#flush();
    const sql = 'SELECT row_id, identity, cells FROM rows WHERE set_id = ? ORDER BY row_id';
    const rows = this.#read(sql).iterate(setId) as IterableIterator<[number, string, string]>;
    for (const [rowId, identity, cells] of rows) yield { rowId, identity, cells };
  }

  /** The row ids of an ordered result, in order. */
  order(number: number): number[] {
    const row = this.#read('SELECT row_ids FROM orders WHERE number = ?').get(number);
    if (row === undefined) return [];
    const bytes = Uint8Array.from((row as [Buffer])[0]);
    return [...new Float64Array(bytes.buffer)];
  }

  putOrder(number: number, rowIds: readonly number[]): void {
    const bytes = Buffer.from(Float64Array.from(rowIds).buffer);
    this.#write('INSERT OR REPLACE INTO orders (number, row_ids) VALUES (?, ?)', [number, bytes]);
  }

  // ---- sources

  addSource(tableId: number, key: string, setId: number, source: number, rowId: number): void {
    this.#sources.push(tableId, key, setId, source, rowId);
    if (this.#sources.length >= rowsPerInsert * 5) this.#flushSources();
  }

  removeSource(tableId: number, key: string, setId: number, source: number, rowId: number): void {
    const sql =
      'DELETE FROM sources WHERE tbl = ? AND key = ? AND set_id = ? AND source = ? AND row_id = ?';
    this.#write(sql, [tableId, key, setId, source, rowId]);
  }

  /** Every row of every query that stands on a key. */
  holders(tableId: number, key: string): Holder[] {
    this.#flush();
    const sql = 'SELECT set_id, source, row_id FROM sources WHERE tbl = ? AND key = ?';
    const rows = this.#read(sql).all(tableId, key) as [number, number, number][];
    return rows.map(([setId, source, rowId]) => ({ setId, source, rowId }));
  }

  /** The rows of one set that stand on a key as this source. */
  rowIdsByKey(tableId: number, key: string, setId: number, source: number): number[] {
    this.#flush();
    const sql =
      'SELECT row_id FROM sources WHERE tbl = ? AND key = ? AND set_id = ? AND source = ?';
    const rows = this.#read(sql).all(tableId, key, setId, source) as [number][];
    return rows.map(([rowId]) => rowId);
  }

  // ---- changes

  addChange(number: number, change: KeptChange): void {
    this.#write(
      'INSERT INTO changes (number, change_id, type, row_id, cells, position, origins) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?)',
      [
        number,
        change.changeId,
        changeTypes.indexOf(change.type),
        change.rowId,
        change.cells,
        change.position ?? null,
        change.origins ?? null,
      ],
    );
  }

  /** Forgets changes up to an id. */
  trimChanges(number: number, changeId: number): void {
    this.#write('DELETE FROM changes WHERE number = ? AND change_id <= ?', [number, changeId]);
  }

  /** The last change of the group that a change belongs to; undefined for the latest group. */
  groupEnd(number: number, changeId: number): number | undefined {
    const sql =
      'SELECT change_id - 1 FROM changes ' +
      'WHERE number = ? AND change_id > ? AND origins IS NOT NULL ORDER BY change_id LIMIT 1';
    const row = this.#read(sql).get(number, changeId) as [number] | undefined;
    return row?.[0];
  }

  changesAfter(number: number, changeId: number): KeptChange[] {
    const sql =
      'SELECT change_id, type, row_id, cells, position, origins FROM changes ' +
      'WHERE number = ? AND change_id > ? ORDER BY change_id';
    const rows = this.#read(sql).all(number, changeId) as [
      number,
      number,
      number,
      string,
      number | null,
      string | null,
    ][];
    return rows.map(([id, type, rowId, cells, position, origins]) => ({
      changeId: id,
      type: changeTypes[type] ?? 'update',
      rowId,
      cells,
      position: position ?? undefined,
      origins: origins ?? undefined,
    }));
  }

  /** The origins of the group that a change belongs to; undefined when its beginning is forgotten. */
  originsOf(number: number, changeId: number): string | undefined {
    const sql =
      'SELECT origins FROM changes WHERE number = ? AND change_id <= ? AND origins IS NOT NULL ' +
      'ORDER BY change_id DESC LIMIT 1';
    const row = this.#read(sql).get(number, changeId) as [string] | undefined;
    return row?.[0];
  }

  // ---- statements

  #flush(): void {
    this.#flushRows();
    this.#flushSources();
  }

  #flushRows(): void {
    if (this.#rows.length === 0) return;
    const values = this.#rows;
    this.#rows = [];
    this.#insertMany('rows (set_id, row_id, identity, cells)', 4, values);
  }

  #flushSources(): void {
    if (this.#sources.length === 0) return;
    const values = this.#sources;
    this.#sources = [];
    this.#insertMany('sources (tbl, key, set_id, source, row_id)', 5, values);
  }

  #insertMany(target: string, width: number, values: unknown[]): void {
    const marks = `(${Array(width).fill('?').join(', ')})`;
    const count = values.length / width;
    this.#writeAll(`INSERT INTO ${target} VALUES ${Array(count).fill(marks).join(', ')}`, values);
  }

  #write(sql: string, values: unknown[]): void {
    this.#flush();
    this.#writeAll(sql, values);
  }

  #writeAll(sql: string, values: unknown[]): void {
    if (!this.#db.inTransaction) this.#db.exec('BEGIN IMMEDIATE');
    this.#statement(sql).run(values);
  }

  #read(sql: string): Statement {
    return this.#statement(sql, true);
  }

  #statement(sql: string, raw = false): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<unknown[], unknown>(sql);
    if (raw) statement.raw(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}
