// PostgreSQL's DDL becomes text that SQLite and the schema planner take, with what a CRDT needs; what cannot
// be kept is refused with the SQLSTATE that PostgreSQL has for it.

import { DatabaseSync } from 'node:sqlite';
import { schemaProblems } from '@patina/engine/schema/rules.ts';
import { readDeclaredSchema } from '@patina/engine/storage/schema-apply.ts';
import { loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSchemaView } from '../../catalog/schema-reader.ts';
import { PgError } from '../../pg-error.ts';
import { parseOne, testTools } from '../../utility/testing-tools.ts';
import { planSchemaChange } from './plan-schema-change.ts';

const ddl = [
  'CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY, "b c" INT DEFAULT 0, d TEXT, /* last */ e REAL, CHECK (d <> a)) STRICT',
  'CREATE INDEX t_d ON t (d)',
  'CREATE INDEX t_e ON t (e) WHERE d IS NOT NULL',
  'CREATE VIEW v AS SELECT a, d FROM t',
  'CREATE VIEW w AS SELECT a FROM v',
  'CREATE VIEW patina_members AS SELECT 1 AS a',
];

beforeAll(loadModule);

function plan(text: string) {
  const change = planSchemaChange(parseOne(text), text, testTools(ddl));
  if (change === undefined) throw new Error(`not a change: ${text}`);
  return change;
}

/** The text for the schema planner. */
function declared(text: string): string {
  const { change } = plan(text);
  if (change.kind !== 'declare') throw new Error(`nothing declared: ${change.kind}`);
  return change.sql;
}

function failure(text: string): PgError {
  try {
    plan(text);
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error(`no error for ${text}`);
}

/** The table that a CREATE TABLE makes, which must be one that replication can keep. */
function created(text: string) {
  const sql = declared(text);
  const { tables } = readDeclaredSchema([sql]);
  expect(tables.flatMap(schemaProblems)).toEqual([]);
  const [table] = readSchemaView([sql]).relations;
  if (table === undefined) throw new Error('no table');
  return { sql, table };
}

/** A row that has its defaults alone but for `values`. */
function insertDefaults(sql: string, values: Readonly<Record<string, string>>) {
  const database = new DatabaseSync(':memory:');
  try {
    database.exec(sql);
    const names = Object.keys(values).join(', ');
    const marks = Object.values(values)
      .map(() => '?')
      .join(', ');
    const into = names === '' ? 'DEFAULT VALUES' : `(${names}) VALUES (${marks})`;
    return database.prepare(`INSERT INTO x ${into} RETURNING *`).get(...Object.values(values));
  } finally {
    database.close();
  }
}

describe('CREATE TABLE', () => {
  it('keeps columns, keys and defaults', () => {
    const { table } = created(
      `create table public.x (id uuid default gen_random_uuid(), n int default -1, "B" boolean default true,
        s varchar(10) not null default 'it''s'::character varying, primary key (id, n))`,
    );
    expect(
      table.columns.map(({ name, keyPosition, isNotNull }) => [name, keyPosition, isNotNull]),
    ).toEqual([
      ['id', 1, true],
      ['n', 2, true],
      ['B', 0, false],
      ['s', 0, true],
    ]);
    expect(table.columns.map(({ defaultSql }) => defaultSql?.slice(0, 7))).toEqual([
      'lower(h',
      '-1',
      '1',
      "'it''s'",
    ]);
  });

  it('has defaults that run in plain SQLite, in the form that values are kept in', () => {
    const { sql } = created(
      `create table x (id uuid primary key default gen_random_uuid(), at timestamptz default now(),
        local timestamp default localtimestamp, day date default current_date,
        utc timestamp default timezone('utc', now()), tags text[] default '{a,b}', j jsonb default '{}'::jsonb,
        n numeric default 1.50, late timestamptz default current_timestamp)`,
    );
    const row = insertDefaults(sql, {});
    expect(row?.['id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(row?.['at']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d*[1-9])?\+00$/);
    expect(row?.['late']).toMatch(/\+00$/);
    expect(row?.['local']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d*[1-9])?$/);
    expect(row?.['utc']).toMatch(/\d$/);
    expect(row?.['day']).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(row?.['tags']).toBe('["a","b"]');
    expect(row?.['j']).toBe('{}');
    expect(row?.['n']).toBe('1.50');
  });

  it('writes exact decimals with their scale', () => {
    const read = (type: string, value: string) => {
      const { table } = created(`create table x (id int primary key, n ${type} default ${value})`);
      return table.columns[1]?.defaultSql;
    };
    expect(read('numeric', '1.5')).toBe("'1.5'");
    expect(failure("create table x (id int primary key, n numeric default 'x')").sqlState).toBe(
      '22P02',
    );
  });

  it.each(['serial', 'bigserial', 'bigint generated always as identity'])(
    'gives out random ids for %s',
    (type) => {
      const text = `create table x (id ${type} primary key, n int)`;
      const { sql, table } = created(text);
      expect(plan(text).notices.join()).toContain('random');
      expect(table.columns[0]?.type.oid).toBe(20);
      const ids = [insertDefaults(sql, { n: '1' }), insertDefaults(sql, { n: '1' })].map((row) => {
        return Number(row?.['id']);
      });
      expect(ids[0]).not.toBe(ids[1]);
      for (const id of ids) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
    },
  );

  it('does not number rows of an integer key by itself', () => {
    const { sql } = created('create table x (id integer primary key, n int)');
    expect(() => insertDefaults(sql, { n: '1' })).toThrow(/NOT NULL/);
  });

  it('gives NOT NULL columns the zero of their type, and says so', () => {
    const text =
      'create table x (id int primary key, a text not null, b timestamptz not null, c int[] not null)';
    const row = insertDefaults(created(text).sql, { id: '1' });
    expect(row).toMatchObject({ a: '', b: '1970-01-01 00:00:00+00', c: '[]' });
    expect(plan(text).notices).toHaveLength(3);
  });

  it('translates checks and generated columns', () => {
    const { sql } = created(
      `create table x (id int primary key check (id between 1 and 9), a text check (a like 'A%' or a in ('b', 'c')),
        g int generated always as (id * 2) stored, constraint pair check (not (a is null and id = 3)))`,
    );
    expect(insertDefaults(sql, { id: '1', a: 'Ab' })).toMatchObject({ g: 2 });
    expect(() => insertDefaults(sql, { id: '1', a: 'ab' })).toThrow(/CHECK/);
    expect(() => insertDefaults(sql, { id: '10' })).toThrow(/CHECK/);
    expect(() => insertDefaults(sql, { id: '3' })).toThrow(/pair/);
  });

  it('keeps foreign keys as documentation', () => {
    const text = `create table x (id int primary key, a text references t (a) on delete cascade,
      up int, foreign key (up) references x on update set null)`;
    expect(created(text).table.foreignKeys).toMatchObject([
      { columns: ['a'], table: 't', tableColumns: ['a'], onDelete: 'CASCADE' },
      { columns: ['up'], table: 'x', tableColumns: ['id'], onUpdate: 'SET NULL' },
    ]);
    expect(plan(text).notices.join()).toContain('not enforced');
  });

  it('leaves a table alone that is there', () => {
    expect(plan('create table if not exists t (a int)')).toMatchObject({
      change: { kind: 'none' },
      notices: ['relation "t" already exists, skipping'],
    });
  });

  it.each([
    ['create table t (a int)', '42P07', /"t" already exists/],
    ['create table t_d (a int)', '42P07', /"t_d" already exists/],
    ['create table other.x (a int primary key)', '3F000', /schema "other"/],
    ['create table pg_catalog.x (a int primary key)', '42501', /permission denied/],
    ['create table x (a int, A2 int, a int)', '42701', /"a" specified more than once/],
    ['create table x (a int, "A" int)', '42701', /"A" specified more than once/],
    ['create table x (a int primary key, primary key (a))', '42P16', /multiple primary keys/],
    ['create table x (a int primary key, b int primary key)', '42P16', /multiple primary keys/],
    ['create table x (a int, primary key (b))', '42703', /"b" named in key/],
    ['create table x (a nosuchtype)', '42704', /nosuchtype/],
    ['create table x (a int primary key, b int unique)', '0A000', /UNIQUE/],
    ['create table x (a int primary key, b int, unique (b))', '0A000', /UNIQUE/],
    ['create table x (a int primary key, b int references nowhere)', '42P01', /nowhere/],
    ['create table x (a int primary key, b int default (a + 1))', '0A000', /DEFAULT expression/],
    ['create table x (a int primary key check (c > 1))', '42703', /"c" does not exist/],
    ["create table x (a int primary key, b text check (b ~ 'x'))", '0A000', /operator ~/],
    ['create table x (like t)', '0A000', /LIKE/],
    ['create table x () inherits (t)', '0A000', /INHERITS/],
    ['create temp table x (a int)', '0A000', /TEMPORARY/],
    ['create table x (a int) partition by range (a)', '0A000', /PARTITION BY/],
    ['create table x as select 1', '0A000', /CREATE TABLE AS/],
    ['create materialized view x as select 1', '0A000', /MATERIALIZED/],
  ])('%s is refused with %s', (text, sqlState, message) => {
    expect(failure(text).sqlState).toBe(sqlState);
    expect(failure(text).message).toMatch(message);
  });
});

describe('ALTER TABLE', () => {
  it('adds and drops columns in the whole text, with the indexes that stay', () => {
    const sql = declared(
      'alter table t add column f int not null default 3, drop e, add g varchar(10)',
    );
    const [table] = readSchemaView([...sql.split(';\n')]).relations;
    expect(table?.columns.map(({ name }) => name)).toEqual(['a', 'b c', 'd', 'f', 'g']);
    expect(table?.indexes.map(({ name }) => name).toSorted()).toEqual(['t_d', 't_pkey']);
    expect(table?.checks).toEqual(['d <> a']);
    expect(sql).toMatch(/\) STRICT\n;/);
    expect(plan('alter table t drop column d').change).toMatchObject({ isDestructive: true });
    expect(plan('alter table t add column z int').change).toMatchObject({ isDestructive: false });
  });

  it('drops indexes with a column that their condition names', () => {
    const sql = declared('alter table t drop column d cascade');
    expect(sql).not.toContain('t_d');
    expect(sql).not.toContain('t_e');
  });

  it.each([
    [
      'alter table t add column if not exists d text',
      'column "d" of relation "t" already exists, skipping',
    ],
    [
      'alter table t drop column if exists z',
      'column "z" of relation "t" does not exist, skipping',
    ],
    [
      'alter table if exists nowhere add column a int',
      'relation "nowhere" does not exist, skipping',
    ],
    ['alter table t owner to someone', 'owners are not kept'],
  ])('%s does nothing', (text, notice) => {
    expect(plan(text)).toMatchObject({ change: { kind: 'none' }, notices: [notice] });
  });

  it.each([
    ['alter table nowhere add a int', '42P01'],
    ['alter table v add a int', '42809'],
    ['alter table t add d text', '42701'],
    ['alter table t drop z', '42703'],
    ['alter table t drop a', '0A000'],
    ['alter table t add x int primary key', '42P16'],
    ['alter table t add x uuid default gen_random_uuid()', '0A000'],
    ['alter table t add primary key (d)', '42P16'],
    ['alter table t add constraint u unique (d)', '0A000'],
    ['alter table t alter d set default 1', '0A000'],
    ['alter table t alter d type int', '0A000'],
    ['alter table t rename to x', '0A000'],
    ['alter table t rename d to x', '0A000'],
    ['alter table t enable row level security', '0A000'],
  ])('%s is refused with %s', (text, sqlState) => {
    expect(failure(text).sqlState).toBe(sqlState);
  });
});

describe('CREATE INDEX', () => {
  it('comes with the table and its other indexes', () => {
    const sql = declared(
      'create index concurrently on t (d desc nulls last, lower(a)) where e > 1',
    );
    expect(sql).toContain(
      'CREATE INDEX "t_d_lower_idx" ON "t" ("d" DESC, lower("a")) WHERE ("e" > 1)',
    );
    expect(readSchemaView(sql.split(';\n')).relations[0]?.indexes).toHaveLength(4);
  });

  it.each([
    ['create index if not exists t_d on t (d)', 'none'],
    ['create index i on t using btree (d) include (e)', 'declare'],
  ])('%s', (text, kind) => {
    expect(plan(text).change.kind).toBe(kind);
  });

  it.each([
    ['create index t_d on t (d)', '42P07'],
    ['create index v on t (d)', '42P07'],
    ['create index i on nowhere (d)', '42P01'],
    ['create index i on t (z)', '42703'],
    ['create unique index i on t (d)', '0A000'],
    ['create index i on t using gin (d)', '0A000'],
    ["create index i on t ((d ~ 'x'))", '0A000'],
  ])('%s is refused with %s', (text, sqlState) => {
    expect(failure(text).sqlState).toBe(sqlState);
  });
});

describe('CREATE VIEW', () => {
  it('notes the types of its columns', () => {
    expect(declared('create view x (y) as select 1')).toBe(
      'CREATE VIEW "x" ("y") AS /* types: 23 */ planned SelectStmt',
    );
    expect(declared('create or replace view v as select 1')).toContain('CREATE VIEW "v"');
  });

  it.each([
    ['create view v as select 1', '42P07'],
    ['create or replace view t as select 1', '42809'],
    ['create view x (a, b) as select 1', '42601'],
    ['create temp view x as select 1', '0A000'],
    ['create view x as select 1 with check option', '0A000'],
  ])('%s is refused with %s', (text, sqlState) => {
    expect(failure(text).sqlState).toBe(sqlState);
  });
});

describe('DROP', () => {
  it('names what goes, views that stand on it first', () => {
    expect(plan('drop table t cascade').change).toEqual({
      kind: 'drop',
      what: 'table',
      names: ['t'],
      dependentViews: ['v', 'w'],
    });
    expect(plan('drop index t_d').change).toMatchObject({ what: 'index', names: ['t_d'] });
    expect(plan('drop view if exists w, nowhere')).toMatchObject({
      change: { names: ['w'] },
      notices: ['view "nowhere" does not exist, skipping'],
    });
  });

  it.each([
    ['drop type if exists mood', 'type "mood" does not exist, skipping', 'DROP TYPE'],
    ['drop schema if exists x cascade', 'schema "x" does not exist, skipping', 'DROP SCHEMA'],
    [
      'drop materialized view if exists m',
      'materialized view "m" does not exist, skipping',
      'DROP MATERIALIZED VIEW',
    ],
    ['drop function if exists f(int)', 'function f() does not exist, skipping', 'DROP FUNCTION'],
  ])('%s does nothing', (text, notice, tag) => {
    expect(plan(text)).toEqual({
      kind: 'schema',
      tag,
      change: { kind: 'none' },
      notices: [notice],
    });
  });

  it.each([
    ['drop table nowhere', '42P01', 'table "nowhere" does not exist'],
    ['drop table v', '42809', '"v" is not a table'],
    ['drop view t', '42809', '"t" is not a view'],
    ['drop index nowhere', '42704', 'index "nowhere" does not exist'],
    ['drop table t', '2BP01', 'cannot drop table t because other objects depend on it'],
    ['drop view v', '2BP01', 'cannot drop view v because other objects depend on it'],
    ['drop view patina_members', '42501', 'must be owner of view patina_members'],
    [
      'drop index t_pkey',
      '2BP01',
      'cannot drop index t_pkey because constraint t_pkey on table t requires it',
    ],
    ['drop type mood', '42704', 'type "mood" does not exist'],
    ['drop sequence s', '42P01', 'sequence "s" does not exist'],
    ['drop schema public', '0A000', 'DROP SCHEMA public is not supported'],
  ])('%s is refused with %s', (text, sqlState, message) => {
    expect(failure(text)).toMatchObject({ sqlState, message });
  });
});

describe('schemas', () => {
  it('are one', () => {
    expect(plan('create schema if not exists public').change.kind).toBe('none');
    expect(failure('create schema public').sqlState).toBe('42P06');
    expect(failure('create schema x').sqlState).toBe('0A000');
  });
});
