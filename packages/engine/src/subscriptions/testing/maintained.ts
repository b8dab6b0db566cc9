// Keeps results by a plan in the plainest way, so that a plan can be held against the query run afresh.

import type Database from 'better-sqlite3';
import { assert, must } from '../../base/assert.ts';
import { quoteName } from '../../base/sql-text.ts';
import type { AnalysedQuery, KeyedPart, KeyedSource } from '../plan.ts';
import { type Cell, type Row, rowsOf, textOf } from './database.ts';

/** A row that was written, with the columns that differ; undefined where it was born or died. */
export interface Touched {
  readonly table: string;
  readonly key: Row;
  readonly columns: ReadonlySet<string> | undefined;
}

export class Maintained {
  readonly #db: Database.Database;
  readonly #query: AnalysedQuery;
  #keyed = new Map<string, Row>();
  #groups = new Map<string, Row>();
  /** How often the whole was run since the beginning. */
  wholeRuns = 0;

  constructor(db: Database.Database, query: AnalysedQuery) {
    this.#db = db;
    this.#query = query;
    this.#runWhole();
  }

  /** The cells of the result, identities left out. */
  rows(): Row[] {
    const { plan } = this.#query;
    const [kept, count] =
      plan.mode === 'key-wise' && plan.keyed !== undefined
        ? [this.#keyed, plan.keyed.identityCount]
        : [this.#groups, plan.full.identityCount];
    return [...kept.values()].map((row) => row.slice(count));
  }

  /** Brings the result to the database as it is now. */
  apply(touched: readonly Touched[]): void {
    const { plan } = this.#query;
    const { keyed } = plan;
    const relevant = touched.filter(({ table, columns }) => {
      const role = plan.tables.find((candidate) => candidate.table === table);
      if (role === undefined) return false;
      return columns === undefined || role.columns === 'all' || intersects(columns, role.columns);
    });
    const isWhole = relevant.some(({ table }) => {
      return plan.tables.some((role) => role.table === table && role.reaction === 're-run');
    });
    if (keyed === undefined || isWhole) {
      if (relevant.length > 0) this.#runWhole();
      return;
    }
    const stale = new Map<string, { source: KeyedSource; key: Row }>();
    const add = (source: KeyedSource, key: Row): void => {
      stale.set(`${source.keyStart} ${textOf(key)}`, { source, key });
    };
    for (const { table, key } of relevant) {
      for (const source of keyed.sources) {
        if (source.table !== table) continue;
        this.#addStale(keyed, source, key, add);
      }
    }
    this.#replace(stale.values());
  }

  #addStale(
    keyed: KeyedPart,
    source: KeyedSource,
    key: Row,
    add: (source: KeyedSource, key: Row) => void,
  ): void {
    const kept = [...this.#keyed.values()].filter((row) => hasKey(row, source, key));
    if (kept.length > 0 || this.#mayJoin(keyed, source, key)) add(source, key);
    if (source.anchor === undefined) return;
    const anchor = must(keyed.sources[source.anchor.source], 'the anchor is a source');
    for (const row of kept) add(anchor, keyOf(row, anchor));
    for (const row of this.#run(source.anchor.anchorKeys, key)) add(anchor, row);
  }

  /** What the filter and the constants say of the row as it is now. */
  #mayJoin(keyed: KeyedPart, source: KeyedSource, key: Row): boolean {
    if (source.filter !== undefined) {
      assert(source.anchor === undefined, 'a source with an anchor has no filter');
      const condition = source.filter
        .map((piece) => (typeof piece === 'number' ? `?${piece}` : piece))
        .join('');
      const parameters = this.#query.values.length;
      const match = this.#keyNames(source.table)
        .map((name, index) => `"r".${name} = ?${parameters + index + 1} COLLATE BINARY`)
        .join(' AND ');
      const sql = `SELECT 1 FROM ${quoteName(source.table)} AS "r" WHERE ${match} AND ${condition}`;
      if (this.#run(sql, key).length === 0) return false;
    }
    if (source.constantsByKey === undefined) return true;
    const wanted = keyed.constants.map(({ asStored, parameter }) => {
      const [row] = rowsOf(this.#db, asStored, [this.#query.values[parameter - 1]]);
      return plain(must(row?.[0], 'a constant that is NULL matches nothing'));
    });
    return rowsOf(this.#db, source.constantsByKey, key).some((row) => {
      return textOf(row.map(plain)) === textOf(wanted);
    });
  }

  #keyNames(table: string): string[] {
    return this.#db
      .prepare<[string], { name: string }>(
        'SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk',
      )
      .all(table)
      .map(({ name }) => quoteName(name));
  }

  #replace(stale: Iterable<{ source: KeyedSource; key: Row }>): void {
    const { plan } = this.#query;
    const keyed = must(plan.keyed, 'rows are kept by keys');
    const pairs = [...stale];
    const groups = new Map<string, Row>();
    const remember = (row: Row): void => {
      const group = row.slice(keyed.identityCount);
      groups.set(textOf(group), group);
    };
    for (const [identity, row] of this.#keyed) {
      if (!pairs.some(({ source, key }) => hasKey(row, source, key))) continue;
      this.#keyed.delete(identity);
      remember(row);
    }
    for (const { source, key } of pairs) {
      for (const row of this.#run(source.rowsByKey, key)) {
        assert(hasKey(row, source, key), 'rows by key have the key');
        this.#keyed.set(textOf(row.slice(0, keyed.identityCount)), row);
        remember(row);
      }
    }
    if (plan.grouped === undefined) return;
    for (const [name, group] of groups) {
      const rows = this.#run(plan.grouped.rowByGroup, group);
      assert(rows.length <= 1, 'a group has one row');
      const [row] = rows;
      if (row === undefined) this.#groups.delete(name);
      else this.#groups.set(name, row);
    }
  }

  #runWhole(): void {
    this.wholeRuns++;
    const { plan } = this.#query;
    this.#groups = byIdentity(this.#run(plan.full.sql, []), plan.full.identityCount);
    if (plan.keyed === undefined) return;
    this.#keyed = byIdentity(this.#run(plan.keyed.sql, []), plan.keyed.identityCount);
  }

  #run(sql: string, further: Row): Row[] {
    return rowsOf(this.#db, sql, [...this.#query.values, ...further]);
  }
}

/** Rows by their identity, or one by one when they have none. */
function byIdentity(rows: readonly Row[], identityCount: number): Map<string, Row> {
  const kept = new Map<string, Row>();
  rows.forEach((row, index) => {
    const identity = identityCount === 0 ? String(index) : textOf(row.slice(0, identityCount));
    assert(!kept.has(identity), () => `two rows are called ${identity}`);
    kept.set(identity, row);
  });
  return kept;
}

function keyOf(row: Row, source: KeyedSource): Row {
  return row.slice(source.keyStart, source.keyStart + source.keyCount);
}

function hasKey(row: Row, source: KeyedSource, key: Row): boolean {
  return textOf(keyOf(row, source)) === textOf(key);
}

function plain(cell: Cell): Cell {
  return typeof cell === 'bigint' && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell;
}

function intersects(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((item) => other.has(item));
}
