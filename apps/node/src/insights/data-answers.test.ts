// Cells and checksums as a node answers them: exact keys, places of actors, and nothing at all of tables
// beyond the limits of who asks, whether there are such tables or not.

import { guardService } from '@patina/api/access/guarded-service.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import { questions } from '@patina/api/insights/questions.ts';
import { noVet } from '@patina/api/insights/unanswered.ts';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { must } from '@patina/engine/base/assert.ts';
import { AskClient } from '@patina/engine/drivers/ask-client.ts';
import {
  openReadableReplicas,
  type ReadableBench,
} from '@patina/engine/storage/testing-readable.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestService, type TestService } from '../http/test-service.ts';
import { type Asking, createAsking } from './asking.ts';
import { dataHandlers } from './data-answers.ts';
import { LimitedAsker } from './limited-asker.ts';

const schema = `
  CREATE TABLE notes (k BLOB NOT NULL, n INT NOT NULL, body TEXT, PRIMARY KEY (k, n));
  CREATE TABLE hidden (id INTEGER PRIMARY KEY, secret TEXT);
`;

let bench: ReadableBench;
let service: TestService;
let asking: Asking;
let writers: readonly ActorId[];

beforeAll(() => {
  bench = openReadableReplicas(['a', 'b', 'c'], schema);
  service = createTestService();
  const [own, ...others] = bench.nodes;
  const { replica, readers } = must(own, 'a node');
  writers = bench.nodes.map((node) => node.replica.actorId);
  const [, known] = writers;
  const members = [
    { actorId: must(known, 'another'), address: '127.0.0.1:2', state: 'alive' },
  ] as const;
  const node = { actorId: replica.actorId, address: '127.0.0.1:1', members: () => [...members] };
  const transport = { openStream: () => Promise.reject(new Error('nobody else is asked')) };
  asking = createAsking({
    self: () => node,
    members: () => [],
    client: new AskClient({ transport, timers: { after: () => () => undefined } }),
    handlers: dataHandlers({ node, readers }, new LimitedAsker(noVet)),
  });
  must(others[0], 'another').run("INSERT INTO notes VALUES (x'00ff', 9007199254740993, 'one')");
  bench.exchange();
  must(own, 'a node').clock.wallMs += 10;
  must(others[1], 'a third').run("UPDATE notes SET body = 'two'");
  bench.exchange();
});
afterAll(async () => {
  await service.close();
  await bench.close();
});

const key = [[0, 255], 9_007_199_254_740_993n];

test('cells name their actors once, with the address of those that are members', async () => {
  const keys = [key, [[0, 255], 9_007_199_254_740_992n]];
  const { actors, rows } = await asking.ask(undefined, questions.cells, { table: 'notes', keys });
  const [, inserter, updater] = writers;
  expect(actors).toEqual([
    { actor_id: inserter, address: '127.0.0.1:2' },
    { actor_id: updater, address: null },
  ]);
  const [row, missing] = rows;
  expect(missing).toBeNull();
  expect(row?.cells).toEqual({
    k: { actor: 0, version: 1, at_ms: expect.any(Number) },
    n: { actor: 0, version: 1, at_ms: expect.any(Number) },
    body: { actor: 1, version: 1, at_ms: expect.any(Number) },
  });
  expect(Number(row?.cells['body']?.at_ms) - Number(row?.cells['k']?.at_ms)).toBe(10);
});

test('more keys than may be asked for are refused', async () => {
  const keys = Array.from({ length: 201 }, () => key);
  await expect(
    asking.ask(undefined, questions.cells, { table: 'notes', keys }),
  ).rejects.toMatchObject({ code: 'PATINA_BODY_INVALID' });
});

test('whoever is limited to some tables learns nothing of others', async () => {
  const principal: Principal = { name: 'p', roles: ['reader'], tables: ['note*'] };
  const parts = { vet: noVet, audit: () => undefined };
  const { insights } = guardService({ ...service, insights: asking }, principal, parts);
  await insights.ask(undefined, questions.checksum, { table: 'notes' });
  await insights.ask(undefined, questions.cells, { table: 'notes', keys: [key] });
  for (const table of ['hidden', 'nothing', '__patina_state', 'patina_changes', 'sqlite_schema']) {
    const refused = { code: 'PATINA_FORBIDDEN', message: `permission denied for table ${table}` };
    await expect(insights.ask(undefined, questions.checksum, { table })).rejects.toMatchObject(
      refused,
    );
    await expect(
      insights.ask(undefined, questions.cells, { table, keys: [[1]] }),
    ).rejects.toMatchObject(refused);
    expect(await insights.askAll(questions.checksum, () => ({ table }))).toMatchObject([
      { ok: false, error: { code: refused.code, error: refused.message } },
    ]);
  }
  // Those who may see all are told which tables there are.
  const unknown = asking.ask(undefined, questions.checksum, { table: 'nothing' });
  await expect(unknown).rejects.toMatchObject({ code: 'PATINA_NOT_FOUND' });
});

test('checksums take turns, and only so many wait', async () => {
  const asked = Array.from({ length: 8 }, () =>
    asking.ask(undefined, questions.checksum, { table: 'notes' }),
  );
  const outcomes = await Promise.allSettled(asked);
  const checksums = outcomes.flatMap((each) =>
    each.status === 'fulfilled' ? [each.value.checksum] : [],
  );
  expect(checksums).toHaveLength(5);
  expect(new Set(checksums).size).toBe(1);
  const refused = outcomes.filter((each) => each.status === 'rejected');
  for (const each of refused) expect(each.reason).toMatchObject({ code: 'PATINA_OVERLOADED' });
  // Whoever gives up leaves its place.
  const leaving = new AbortController();
  const [first, ...waiting] = Array.from({ length: 5 }, () =>
    asking.ask(undefined, questions.checksum, { table: 'notes' }, { signal: leaving.signal }),
  );
  leaving.abort();
  await Promise.allSettled([first, ...waiting]);
  expect(await asking.ask(undefined, questions.checksum, { table: 'notes' })).toMatchObject({
    rows: 1,
    checksum: checksums[0],
  });
});
