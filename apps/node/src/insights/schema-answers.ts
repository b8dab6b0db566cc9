// The schema of the database as the console shows it, read by the reader processes like any query.

import { createHash } from 'node:crypto';
import type { TableDetail, TableSummary } from '@patina/api/insights/shapes.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { quoteName } from '@patina/engine/base/sql-text.ts';
import { baseTableName } from '@patina/engine/crdt/table.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import { isInternalName, isSqliteName } from '@patina/engine/storage/sql-names.ts';
import type { SqlCell } from '@patina/engine/storage/sql-value.ts';

const readMsMax = 5_000;

/** Longer than for the rest: a count looks at every row. */
const countMsMax = 10_000;

const objectsSql =
  "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type IN ('table', 'view', 'index')";

const columnsSql =
  'SELECT m.name, p.name, p.type, p."notnull", p.dflt_value, p.pk, p.hidden ' +
  "FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS p WHERE m.type IN ('table', 'view') " +
  'ORDER BY m.name, p.cid';

const indexesSql =
  'SELECT m.name, l.name, l."unique", i.name, l.origin ' +
  'FROM sqlite_schema AS m, pragma_index_list(m.name) AS l, pragma_index_info(l.name) AS i ' +
  "WHERE m.type = 'table' ORDER BY m.name, l.name, i.seqno";

type Column = TableSummary['columns'][number];
type Index = TableDetail['indexes'][number];

export interface IndexOfTable extends Index {
  readonly table: string;
}

interface SchemaObject {
  readonly kind: 'table' | 'view';
  readonly name: string;
  readonly sql: string;
}

interface WholeSchema {
  readonly objects: readonly SchemaObject[];
  readonly summaries: TableSummary[];
  readonly indexes: IndexOfTable[];
}

/** Everything that belongs to the user. */
export async function readSchema(readers: ReaderPool): Promise<WholeSchema> {
  const [objects, columns, indexes] = await Promise.all(
    [objectsSql, columnsSql, indexesSql].map((sql) => rowsOf(readers, sql)),
  );
  const names = new Set((objects ?? []).map(([, name]) => String(name)));
  const sqlByIndex = new Map(
    (objects ?? []).flatMap(([type, name, , sql]) =>
      type === 'index' && sql !== null ? [[String(name), String(sql)] as const] : [],
    ),
  );
  const own = (objects ?? []).flatMap(([type, name, , sql]): SchemaObject[] =>
    (type === 'table' || type === 'view') && isOwn(String(name))
      ? [{ kind: type, name: String(name), sql: String(sql ?? '') }]
      : [],
  );
  const columnsByTable = new Map<string, Column[]>();
  for (const [table, ...column] of columns ?? []) {
    const list = columnsByTable.get(String(table)) ?? [];
    list.push(columnOf(column));
    columnsByTable.set(String(table), list);
  }
  const summaries = own
    .map(({ kind, name }) => ({
      name,
      kind,
      is_replicated: names.has(baseTableName(name)),
      columns: columnsByTable.get(name) ?? [],
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { objects: own, summaries, indexes: indexesOf(indexes ?? [], sqlByIndex) };
}

/** One table or view with its number of rows; rejects with PATINA_NOT_FOUND. */
export async function readTable(readers: ReaderPool, name: string): Promise<TableDetail> {
  const { objects, summaries, indexes } = await readSchema(readers);
  const summary = summaries.find((each) => each.name === name);
  const object = objects.find((each) => each.name === name);
  if (summary === undefined || object === undefined) {
    throw new PatinaError('PATINA_NOT_FOUND', `there is no table or view ${name}`, {
      hint: 'Look at the list of tables.',
    });
  }
  return {
    ...summary,
    sql: object.sql,
    indexes: indexes
      .filter(({ table }) => table === name)
      .map(({ table: _table, ...rest }) => rest),
    rows: await countRows(readers, name),
  };
}

/** Equal for equal replicated schemas, however they came about. */
export async function hashSchema(
  readers: ReaderPool,
): Promise<{ readonly hash: string; readonly tables: number }> {
  const { summaries, indexes } = await readSchema(readers);
  const replicated = summaries.filter((each) => each.is_replicated);
  // Columns that were added later stand in another order than where the table was made with them.
  const facts = replicated.map(({ name, columns }) => [
    name,
    columns.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    indexes.filter(({ table }) => table === name),
  ]);
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return { hash, tables: replicated.length };
}

/** Names of all functions that a query may call. */
export async function readFunctions(readers: ReaderPool): Promise<string[]> {
  const rows = await rowsOf(
    readers,
    'SELECT DISTINCT name FROM pragma_function_list ORDER BY name',
  );
  return rows.map(([name]) => String(name));
}

async function countRows(readers: ReaderPool, name: string): Promise<number | null> {
  try {
    const { rows } = await readers.all({
      sql: `SELECT count(*) FROM ${quoteName(name)}`,
      timeoutMs: countMsMax,
    });
    return Number(rows[0]?.[0] ?? 0);
  } catch (error) {
    if (error instanceof PatinaError && error.code === 'PATINA_SQL_TIMEOUT') return null;
    throw error;
  }
}

async function rowsOf(readers: ReaderPool, sql: string): Promise<readonly (readonly SqlCell[])[]> {
  return (await readers.all({ sql, timeoutMs: readMsMax })).rows;
}

function isOwn(name: string): boolean {
  return !isInternalName(name) && !isSqliteName(name) && !name.startsWith('patina_');
}

function columnOf([name, type, notNull, fallback, key, hidden]: readonly SqlCell[]): Column {
  return {
    name: String(name),
    type: String(type ?? ''),
    not_null: Number(notNull) === 1,
    default: fallback === null || fallback === undefined ? null : String(fallback),
    key: Number(key),
    // 2 and 3: generated when read, and when written.
    is_generated: Number(hidden) >= 2,
  };
}

function indexesOf(
  rows: readonly (readonly SqlCell[])[],
  sqlByIndex: ReadonlyMap<string, string>,
): IndexOfTable[] {
  const byName = new Map<string, IndexOfTable & { readonly columns: string[] }>();
  for (const [table, name, unique, column] of rows) {
    if (!isOwn(String(table))) continue;
    const index = byName.get(String(name)) ?? {
      table: String(table),
      name: String(name),
      is_unique: Number(unique) === 1,
      columns: [],
      sql: sqlByIndex.get(String(name)) ?? null,
    };
    // Where an index is over an expression, SQLite names no column.
    index.columns.push(column === null ? '(expression)' : String(column));
    byName.set(String(name), index);
  }
  return [...byName.values()];
}
