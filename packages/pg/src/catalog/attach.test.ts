// The catalogs tell of the schema as PostgreSQL would, join with users' tables, and follow changes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttachedCatalog, attachCatalog } from './attach.ts';
import { catalogFunctionNames, installCatalogFunctions } from './catalog-functions.ts';
import type { CatalogFacts } from './facts.ts';
import { readSchemaView } from './schema-reader.ts';

const ddl = [
  `CREATE TABLE flights (
    id TEXT NOT NULL PRIMARY KEY, origin TEXT NOT NULL DEFAULT 'x' CHECK (origin <> ''), delay INTEGER,
    pilot TEXT REFERENCES pilots (name) ON DELETE CASCADE, twice INT AS (delay * 2) STORED
  )`,
  'CREATE TABLE pilots (name TEXT NOT NULL PRIMARY KEY)',
  'CREATE INDEX flights_delay ON flights (delay, lower(origin) DESC) WHERE delay > 0',
  'CREATE VIEW late AS SELECT id FROM flights WHERE delay > 15',
];
const facts: CatalogFacts = {
  database: 'air',
  users: [
    { name: 'ann', isAdmin: true },
    { name: 'bob', isAdmin: false },
  ],
  settings: [{ name: 'work_mem', value: '4MB', description: 'Memory.', context: 'user' }],
};

const dir = mkdtempSync(join(tmpdir(), 'patina-catalog-'));
let database: DatabaseSync;
let catalog: AttachedCatalog;
let schema = readSchemaView(ddl);

beforeAll(() => {
  const path = join(dir, 'air.db');
  const made = new DatabaseSync(path);
  for (const sql of ddl) made.exec(sql);
  made.close();
  // As readers have it.
  database = new DatabaseSync(path, { readOnly: true });
  catalog = attachCatalog(database);
  installCatalogFunctions(database, catalog);
  catalog.refill(schema, facts);
});

afterAll(() => {
  database.close();
  rmSync(dir, { recursive: true });
});

function rows(sql: string): unknown[][] {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement.all().map((row) => Object.values(row));
}

describe('pg_catalog', () => {
  it('lists relations and indexes', () => {
    expect(
      rows(
        `SELECT relname, relkind, relnatts, relhasindex, pg_get_userbyid(relowner) FROM pg_catalog.pg_class
         WHERE relnamespace = pg_cast_regnamespace('public') ORDER BY relname`,
      ),
    ).toEqual([
      ['flights', 'r', 5, 1, 'patina'],
      ['flights_delay', 'i', 2, 0, 'patina'],
      ['flights_pkey', 'i', 1, 0, 'patina'],
      ['late', 'v', 1, 0, 'patina'],
      ['pilots', 'r', 1, 1, 'patina'],
      ['pilots_pkey', 'i', 1, 0, 'patina'],
    ]);
  });

  it('has columns with types, defaults and generated ones', () => {
    expect(
      rows(
        `SELECT attname, attnum, attnotnull, attgenerated, pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attribute
         LEFT JOIN pg_catalog.pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE attrelid = pg_cast_regclass('flights') ORDER BY attnum`,
      ),
    ).toEqual([
      ['id', 1, 1, '', null],
      ['origin', 2, 1, '', "'x'::text"],
      ['delay', 3, 0, '', null],
      ['pilot', 4, 0, '', null],
      ['twice', 5, 0, 's', '(delay * 2)'],
    ]);
  });

  it('describes indexes', () => {
    expect(
      rows(
        `SELECT pg_get_indexdef(indexrelid), indkey, indisprimary FROM pg_catalog.pg_index
         WHERE indrelid = pg_cast_regclass('public.flights') ORDER BY indisprimary`,
      ),
    ).toEqual([
      [
        'CREATE INDEX flights_delay ON public.flights USING btree (delay, lower(origin) DESC) WHERE (delay > 0)',
        '[3,0]',
        0,
      ],
      ['CREATE UNIQUE INDEX flights_pkey ON public.flights USING btree (id)', '[1]', 1],
    ]);
    expect(rows(`SELECT pg_get_indexdef(pg_cast_regclass('flights_delay'), 2, 1)`)).toEqual([
      ['lower(origin)'],
    ]);
  });

  it('describes constraints', () => {
    expect(
      rows(
        `SELECT conname, contype, pg_get_constraintdef(oid), conkey, pg_regclass_text(confrelid)
         FROM pg_catalog.pg_constraint WHERE conrelid = pg_cast_regclass('flights') ORDER BY conname`,
      ),
    ).toEqual([
      ['flights_origin_check', 'c', "CHECK ((origin <> ''))", '[2]', '-'],
      [
        'flights_pilot_fkey',
        'f',
        'FOREIGN KEY (pilot) REFERENCES pilots(name) ON DELETE CASCADE',
        '[4]',
        'pilots',
      ],
      ['flights_pkey', 'p', 'PRIMARY KEY (id)', '[1]', '-'],
    ]);
  });

  it('words a check for people with fewer parentheses', () => {
    expect(
      rows(`SELECT pg_get_constraintdef(oid, 1) FROM pg_catalog.pg_constraint
              WHERE conname = 'flights_origin_check'`),
    ).toEqual([["CHECK (origin <> '')"]]);
  });

  it('knows views, users, the database and settings', () => {
    expect(rows('SELECT viewname, definition FROM pg_catalog.pg_views')).toEqual([
      ['late', ' SELECT id FROM flights WHERE delay > 15;'],
    ]);
    expect(rows("SELECT pg_get_viewdef(pg_cast_regclass('late'))")).toEqual([
      [' SELECT id FROM flights WHERE delay > 15;'],
    ]);
    expect(rows('SELECT rolname, rolsuper FROM pg_catalog.pg_roles ORDER BY rolname')).toEqual([
      ['ann', 1],
      ['bob', 0],
      ['patina', 1],
      ['pg_database_owner', 0],
    ]);
    expect(rows('SELECT datname FROM pg_catalog.pg_database')).toEqual([['air']]);
    expect(rows('SELECT name, setting FROM pg_catalog.pg_settings')).toEqual([['work_mem', '4MB']]);
  });

  it('has the types with their functions, as PostgreSQL numbers them', () => {
    expect(
      rows(
        `SELECT t.oid, t.typname, p.proname FROM pg_catalog.pg_type AS t
         JOIN pg_catalog.pg_proc AS p ON p.oid = t.typreceive WHERE t.typname IN ('int4', '_int4') ORDER BY 1`,
      ),
    ).toEqual([
      [23, 'int4', 'int4recv'],
      [1007, '_int4', 'array_recv'],
    ]);
  });
});

describe('information_schema', () => {
  it('lists tables and columns', () => {
    expect(
      rows(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
      ),
    ).toEqual([
      ['flights', 'BASE TABLE'],
      ['late', 'VIEW'],
      ['pilots', 'BASE TABLE'],
    ]);
    expect(
      rows(
        `SELECT column_name, is_nullable, column_default, is_generated, udt_name
         FROM information_schema.columns WHERE table_name = 'flights' ORDER BY ordinal_position LIMIT 2`,
      ),
    ).toEqual([
      ['id', 'NO', null, 'NEVER', 'text'],
      ['origin', 'NO', "'x'::text", 'NEVER', 'text'],
    ]);
  });

  it('joins the views of foreign keys as the standard has them', () => {
    expect(
      rows(
        `SELECT tc.table_name, kcu.column_name, ccu.table_name, ccu.column_name, rc.delete_rule
         FROM information_schema.table_constraints AS tc
         JOIN information_schema.key_column_usage AS kcu USING (constraint_name, table_schema)
         JOIN information_schema.constraint_column_usage AS ccu USING (constraint_name)
         JOIN information_schema.referential_constraints AS rc USING (constraint_name)
         WHERE tc.constraint_type = 'FOREIGN KEY'`,
      ),
    ).toEqual([['flights', 'pilot', 'pilots', 'name', 'CASCADE']]);
  });
});

describe('functions', () => {
  it.each([
    ['format_type(1043, 14)', 'character varying(10)'],
    ['format_type(1700, 655366)', 'numeric(10,2)'],
    ['format_type(1184, 3)', 'timestamp(3) with time zone'],
    ['format_type(1007, -1)', 'integer[]'],
    ['format_type(0, -1)', '-'],
    ['format_type(NULL, -1)', null],
    ["pg_cast_regtype('character varying(10)')", 1043],
    ["pg_cast_regtype('int[]')", 1007],
    ["pg_cast_regtype('pg_catalog.text')", 25],
    ["pg_cast_regclass('pg_class')", 1259],
    ['pg_cast_regclass(\'"pg_class"\')', 1259],
    ['pg_cast_regclass(1259)', 1259],
    ["pg_cast_regclass('42')", 42],
    ['pg_regclass_text(1259)', 'pg_class'],
    ['pg_regclass_text(3)', '3'],
    ['pg_regtype_text(23)', 'integer'],
    ['pg_regproc_text(2406)', 'int4recv'],
    ["pg_regtype_text(pg_cast_regtype('timestamptz'))", 'timestamp with time zone'],
    ["to_regclass('nowhere')", null],
    ["pg_to_regtype('nosuch')", null],
    ['pg_table_is_visible(1259)', 1],
    ['pg_table_is_visible(NULL)', null],
    ['pg_get_userbyid(1)', 'unknown (OID=1)'],
  ])('%s is %j', (call, expected) => {
    expect(rows(`SELECT ${call}`)).toEqual([[expected]]);
  });

  it.each([
    ["pg_cast_regclass('nowhere')", '42P01'],
    ["pg_cast_regtype('nosuch')", '42704'],
    ["pg_cast_regproc('nosuch')", '42883'],
    ["pg_cast_regnamespace('nosuch')", '3F000'],
    ["pg_cast_regrole('nosuch')", '42704'],
  ])('%s fails with %s', (call, sqlState) => {
    expect(() => rows(`SELECT ${call}`)).toThrow(expect.objectContaining({ sqlState }));
  });

  it('are there by name before the catalogs are filled', () => {
    const empty = new DatabaseSync(':memory:');
    installCatalogFunctions(empty, attachCatalog(empty));
    expect(catalogFunctionNames.has('pg_get_indexdef')).toBe(true);
    expect(empty.prepare('SELECT pg_get_indexdef(1) AS a').get()).toEqual({ a: null });
    expect(empty.prepare('SELECT count(*) AS n FROM pg_catalog.pg_type').get()).toEqual({ n: 0 });
    empty.close();
  });
});

describe('a change of the schema', () => {
  it('is told by statements that were prepared before', () => {
    const names = database.prepare(
      "SELECT group_concat(relname ORDER BY relname) AS names FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid > 16383",
    );
    expect(names.get()).toEqual({ names: 'flights,pilots' });
    const types = rows('SELECT count(*) FROM pg_catalog.pg_type');
    schema = readSchemaView([...ddl, 'CREATE TABLE planes (id INT PRIMARY KEY)'], schema);
    catalog.refill(schema, facts);
    expect(names.get()).toEqual({ names: 'flights,pilots,planes' });
    expect(rows('SELECT count(*) FROM pg_catalog.pg_type')).toEqual(types);
    catalog.refill(readSchemaView(ddl, schema), facts);
    expect(names.get()).toEqual({ names: 'flights,pilots' });
  });
});
