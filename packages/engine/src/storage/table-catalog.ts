// Reads from SQLite itself what replication has to know of tables. SQLite is the only parser of DDL
// here: what it says of a table is what will happen to its rows.

import type Database from 'better-sqlite3';
import { quoteName } from '../base/sql-text.ts';
import { internalPrefix, type ReplicatedTable } from '../crdt/table.ts';
import { columnGuards } from '../schema/column-guards.ts';
import type { ColumnFacts, IndexFacts, SchemaFacts, TableFacts } from '../schema/facts.ts';

interface XInfoRow {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
  hidden: number;
}

interface SchemaRow {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

/** All user tables, indexes and views of a connection, with what the rules of replication ask. */
export function readSchemaFacts(db: Database.Database): SchemaFacts {
  const rows = db
    .prepare<[], SchemaRow>(
      'SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY rowid',
    )
    .all()
    .filter(({ name, tbl_name }) => !isInternal(name) && !isInternal(tbl_name));
  const ask = prepareQuestions(db);
  const pick = (type: string): SchemaRow[] => rows.filter((row) => row.type === type);
  return {
    tables: pick('table').map((row) => readTable(ask, row)),
    views: pick('view').map(({ name, sql }) => ({ name, sql: sql ?? '' })),
    triggers: pick('trigger').map(({ name, tbl_name, sql }) => ({
      name,
      table: tbl_name,
      sql: sql ?? '',
    })),
  };
}

function isInternal(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower.startsWith(internalPrefix) || lower.startsWith('sqlite_') || lower.startsWith('patina_')
  );
}

/** What SQLite says of tables, each question prepared once. */
function prepareQuestions(db: Database.Database) {
  return {
    list: db.prepare<[string], { type: string; wr: number; strict: number }>(
      "SELECT type, wr, strict FROM pragma_table_list(?) WHERE schema = 'main'",
    ),
    columns: db.prepare<[string], XInfoRow>('SELECT * FROM pragma_table_xinfo(?)'),
    foreignKeys: db.prepare<[string]>('SELECT 1 FROM pragma_foreign_key_list(?)'),
    indexes: db.prepare<[string], { name: string; unique: number; origin: string }>(
      'SELECT name, "unique", origin FROM pragma_index_list(?)',
    ),
    sqlOf: db.prepare<[string], { sql: string | null }>(
      'SELECT sql FROM main.sqlite_schema WHERE name = ?',
    ),
    collations: db.prepare<[string], { coll: string }>(
      'SELECT coll FROM pragma_index_xinfo(?) WHERE key = 1',
    ),
  };
}

type Questions = ReturnType<typeof prepareQuestions>;

function readTable(ask: Questions, row: SchemaRow): TableFacts {
  const list = ask.list.get(row.name);
  const sql = row.sql ?? '';
  return {
    name: row.name,
    sql,
    kind: list?.type ?? 'table',
    withoutRowid: list?.wr === 1,
    strict: list?.strict === 1,
    autoincrement: /\bautoincrement\b/i.test(stripLiterals(sql)),
    columns: readColumns(ask, row.name),
    indexes: readIndexes(ask, row.name),
    foreignKeys: ask.foreignKeys.all(row.name).length,
  };
}

/** Comments, strings and quoted names out of the way of a search for keywords. */
function stripLiterals(sql: string): string {
  return sql.replace(
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]/g,
    ' ',
  );
}

function readColumns(ask: Questions, table: string): ColumnFacts[] {
  return ask.columns.all(table).map((column) => ({
    name: column.name,
    type: column.type,
    notNull: column.notnull === 1,
    defaultSql: column.dflt_value ?? undefined,
    keyPosition: column.pk,
    generated: column.hidden === 2 || column.hidden === 3,
  }));
}

function readIndexes(ask: Questions, table: string): IndexFacts[] {
  return ask.indexes.all(table).map((index) => ({
    name: index.name,
    sql: ask.sqlOf.get(index.name)?.sql ?? undefined,
    unique: index.unique === 1,
    origin: index.origin === 'pk' ? 'key' : index.origin === 'u' ? 'constraint' : 'create',
    collations: ask.collations.all(index.name).map(({ coll }) => coll),
  }));
}

/** Columns of these affinities keep integers and reals apart (SQLite, "Datatypes", section 3.1). */
function keepsNumbersApart(type: string): boolean {
  const upper = type.toUpperCase();
  if (/INT|CHAR|CLOB|TEXT/.test(upper)) return false;
  if (upper === '' || upper === 'ANY' || upper.includes('BLOB')) return true;
  return false;
}

/**
 * The tables that are replicated, by name, with the numbers of their columns. New columns are numbered;
 * needs a write transaction when the schema has changed.
 */
export function readReplicatedTables(db: Database.Database): Map<string, ReplicatedTable> {
  const replicated = new Set(
    db
      .prepare<[], { name: string }>('SELECT name FROM __patina_tables')
      .all()
      .map(({ name }) => name),
  );
  const tables = new Map<string, ReplicatedTable>();
  for (const facts of readSchemaFacts(db).tables) {
    if (!replicated.has(facts.name)) continue;
    tables.set(
      facts.name,
      describeTable(facts, (column) => columnId(db, facts.name, column)),
    );
  }
  return tables;
}

/** What replication has to know of a table, from its facts and the numbers of its columns. */
export function describeTable(
  facts: TableFacts,
  idOf: (column: string) => number | undefined,
): ReplicatedTable {
  const key = facts.columns
    .filter(({ keyPosition }) => keyPosition > 0)
    .toSorted((a, b) => a.keyPosition - b.keyPosition);
  const columns = facts.columns.filter(
    ({ keyPosition, generated }) => keyPosition === 0 && !generated,
  );
  const [only] = key;
  return {
    name: facts.name,
    key: key.map(({ name, type }) => ({ name, type: clockKeyType(type, facts.strict) })),
    columns: columns.flatMap(({ name }) => {
      const id = idOf(name);
      return id === undefined ? [] : [{ name, id }];
    }),
    keyIsRowid: isRowidKey(facts),
    exact: [...columns, ...(only === undefined || isRowidKey(facts) ? [] : key)].some(({ type }) =>
      keepsNumbersApart(type),
    ),
    guards: columnGuards(facts),
  };
}

/** Whether the key is one INTEGER PRIMARY KEY column, which is the rowid itself. */
export function isRowidKey(facts: TableFacts): boolean {
  const key = facts.columns.filter(({ keyPosition }) => keyPosition > 0);
  if (key.length !== 1 || facts.withoutRowid) return false;
  // `INTEGER PRIMARY KEY DESC` makes an index: the one case where the type alone does not tell.
  const indexed = facts.indexes.some(({ origin }) => origin === 'key');
  return key[0]?.type.toUpperCase() === 'INTEGER' && !indexed;
}

/** The type that gives a clock key the affinity of the key column; ANY is no type outside STRICT. */
function clockKeyType(type: string, strict: boolean): string {
  if (strict && type.toUpperCase() === 'ANY') return 'BLOB';
  return type === '' ? 'BLOB' : quoteName(type);
}

/** The number of a column; undefined for one that another program added and no writer has numbered. */
function columnId(db: Database.Database, table: string, column: string): number | undefined {
  const known = db
    .prepare<[string, string], { id: number }>(
      'SELECT id FROM __patina_columns WHERE tbl = ? AND name = ?',
    )
    .get(table, column);
  if (known !== undefined || db.readonly) return known?.id;
  const made = db
    .prepare<[string, string, string], { id: number }>(
      'INSERT INTO __patina_columns (tbl, id, name) SELECT ?, coalesce(max(id), 0) + 1, ? ' +
        'FROM __patina_columns WHERE tbl = ? RETURNING id',
    )
    .get(table, column, table);
  return made?.id;
}
