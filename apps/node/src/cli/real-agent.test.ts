// The command line against a real agent: from an empty directory to a restored backup.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { databaseFiles } from './database-files.ts';
import { type CliResult, runForTest } from './testing/harness.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-agent-'));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(directory, { recursive: true }));

const launcher = join(import.meta.dirname, '../../bin/patina.js');
const schema = join(directory, 'schema.sql');

interface Agent {
  readonly child: ChildProcess;
  /** Resolves once the log says that it is ready; rejects when the agent ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly log: string }>;
}

function start(configFile: string): Agent {
  const child = spawn(process.execPath, [launcher, 'agent', '-c', configFile], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let log = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<Awaited<Agent['ended']>>();
  // A test that waits for the end alone has no use for this rejection.
  ready.catch(() => undefined);
  child.stderr?.on('data', (piece: Buffer) => {
    log += piece.toString('utf8');
    if (log.includes(': ready')) resolve();
  });
  child.on('close', (code) => {
    reject(new Error(`the agent ended:\n${log}`));
    end({ code, log });
  });
  return { child, ready, ended };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was bound');
  return address.port;
}

async function writeConfig(name: string, dbPath: string): Promise<string> {
  const [api, gossip] = await Promise.all([freePort(), freePort()]);
  const file = join(directory, `${name}.toml`);
  writeFileSync(
    file,
    `[db]\npath = "${dbPath}"\nschema_paths = ["${schema}"]\n` +
      `[api]\naddr = "127.0.0.1:${api}"\n` +
      `[gossip]\naddr = "127.0.0.1:${gossip}"\nplaintext = true\n` +
      `[admin]\npath = "${join(directory, `${name}.sock`)}"\n[log]\ncolors = false\n`,
  );
  return file;
}

it('serves every command, keeps its file to itself, and comes back from a backup', async () => {
  writeFileSync(schema, 'CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name TEXT);');
  const dbPath = join(directory, 'node.db');
  const config = await writeConfig('node', dbPath);
  const patina = (...args: string[]): Promise<CliResult> =>
    runForTest([...args, '-c', config], { parts: { databaseFiles: async () => databaseFiles } });
  const agent = start(config);
  await agent.ready;

  const insert = ['exec', 'INSERT INTO t VALUES (?, ?)', '--param-json', '9007199254740993'];
  expect(await patina(...insert, '--param', 'one')).toMatchObject({ out: 'Rows affected: 1\n' });
  const rows = await patina('query', 'SELECT id, name FROM t');
  expect(rows.out).toBe('9007199254740993  one\n');
  expect((await patina('query', 'DELETE FROM t')).code).toBe(4);
  expect((await patina('query', 'SELECT * FROM nowhere')).code).toBe(1);

  const members = JSON.parse((await patina('cluster', 'members', '--json')).out);
  const actor: string = members.members[0].actor_id;
  expect(await patina('sync', 'verify')).toMatchObject({ code: 0 });
  const state = JSON.parse((await patina('sync', 'state', '--json')).out);
  expect(state).toEqual({ actor_id: actor, heads: { [actor]: 1 }, need: {}, partial_need: {} });
  const version = JSON.parse((await patina('actor', 'version', actor, '1', '--json')).out);
  expect(version).toMatchObject({ actor_id: actor, version: 1, state: 'current' });

  writeFileSync(schema, 'CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name TEXT, note TEXT);');
  expect((await patina('schema', 'plan')).out).toContain('add-column');
  expect((await patina('reload')).out).toContain('add-column');
  expect((await patina('schema', 'plan')).out).toContain('nothing to do');

  const backup = join(directory, 'backup.db');
  expect(await patina('backup', backup)).toMatchObject({ code: 0 });
  expect((await patina('restore', backup)).err).toContain('PATINA_DB_IN_USE');
  const second = await start(await writeConfig('second', dbPath)).ended;
  expect(second.code).toBe(1);
  expect(second.log).toContain('(PATINA_DB_IN_USE)');

  const before = performance.now();
  agent.child.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect((await patina('cluster', 'members')).code).toBe(3);

  expect(await patina('backup', join(directory, 'offline.db'))).toMatchObject({ code: 0 });
  expect(await patina('restore', backup)).toMatchObject({ code: 0 });
  const again = start(config);
  await again.ready;
  expect((await patina('query', 'SELECT id, name, note FROM t')).out).toBe(
    '9007199254740993  one  NULL\n',
  );
  const renamed = JSON.parse((await patina('cluster', 'members', '--json')).out);
  expect(renamed.members[0].actor_id).not.toBe(actor);
}, 60_000);

it('leaves everything as it was where it cannot start', async () => {
  const place = mkdtempSync(join(directory, 'untouched-'));
  const noDatabase = join(place, 'letter.txt');
  writeFileSync(noDatabase, 'Dear reader, this is no database.'.repeat(40));
  const refused = await start(await writeConfig('letter', noDatabase)).ended;
  expect(refused.code).toBe(1);
  expect(refused.log).toMatch(/\nerror: .*letter\.txt.*\(PATINA_DB_NOT_A_DATABASE\)\nhint: .*\n$/);
  const nowhere = await start(await writeConfig('nowhere', join(place, 'no/such/node.db'))).ended;
  expect(nowhere.log).toMatch(/\nerror: .*\(PATINA_DB_UNUSABLE\)\nhint: .*\n$/);
  expect(readdirSync(place)).toEqual(['letter.txt']);
}, 30_000);
