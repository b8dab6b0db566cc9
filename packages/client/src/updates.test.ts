// The updates of a table against a node that does as a script says.

import { afterEach, expect, it } from 'vitest';
import { createClient } from './client.ts';
import type { TableUpdates } from './live/table-updates.ts';
import type { TableEvent } from './live/updates-fold.ts';
import type { RowObject } from './rows.ts';
import { answer, cutAfter, FakeNode, type Script, writeLines } from './testing/fake-node.ts';

const nodes: FakeNode[] = [];

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

async function updatesOf(...scripts: readonly Script[]) {
  for (const script of scripts) nodes.push(await FakeNode.start(script));
  const urls = nodes.map(({ address }) => address);
  const client = createClient({ urls, retry: { baseMs: 5, maxMs: 20 } });
  return client;
}

function opened(cursor: string, start = 'now', reason?: string): unknown {
  return { opened: { id: 'x', key: ['id'], columns: ['id', 'body'], start, reason, cursor } };
}

function commit(cursor: string): unknown {
  return { commit: { cursor, origins: [{ actor_id: 'a', version: 1, hlc: 2 }] } };
}

async function take(
  events: AsyncIterator<TableEvent<RowObject>>,
  count: number,
): Promise<TableEvent<RowObject>[]> {
  const taken: TableEvent<RowObject>[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done === true) throw new Error('it ended early');
    taken.push(value);
  }
  return taken;
}

it('tells steps whole, and goes on after the last one', async () => {
  const client = await updatesOf((request, number) => {
    if (number === 1) {
      writeLines(request, opened('c1'), { notify: ['update', [1], [1, 'one']] }, commit('c2'));
      cutAfter(request, '{"notify":["delete",[2]]}\n');
    } else {
      writeLines(
        request,
        opened('c9', 'resumed'),
        { notify: ['delete', [2]] },
        { notify: ['update', [3], [3, null]] },
        commit('c3'),
      );
    }
  });
  const updates = client.updates('a table', { images: true, filter: 'id > 0' });
  const events = await take(updates[Symbol.asyncIterator](), 3);
  const origins = [{ actorId: 'a', version: 1, hlc: 2 }];
  expect(events).toEqual([
    { type: 'opened', key: ['id'], columns: ['id', 'body'], cursor: 'c1' },
    {
      type: 'updates',
      updates: [{ type: 'update', key: [1], row: { id: 1, body: 'one' } }],
      origins,
      cursor: 'c2',
    },
    {
      type: 'updates',
      updates: [
        { type: 'delete', key: [2], row: undefined },
        { type: 'update', key: [3], row: { id: 3, body: null } },
      ],
      origins,
      cursor: 'c3',
    },
  ]);
  const [first, second] = nodes[0]?.requests ?? [];
  expect(first?.url.pathname).toBe('/v1/updates/a%20table');
  expect(first?.body).toBe('{"filter":"id > 0","images":true}');
  expect(second?.url.searchParams.get('from')).toBe('c2');
  expect(updates.cursor).toBe('c3');
  client.close();
});

it('says so when another node knows nothing of the cursor', async () => {
  const client = await updatesOf(
    (request) => {
      writeLines(request, opened('c1'), { lagged: { cursor: 'c1' } });
      request.response.end();
    },
    (request) => {
      writeLines(request, opened('d1', 'restarted', 'another node'), {
        restarted: { reason: 'another node' },
      });
      writeLines(request, { notify: ['update', [1]] }, commit('d2'));
    },
  );
  const updates: TableUpdates<RowObject> = client.updates('notes');
  const loop = updates[Symbol.asyncIterator]();
  await take(loop, 1);
  await nodes[0]?.stop();
  const events = await take(loop, 2);
  expect(events).toMatchObject([
    { type: 'restarted', reason: 'another node', cursor: 'd1' },
    { type: 'updates', cursor: 'd2' },
  ]);
  updates.close();
  expect(await loop.next()).toEqual({ done: true, value: undefined });
  client.close();
});

it('drops a cursor that a node refuses, and says so', async () => {
  const client = await updatesOf((request, number) => {
    if (number > 1) return writeLines(request, opened('c5'));
    return answer(request, 400, { error: 'it is of the future', code: 'PATINA_CURSOR_INVALID' });
  });
  const told: string[] = [];
  const done = Promise.withResolvers<void>();
  client.updates('notes', {
    from: 'c999',
    onOpened: ({ cursor }) => void told.push(`opened ${cursor}`),
    onRestarted: ({ reason }) => {
      told.push(reason);
      done.resolve();
    },
  });
  await done.promise;
  expect(told).toEqual(['opened c5', 'it is of the future']);
  client.close();
});
