// PostgreSQL's own tools: pg_isready, pg_dump, pg_dumpall, vacuumdb and reindexdb, each as an operator runs it.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { clientEnvironment } from '../support/programs.ts';
import { postgresPrograms } from '../support/real-postgres.ts';
import { useTarget, withClient } from '../support/target.ts';

const target = useTarget();
const programs = postgresPrograms();
const whenInstalled = test.skipIf(programs === undefined);

/** Runs a tool; what it printed. Rejects, with its errors, where it fails. */
function tool(name: string, ...args: string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...clientEnvironment(target()) };
  execFile(join(programs ?? '', name), args, { env, timeout: 30_000 }, (error, out, err) => {
    if (error === null) resolve(out + err);
    else reject(new Error(`${name}: ${out}${err}`, { cause: error }));
  });
  return promise;
}

beforeAll(async () => {
  await withClient(target(), async (client) => {
    await client.query(
      `create table gliders (id int primary key, name varchar(40), seats int default 2, weight numeric(8,2),
         built date, flies boolean default true, tags text[], info jsonb, seen timestamptz)`,
    );
    await client.query('create index gliders_by_name on gliders (name)');
    await client.query(
      `insert into gliders (id, name, weight, built, tags, info, seen) values
         (1, 'Tab\there', 350.5, '1999-12-31', '{red,"light blue"}', '{"a": 1}', '2024-02-29 12:00+00'),
         (2, 'It''s', null, null, null, null, null)`,
    );
  });
});

whenInstalled('pg_isready', async () => {
  expect(await tool('pg_isready')).toContain('accepting connections');
});

whenInstalled('pg_dump tells the table, its key and its index', async () => {
  const dump = await tool('pg_dump', '--schema-only', '--no-owner', '-t', 'gliders');
  expect(dump).toContain(`CREATE TABLE public.gliders (
    id integer NOT NULL,
    name character varying(40),
    seats integer DEFAULT 2,
    weight numeric(8,2),
    built date,
    flies boolean DEFAULT true,
    tags text[],
    info jsonb,
    seen timestamp with time zone
);`);
  expect(dump).toContain('ADD CONSTRAINT gliders_pkey PRIMARY KEY (id);');
  expect(dump).toContain('CREATE INDEX gliders_by_name ON public.gliders USING btree (name);');
});

whenInstalled('pg_dump copies the rows, or writes them as INSERTs', async () => {
  expect(await tool('pg_dump', '--data-only', '-t', 'gliders')).toContain(
    'COPY public.gliders (id, name, seats, weight, built, flies, tags, info, seen) FROM stdin;\n' +
      '1\tTab\\there\t2\t350.50\t1999-12-31\tt\t{red,"light blue"}\t{"a": 1}\t2024-02-29 12:00:00+00\n' +
      "2\tIt's\t2\t\\N\t\\N\tt\t\\N\t\\N\t\\N\n\\.\n",
  );
  expect(await tool('pg_dump', '--data-only', '--inserts', '-t', 'gliders')).toContain(
    "INSERT INTO public.gliders VALUES (2, 'It''s', 2, NULL, NULL, true, NULL, NULL, NULL);",
  );
});

whenInstalled('pg_dumpall lists the users', async () => {
  expect(await tool('pg_dumpall', '--roles-only', '--no-role-passwords')).toContain(
    'CREATE ROLE tester;',
  );
});

whenInstalled('vacuumdb and reindexdb have nothing to do, and say no error', async () => {
  expect(await tool('vacuumdb', '--analyze', '-t', 'gliders')).not.toContain('error');
  expect(await tool('reindexdb', '-t', 'gliders')).not.toContain('error');
});
