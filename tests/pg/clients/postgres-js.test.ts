// postgres.js: it pipelines, prepares every statement, describes what it prepares, and asks pg_type for the
// arrays when it connects.

import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/support/wait.ts';
import { useTarget } from '../support/target.ts';
import { typeSamples } from '../support/type-samples.ts';

const target = useTarget();
let sql: postgres.Sql;

function connect(options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
  const { host, port, user, password, database } = target();
  return postgres({ host, port, user, password, database, onnotice: () => undefined, ...options });
}

beforeAll(async () => {
  sql = connect();
  await sql`create table cities (id int primary key, name text, people bigint, tags text[], info jsonb)`;
});
afterAll(() => sql.end());

async function codeOf(promise: PromiseLike<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof postgres.PostgresError ? error.code : String(error);
  }
}

test('over TLS whose certificate is verified', async () => {
  const ca = readFileSync(target().caFile, 'utf8');
  const secure = connect({ ssl: { ca, checkServerIdentity: () => undefined }, max: 1 });
  expect(await secure`select current_user::text as who`).toEqual([{ who: 'tester' }]);
  await secure.end();
});

test('a wrong password is 28P01', async () => {
  const wrong = connect({ password: 'wrong', max: 1 });
  expect(await codeOf(wrong`select 1`)).toBe('28P01');
  await wrong.end();
});

test.each(typeSamples)('$type as a parameter, and back', async ({ type, input, output }) => {
  const [row] = await sql.unsafe(`select ($1::text::${type})::text as it`, [input]);
  const trimmed = type.startsWith('char') ? output.trimEnd() : output;
  expect(row).toEqual({ it: type === 'boolean' ? 'true' : trimmed });
});

test('values of JavaScript', async () => {
  const at = new Date('2024-02-29T10:34:56.789Z');
  const rows = await sql`
    select ${1}::int as i, ${'é'}::text as t, ${true}::bool as b, ${at}::timestamptz as at,
           ${sql.json({ a: [1] })}::jsonb as doc, ${[1, 2]}::int[] as ns, ${null}::text as nothing,
           ${0.5}::float8 as f, ${'9007199254740993'}::bigint as big, ${Buffer.from([1, 2])}::bytea as bytes`;
  expect(rows).toEqual([
    {
      i: 1,
      t: 'é',
      b: true,
      at,
      doc: { a: [1] },
      ns: [1, 2],
      nothing: null,
      f: 0.5,
      big: '9007199254740993',
      bytes: Buffer.from([1, 2]),
    },
  ]);
});

test('helpers for rows, columns and lists', async () => {
  const rows = [
    { id: 1, name: 'Rome', people: 2800000 },
    { id: 2, name: 'Oslo', people: 700000 },
  ];
  expect(await sql`insert into cities ${sql(rows)} returning id`).toEqual([{ id: 1 }, { id: 2 }]);
  await sql`update cities set ${sql({ name: 'Roma' }, 'name')} where id = 1`;
  expect(await sql`select name from cities where id in ${sql([1, 2])} order by id`).toEqual([
    { name: 'Roma' },
    { name: 'Oslo' },
  ]);
  await sql`update cities set tags = ${['a', 'b c']}, info = ${sql.json({ deep: { x: 1 } })} where id = 1`;
  expect(await sql`select tags, info from cities where id = 1`).toEqual([
    { tags: ['a', 'b c'], info: { deep: { x: 1 } } },
  ]);
});

describe('transactions', () => {
  test('begin, savepoint and rollback', async () => {
    await sql.begin(async (t) => {
      await t`insert into cities (id, name) values (10, 'Bern')`;
      const failed = t.savepoint(async (s) => {
        await s`insert into cities (id, name) values (11, 'Graz')`;
        throw new Error('never mind');
      });
      await failed.catch(() => undefined);
      await t`insert into cities (id, name) values (12, 'Linz')`;
    });
    expect(await sql`select id from cities where id between 10 and 19 order by id`).toEqual([
      { id: 10 },
      { id: 12 },
    ]);
  });

  test('an error rolls back', async () => {
    const failing = sql.begin(async (t) => {
      await t`insert into cities (id) values (20)`;
      await t`insert into cities (id) values (20)`;
    });
    expect(await codeOf(failing)).toBe('23505');
    expect(await sql`select id from cities where id = 20`).toHaveLength(0);
  });

  test('pipelined statements of a transaction', async () => {
    const results = await sql.begin((t) => [
      t`insert into cities (id) values (30)`,
      t`insert into cities (id) values (31)`,
      t`select count(*)::int as n from cities where id in (30, 31)`,
    ]);
    expect(results[2]).toEqual([{ n: 2 }]);
  });
});

test('errors by SQLSTATE', async () => {
  expect(await codeOf(sql`select * from nowhere`)).toBe('42P01');
  expect(await codeOf(sql`select ${'x'}::int`)).toBe('22P02');
  expect(await codeOf(sql`selec 1`)).toBe('42601');
  expect(await codeOf(sql`select 1/${0}::int`)).toBe('22012');
});

test('what a statement is described as', async () => {
  const { types, columns } = await sql`select id, name from cities where id = ${1}`.describe();
  expect(types).toEqual([23]);
  expect(columns.map(({ name, type }) => [name, type])).toEqual([
    ['id', 23],
    ['name', 25],
  ]);
});

test('cancel', async () => {
  const asked =
    sql`with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r`.execute();
  setTimeout(() => asked.cancel(), 300);
  expect(await codeOf(asked)).toBe('57014');
});

test('cursors', async () => {
  const sizes: number[] = [];
  await sql`select * from generate_series(1, 25) n`.cursor(10, async (rows) => {
    sizes.push(rows.length);
  });
  expect(sizes).toEqual([10, 10, 5]);
  let seen = 0;
  for await (const rows of sql`select * from generate_series(1, 25) n`.cursor(10)) {
    seen += rows.length;
    if (seen >= 20) break;
  }
  expect(seen).toBe(20);
});

test('COPY by streams', async () => {
  await sql`create table copied_js (id int primary key, t text)`;
  await pipeline(['1\ta\n', '2\tb\n'], await sql`copy copied_js from stdin`.writable());
  const chunks: string[] = [];
  for await (const chunk of await sql`copy copied_js to stdout`.readable())
    chunks.push(String(chunk));
  expect(chunks.join('')).toBe('1\ta\n2\tb\n');
});

test('listen and notify', async () => {
  const heard: string[] = [];
  const listening = await sql.listen('js', (payload) => heard.push(payload));
  await sql.notify('js', 'hello');
  await eventually('it is heard', () => expect(heard).toEqual(['hello']), { withinMs: 5_000 });
  await listening.unlisten();
});

test('a pool of 50 connections', async () => {
  const pool = connect({ max: 50 });
  const all = await Promise.all(
    Array.from({ length: 300 }, (_, n) => pool`select ${n}::int as n, pg_backend_pid() as pid`),
  );
  expect(all.map(([row]) => row?.['n'])).toEqual(all.map((_, n) => n));
  await pool.end();
});
