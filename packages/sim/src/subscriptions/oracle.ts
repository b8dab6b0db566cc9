// What a query's result is: the same SQL, run by a connection of its own.

import { cellsToJson, type RawCell } from '@patina/engine/storage/row-encoder.ts';
import { bindable, type SqlParam, type SqlParams } from '@patina/engine/storage/sql-value.ts';
import Database from 'better-sqlite3';

/** Results with more rows are not compared: they would take most of the time. */
const rowsMax = 20_000;

export class Oracle {
  readonly #db: Database.Database;
  #statements = new Map<string, Database.Statement<unknown[], RawCell[]>>();

  constructor(path: string) {
    this.#db = new Database(path, { readonly: true });
    this.#db.pragma('cache_size = -4096');
  }

  /** After a change of schema: statements keep the columns that they had. */
  forget(): void {
    this.#statements = new Map();
  }

  /** Throws where SQLite refuses the statement. */
  columns(sql: string): string[] {
    return this.#statement(sql)
      .columns()
      .map(({ name }) => name);
  }

  /** Rows as JSON texts of their cells, in the order that SQLite yields; undefined: too many. */
  rows(sql: string, params: SqlParams): string[] | undefined {
    const rows: string[] = [];
    for (const cells of this.#statement(sql).iterate(...boundTo(params))) {
      rows.push(cellsToJson(cells, 0));
      if (rows.length > rowsMax) return undefined;
    }
    return rows;
  }

  /** Rows that begin with `keyCount` key columns: all other cells by the key, as JSON texts. */
  rowsByKey(sql: string, keyCount: number): Map<string, string> {
    const rows = new Map<string, string>();
    for (const cells of this.#statement(sql).iterate()) {
      rows.set(cellsToJson(cells.slice(0, keyCount), 0), cellsToJson(cells, keyCount));
    }
    return rows;
  }

  close(): void {
    this.#db.close();
  }

  #statement(sql: string): Database.Statement<unknown[], RawCell[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<unknown[], RawCell[]>(sql).raw(true).safeIntegers(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function boundTo(params: SqlParams): unknown[] {
  if (!(params instanceof Map)) return (params as readonly SqlParam[]).map(bindable);
  const named: Record<string, SqlParam> = {};
  for (const [name, value] of params) named[name.slice(1)] = bindable(value);
  return [named];
}
