// The commands that use the admin socket, against a real socket with made-up handlers: their
// tables, their JSON, their exit codes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { AdminHandlers } from '../admin/protocol.ts';
import { createAdminServer } from '../admin/server.ts';
import { fakeHandlers, otherActor, ownActor } from '../admin/testing/fake-handlers.ts';
import { type CliResult, runForTest } from './testing/harness.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-cli-'));
const socketPath = join(directory, 'admin.sock');
let changes: Partial<AdminHandlers> = {};

const handlers = new Proxy(fakeHandlers(), {
  get: (plain, name: keyof AdminHandlers) => changes[name] ?? plain[name],
});
const server = createAdminServer({ path: socketPath, handlers });

beforeAll(() => server.start());
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  changes = {};
});

function patina(...args: string[]): Promise<CliResult> {
  return runForTest([...args, '--admin-path', socketPath]);
}

const tables: Record<string, string> = {
  'cluster members': `
actor                             address         state    incarnation  rtt ms  ring
--------------------------------  --------------  -------  -----------  ------  ----
${ownActor}  127.0.0.1:4001  alive              3    0.25     0
${otherActor}  127.0.0.1:4001  suspect            3    NULL  NULL
`,
  'cluster states': `
actor                             address         state  incarnation
--------------------------------  --------------  -----  -----------
${ownActor}  127.0.0.1:4001  down            12
`,
  'cluster rejoin': '\nannounced again, incarnation 4\n',
  'cluster leave': '\nleft the cluster; patina cluster rejoin comes back\n',
  'sync state': `
actor                             head  missing  partial  this node
--------------------------------  ----  -------  -------  ---------
${ownActor}     7                    yes
${otherActor}   120  3-9 11   15
`,
  'sync verify': '\nconsistent: 2 actors, the same in memory and on disk\n',
  [`actor version ${otherActor} 17`]: `
actor                             version  state    last seq  seqs here
--------------------------------  -------  -------  --------  ---------
${otherActor}       17  partial        20  5-20
`,
  'schema plan': `
step          table     name      loses data
------------  --------  --------  ----------
create-table  airports  airports
`,
  'schema apply': `
step          table     name      loses data
------------  --------  --------  ----------
create-table  airports  airports
`,
  reload: '\nreloaded; the schema is as declared\n',
  'log set debug': '\nthe log level is debug\n',
  'log reset': '\nthe log level is info\n',
};

it.each(Object.entries(tables))('patina %s prints for people', async (line, expected) => {
  const { code, out, err } = await patina(...line.split(' '));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(`\n${out}`).toBe(expected);
});

it.each(Object.keys(tables))('patina %s --json prints one JSON document', async (line) => {
  const { code, out } = await patina(...line.split(' '), '--json');
  expect(code).toBe(0);
  expect(out.trimEnd()).not.toContain('\n');
  expect(JSON.parse(out)).toBeTypeOf('object');
});

it('prints the sync state in the shape that scripts know', async () => {
  const { out } = await patina('sync', 'generate', '--json');
  expect(JSON.parse(out)).toEqual({
    actor_id: ownActor,
    heads: { [ownActor]: 7, [otherActor]: 120 },
    need: {
      [otherActor]: [
        { start: 3, end: 9 },
        { start: 11, end: 11 },
      ],
    },
    partial_need: { [otherActor]: { 15: [{ start: 0, end: 4 }] } },
  });
});

it('fails with the report where bookkeeping differs', async () => {
  changes = {
    syncVerify: async () => ({
      ok: false,
      in_memory_actors: 2,
      db_actors: 1,
      value_mismatch_actors: [ownActor],
      only_in_memory_actors: [otherActor],
      only_in_db_actors: [],
    }),
  };
  const { code, out } = await patina('sync', 'verify');
  expect(code).toBe(1);
  expect(out).toContain('NOT consistent');
  expect(out).toContain(`${otherActor}  only in memory`);
  expect((await patina('sync', 'verify', '--json')).code).toBe(1);
});

it('takes an actor id with dashes, and refuses what is none', async () => {
  const dashed = otherActor.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase();
  expect((await patina('actor', 'version', dashed, '17', '--json')).out).toContain(otherActor);
  expect((await patina('actor', 'version', 'abc', '17')).err).toContain('is not an actor id');
});

it('plans and applies files of the caller', async () => {
  const schemaPlan = vi.fn(fakeHandlers().schemaPlan);
  changes = { schemaPlan };
  writeFileSync(join(directory, 'b.sql'), 'B');
  writeFileSync(join(directory, 'a.sql'), 'A');
  writeFileSync(join(directory, 'c.txt'), 'C');
  await patina('schema', 'plan', directory);
  await patina('schema', 'plan', '--allow-destructive');
  expect(schemaPlan.mock.calls).toEqual([
    [
      {
        files: [
          { name: join(directory, 'a.sql'), sql: 'A' },
          { name: join(directory, 'b.sql'), sql: 'B' },
        ],
        allow_destructive: false,
      },
    ],
    [{ allow_destructive: true }],
  ]);
  expect((await patina('schema', 'plan', '/nowhere.sql')).err).toContain('cannot read the schema');
});

it('shows why a plan cannot be run, with exit code 4', async () => {
  const problem = { code: 'PATINA_SCHEMA_DESTRUCTIVE', message: 'drops t.a', hint: 'Allow it.' };
  changes = {
    schemaPlan: async () => ({ steps: [], problems: [problem] }),
    schemaApply: () =>
      Promise.reject(
        new PatinaError('PATINA_SCHEMA_DESTRUCTIVE', 'drops t.a', { hint: 'Allow it.' }),
      ),
  };
  expect(await patina('schema', 'plan')).toMatchObject({
    code: 4,
    out: 'refused: drops t.a (PATINA_SCHEMA_DESTRUCTIVE)\nhint: Allow it.\n',
  });
  expect(await patina('schema', 'apply')).toMatchObject({
    code: 4,
    err: 'error: drops t.a (PATINA_SCHEMA_DESTRUCTIVE)\nhint: Allow it.\n',
  });
});

it('says that no agent runs, with exit code 3', async () => {
  const result = await runForTest(['cluster', 'members', '--db-path', join(directory, 'x.db')]);
  expect(result.code).toBe(3);
  expect(result.err).toMatch(
    /^error: no agent answers at .*x\.db-admin\/admin\.sock \(PATINA_PEER_/,
  );
  const unnamed = await runForTest(['cluster', 'members']);
  expect(unnamed.code).toBe(1);
  expect(unnamed.err).toContain('neither admin.path nor db.path is set');
});

it('backs up through the agent, or without one', async () => {
  const backup = vi.fn(fakeHandlers().backup);
  changes = { backup };
  const target = join(directory, 'copy.db');
  expect(await patina('backup', target)).toMatchObject({
    code: 0,
    out: `backed up to ${target}, 8192 bytes\n`,
  });
  expect(backup).toHaveBeenCalledExactlyOnceWith({ path: target });
  const dbPath = join(directory, 'stopped.db');
  writeFileSync(dbPath, '');
  const files = {
    backup: vi.fn(async (_from: string, to: string) => writeFileSync(to, '12345')),
    actorIdOf: vi.fn(),
    restore: vi.fn(),
  };
  const offline = await runForTest(['backup', target, '--db-path', dbPath, '--json'], {
    parts: { databaseFiles: async () => files },
  });
  expect(JSON.parse(offline.out)).toEqual({ path: target, bytes: 5 });
  expect(files.backup).toHaveBeenCalledExactlyOnceWith(dbPath, target);
});

it('overwrites nothing, and needs a database to back up', async () => {
  const taken = join(directory, 'taken.db');
  writeFileSync(taken, 'x');
  expect((await patina('backup', taken)).err).toContain('exists');
  const none = await runForTest(['backup', join(directory, 'new.db'), '--db-path', '/nowhere.db']);
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining('there is no database') });
});

it('restores only while no agent runs', async () => {
  const backupPath = join(directory, 'backup.db');
  writeFileSync(backupPath, 'x');
  const dbPath = join(directory, 'node.db');
  const actorIdOf = vi.fn(async () => parseActorId(ownActor));
  const files = { backup: vi.fn(), actorIdOf, restore: vi.fn(async () => undefined) };
  const setup = { parts: { databaseFiles: async () => files } };
  const refused = await runForTest(
    ['restore', backupPath, '--db-path', dbPath, '--admin-path', socketPath],
    setup,
  );
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('PATINA_DB_IN_USE') });
  expect(files.restore).not.toHaveBeenCalled();
  const args = ['restore', backupPath, '--db-path', dbPath];
  const fresh = await runForTest(args, setup);
  expect(fresh.out).toBe(`restored ${dbPath} as a new actor, from its next start\n`);
  const kept = await runForTest([...args, '--self-actor-id'], setup);
  expect(kept.out).toBe(`restored ${dbPath} as actor ${ownActor}\n`);
  await runForTest([...args, '--actor-id', otherActor], setup);
  expect(files.restore.mock.calls).toEqual([
    [backupPath, dbPath, undefined],
    [backupPath, dbPath, ownActor],
    [backupPath, dbPath, otherActor],
  ]);
  actorIdOf.mockResolvedValueOnce(undefined);
  expect((await runForTest([...args, '--self-actor-id'], setup)).err).toContain('no actor id');
  const both = await runForTest([...args, '--self-actor-id', '--actor-id', otherActor], setup);
  expect(both.code).toBe(2);
  expect((await runForTest(['restore', '/nowhere.db', '--db-path', dbPath])).code).toBe(1);
});
