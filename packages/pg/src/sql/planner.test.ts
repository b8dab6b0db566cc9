// What the planner says of statements: their parts, types, parameters, errors with places, kept plans.

import { loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSchemaView } from '../catalog/schema-reader.ts';
import { PgError } from '../pg-error.ts';
import type { Planned, Planner } from './planned.ts';
import { createPlanner, type VettedSql } from './planner.ts';
import { spokenType } from './type-catalog.ts';

const ddl = [
  `CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a INT, b TEXT, n NUMERIC_TEXT(10,2), ts TIMESTAMPTZ, d DATE,
    j JSONB_TEXT, arr INT_ARRAY, ok BOOLEAN, f DOUBLE PRECISION)`,
  'CREATE TABLE u (uid BIGINT NOT NULL PRIMARY KEY, tid BIGINT, name VARCHAR(20))',
];
const settings: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  '@user': 'joe',
  '@database': 'demo',
};

function vetted(sql: string, mode: 'read' | 'write'): VettedSql {
  return {
    tablesRead: [],
    tablesWritten: mode === 'write' ? ['t'] : [],
    readOnly: mode === 'read',
    columns: [sql],
  };
}

function newPlanner(vet = vetted): Planner {
  const view = readSchemaView(ddl);
  return createPlanner({ schema: () => view, vet });
}

function planWith(planner: Planner, text: string, paramTypes: readonly number[] = []): Planned {
  const [statement] = planner.parse(text);
  if (statement === undefined) throw new Error('no statement');
  return planner.plan(statement, { paramTypes, setting: (name) => settings[name] });
}

function plan(
  text: string,
  paramTypes: readonly number[] = [],
): Planned & { sql: string; params: readonly number[] } {
  const planned = planWith(newPlanner(), text, paramTypes);
  if (planned.kind !== 'query' && planned.kind !== 'write') throw new Error(`a ${planned.kind}`);
  return planned;
}

function columnsOf(text: string): string[] {
  const planned = plan(text);
  if (planned.kind !== 'query' && planned.kind !== 'write') return [];
  return planned.columns.map((column) => `${column.name} ${spokenType(column.type.oid)}`);
}

function fault(text: string): PgError {
  try {
    plan(text);
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error(`no error: ${text}`);
}

beforeAll(async () => {
  await loadModule();
});

describe('parsing', () => {
  it('splits a query string and keeps where each statement begins', () => {
    const statements = newPlanner().parse("select 'a;b'; -- a comment\n update t set a = 1 ;");
    expect(statements.map((one) => [one.text, one.offset])).toEqual([
      ["select 'a;b'", 0],
      ['update t set a = 1', 28],
    ]);
  });

  it('has no statement in an empty string', () => {
    expect(newPlanner().parse(' ; -- nothing')).toEqual([]);
  });

  it('parses a statement of PostgreSQL beside one of SQLite', () => {
    const statements = newPlanner().parse(
      'insert or replace into t (id) values (1); select 1::text',
    );
    expect(statements.map((one) => one.node === undefined)).toEqual([true, false]);
  });

  it('tells PostgreSQL’s syntax error, with its place in characters of the whole string', () => {
    const planner = newPlanner(() => {
      throw new PgError('42601', 'near "selec": syntax error');
    });
    const [, second] = planner.parse("select 'é'; selec 1");
    if (second === undefined) throw new Error('one statement');
    const failed = (): Planned =>
      planner.plan(second, { paramTypes: [], setting: () => undefined });
    expect(failed).toThrow('syntax error at or near "selec"');
    try {
      failed();
    } catch (error) {
      expect(error).toMatchObject({ sqlState: '42601', fields: { position: 13 } });
    }
  });
});

describe('types of columns', () => {
  it.each([
    [
      'select a / 2, f * 2, n + 1, a + 1.5 from t',
      ['?column? integer', '?column? double precision', '?column? numeric', '?column? numeric'],
    ],
    [
      'select count(*), sum(a), sum(id), avg(a), max(b) from t',
      ['count bigint', 'sum bigint', 'sum numeric', 'avg numeric', 'max text'],
    ],
    [
      "select j -> 'a', j ->> 'a', arr[1], arr || 1 from t",
      ['?column? jsonb', '?column? text', 'arr integer', '?column? integer[]'],
    ],
    [
      'select d + 1, d - d, ts - ts, now() from t',
      ['?column? date', '?column? integer', '?column? interval', 'now timestamp with time zone'],
    ],
    [
      "select null, 'x', 1.5, true",
      ['?column? text', '?column? text', '?column? numeric', '?column? boolean'],
    ],
    ['select 1 as a union select 2.5', ['a numeric']],
    ['values (1, null), (2, 3.5)', ['column1 integer', 'column2 numeric']],
    ['select a::text, b::int, current_user from t', ['a text', 'b integer', 'current_user name']],
    [
      'select case when ok then 1 end, coalesce(a, 0), exists(select 1) from t',
      ['case integer', 'coalesce integer', 'exists boolean'],
    ],
    ['insert into t (id) values (1) returning id, a + 1 as next', ['id bigint', 'next integer']],
    [
      'select * from (select uid as id from u) x join t using (id)',
      [
        'id bigint',
        'a integer',
        'b text',
        'n numeric',
        'ts timestamp with time zone',
        'd date',
        'j jsonb',
        'arr integer[]',
        'ok boolean',
        'f double precision',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(columnsOf(text)).toEqual(expected);
  });

  it('tells the table and the number of a column that comes unchanged', () => {
    const planned = plan('select x.b from (select b from t) x');
    expect(planned.kind === 'query' && planned.columns[0]).toMatchObject({ columnNumber: 3 });
  });
});

describe('types of parameters', () => {
  it.each([
    ['select * from t where a = $1 and b like $2 limit $3', [23, 25, 20]],
    ['insert into t (id, n, ts) values ($1, $2, $3)', [20, 1700, 1184]],
    ['update t set ok = $1 where id in ($2, 3)', [16, 20]],
    ['select $1::date + $2::int', [1082, 23]],
    ['select * from t where id = any($1)', [1016]],
    ['select $1', [25]],
    ['select coalesce($1, a) from t', [23]],
    ['select * from t where d between $1 and $2', [1082, 1082]],
    ['select j ->> $1 from t where j @> $2', [25, 3802]],
    ['select lower($1), left(b, $2) from t', [25, 23]],
  ])('%s', (text, expected) => {
    expect(plan(text).params).toEqual(expected);
  });

  it('are those that the client gave', () => {
    expect(plan('select $1 + 1', [20]).params).toEqual([20]);
  });
});

describe('errors', () => {
  it.each([
    ['select * from nope', '42P01', 'relation "nope" does not exist', 15],
    ['select x.a from t', '42P01', 'missing FROM-clause entry for table "x"', 8],
    ['select nope from t', '42703', 'column "nope" does not exist', 8],
    [
      'select id from t join (select id from t) s on true',
      '42702',
      'column reference "id" is ambiguous',
      8,
    ],
    ['select foo(1)', '42883', 'function foo(integer) does not exist', 8],
    ['select a || j from t where b = a', '42883', 'operator does not exist: text = integer', 30],
    [
      'select a, count(*) from t',
      '42803',
      'column "t.a" must appear in the GROUP BY clause or be used in an aggregate function',
      8,
    ],
    [
      'select a from t where count(*) > 1',
      '42803',
      'aggregate functions are not allowed in WHERE',
      23,
    ],
    [
      'insert into t (id, nope) values (1, 2)',
      '42703',
      'column "nope" of relation "t" does not exist',
      20,
    ],
    ['insert into t (id, id) values (1, 2)', '42701', 'column "id" specified more than once', 20],
    [
      'insert into t (id, a) values (1)',
      '42601',
      'INSERT has more target columns than expressions',
      undefined,
    ],
    ["select 'x'::int", '22P02', 'invalid input syntax for type integer: "x"', 8],
    ['select 1::nope', '42704', 'type "nope" does not exist', 11],
    [
      'select 1 from t where a',
      '42804',
      'argument of WHERE must be type boolean, not type integer',
      undefined,
    ],
    [
      "select 1 union select 'a'::text",
      '42804',
      'UNION types integer and text cannot be matched',
      undefined,
    ],
    ['select a from t order by 2', '42P10', 'ORDER BY position 2 is not in select list', 26],
    [
      'select $1 is null, $3 + 1',
      '42P18',
      'could not determine data type of parameter $2',
      undefined,
    ],
    ['select * from t tablesample system (1)', '0A000', 'TABLESAMPLE is not supported', undefined],
    [
      'insert into t (id) values (1) on conflict (b) do nothing',
      '42P10',
      'there is no unique or exclusion constraint matching the ON CONFLICT specification',
      undefined,
    ],
  ])('%s', (text, sqlState, message, position) => {
    const error = fault(text);
    expect({ sqlState: error.sqlState, message: error.message }).toEqual({ sqlState, message });
    if (position !== undefined) expect(error.fields.position).toBe(position);
  });

  it('guess what was meant', () => {
    expect(fault('select tz from t').fields.hint).toBe(
      'Perhaps you meant to reference the column "t.ts".',
    );
  });
});

describe('kept plans', () => {
  it('are the same object while nothing that they depend on changes', () => {
    const planner = newPlanner();
    const first = planWith(planner, 'select a from t where id = $1');
    expect(planWith(planner, 'select a from t where id = $1')).toBe(first);
    expect(planWith(planner, 'select a from t where id = $1', [23])).not.toBe(first);
  });

  it('are made anew when a setting that they used changes', () => {
    const planner = newPlanner();
    const [statement] = planner.parse('select current_user');
    if (statement === undefined) throw new Error('no statement');
    const sqlOf = (user: string): string => {
      const planned = planner.plan(statement, { paramTypes: [], setting: () => user });
      return planned.kind === 'query' ? planned.sql : '';
    };
    expect([sqlOf('ann'), sqlOf('bob'), sqlOf('ann')]).toEqual([
      "SELECT 'ann'",
      "SELECT 'bob'",
      "SELECT 'ann'",
    ]);
  });
});

describe('SQLite’s own dialect', () => {
  it('runs as it is, with its parameters numbered', () => {
    expect(plan('insert or replace into t (id, b) values (?, ?)')).toMatchObject({
      kind: 'write',
      tag: 'INSERT',
      sql: 'insert or replace into t (id, b) values (?1, ?2)',
      params: [25, 25],
    });
  });
});
