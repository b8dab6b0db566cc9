// pgbench: its own tables and scripts in all three query modes, scripts with variables and pipelines, and a
// balance that comes out even.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientEnvironment } from '../support/programs.ts';
import { postgresPrograms } from '../support/real-postgres.ts';
import { useTarget, withClient } from '../support/target.ts';

const target = useTarget();
const programs = postgresPrograms();
const directory = mkdtempSync(join(tmpdir(), 'patina-pgbench-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const whenInstalled = test.skipIf(programs === undefined);

/** Runs pgbench; its output and its errors after it. */
function pgbench(...args: string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const env = { PATH: process.env['PATH'], ...clientEnvironment(target()) };
  execFile(join(programs ?? '', 'pgbench'), args, { env, timeout: 50_000 }, (error, out, err) =>
    resolve(`${out}${err}${error === null ? '' : `\nended with ${error.code}`}`),
  );
  return promise;
}

function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** pgbench's tables as docs/postgres.md makes them: with keys, by which rows merge. */
const tables = `
  create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84));
  create table pgbench_branches (bid int primary key, bbalance int, filler char(88));
  create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84));
  create table pgbench_history (id bigserial primary key, tid int, bid int, aid int, delta int, mtime timestamp,
    filler char(22))`;

beforeAll(async () => {
  if (programs === undefined) return;
  await withClient(target(), async (client) => {
    for (const statement of tables.split(';')) await client.query(statement);
  });
  expect(await pgbench('-i', '-I', 'g', '-s', '1', '-q')).toContain('done in');
});

whenInstalled('the initialisation filled its tables', async () => {
  await withClient(target(), async (client) => {
    const { rows } = await client.query(
      `select (select count(*) from pgbench_accounts)::int as accounts, (select count(*) from pgbench_tellers)::int as tellers,
              (select count(*) from pgbench_branches)::int as branches, (select count(*) from pgbench_history)::int as history`,
    );
    expect(rows).toEqual([{ accounts: 100_000, tellers: 10, branches: 1, history: 0 }]);
  });
});

const modes = ['simple', 'extended', 'prepared'];

for (const mode of modes) {
  whenInstalled(`select-only, ${mode}`, async () => {
    const told = await pgbench('-n', '-S', '-M', mode, '-c', '8', '-j', '1', '-t', '100');
    expect(told).toContain('number of transactions actually processed: 800/800');
    expect(told).toContain('number of failed transactions: 0 (0.000%)');
  });

  whenInstalled(`simple-update, ${mode}`, async () => {
    const told = await pgbench('-n', '-N', '-M', mode, '-c', '4', '-t', '10', '--max-tries', '20');
    expect(told).toContain('number of transactions actually processed: 40/40');
  });
}

whenInstalled('the standard transaction, with retries, keeps the balance', async () => {
  const told = await pgbench('-n', '-M', 'prepared', '-c', '4', '-t', '20', '--max-tries', '1000');
  expect(told).toContain('number of transactions actually processed: 80/80');
  await withClient(target(), async (client) => {
    const { rows } = await client.query(
      `select sum(delta) - (select sum(bbalance) from pgbench_branches) as branches,
              sum(delta) - (select sum(tbalance) from pgbench_tellers) as tellers
         from pgbench_history where bid is not null and tid is not null and mtime is not null`,
    );
    const [{ branches, tellers } = { branches: '', tellers: '' }] = rows;
    // Simple updates write history without branches and tellers, by the same delta for both.
    expect(branches).toBe(tellers);
  });
});

whenInstalled('scripts with variables, conditions, \\gset and pipelines', async () => {
  const file = script(
    'mixed.sql',
    `\\set id random(1, 1000)
select abalance as was from pgbench_accounts where aid = :id \\gset
\\if :was = 0
update pgbench_accounts set abalance = 1 where aid = :id;
\\endif
\\startpipeline
select 1;
select :id + 1;
\\endpipeline
`,
  );
  const told = await pgbench(
    '-n',
    '-M',
    'extended',
    '-f',
    file,
    '-c',
    '4',
    '-t',
    '25',
    '--max-tries',
    '20',
  );
  expect(told).toContain('number of transactions actually processed: 100/100');
});
