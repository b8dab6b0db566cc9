// A small database with all that makes analysis hard: keys of several columns, collations, columns
// without a type, generated columns, a view, a table that is not replicated.

import Database from 'better-sqlite3';
import { installOnBetterSqlite } from '../../functions/install.ts';
import { createSqlVetter } from '../../storage/sql-vetter.ts';
import { analyse, planOf } from '../analyse.ts';
import { normaliseQuery } from '../normalise.ts';
import type { QueryParams } from '../parameters.ts';
import type { AnalysedQuery, Catalog, CatalogTable, QueryPlan } from '../plan.ts';

export const ddl = [
  `CREATE TABLE a (id INTEGER PRIMARY KEY, x INT, y TEXT, z TEXT COLLATE NOCASE, u,
    twice INT AS (x * 2))`,
  'CREATE TABLE b (id TEXT NOT NULL PRIMARY KEY, aid INT, w REAL, x INT)',
  'CREATE TABLE c (p INT NOT NULL, q TEXT NOT NULL, bid TEXT, x INT, PRIMARY KEY (q, p)) WITHOUT ROWID',
  'CREATE TABLE d (k TEXT NOT NULL COLLATE NOCASE, x INT, y TEXT, PRIMARY KEY (k COLLATE BINARY))',
  'CREATE VIEW v AS SELECT id, x FROM a WHERE x > 1',
  'CREATE TABLE "local" (id INTEGER PRIMARY KEY, x INT)',
];

const collations: Readonly<Record<string, string>> = { 'a.z': 'NOCASE', 'd.k': 'NOCASE' };

export interface TestDatabase {
  readonly db: Database.Database;
  readonly catalog: Catalog;
  analyse(sql: string, params?: QueryParams): AnalysedQuery;
  /** The plan of normalised SQL over other tables. */
  planIn(tables: Catalog['tables'], sql: string, ...tablesRead: string[]): QueryPlan;
  close(): void;
}

export function openTestDatabase(): TestDatabase {
  const db = new Database(':memory:');
  installOnBetterSqlite(db);
  for (const statement of ddl) db.exec(statement);
  db.defaultSafeIntegers();
  const vetter = createSqlVetter();
  vetter.setSchema(ddl);
  const tables = new Map<string, CatalogTable>();
  for (const name of ['a', 'b', 'c', 'd', 'v', 'local']) tables.set(name, readTable(db, name));
  const catalog = { tables };
  return {
    db,
    catalog,
    analyse(sql, params = []) {
      const vetted = vetter.vet(sql, 'read');
      return analyse(vetted.sql, params, catalog, vetted);
    },
    planIn(others, sql, ...tablesRead) {
      const normalised = normaliseQuery(sql, []);
      const { length } = normalised.values;
      return planOf(normalised.sql, length, { tables: others }, { tablesRead, columns: [] });
    },
    close() {
      db.close();
      vetter.close();
    },
  };
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly pk: bigint;
  readonly hidden: bigint;
}

const kinds: Readonly<Record<string, CatalogTable['kind']>> = { v: 'view', local: 'other' };

function readTable(db: Database.Database, name: string): CatalogTable {
  const rows = db.prepare<[string], ColumnRow>('SELECT * FROM pragma_table_xinfo(?)').all(name);
  const key = rows.filter(({ pk }) => pk > 0n);
  return {
    name,
    kind: kinds[name] ?? 'replicated',
    key: key.toSorted((one, other) => Number(one.pk - other.pk)).map((row) => row.name),
    columns: rows.map((row) => ({
      name: row.name,
      type: row.type,
      collation: collations[`${name}.${row.name}`] ?? 'BINARY',
      isGenerated: row.hidden > 1n,
    })),
  };
}

export type Cell = null | number | bigint | string | Uint8Array;
export type Row = readonly Cell[];

/** All rows of numbered SQL. */
export function rowsOf(db: Database.Database, sql: string, values: readonly unknown[]): Row[] {
  const statement = db.prepare<unknown[], Row>(sql).raw();
  const used = new Set([...sql.matchAll(/\?(\d+)/g)].map(([, digits]) => Number(digits)));
  const named: Record<string, unknown> = {};
  // Numbers that do not appear are those that better-sqlite3 wants in a row.
  const skipped: unknown[] = [];
  for (let number = 1; number <= Math.max(0, ...used); number++) {
    if (used.has(number)) named[String(number)] = bound(values[number - 1]);
    else skipped.push(null);
  }
  return statement.all(...skipped, named);
}

function bound(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** Text that is the same for the same cells, type and all. */
export function textOf(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return `int ${value}`;
    if (typeof value === 'number') return `real ${value}`;
    return value;
  });
}
