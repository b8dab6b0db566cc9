// Live queries against nodes that do as a script says: every way in which a connection can go wrong, and
// what a program is told of it.

import { afterEach, describe, expect, it } from 'vitest';
import { type Client, type ClientOptions, createClient } from './client.ts';
import type { LiveQuery } from './live/live-query.ts';
import type { LiveEvent } from './live/subscription-fold.ts';
import type { RowObject } from './rows.ts';
import {
  answer,
  cutAfter,
  FakeNode,
  otherQueryId,
  queryId,
  resumedLine,
  type Script,
  snapshotLines,
  stepLines,
  writeLines,
} from './testing/fake-node.ts';

const nodes: FakeNode[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

async function fakeNode(script: Script): Promise<FakeNode> {
  const node = await FakeNode.start(script);
  nodes.push(node);
  return node;
}

function clientOf(fakes: readonly FakeNode[], options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    urls: fakes.map(({ address }) => address),
    retry: { baseMs: 5, maxMs: 20 },
    ...options,
  });
  clients.push(client);
  return client;
}

/** The next `count` events of a loop. */
async function take(
  events: AsyncIterator<LiveEvent<RowObject>>,
  count: number,
): Promise<LiveEvent<RowObject>[]> {
  const taken: LiveEvent<RowObject>[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done === true) throw new Error('it ended early');
    taken.push(value);
  }
  return taken;
}

async function ended(live: LiveQuery<RowObject>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const look = (): void => {
    if (live.status === 'closed' || live.status === 'failed') over.resolve();
  };
  live.listen(look);
  look();
  await over.promise;
}

const two = snapshotLines(
  [
    [11, [1, 'one']],
    [12, [2, 'two']],
  ],
  40,
);

describe('subscribe', () => {
  it('tells a snapshot and then steps, under its own numbers', async () => {
    const node = await fakeNode((request) => {
      writeLines(request, ...two, { heartbeat: { change_id: 40 } }, { news: 'of a later version' });
      writeLines(
        request,
        ...stepLines([
          ['insert', 13, [3, 'three'], 41],
          ['delete', 11, [1, 'one'], 42],
        ]),
      );
      writeLines(request, ...stepLines([['update', 12, [2, 'zwei'], 43]]));
    });
    const live = clientOf([node]).subscribe('SELECT id, body FROM notes WHERE id < ?', [9]);
    const [snapshot, first, second] = await take(live.events(), 3);
    expect(snapshot).toEqual({
      type: 'snapshot',
      columns: ['id', 'body'],
      rows: [
        { id: 1, body: 'one' },
        { id: 2, body: 'two' },
      ],
      rowIds: [1, 2],
      changeId: 0,
    });
    expect(first).toEqual({
      type: 'changes',
      changes: [
        { type: 'insert', rowId: 3, row: { id: 3, body: 'three' }, changeId: 1 },
        { type: 'delete', rowId: 1, row: { id: 1, body: 'one' }, changeId: 2 },
      ],
      origins: [{ actorId: 'a'.repeat(32), version: 5, hlc: 77 }],
      changeId: 2,
    });
    expect(second).toMatchObject({ changes: [{ type: 'update', rowId: 2, changeId: 3 }] });
    expect(live.rows).toEqual([
      { id: 2, body: 'zwei' },
      { id: 3, body: 'three' },
    ]);
    expect(Object.isFrozen(live.rows)).toBe(true);
    expect(live.status).toBe('live');
    const { url, body } = node.requests[0] ?? { url: undefined, body: '' };
    expect(url?.pathname + (url?.search ?? '')).toBe(
      '/v1/subscriptions?details=true&heartbeat=5.000',
    );
    expect(body).toBe('["SELECT id, body FROM notes WHERE id < ?",[9]]');
  });

  it('calls back with snapshot, changes, transactions and states', async () => {
    const told: string[] = [];
    const node = await fakeNode((request, number) => {
      if (number > 1) return answer(request, 401, { error: 'who?', code: 'PATINA_UNAUTHORIZED' });
      writeLines(request, ...two, ...stepLines([['delete', 11, [1, 'one'], 41]]));
      cutAfter(request, '\n');
    });
    const live = clientOf([node]).subscribe('SELECT 1', [], {
      onSnapshot: ({ rows }) => void told.push(`snapshot of ${rows.length}`),
      onChange: ({ type, rowId }) => void told.push(`${type} ${rowId}`),
      onTransaction: ({ changes }) => void told.push(`transaction of ${changes.length}`),
      onError: ({ message }) => void told.push(`error: ${message}`),
      onState: (status) => void told.push(status),
    });
    await ended(live);
    expect(told).toEqual([
      'live',
      'snapshot of 2',
      'delete 1',
      'transaction of 1',
      'reconnecting',
      'failed',
      'error: who?',
    ]);
    expect(node.requests).toHaveLength(2);
  });

  it('keeps the order of an ordered query', async () => {
    const node = await fakeNode((request) => {
      const rows = [1, 2, 3, 4].map((id): [number, unknown[]] => [id, [id, 'x']]);
      writeLines(request, ...snapshotLines(rows, 0, { ordered: true }));
      writeLines(
        request,
        ...stepLines([
          ['delete', 2, [2, 'x'], 1],
          ['update', 4, [4, 'up'], 2, 0],
          ['insert', 9, [9, 'new'], 3, 2],
        ]),
      );
    });
    const live = clientOf([node]).subscribe<RowObject>('SELECT id, body FROM notes ORDER BY 1');
    await take(live.events(), 2);
    expect(live.rows.map(({ id }) => id)).toEqual([4, 1, 9, 3]);
  });
});

describe('a connection that breaks', () => {
  it('goes on after the last whole step, and tells a step that was cut off once', async () => {
    const node = await fakeNode((request, number) => {
      if (number === 1) {
        const whole = stepLines([['update', 11, [1, 'eins'], 41]]);
        writeLines(request, ...two, ...whole, { change: ['insert', 13, [3, 'three'], 42] });
        cutAfter(request, '{"change":["insert",14,[4,"fo');
      } else {
        writeLines(
          request,
          resumedLine,
          ...stepLines([
            ['insert', 13, [3, 'three'], 42],
            ['insert', 14, [4, 'four'], 43],
          ]),
        );
      }
    });
    const live = clientOf([node]).subscribe('SELECT 1');
    const events = await take(live.events(), 3);
    expect(events.map(({ type }) => type)).toEqual(['snapshot', 'changes', 'changes']);
    expect(events[2]).toMatchObject({
      changes: [
        { type: 'insert', rowId: 3, changeId: 2 },
        { type: 'insert', rowId: 4, changeId: 3 },
      ],
    });
    expect(node.requests[1]?.url.searchParams.get('from')).toBe(`${queryId}:41`);
  });

  it('tells the difference against the snapshot of another node, and says so', async () => {
    const first = await fakeNode((request) => {
      writeLines(request, ...two);
    });
    const second = await fakeNode((request) => {
      const reason = 'the cursor is of another node';
      const opened = { id: otherQueryId, start: 'restarted', reason };
      const rows: [number, unknown[]][] = [
        [1, [2, 'two']],
        [2, [1, 'changed']],
        [3, [3, 'new']],
      ];
      writeLines(request, ...snapshotLines(rows, 7, opened));
      writeLines(request, ...stepLines([['delete', 1, [2, 'two'], 8]], otherQueryId));
    });
    const live = clientOf([first, second]).subscribe('SELECT 1');
    const events = live.events();
    await take(events, 1);
    await first.stop();
    const [restarted, difference, step] = await take(events, 3);
    expect(restarted).toEqual({
      type: 'restarted',
      reason: 'the cursor is of another node',
      columns: ['id', 'body'],
    });
    expect(difference).toMatchObject({
      origins: [],
      changes: [
        { type: 'update', rowId: 1, row: { id: 1, body: 'changed' }, changeId: 1 },
        { type: 'insert', rowId: 3, changeId: 2 },
      ],
    });
    expect(step).toMatchObject({ changes: [{ type: 'delete', rowId: 2, changeId: 3 }] });
    expect(second.requests[0]?.url.searchParams.get('from')).toBe(`${queryId}:40`);
  });

  it('leaves a node that falls silent, and one that is overloaded', async () => {
    const silent = await fakeNode((request) => {
      writeLines(request, ...two);
    });
    const busy = await fakeNode((request) =>
      answer(request, 503, { error: 'max concurrency limit reached', code: 'PATINA_OVERLOADED' }),
    );
    const last = await fakeNode((request) => {
      const opened = { id: otherQueryId, start: 'restarted', reason: 'another' };
      writeLines(request, ...snapshotLines([[5, [1, 'one']]], 3, opened));
    });
    const client = clientOf([silent, busy, last], { heartbeatMs: 100 });
    const live = client.subscribe('SELECT 1');
    const events = await take(live.events(), 3);
    expect(events[2]).toMatchObject({ changes: [{ type: 'delete', rowId: 2, changeId: 1 }] });
    expect([silent, busy, last].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
    // Other requests go where it works too.
    last.script = (request) => answer(request, 200, { members: [] });
    await client.members();
  });

  it('asks the same node again when it fell behind', async () => {
    const node = await fakeNode((request, number) => {
      if (number === 1) {
        writeLines(request, ...two, { lagged: { change_id: 40, cursor: `${queryId}:40` } });
        request.response.end();
      } else writeLines(request, resumedLine, ...stepLines([['insert', 13, [3, ''], 41]]));
    });
    const other = await fakeNode(() => undefined);
    const live = clientOf([node, other]).subscribe('SELECT 1');
    const events = await take(live.events(), 2);
    expect(events[1]).toMatchObject({ changes: [{ changeId: 1 }] });
    expect([node.requests.length, other.requests.length]).toEqual([2, 0]);
  });

  it('takes a snapshot anew where changes were left out', async () => {
    const node = await fakeNode((request, number) => {
      if (number === 1) writeLines(request, ...two, ...stepLines([['insert', 13, [3, ''], 42]]));
      else writeLines(request, ...two);
    });
    const live = clientOf([node]).subscribe('SELECT 1');
    const events = await take(live.events(), 2);
    expect(events[1]).toMatchObject({
      type: 'restarted',
      reason: expect.stringContaining('change 42 where 41 was to come'),
    });
    expect(node.requests[1]?.url.searchParams.has('from')).toBe(false);
  });

  it('takes a snapshot anew where the changes after the cursor are gone', async () => {
    const gone = { error: 'older changes are deleted', code: 'PATINA_CURSOR_TOO_OLD' };
    const node = await fakeNode((request, number) => {
      writeLines(request, ...(number === 2 ? [gone] : two));
      if (number < 3) request.response.end();
    });
    const live = clientOf([node]).subscribe('SELECT 1');
    const events = await take(live.events(), 2);
    expect(events[1]).toMatchObject({ type: 'restarted', reason: gone.error });
    expect(node.requests.map(({ url }) => url.searchParams.get('from'))).toEqual([
      null,
      `${queryId}:40`,
      null,
    ]);
  });

  it('gives up after as many failures as it may have', async () => {
    const node = await fakeNode((request) => void request.response.destroy());
    const retry = { baseMs: 1, maxMs: 2, failuresMax: 3 };
    const live = clientOf([node], { retry }).subscribe('SELECT 1');
    await expect(live.events().next()).rejects.toMatchObject({ code: 'PATINA_UNREACHABLE' });
    expect(live.status).toBe('failed');
    expect(node.requests).toHaveLength(4);
  });

  it.each([
    [401, 'PATINA_UNAUTHORIZED'],
    [400, 'PATINA_SQL_ERROR'],
  ])('does not repeat what is refused with %i', async (status, code) => {
    const node = await fakeNode((request) => answer(request, status, { error: 'no', code }));
    const other = await fakeNode(() => undefined);
    const live = clientOf([node, other]).subscribe('SELECT 1');
    await ended(live);
    expect(live.error).toMatchObject({ code, status, retry: false });
    expect([node.requests.length, other.requests.length]).toEqual([1, 0]);
  });
});

describe('what a program may do', () => {
  it('goes on after its own restart with what it saved', async () => {
    const node = await fakeNode((request, number) => {
      const blobs: [number, unknown[]][] = [[11, [1, [0, 255]]]];
      if (number === 1) writeLines(request, ...snapshotLines(blobs, 40));
      else writeLines(request, resumedLine, ...stepLines([['update', 11, [1, 'text'], 41]]));
    });
    const client = clientOf([node]);
    const first = client.subscribe('SELECT 1');
    await take(first.events(), 1);
    const saved = JSON.parse(JSON.stringify(first.save()));
    first.close();
    const second = client.subscribe('SELECT 1', undefined, { from: saved });
    expect(second.rows).toEqual([{ id: 1, body: new Uint8Array([0, 255]) }]);
    const [snapshot, changes] = await take(second.events(), 2);
    expect(snapshot).toMatchObject({ rowIds: [1], changeId: 0 });
    expect(changes).toMatchObject({ changes: [{ rowId: 1, changeId: 1 }] });
    expect(node.requests[1]?.url.searchParams.get('from')).toBe(`${queryId}:40`);
    expect(() => client.subscribe('SELECT 2', undefined, { from: saved })).toThrow(
      'of another statement',
    );
  });

  it('saves in a callback what that event led to', async () => {
    const node = await fakeNode((request) => {
      const steps = [41, 42, 43].flatMap((id) => stepLines([['insert', id, [id, ''], id]]));
      writeLines(request, ...two, ...steps);
    });
    const saved: unknown[] = [];
    const done = Promise.withResolvers<void>();
    const live = clientOf([node]).subscribe('SELECT 1', [], {
      async onTransaction({ changeId }) {
        await new Promise((resolve) => setImmediate(resolve));
        const state = live.save();
        saved.push([changeId, state?.changeId, state?.cursor, state?.rows.length]);
        if (saved.length === 3) done.resolve();
      },
    });
    await done.promise;
    expect(saved).toEqual([
      [1, 1, `${queryId}:41`, 3],
      [2, 2, `${queryId}:42`, 4],
      [3, 3, `${queryId}:43`, 5],
    ]);
  });

  it('reads at the pace of a slow loop', async () => {
    const body = 'x'.repeat(10_000);
    let sent = 0;
    const node = await fakeNode(async (request) => {
      writeLines(request, ...snapshotLines([[1, [1, '']]], 0));
      const { response } = request;
      while (!response.destroyed && sent < 5_000) {
        const lines = stepLines([['update', 1, [1, `${sent} ${body}`], ++sent]]);
        const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
        if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve));
      }
    });
    const live = clientOf([node]).subscribe('SELECT 1');
    const events = live.events();
    await take(events, 1);
    // The node goes on until all buffers between the two are full, and then stands still.
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(sent).toBeLessThan(5_000);
    expect(live.changeId).toBeLessThan(300);
    const changes = await take(events, 5_000);
    expect(changes.at(-1)).toMatchObject({ changeId: 5_000 });
    expect(live.status).toBe('live');
  });

  it('waits for a callback that takes its time', async () => {
    const told: string[] = [];
    const node = await fakeNode((request) => {
      writeLines(request, ...two, ...stepLines([['delete', 11, [1, 'one'], 41]]));
    });
    const done = Promise.withResolvers<void>();
    clientOf([node]).subscribe('SELECT 1', [], {
      async onSnapshot() {
        await new Promise((resolve) => setTimeout(resolve, 30));
        told.push('snapshot');
      },
      onTransaction() {
        told.push('changes');
        done.resolve();
      },
    });
    await done.promise;
    expect(told).toEqual(['snapshot', 'changes']);
  });

  it('ends by its signal, by leaving the loop, and with the client', async () => {
    const gone: number[] = [];
    const node = await fakeNode((request, number) => {
      request.response.once('close', () => gone.push(number));
      writeLines(request, ...two);
    });
    const client = clientOf([node]);
    const stop = new AbortController();
    const byeSignal = client.subscribe('SELECT 1', [], { signal: stop.signal });
    const loop = byeSignal.events();
    await take(loop, 1);
    stop.abort();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    const left = client.subscribe('SELECT 1');
    for await (const event of left) if (event.type === 'snapshot') break;
    expect(left.status).toBe('closed');
    const last = client.subscribe('SELECT 1');
    await take(last.events(), 1);
    client.close();
    expect(last.status).toBe('closed');
    await expect.poll(() => gone.length).toBe(3);
  });

  it('fails with what a callback or a parser throws', async () => {
    const node = await fakeNode((request) => {
      writeLines(request, ...two);
    });
    const client = clientOf([node]);
    const errors: unknown[] = [];
    const onError = (error: Error): void => void errors.push(error.message);
    const thrower = client.subscribe('SELECT 1', [], {
      onError,
      onSnapshot: () => Promise.reject(new Error('of the callback')),
    });
    await ended(thrower);
    const parser = client.subscribe('SELECT 1', [], {
      onError,
      parse: (): RowObject => {
        throw new Error('of the parser');
      },
    });
    await ended(parser);
    const limited = client.subscribe('SELECT 1', [], { onError, rowsMax: 1 });
    await ended(limited);
    expect(errors).toEqual(['of the callback', 'of the parser', 'the result has more than 1 rows']);
    expect(node.requests).toHaveLength(3);
  });
});
