// node-postgres (`pg`) with pg-cursor, pg-query-stream and pg-copy-streams: the driver under most of Node's
// tools, by the simple and by the extended protocol.

import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/support/wait.ts';
import { clientConfig, useTarget, withClient } from '../support/target.ts';
import { typeSamples, typesTable } from '../support/type-samples.ts';

const target = useTarget();
const lend = <T>(use: (client: pg.Client) => Promise<T>): Promise<T> => withClient(target(), use);

/** The SQLSTATE with which a promise rejects. */
async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof pg.DatabaseError ? error.code : String(error);
  }
}

beforeAll(async () => {
  await lend(async (client) => {
    await client.query(
      'create table people (id int primary key, name text, age int check (age >= 0))',
    );
    await client.query(typesTable('types'));
  });
});

describe('connections', () => {
  test('a log-in by SCRAM, over TLS whose certificate is verified', async () => {
    const { host } = target();
    const ca = readFileSync(target().caFile, 'utf8');
    const client = new pg.Client({
      ...clientConfig(target()),
      host,
      ssl: { ca, servername: 'localhost', checkServerIdentity: () => undefined },
    });
    await client.connect();
    const { rows } = await client.query('select current_user::text as who');
    expect(rows).toEqual([{ who: 'tester' }]);
    await client.end();
  });

  test('a wrong password is 28P01, and so is an unknown user', async () => {
    for (const wrong of [{ password: 'wrong' }, { user: 'nobody' }]) {
      const client = new pg.Client({ ...clientConfig(target()), ...wrong });
      expect(await codeOf(client.connect())).toBe('28P01');
    }
  });

  test('what clients are told at the start', async () => {
    await lend(async (client) => {
      const { rows } = await client.query(
        `select current_setting('server_encoding') as encoding, current_setting('DateStyle') as style,
                current_setting('standard_conforming_strings') as strings`,
      );
      expect(rows).toEqual([{ encoding: 'UTF8', style: 'ISO, MDY', strings: 'on' }]);
    });
  });

  test('a pool of 50 connections', async () => {
    const pool = new pg.Pool({ ...clientConfig(target()), max: 50 });
    const asked = Array.from({ length: 300 }, (_, n) => pool.query('select $1::int + 1 as n', [n]));
    const answers = await Promise.all(asked);
    expect(answers.map(({ rows }) => rows[0].n)).toEqual(answers.map((_, n) => n + 1));
    expect(pool.totalCount).toBe(50);
    await pool.end();
  });
});

describe('types', () => {
  test.each(typeSamples)(
    '$type, as text and as a parameter',
    async ({ name, type, oid, input, output }) => {
      await lend(async (client) => {
        const id = typeSamples.findIndex((each) => each.name === name);
        await client.query(`insert into types (id, ${name}) values ($1, $2)`, [id, input]);
        const text = { getTypeParser: () => String };
        const { rows, fields } = await client.query({
          text: `select ${name} from types where id = $1`,
          values: [id],
          types: text,
        });
        expect(rows).toEqual([{ [name]: output }]);
        expect(fields[0]?.dataTypeID).toBe(oid);
        const cast = await client.query({
          text: `select $1::${type} as it`,
          values: [input],
          types: text,
        });
        expect(cast.rows).toEqual([{ it: output }]);
        const found = await client.query(
          `select id from types where ${name}::text = $1::${type}::text`,
          [input],
        );
        expect(found.rows).toEqual([{ id }]);
      });
    },
  );

  test('values of JavaScript', async () => {
    await lend(async (client) => {
      const day = new Date('2024-02-29T10:34:56.789Z');
      const bytes = Buffer.from([0, 255, 16]);
      const { rows } = await client.query(
        `select $1::timestamptz as day, $2::bytea as bytes, $3::json as doc, $4::int[] as ns,
                $5::bool as yes, $6::float8 as f, $7::text as nothing, $8::numeric as exact`,
        [day, bytes, { a: [1] }, [1, 2, null], true, 0.1, null, '0.10'],
      );
      expect(rows).toEqual([
        {
          day,
          bytes,
          doc: { a: [1] },
          ns: [1, 2, null],
          yes: true,
          f: 0.1,
          nothing: null,
          exact: '0.10',
        },
      ]);
    });
  });

  test('binary results', async () => {
    await lend(async (client) => {
      const { rows } = await client.query({
        text: 'select 7::int4 as i, true as b, $1::text as t',
        values: ['é'],
        binary: true,
      } as pg.QueryConfig);
      expect(rows).toEqual([{ i: 7, b: true, t: 'é' }]);
    });
  });
});

describe('statements', () => {
  test('a named prepared statement, again and again', async () => {
    await lend(async (client) => {
      for (const n of [1, 2, 3]) {
        const { rows } = await client.query({
          name: 'double',
          text: 'select $1::int * 2 as n',
          values: [n],
        });
        expect(rows).toEqual([{ n: n * 2 }]);
      }
    });
  });

  test('several statements in one query give several results', async () => {
    await lend(async (client) => {
      const results: unknown = await client.query('select 1 as a; select 2 as b, 3 as c');
      expect(results).toMatchObject([{ rows: [{ a: 1 }] }, { rows: [{ b: 2, c: 3 }] }]);
    });
  });

  test('commands and counts', async () => {
    await lend(async (client) => {
      const counts: (readonly [string, number | null])[] = [];
      for (const sql of [
        "insert into people values (100, 'Ann', 30), (101, 'Bob', 40)",
        'update people set age = age + 1 where id in (100, 101)',
        'select * from people where id >= 100 and id < 110',
        'delete from people where id = 101',
        'begin',
        'rollback',
      ]) {
        const { command, rowCount } = await client.query(sql);
        counts.push([command, rowCount]);
      }
      expect(counts).toEqual([
        ['INSERT', 2],
        ['UPDATE', 2],
        ['SELECT', 2],
        ['DELETE', 1],
        ['BEGIN', null],
        ['ROLLBACK', null],
      ]);
    });
  });

  test('RETURNING and ON CONFLICT', async () => {
    await lend(async (client) => {
      const upsert = `insert into people (id, name, age) values ($1, $2, $3)
        on conflict (id) do update set name = excluded.name returning id, name, age`;
      expect((await client.query(upsert, [200, 'Cid', 5])).rows).toEqual([
        { id: 200, name: 'Cid', age: 5 },
      ]);
      expect((await client.query(upsert, [200, 'Dan', 6])).rows).toEqual([
        { id: 200, name: 'Dan', age: 5 },
      ]);
    });
  });
});

describe('transactions', () => {
  test('a commit is seen by others, and nothing before', async () => {
    await lend((one) =>
      lend(async (two) => {
        await one.query('begin');
        await one.query("insert into people values (300, 'Eve', 1)");
        const count = 'select count(*)::int as n from people where id = 300';
        expect((await one.query(count)).rows).toEqual([{ n: 1 }]);
        expect((await two.query(count)).rows).toEqual([{ n: 0 }]);
        await one.query('commit');
        expect((await two.query(count)).rows).toEqual([{ n: 1 }]);
      }),
    );
  });

  test('a rollback leaves nothing', async () => {
    await lend(async (client) => {
      await client.query('begin');
      await client.query("insert into people values (301, 'Fay', 1)");
      await client.query('rollback');
      expect((await client.query('select 1 from people where id = 301')).rowCount).toBe(0);
    });
  });

  test('savepoints', async () => {
    await lend(async (client) => {
      await client.query('begin');
      await client.query("insert into people values (310, 'Gus', 1)");
      await client.query('savepoint a');
      expect(await codeOf(client.query("insert into people values (310, 'Gus', 1)"))).toBe('23505');
      expect(await codeOf(client.query('select 1'))).toBe('25P02');
      await client.query('rollback to a');
      await client.query("insert into people values (311, 'Hal', 1)");
      await client.query('release a');
      await client.query('commit');
      const { rows } = await client.query(
        'select id from people where id between 310 and 319 order by id',
      );
      expect(rows).toEqual([{ id: 310 }, { id: 311 }]);
    });
  });

  test('a failed transaction ends by ROLLBACK, whatever it is asked', async () => {
    await lend(async (client) => {
      await client.query('begin');
      expect(await codeOf(client.query('select * from nowhere'))).toBe('42P01');
      expect((await client.query('commit')).command).toBe('ROLLBACK');
    });
  });

  test('a read-only transaction refuses writes with 25006', async () => {
    await lend(async (client) => {
      await client.query('begin read only');
      expect(await codeOf(client.query("insert into people values (320, 'Ian', 1)"))).toBe('25006');
      await client.query('rollback');
    });
  });
});

describe('errors', () => {
  const errors: [sql: string, code: string][] = [
    ['selec 1', '42601'],
    ['select * from nowhere', '42P01'],
    ['select nothing from people', '42703'],
    ["select nofunction('a')", '42883'],
    ["select 'x'::int", '22P02'],
    ['select 1/0', '22012'],
    ['select 2147483647 + 1', '22003'],
    ["select '2024-02-30'::date", '22008'],
    ["insert into people values (1, 'a', -1)", '23514'],
    ["insert into people values (null, 'a', 1)", '23502'],
    ["insert into people values (2, 'a', 1), (2, 'b', 1)", '23505'],
    ['create table people (id int primary key)', '42P07'],
    ['insert into people (id, nothing) values (1, 1)', '42703'],
    ['select name, count(*) from people', '42803'],
    ['select id from people p join people q on true', '42702'],
    ['fetch all from nocursor', '34000'],
    ['execute nostatement', '26000'],
    ['rollback to nosavepoint', '25P01'],
  ];
  test.each(errors)('%s is %s', async (sql, code) => {
    expect(await lend((client) => codeOf(client.query(sql)))).toBe(code);
    if (code === '42601' || sql.includes('nostatement')) return;
    expect(await lend((client) => codeOf(client.query({ text: sql, values: [], name: 'x' })))).toBe(
      code,
    );
  });

  test('a position, a table and a constraint', async () => {
    await lend(async (client) => {
      const syntax = await client
        .query('select 1 fromm people x y')
        .catch((error: unknown) => error);
      expect(syntax).toMatchObject({ code: '42601', severity: 'ERROR', position: '16' });
      const column = await client
        .query('select id, nothing from people')
        .catch((error: unknown) => error);
      expect(column).toMatchObject({
        code: '42703',
        position: '12',
        message: 'column "nothing" does not exist',
      });
      await client.query("insert into people values (400, 'Jo', 1)");
      const unique = await client
        .query("insert into people values (400, 'Jo', 1)")
        .catch((error: unknown) => error);
      expect(unique).toMatchObject({
        code: '23505',
        table: 'people',
        constraint: 'people_pkey',
      });
    });
  });

  test('a connection goes on after an error', async () => {
    await lend(async (client) => {
      expect(await codeOf(client.query('select $1::int', ['x']))).toBe('22P02');
      expect((await client.query('select $1::int as n', ['1'])).rows).toEqual([{ n: 1 }]);
    });
  });
});

describe('cancel', () => {
  const endless =
    'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r';

  test('a cancel request ends the query with 57014, and the session lives', async () => {
    await lend(async (client) => {
      const asked = codeOf(client.query(endless));
      const canceller = new pg.Client(clientConfig(target()));
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 300);
      await promise;
      await cancel(canceller, client);
      expect(await asked).toBe('57014');
      expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    });
  });

  test('statement_timeout ends it too', async () => {
    await lend(async (client) => {
      await client.query('set statement_timeout = 200');
      expect(await codeOf(client.query(endless))).toBe('57014');
      expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    });
  });
});

describe('cursors and streams', () => {
  test('a portal read in parts', async () => {
    await lend(async (client) => {
      const cursor = client.query(
        new Cursor<{ n: number }>('select n from generate_series(1, 25) g(n)'),
      );
      const sizes: number[] = [];
      for (let rows = await cursor.read(10); rows.length > 0; rows = await cursor.read(10)) {
        sizes.push(rows.length);
      }
      expect(sizes).toEqual([10, 10, 5]);
      await cursor.close();
    });
  });

  test('a stream of rows, left early', async () => {
    await lend(async (client) => {
      const stream = client.query(new QueryStream('select n from generate_series(1, 100000) g(n)'));
      let seen = 0;
      for await (const row of stream) {
        seen++;
        if (row.n === 1000) break;
      }
      expect(seen).toBe(1000);
      expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    });
  });

  test('a cursor of SQL moves both ways', async () => {
    await lend(async (client) => {
      await client.query('begin');
      await client.query('declare c scroll cursor for select n from generate_series(1, 10) g(n)');
      const ns = async (sql: string): Promise<number[]> =>
        (await client.query<{ n: number }>(sql)).rows.map(({ n }) => n);
      expect(await ns('fetch 3 from c')).toEqual([1, 2, 3]);
      expect(await ns('fetch last from c')).toEqual([10]);
      expect(await ns('fetch backward 2 from c')).toEqual([9, 8]);
      expect(await ns('fetch absolute 5 from c')).toEqual([5]);
      await client.query('move first from c');
      expect(await ns('fetch relative 1 from c')).toEqual([2]);
      await client.query('close c');
      await client.query('commit');
    });
  });
});

describe('COPY', () => {
  test('in and out, as text and CSV', async () => {
    await lend(async (client) => {
      await client.query('create table copied (id int primary key, t text, n numeric)');
      const text = '1\tplain\t1.50\n2\twith\\ttab and \\\\\t\\N\n3\t\\N\t3\n';
      await pipeline([text], client.query(copyFrom('copy copied from stdin')));
      const csv = 'id,t,n\n4,"a ""quote"", a comma",4\n5,,\n';
      await pipeline(
        [csv],
        client.query(copyFrom('copy copied from stdin with (format csv, header)')),
      );
      expect(await textOf(client.query(copyTo('copy copied to stdout')))).toBe(
        `${text}4\ta "quote", a comma\t4\n5\t\\N\t\\N\n`,
      );
      expect(
        await textOf(
          client.query(
            copyTo(
              'copy (select id, t from copied where id > 3 order by id) to stdout with (format csv, header)',
            ),
          ),
        ),
      ).toBe('id,t\n4,"a ""quote"", a comma"\n5,\n');
    });
  });

  test('a bad row is 22P02 and keeps nothing', async () => {
    await lend(async (client) => {
      await client.query('create table copied_badly (id int primary key, n int)');
      const rows = ['1\t1\n', '2\tx\n'];
      expect(
        await codeOf(pipeline(rows, client.query(copyFrom('copy copied_badly from stdin')))),
      ).toBe('22P02');
      expect((await client.query('select * from copied_badly')).rowCount).toBe(0);
    });
  });

  test('binary, out and in again', async () => {
    await lend(async (client) => {
      await client.query('create table copied_out (id int primary key, t text, f float8, b bytea)');
      await client.query('create table copied_in (id int primary key, t text, f float8, b bytea)');
      await client.query(
        "insert into copied_out values (1, 'x', 0.5, '\\x00ff'), (2, null, -1, '')",
      );
      const chunks: Buffer[] = [];
      for await (const chunk of client.query(copyTo('copy copied_out to stdout (format binary)')))
        chunks.push(chunk);
      await pipeline(
        [Buffer.concat(chunks)],
        client.query(copyFrom('copy copied_in from stdin (format binary)')),
      );
      expect((await client.query('select * from copied_in order by id')).rows).toEqual([
        { id: 1, t: 'x', f: 0.5, b: Buffer.from([0, 255]) },
        { id: 2, t: null, f: -1, b: Buffer.from([]) },
      ]);
    });
  });
});

test('LISTEN and NOTIFY', async () => {
  await lend((listener) =>
    lend(async (speaker) => {
      const heard: (string | undefined)[] = [];
      listener.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`));
      await listener.query('listen news');
      await speaker.query("notify news, 'hello'");
      await speaker.query("select pg_notify('news', 'again')");
      await speaker.query('begin');
      await speaker.query("notify news, 'never'");
      await speaker.query('rollback');
      await eventually(
        'both are heard',
        () => expect(heard).toEqual(['news hello', 'news again']),
        { withinMs: 5_000 },
      );
    }),
  );
});

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** What node-postgres offers for a cancel request: a client that only cancels another's query. */
async function cancel(canceller: pg.Client, busy: pg.Client): Promise<void> {
  const { processID, secretKey } = busy as unknown as { processID: number; secretKey: number };
  const { host, port } = target();
  const { promise, resolve } = Promise.withResolvers<void>();
  const { connection } = canceller as unknown as {
    connection: {
      once(event: string, take: () => void): void;
      connect(port: number, host: string): void;
      cancel(processID: number, secretKey: number): void;
    };
  };
  connection.once('connect', () => connection.cancel(processID, secretKey));
  connection.once('end', resolve);
  connection.connect(port, host);
  await promise;
}
