// Random tables, indexes and views: every kind of key, columns with and without types and collations,
// and generated columns.

import type { Rng } from '@patina/engine/base/rng.ts';
import { between, chance, pick } from '../random.ts';
import type { Pool } from './values.ts';

export interface FuzzColumn {
  readonly name: string;
  readonly pool: Pool;
  /** What stands after its name in CREATE TABLE. */
  readonly declaration: string;
  readonly isKey: boolean;
  readonly isNotNull: boolean;
}

export interface FuzzTable {
  readonly name: string;
  /** Columns that can be written. */
  readonly columns: readonly FuzzColumn[];
  readonly generated: readonly FuzzColumn[];
  readonly keyClause: string;
  readonly options: string;
}

/** Something that a query can read from. */
export interface FuzzRelation {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly pool: Pool }[];
  /** Columns that tell all its rows apart; none for a view. */
  readonly key: readonly string[];
  readonly isView: boolean;
}

export interface FuzzSchema {
  readonly tables: readonly FuzzTable[];
  readonly relations: readonly FuzzRelation[];
  /** Statements that make it. */
  readonly ddl: readonly string[];
}

const tableNames = ['t', 'u', 'v w', 'x'] as const;

export function drawSchema(rng: Rng): FuzzSchema {
  const tables = Array.from({ length: between(rng, 1, 4) }, (_, index) =>
    drawTable(rng, tableNames[index] ?? 't'),
  );
  const ddl = tables.map(tableDdl);
  const relations = tables.map(relationOf);
  for (const table of tables) if (chance(rng, 0.5)) ddl.push(indexDdl(rng, table));
  if (chance(rng, 0.5)) {
    const table = pick(rng, tables);
    const columns = [...table.columns, ...table.generated];
    const names = columns.map(({ name }) => name).join(', ');
    const filter = chance(rng, 0.5) ? ` WHERE ${pick(rng, columns).name} IS NOT NULL` : '';
    ddl.push(`CREATE VIEW w AS SELECT ${names} FROM ${quoted(table.name)}${filter}`);
    relations.push({ name: 'w', columns, key: [], isView: true });
  }
  return { tables, relations, ddl };
}

export function relationOf(table: FuzzTable): FuzzRelation {
  return {
    name: table.name,
    columns: [...table.columns, ...table.generated],
    key: table.columns.filter(({ isKey }) => isKey).map(({ name }) => name),
    isView: false,
  };
}

export function quoted(name: string): string {
  return /^[a-z]\w*$/.test(name) ? name : `"${name}"`;
}

export function tableDdl(table: FuzzTable): string {
  const lines = [...table.columns, ...table.generated].map(({ name, declaration }) =>
    `${name} ${declaration}`.trim(),
  );
  if (table.keyClause !== '') lines.push(table.keyClause);
  return `CREATE TABLE ${quoted(table.name)} (${lines.join(', ')})${table.options}`;
}

/** The same table with one column more. */
export function widened(table: FuzzTable, name: string): FuzzTable {
  const declaration = table.options.includes('STRICT') ? 'ANY' : "TEXT COLLATE NOCASE DEFAULT 'd'";
  const added = column(name, 'text', declaration);
  return { ...table, columns: [...table.columns, added] };
}

function column(name: string, pool: Pool, declaration: string): FuzzColumn {
  return { name, pool, declaration, isKey: false, isNotNull: declaration.includes('NOT NULL') };
}

function keyColumn(name: string, pool: Pool, declaration: string): FuzzColumn {
  return { name, pool, declaration, isKey: true, isNotNull: true };
}

function drawTable(rng: Rng, name: string): FuzzTable {
  const isStrict = chance(rng, 0.2);
  const key = drawKey(rng, isStrict);
  const pools: Pool[] = ['int', 'small', 'text', 'any'];
  const count = between(rng, 1, 3);
  const columns = Array.from({ length: count }, (_, index) => {
    const pool = index === 0 ? pick(rng, ['int', 'small'] as const) : pick(rng, pools);
    return column('abc'[index] ?? 'a', pool, declarationOf(rng, pool, isStrict));
  });
  const generated: FuzzColumn[] = [];
  if (chance(rng, 0.25)) {
    const type = isStrict ? 'ANY' : pick(rng, ['', 'TEXT', 'INTEGER']);
    const kind = pick(rng, [' STORED', ' VIRTUAL', '']);
    generated.push(column('g', 'any', `${type} GENERATED ALWAYS AS (a + 1)${kind}`.trim()));
  }
  const options = [key.isWithoutRowid ? 'WITHOUT ROWID' : '', isStrict ? 'STRICT' : '']
    .filter((option) => option !== '')
    .join(', ');
  return {
    name,
    columns: [...key.columns, ...columns],
    generated,
    keyClause: key.clause,
    options: options === '' ? '' : ` ${options}`,
  };
}

interface Key {
  readonly columns: readonly FuzzColumn[];
  readonly clause: string;
  readonly isWithoutRowid: boolean;
}

function drawKey(rng: Rng, isStrict: boolean): Key {
  const isWithoutRowid = chance(rng, 0.35);
  const rest = { clause: '', isWithoutRowid };
  switch (pick(rng, ['rowid', 'rowid', 'text', 'pair', 'blob', 'real', 'any'] as const)) {
    case 'rowid':
      return { columns: [keyColumn('id', 'id', 'INTEGER PRIMARY KEY')], ...rest };
    case 'text':
      return { columns: [keyColumn('k', 'text', 'TEXT NOT NULL PRIMARY KEY')], ...rest };
    case 'pair':
      return {
        columns: [
          keyColumn('k', 'text', 'TEXT NOT NULL'),
          keyColumn('n', 'id', isStrict ? 'INT NOT NULL' : 'NOT NULL'),
        ],
        clause: chance(rng, 0.5) ? 'PRIMARY KEY (k, n)' : 'PRIMARY KEY (n, k)',
        isWithoutRowid,
      };
    case 'blob':
      return { columns: [keyColumn('k', 'blob', 'BLOB NOT NULL PRIMARY KEY')], ...rest };
    case 'real':
      return { columns: [keyColumn('k', 'small', 'REAL NOT NULL PRIMARY KEY')], ...rest };
    case 'any': {
      const type = isStrict ? 'ANY' : '';
      return { columns: [keyColumn('k', 'any', `${type} NOT NULL PRIMARY KEY`.trim())], ...rest };
    }
  }
}

function declarationOf(rng: Rng, pool: Pool, isStrict: boolean): string {
  switch (pool) {
    case 'int':
      return isStrict ? 'INTEGER' : pick(rng, ['INTEGER', 'INT', '', 'NOT NULL DEFAULT 0']);
    case 'small':
      return isStrict ? 'REAL' : pick(rng, ['REAL', 'NUMERIC', '']);
    case 'text':
      if (isStrict) return 'TEXT';
      return pick(rng, [
        'TEXT',
        'TEXT COLLATE NOCASE',
        'TEXT COLLATE RTRIM',
        "TEXT NOT NULL DEFAULT 'x'",
      ]);
    default:
      return isStrict ? 'ANY' : pick(rng, ['', 'BLOB', 'TEXT', 'NUMERIC', 'COLLATE NOCASE']);
  }
}

function indexDdl(rng: Rng, table: FuzzTable): string {
  const { name } = pick(rng, table.columns);
  const what = pick(rng, [
    name,
    `${name} COLLATE NOCASE`,
    `${name}, a DESC`,
    `lower(${name})`,
    `a || ''`,
  ]);
  const filter = chance(rng, 0.3) ? ' WHERE a IS NOT NULL' : '';
  const own = `i_${table.name.replaceAll(' ', '_')}`;
  return `CREATE INDEX ${own} ON ${quoted(table.name)} (${what})${filter}`;
}
