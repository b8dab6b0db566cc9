// Vets statements against an in-memory clone of the schema, before they come near the real file:
// better-sqlite3, which runs the writes, has no authorizer, and two SQLite libraries in one
// process must never open the same file. The clone holds no rows and no triggers.

import { DatabaseSync } from 'node:sqlite';
import { PatinaError } from '../base/errors.ts';
import { installOnNodeSqlite } from '../functions/install.ts';
import type { SqlAuthorizer, SqlMode } from './sql-authorizer.ts';
import { installAuthorizer, refreshKnownTables } from './sql-authorizer.ts';
import { sqlErrorOf } from './sql-error.ts';
import { outlineStatement } from './sql-lexer.ts';
import { isSqliteName } from './sql-names.ts';
import { prepareChecked, sqlLimits } from './sql-statement.ts';

/** What is known of a statement that may run. */
export interface VettedStatement {
  /** The text of the statement alone: no leading or trailing semicolons, no second statement. */
  readonly sql: string;
  /** Whether it changes no table. */
  readonly readOnly: boolean;
  /** Whether it yields rows: a query, or a write with RETURNING. */
  readonly returnsRows: boolean;
  /** Tables and views that it reads, in SQLite's spelling; through views the tables beneath too. */
  readonly tablesRead: readonly string[];
  readonly tablesWritten: readonly string[];
  /** Whether it reads tables of attached databases, which `tablesRead` leaves out. */
  readonly readsAttached: boolean;
  /** Names of the columns of its rows. */
  readonly columns: readonly string[];
  /** For each, the declared type of the column of a table that it is; undefined for expressions. */
  readonly declaredTypes: readonly (string | undefined)[];
}

export interface SqlVetter {
  /**
   * Takes over a schema: CREATE statements in any order, as sqlite_schema has them. Triggers and
   * virtual tables are left out. Throws PATINA_SCHEMA_REFUSED, and keeps the schema before, when one cannot be run.
   */
  setSchema(ddl: readonly string[]): void;
  /**
   * Checks one statement. Throws PATINA_SQL_ERROR when it is wrong, PATINA_SQL_REFUSED when it is
   * not allowed, PATINA_SQL_NOT_READONLY when it writes in mode `read`.
   */
  vet(sql: string, mode: SqlMode): VettedStatement;
  /** SQLite's plan of a statement that was vetted, a line for each step. */
  explain(sql: string): readonly string[];
  /** Frees the clone; nothing can be vetted afterwards. */
  close(): void;
}

export interface SqlVetterOptions {
  /** Tables beside those of the schema, in attached databases, and functions for them. */
  readonly attached?: {
    readonly databases: number;
    /** Called with each new clone, which has the tables of the schema. */
    readonly prepare: (database: DatabaseSync) => void;
    /** Functions that statements may call then, in lower case. */
    readonly functions: ReadonlySet<string>;
  };
}

/** How many vetted statements are kept, and up to which length each. */
const vettedStatementsMax = 2_000;
const vettedLengthMax = 8_192;

interface Clone {
  readonly database: DatabaseSync;
  readonly authorizer: SqlAuthorizer;
}

/** Creates a vetter with an empty schema. */
export function createSqlVetter(options: SqlVetterOptions = {}): SqlVetter {
  let clone = cloneSchema([], options);
  const vettedBySql = {
    read: new Map<string, VettedStatement>(),
    write: new Map<string, VettedStatement>(),
  };

  function setSchema(ddl: readonly string[]): void {
    const next = cloneSchema(ddl, options);
    clone.database.close();
    clone = next;
    vettedBySql.read.clear();
    vettedBySql.write.clear();
  }

  function vet(sql: string, mode: SqlMode): VettedStatement {
    const cache = vettedBySql[mode];
    const known = cache.get(sql);
    if (known !== undefined) {
      touch(cache, sql, known);
      return known;
    }
    const vetted = vetOn(clone, sql, mode);
    if (sql.length <= vettedLengthMax) remember(cache, sql, vetted);
    return vetted;
  }

  function explain(sql: string): readonly string[] {
    const { database, authorizer } = clone;
    return authorizer.trust(() => {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      return steps.map((step) => String(step['detail']));
    });
  }

  return { setSchema, vet, explain, close: () => clone.database.close() };
}

/** Makes an entry the youngest of its map, which keeps them by last use. */
function touch(cache: Map<string, VettedStatement>, sql: string, vetted: VettedStatement): void {
  cache.delete(sql);
  cache.set(sql, vetted);
}

/** Adds an entry; forgets the one that was not used for longest when there are too many. */
function remember(cache: Map<string, VettedStatement>, sql: string, vetted: VettedStatement): void {
  if (cache.size >= vettedStatementsMax) {
    const oldest = cache.keys().next();
    if (oldest.done !== true) cache.delete(oldest.value);
  }
  cache.set(sql, vetted);
}

function vetOn(clone: Clone, sql: string, mode: SqlMode): VettedStatement {
  const { database, authorizer } = clone;
  const noneToRefresh = (): void => undefined;
  const checked = prepareChecked(database, authorizer, sql, mode, noneToRefresh);
  const described = checked.statement.columns();
  const columns = described.map((column) => column.name);
  return {
    sql: checked.sql,
    readOnly: authorizer.tablesWritten.size === 0,
    returnsRows: columns.length > 0,
    tablesRead: [...authorizer.tablesRead],
    readsAttached: authorizer.readsAttached,
    tablesWritten: [...authorizer.tablesWritten],
    columns,
    declaredTypes: described.map((column) => column.type ?? undefined),
  };
}

/** Tables first, then what stands on them. */
const rankByKind: ReadonlyMap<string, number> = new Map([
  ['table', 0],
  ['index', 1],
  ['view', 2],
]);

const createPattern = /^create\s+(?:unique\s+)?(table|index|view|trigger|virtual|temp\w*)/i;
/** Triggers are ours; a virtual table that another program made stays out of reach. */
const leftOut: ReadonlySet<string> = new Set(['trigger', 'virtual']);
const sqliteTablePattern = /^create\s+table\s+["'`[]?(sqlite_\w*)/i;

function cloneSchema(ddl: readonly string[], { attached }: SqlVetterOptions): Clone {
  const database = new DatabaseSync(':memory:', {
    allowExtension: false,
    defensive: true,
    enableForeignKeyConstraints: false,
    limits: { ...sqlLimits, attach: attached?.databases ?? 0 },
  });
  try {
    database.exec('PRAGMA trusted_schema = ON');
    installOnNodeSqlite(database);
    for (const statement of inOrder(ddl)) createOne(database, statement);
    attached?.prepare(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const authorizer = installAuthorizer(database);
  if (attached !== undefined) authorizer.allowFunctions(attached.functions);
  refreshKnownTables(database, authorizer);
  return { database, authorizer };
}

function inOrder(ddl: readonly string[]): string[] {
  const ranked: { sql: string; rank: number }[] = [];
  for (const statement of ddl) {
    const sql = statement.slice(outlineStatement(statement)?.start ?? 0);
    const kind = createPattern.exec(sql)?.[1]?.toLowerCase() ?? '';
    if (leftOut.has(kind) || isSqliteName(sqliteTablePattern.exec(sql)?.[1] ?? '')) continue;
    const rank = rankByKind.get(kind);
    if (rank === undefined) {
      throw new PatinaError('PATINA_SCHEMA_REFUSED', `cannot vet against: ${sql.slice(0, 100)}`, {
        hint: 'a schema has CREATE TABLE, CREATE INDEX and CREATE VIEW statements',
      });
    }
    ranked.push({ sql, rank });
  }
  return ranked.sort((one, other) => one.rank - other.rank).map((entry) => entry.sql);
}

function createOne(database: DatabaseSync, sql: string): void {
  try {
    database.exec(sql);
  } catch (error) {
    throw schemaRefused(sql, error);
  }
}

function schemaRefused(sql: string, cause: unknown): PatinaError {
  const message = `${sqlErrorOf(cause).message}, in: ${sql}`;
  return new PatinaError('PATINA_SCHEMA_REFUSED', message, { cause });
}
