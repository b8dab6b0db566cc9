// Makes a SchemaView from CREATE statements: SQLite itself says what they mean, on a clone in memory
// without rows.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { installOnNodeSqlite } from '@patina/engine/functions/install.ts';
import { checkExpressions } from '@patina/engine/schema/column-guards.ts';
import type {
  ColumnInfo,
  ForeignKeyInfo,
  IndexInfo,
  RelationInfo,
  SchemaView,
} from '../schema-view.ts';
import { typeOfDeclared } from '../types/declared-types.ts';
import { ObjectIds } from './object-ids.ts';
import { shownSchema, systemRelations } from './system-relations.ts';
import { readViewTypes } from './view-types.ts';

/** Patina's own tables are not shown; its views are. */
const hiddenPattern = /^(__patina_|sqlite_)/i;

interface Source {
  readonly ddl: readonly string[];
  readonly view: SchemaView;
}

/** What the views were made of, to give the same view for the same schema. */
const sources = new WeakMap<SchemaView, Source>();

/**
 * Reads CREATE statements, in any order, as sqlite_schema has them; triggers and virtual tables are
 * left out. The view is `previous` itself where nothing has changed.
 */
export function readSchemaView(ddl: readonly string[], previous?: SchemaView): SchemaView {
  const before = previous === undefined ? undefined : sources.get(previous);
  if (before !== undefined && sameTexts(before.ddl, ddl)) return before.view;
  const relations = readRelations(ddl);
  const view = makeView(relations, (previous?.version ?? 0) + 1);
  sources.set(view, { ddl: [...ddl], view });
  return view;
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

function makeView(relations: readonly RelationInfo[], version: number): SchemaView {
  const byName = new Map(relations.map((relation) => [relation.name.toLowerCase(), relation]));
  return {
    version,
    relations,
    find(name, schema) {
      const lower = name.toLowerCase();
      switch (schema?.toLowerCase()) {
        case undefined:
          // pg_catalog comes first in every search path.
          return systemRelations.pg_catalog.get(lower) ?? byName.get(lower);
        case 'public':
        case 'main':
          return byName.get(lower);
        case 'pg_catalog': {
          const own = byName.get(lower);
          return (
            systemRelations.pg_catalog.get(lower) ??
            (own !== undefined && shownSchema(own) === 'pg_catalog' ? own : undefined)
          );
        }
        case 'information_schema':
          return systemRelations.information_schema.get(lower);
        default:
          return undefined;
      }
    },
  };
}

/** Tables first, then what stands on them. */
const ranks: Readonly<Record<string, number>> = { table: 0, index: 1, view: 2 };
const createPattern =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*create\s+(?:unique\s+)?(table|index|view)\b/i;

function readRelations(ddl: readonly string[]): RelationInfo[] {
  const ranked = ddl
    .map((sql) => ({ sql, rank: ranks[createPattern.exec(sql)?.[1]?.toLowerCase() ?? ''] ?? -1 }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((one, other) => one.rank - other.rank);
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false });
  try {
    installOnNodeSqlite(database);
    for (const { sql } of ranked) createOne(database, sql);
    return describeAll(database);
  } finally {
    database.close();
  }
}

/** What cannot be made here, such as SQLite's own tables, is not part of what is shown. */
function createOne(database: DatabaseSync, sql: string): void {
  try {
    database.exec(sql);
  } catch {
    // The node runs with this schema: only the catalog lacks it.
  }
}

type Row = Record<string, unknown>;

/** What SQLite is asked, each question prepared once. */
function questions(database: DatabaseSync) {
  return {
    columns: database.prepare('SELECT * FROM pragma_table_xinfo(?)'),
    indexes: database.prepare('SELECT * FROM pragma_index_list(?) ORDER BY seq DESC'),
    indexColumns: database.prepare(
      'SELECT name, cid FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno',
    ),
    indexSql: database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?"),
    foreignKeys: database.prepare('SELECT * FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq'),
  };
}

type Questions = ReturnType<typeof questions>;

function describeAll(database: DatabaseSync): RelationInfo[] {
  const ask = questions(database);
  const ids = new ObjectIds();
  const rows = database
    .prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('table', 'view')")
    .all()
    .map((row) => ({
      kind: row['type'] === 'view' ? ('view' as const) : ('table' as const),
      name: String(row['name']),
      sql: String(row['sql'] ?? ''),
    }))
    .filter(({ name }) => !hiddenPattern.test(name))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return rows.map(({ kind, name, sql }) => ({
    schema: 'public',
    name,
    kind,
    oid: ids.idOf('relation', name.toLowerCase()),
    ...(kind === 'table' ? readTableParts(ask, name) : readViewParts(ask, name, sql)),
    checks: kind === 'table' ? checkExpressions(sql) : [],
    sql,
  }));
}

function readTableParts(ask: Questions, table: string) {
  const columns = readColumns(ask, table).map((column) => ({
    ...column,
    isNotNull: column.isNotNull || column.keyPosition > 0,
  }));
  return {
    columns,
    indexes: readIndexes(ask, table, columns),
    foreignKeys: readForeignKeys(ask, table),
  };
}

function readViewParts(ask: Questions, view: string, sql: string) {
  const noted = readViewTypes(sql);
  const columns = readColumns(ask, view).map((column, index) => ({
    ...column,
    type: noted?.[index] ?? column.type,
    isNotNull: false,
  }));
  return { columns, indexes: [], foreignKeys: [] };
}

/** Rows of a question; none where SQLite cannot answer, as for a view whose table is gone. */
function answers(question: StatementSync, subject: string): Row[] {
  try {
    return question.all(subject);
  } catch {
    return [];
  }
}

function readColumns(ask: Questions, relation: string): ColumnInfo[] {
  return answers(ask.columns, relation)
    .filter((row) => row['hidden'] !== 1)
    .map((row) => {
      const declaredType = String(row['type'] ?? '');
      const defaultSql = row['dflt_value'];
      return {
        name: String(row['name']),
        declaredType,
        type: typeOfDeclared(declaredType),
        isNotNull: row['notnull'] === 1,
        defaultSql: typeof defaultSql === 'string' ? defaultSql : undefined,
        isGenerated: row['hidden'] === 2 || row['hidden'] === 3,
        keyPosition: Number(row['pk']),
      };
    });
}

/** In the order in which they were made; the key's index has the name that PostgreSQL gives it. */
function readIndexes(ask: Questions, table: string, columns: readonly ColumnInfo[]): IndexInfo[] {
  const indexes = answers(ask.indexes, table).map((row) => readIndex(ask, table, row));
  const key = columns
    .filter(({ keyPosition }) => keyPosition > 0)
    .toSorted((one, other) => one.keyPosition - other.keyPosition);
  if (key.length === 0 || indexes.some(({ isPrimaryKey }) => isPrimaryKey)) return indexes;
  // An INTEGER PRIMARY KEY is the rowid: SQLite has no index for it.
  const rowid = {
    name: `${table}_pkey`,
    isUnique: true,
    isPrimaryKey: true,
    columns: key.map(({ name }) => name),
    sql: undefined,
  };
  return [rowid, ...indexes];
}

function readIndex(ask: Questions, table: string, row: Row): IndexInfo {
  const ownName = String(row['name']);
  const sql = ask.indexSql.get(ownName)?.['sql'];
  const isPrimaryKey = row['origin'] === 'pk';
  const columns = answers(ask.indexColumns, ownName).map((column) => {
    return typeof column['name'] === 'string' ? column['name'] : undefined;
  });
  const made = isPrimaryKey ? `${table}_pkey` : `${[table, ...columns].join('_')}_key`;
  return {
    name: typeof sql === 'string' ? ownName : made,
    isUnique: row['unique'] === 1,
    isPrimaryKey,
    columns,
    sql: typeof sql === 'string' ? sql : undefined,
  };
}

function readForeignKeys(ask: Questions, table: string): ForeignKeyInfo[] {
  const byId = new Map<unknown, Row[]>();
  for (const row of answers(ask.foreignKeys, table)) {
    const rows = byId.get(row['id']) ?? [];
    rows.push(row);
    byId.set(row['id'], rows);
  }
  return [...byId.values()].map((rows) => {
    const referenced = String(rows[0]?.['table'] ?? '');
    const named = rows.map((row) => row['to']);
    return {
      columns: rows.map((row) => String(row['from'])),
      table: referenced,
      // Without names the key of the other table is meant.
      tableColumns: named.every((name) => typeof name === 'string')
        ? named.map(String)
        : keyColumns(ask, referenced),
      onUpdate: String(rows[0]?.['on_update'] ?? 'NO ACTION'),
      onDelete: String(rows[0]?.['on_delete'] ?? 'NO ACTION'),
    };
  });
}

function keyColumns(ask: Questions, table: string): string[] {
  return answers(ask.columns, table)
    .filter((row) => Number(row['pk']) > 0)
    .toSorted((one, other) => Number(one['pk']) - Number(other['pk']))
    .map((row) => String(row['name']));
}
