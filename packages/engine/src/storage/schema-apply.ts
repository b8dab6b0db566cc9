// Applies a declared schema to a database: plans against what SQLite says is there, runs the steps,
// and keeps clock tables, triggers and views in step, all in one transaction.

import { constants, DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import { PatinaError } from '../base/errors.ts';
import { quoteName } from '../base/sql-text.ts';
import { changesViewSql } from '../crdt/changes-view.ts';
import {
  baseTableName,
  cellTableName,
  clockKeys,
  internalPrefix,
  type ReplicatedTable,
} from '../crdt/table.ts';
import { clockTablesSql, triggersSql } from '../crdt/triggers.ts';
import { installOnBetterSqlite, installOnNodeSqlite } from '../functions/install.ts';
import type { LocalVersion } from '../ports.ts';
import type { SchemaFacts } from '../schema/facts.ts';
import {
  planSchema,
  type SchemaPlan,
  type SchemaPlanOptions,
  type SchemaStep,
} from '../schema/plan.ts';
import type { Replica } from './replica.ts';
import { installAuthorizer, isOpenFunction } from './sql-authorizer.ts';
import { fromSqlite } from './sqlite-errors.ts';
import { readReplicatedTables, readSchemaFacts } from './table-catalog.ts';

/** Longest schema text accepted, in characters. */
const schemaLengthMax = 4 * 1024 * 1024;

/** What statements of schema files may do; everything else is refused while it is prepared. */
const allowedActions = new Set<number>([
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_DROP_VIEW,
  constants.SQLITE_REINDEX,
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
]);

/**
 * Reads declared SQL texts into facts, by running them in an empty database in memory. Throws
 * PATINA_SCHEMA_REFUSED for statements other than CREATE TABLE, INDEX and VIEW, or DROP INDEX IF EXISTS.
 */
export function readDeclaredSchema(texts: readonly string[]): SchemaFacts {
  const sql = texts.join('\n;\n');
  if (sql.length > schemaLengthMax)
    throw refused('the schema files are larger than 4 MiB together');
  refuseOtherStatements(sql);
  const scratch = new Database(':memory:');
  installOnBetterSqlite(scratch);
  try {
    scratch.exec(sql);
    refuseReservedNames(scratch);
    const facts = readSchemaFacts(scratch);
    refuseClosedDefaults(facts);
    return facts;
  } catch (error) {
    throw refused(fromSqlite(error).message);
  } finally {
    scratch.close();
  }
}

function refuseReservedNames(db: Database.Database): void {
  const [reserved] = db
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE lower(name) GLOB 'patina_*' OR lower(name) GLOB '__patina_*'",
    )
    .all();
  if (reserved === undefined) return;
  throw refused(`the name '${reserved.name}' is reserved: names do not begin with patina_`);
}

function refuseOtherStatements(sql: string): void {
  const guard = new DatabaseSync(':memory:');
  installOnNodeSqlite(guard);
  let offence: string | undefined;
  guard.setAuthorizer((action, table, name) => {
    if (action === constants.SQLITE_FUNCTION && !isOpenFunction(name ?? '')) {
      offence ??= `the function ${name}() is not allowed in a schema`;
      return constants.SQLITE_DENY;
    }
    const writesData =
      (action === constants.SQLITE_INSERT ||
        action === constants.SQLITE_UPDATE ||
        action === constants.SQLITE_DELETE) &&
      !(table ?? '').startsWith('sqlite_');
    if (allowedActions.has(action) && !writesData) return constants.SQLITE_OK;
    offence ??= 'schema files may hold only CREATE TABLE, CREATE INDEX, CREATE VIEW and DROP INDEX';
    return constants.SQLITE_DENY;
  });
  try {
    guard.exec(sql);
  } catch (error) {
    throw refused(offence ?? (error instanceof Error ? error.message : String(error)));
  } finally {
    guard.close();
  }
}

/** SQLite does not tell an authorizer of the functions in defaults, so they are asked for by themselves. */
function refuseClosedDefaults(facts: SchemaFacts): void {
  const database = new DatabaseSync(':memory:');
  installOnNodeSqlite(database);
  const authorizer = installAuthorizer(database);
  const columns = facts.tables.flatMap((table) => table.columns);
  for (const { name, defaultSql } of columns) {
    if (defaultSql === undefined) continue;
    authorizer.begin(defaultSql, 'read');
    try {
      database.prepare(`SELECT ${defaultSql}`);
    } catch {
      // A word without quotes is text as a default, and no column.
    }
    const { refusal } = authorizer;
    if (refusal !== undefined) throw refused(`the default of '${name}': ${refusal.message}`);
  }
  database.close();
}

/** Plans without touching anything. */
export function planReplicaSchema(
  replica: Replica,
  texts: readonly string[],
  options: SchemaPlanOptions,
): SchemaPlan {
  const replicated = new Set(replica.tables.keys());
  return planSchema(readSchemaFacts(replica.db), readDeclaredSchema(texts), replicated, options);
}

export interface AppliedSchema {
  readonly steps: readonly SchemaStep[];
  /** Versions made on the way: of other programs' writes, and of rows that were there before. */
  readonly versions: readonly LocalVersion[];
}

/** Plans and runs; throws the first problem, having changed nothing. */
export function applyReplicaSchema(
  replica: Replica,
  texts: readonly string[],
  options: SchemaPlanOptions,
): AppliedSchema {
  const { steps, problems } = planReplicaSchema(replica, texts, options);
  const [problem] = problems;
  if (problem !== undefined)
    throw new PatinaError(problem.code, problem.message, { hint: problem.hint });
  if (steps.length === 0) return { steps, versions: [] };
  const adopted: ReplicatedTable[] = [];
  const versions = replica.changeSchema((db) => {
    // The view over all clocks would stop ALTER TABLE, which checks every view.
    db.exec('DROP VIEW IF EXISTS patina_changes');
    const changed = new Set(steps.flatMap(({ table }) => (table === undefined ? [] : [table])));
    for (const table of changed) dropTriggers(db, table);
    const standing = workingViews(db);
    for (const step of steps) runStep(db, step);
    refuseBrokenViews(db, standing, steps);
    const tables = readReplicatedTables(db);
    for (const name of changed) {
      const table = tables.get(name);
      if (table === undefined) continue;
      if (ensureClockTables(db, table)) adopted.push(table);
      for (const sql of triggersSql(table)) db.exec(sql);
    }
    db.exec(changesViewSql([...tables.values()]));
    for (const table of adopted) backfillBases(db, table);
  });
  return { steps, versions };
}

function runStep(db: Database.Database, step: SchemaStep): void {
  if (step.kind === 'drop-column' && step.table !== undefined) {
    dropCells(db, step.table, step.name);
  }
  if (step.sql !== undefined) db.exec(step.sql);
  if (step.kind === 'drop-table') dropClocks(db, step.name);
  if (step.kind === 'create-table' || step.kind === 'adopt-table') {
    db.prepare('INSERT OR IGNORE INTO __patina_tables (name) VALUES (?)').run(step.name);
  }
}

/** Of a dropped table nothing is kept: were it made again, its rows would begin anew. */
function dropClocks(db: Database.Database, table: string): void {
  for (const name of [baseTableName(table), cellTableName(table)]) {
    db.exec(`DROP TABLE IF EXISTS ${quoteName(name)}`);
  }
  db.prepare('DELETE FROM __patina_tables WHERE name = ?').run(table);
  db.prepare('DELETE FROM __patina_columns WHERE tbl = ?').run(table);
}

function workingViews(db: Database.Database): string[] {
  return readSchemaFacts(db)
    .views.map(({ name }) => name)
    .filter((name) => works(db, name));
}

function works(db: Database.Database, view: string): boolean {
  try {
    db.prepare(`SELECT 1 FROM ${quoteName(view)}`);
    return true;
  } catch {
    return false;
  }
}

/** SQLite drops a table from under its views, and then stops at the next change of any table. */
function refuseBrokenViews(
  db: Database.Database,
  standing: readonly string[],
  steps: readonly SchemaStep[],
): void {
  const dropped = steps.find(({ kind }) => kind === 'drop-table' || kind === 'drop-view');
  if (dropped === undefined) return;
  const left = new Set(readSchemaFacts(db).views.map(({ name }) => name));
  const broken = standing.find((name) => left.has(name) && !works(db, name));
  if (broken === undefined) return;
  const what = dropped.kind === 'drop-table' ? 'table' : 'view';
  const message = `cannot drop ${what} '${dropped.name}': view '${broken}' depends on it`;
  throw new PatinaError('PATINA_SCHEMA_DESTRUCTIVE', message, { hint: 'Drop the view too.' });
}

/** Clocks of a dropped column: were it added again, they would stand for values that are gone. */
function dropCells(db: Database.Database, table: string, column: string): void {
  if (!hasTable(db, cellTableName(table))) return;
  db.prepare(
    `DELETE FROM ${quoteName(cellTableName(table))} ` +
      'WHERE col = (SELECT id FROM __patina_columns WHERE tbl = ? AND name = ?)',
  ).run(table, column);
}

function hasTable(db: Database.Database, name: string): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
  return db.prepare(sql).get(name) !== undefined;
}

function dropTriggers(db: Database.Database, table: string): void {
  const triggers = db
    .prepare<[string, string], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? AND name GLOB ?",
    )
    .all(table, `${internalPrefix}*`);
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${quoteName(name)}`);
}

/** Creates the clock tables where they are missing; returns whether they were. */
function ensureClockTables(db: Database.Database, table: ReplicatedTable): boolean {
  if (hasTable(db, baseTableName(table.name))) return false;
  for (const sql of clockTablesSql(table)) db.exec(sql);
  return true;
}

/** Rows that were there before the table was replicated get their bases in the open version. */
function backfillBases(db: Database.Database, table: ReplicatedTable): void {
  const keys = clockKeys(table).join(', ');
  const names = table.key.map(({ name }) => `t.${quoteName(name)}`);
  db.exec(
    `INSERT INTO ${quoteName(baseTableName(table.name))} (${keys}, cl, hlc, actor, version, seq) ` +
      `SELECT ${names.join(', ')}, 1, s.hlc, s.actor, s.version, row_number() OVER () - 1 ` +
      `FROM ${quoteName(table.name)} AS t, __patina_state AS s WHERE s.id = 1`,
  );
}

function refused(message: string): PatinaError {
  return new PatinaError('PATINA_SCHEMA_REFUSED', message, {
    hint: 'Correct the schema files; nothing was changed.',
  });
}
