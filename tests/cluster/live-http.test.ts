// Live queries of a real node over HTTP, line by line: snapshot, changes, going on, and what is refused.

import { parseExactJson } from '@patina/api/exact-json.ts';
import {
  explanationSchema,
  subscriptionEventSchema,
  subscriptionsResponseSchema,
  updatesEventSchema,
} from '@patina/api/live-schemas.ts';
import { errorSchema } from '@patina/api/schemas.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { z } from 'zod';
import { TestCluster, type TestNode } from './harness.ts';

const schema =
  'CREATE TABLE sandwiches (pk TEXT NOT NULL PRIMARY KEY, sandwich TEXT, price INTEGER, data BLOB);';

const sql = 'SELECT sandwich FROM sandwiches';

let cluster: TestCluster;
let node: TestNode;
const streams: Stream[] = [];

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 1, schema });
  node = cluster.node(1);
  await cluster.start();
});
beforeEach(async () => {
  await node.api.transact(['DELETE FROM sandwiches']);
  await insert('a', 'shiitake');
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(() => cluster.close());

function insert(pk: string, sandwich: string): Promise<unknown> {
  return node.api.transact([
    ['INSERT INTO sandwiches (pk, sandwich) VALUES (?, ?)', [pk, sandwich]],
  ]);
}

/** An answer that stays open, read line by line. */
class Stream {
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #lines: AsyncGenerator<string>;

  constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.#lines = linesOf(response);
    streams.push(this);
  }

  get id(): string {
    return this.response.headers.get('corro-query-id') ?? '';
  }

  /** The next lines, as they are. */
  async take(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`ended after ${JSON.stringify(lines)}`);
      lines.push(value);
    }
    return lines;
  }

  /** All lines up to the end. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of this.#lines) lines.push(line);
    return lines;
  }

  close(): void {
    this.#abort.abort();
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Stream> {
  const abort = new AbortController();
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${node.apiPort}${path}`, {
    method,
    headers: { ...type, ...headers },
    signal: abort.signal,
    ...content,
  });
  return new Stream(response, abort);
}

const subscribe = (statement: unknown = sql, parameters = ''): Promise<Stream> =>
  ask('POST', `/v1/subscriptions${parameters}`, statement);

async function refusal(stream: Stream) {
  expect(stream.response.status, stream.response.url).not.toBe(200);
  const body = errorSchema.parse(await stream.response.json());
  return { status: stream.response.status, ...body };
}

function checked<T>(shape: z.ZodType<T>, lines: readonly string[]): T[] {
  return lines.map((line) => shape.parse(parseExactJson(line)));
}

/** A statement that no other test has, so that its query is new. */
let queries = 0;
const freshSql = (): string => `${sql} WHERE ${++queries} = ${queries}`;

it('tells a snapshot and changes in the lines of the reference', async () => {
  const statement = freshSql();
  const stream = await subscribe(statement);
  expect(stream.response.status).toBe(200);
  expect(stream.response.headers.get('content-type')).toContain('application/x-ndjson');
  expect(stream.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(stream.response.headers.get('corro-query-hash')).toMatch(/^[0-9a-f]{16}$/);
  const [columns, row, eoq] = await stream.take(3);
  expect(columns).toBe('{"columns":["sandwich"]}');
  expect(row).toBe('{"row":[1,["shiitake"]]}');
  expect(eoq).toMatch(/^\{"eoq":\{"time":[\d.e-]+,"change_id":0\}\}$/);
  await insert('b', 'peanut butter');
  expect(await stream.take(1)).toEqual(['{"change":["insert",2,["peanut butter"],1]}']);
  await node.api.transact([['UPDATE sandwiches SET sandwich = ? WHERE pk = ?', ['jam', 'b']]]);
  expect(await stream.take(1)).toEqual(['{"change":["update",2,["jam"],2]}']);
  await node.api.transact(["DELETE FROM sandwiches WHERE pk = 'b'"]);
  expect(await stream.take(1)).toEqual(['{"change":["delete",2,["jam"],3]}']);
});

it('gives equal statements one query, which can be followed by its id', async () => {
  const statement = freshSql();
  const [first, second, other] = [
    await subscribe(statement),
    await subscribe(statement),
    await subscribe(freshSql()),
  ];
  expect(second.id).toBe(first.id);
  expect(other.id).not.toBe(first.id);
  const third = await ask('GET', `/v1/subscriptions/${first.id}`);
  for (const header of ['corro-query-id', 'corro-query-hash']) {
    expect(third.response.headers.get(header)).toBe(first.response.headers.get(header));
  }
  for (const stream of [first, second, third]) await stream.take(3);
  await insert('b', 'egg');
  for (const stream of [first, second, third]) {
    expect(await stream.take(1)).toEqual(['{"change":["insert",2,["egg"],1]}']);
  }
});

it('takes parameters, and tells values exactly', async () => {
  const statement = 'SELECT pk, price, data FROM sandwiches WHERE pk = ?';
  const stream = await subscribe([statement, ['exact']]);
  await stream.take(2);
  await node.api.transact([
    ['INSERT INTO sandwiches VALUES (?, ?, ?, ?)', ['exact', 'x', 9223372036854775807n, [0, 255]]],
    ['INSERT INTO sandwiches VALUES (?, ?, ?, ?)', ['other', 'x', 1, null]],
  ]);
  expect(await stream.take(1)).toEqual([
    '{"change":["insert",1,["exact",9223372036854775807,[0,255]],1]}',
  ]);
  const named = { query: statement.replace('?', ':pk'), named_params: { ':pk': 'exact' } };
  const other = await subscribe(named);
  expect((await other.take(2))[1]).toBe('{"row":[1,["exact",9223372036854775807,[0,255]]]}');
});

it('goes on after a change id without missing or repeating any', async () => {
  const statement = freshSql();
  const first = await subscribe(statement);
  await first.take(3);
  // Writes that are seen together are told together: each is waited for.
  for (const pk of ['b', 'c', 'd']) {
    await insert(pk, `with ${pk}`);
    await first.take(1);
  }
  first.close();
  await insert('e', 'with e');
  for (const open of [
    () => subscribe(statement, '?from=1'),
    () => ask('GET', `/v1/subscriptions/${first.id}?from=1`),
    () => subscribe(statement, `?from=${first.id}:1`),
  ]) {
    const stream = await open();
    expect(stream.id).toBe(first.id);
    expect(checked(subscriptionEventSchema, await stream.take(3))).toEqual([
      { change: ['insert', expect.any(Number), ['with c'], 2] },
      { change: ['insert', expect.any(Number), ['with d'], 3] },
      { change: ['insert', expect.any(Number), ['with e'], 4] },
    ]);
  }
  const none = await subscribe(statement, '?from=0');
  expect((await none.take(1))[0]).toBe('{"columns":["sandwich"]}');
});

it('leaves out the rows where they are not wanted', async () => {
  const stream = await subscribe(freshSql(), '?skip_rows=true');
  expect(stream.response.status).toBe(200);
  await insert('b', 'egg');
  expect(await stream.take(1)).toEqual(['{"change":["insert",2,["egg"],1]}']);
});

it('tells more with details', async () => {
  const stream = await subscribe(`${freshSql()} ORDER BY sandwich`, '?details=true&heartbeat=0.2');
  const [opened] = checked(subscriptionEventSchema, await stream.take(4));
  expect(opened).toMatchObject({ opened: { id: stream.id, ordered: true, start: 'snapshot' } });
  const { version, actor_id } = await node.api.transact([
    ['INSERT INTO sandwiches (pk, sandwich) VALUES (?, ?)', ['b', 'bacon']],
  ]);
  const told: unknown[] = [];
  while (told.length < 2 || !JSON.stringify(told).includes('heartbeat')) {
    told.push(...checked(subscriptionEventSchema, await stream.take(1)));
  }
  expect(told).toContainEqual({ change: ['insert', 2, ['bacon'], 1, 0] });
  const origins = [{ actor_id, version, hlc: expect.any(Number) }];
  expect(told).toContainEqual({ commit: { change_id: 1, cursor: `${stream.id}:1`, origins } });
});

it('tells browsers the same, and goes on after their last event', async () => {
  const statement = freshSql();
  const first = await ask('POST', '/v1/subscriptions', statement, { accept: 'text/event-stream' });
  expect(first.response.headers.get('content-type')).toContain('text/event-stream');
  const head = (await first.take(15)).join('\n');
  expect(head).toContain('retry: 1000\n\nevent: opened\n');
  expect(head).toContain('event: row\ndata: [1,["shiitake"]]\n\n');
  expect(head).toContain(`event: eoq\nid: ${first.id}:0\n`);
  first.close();
  await insert('b', 'egg');
  const again = await ask('GET', `/v1/subscriptions/${first.id}`, undefined, {
    accept: 'text/event-stream',
    'last-event-id': `${first.id}:0`,
  });
  const lines: string[] = [];
  while (!lines.includes('event: commit')) lines.push(...(await again.take(1)));
  expect(lines.join('\n')).toContain('event: change\ndata: ["insert",2,["egg"],1]\n');
});

it.each([
  ['DELETE FROM sandwiches', /PATINA_SQL_(NOT_READONLY|REFUSED)/],
  ['SELECT 1 FROM sandwiches; SELECT 2 FROM sandwiches', /PATINA_SQL_(REFUSED|ERROR)/],
  ['SELECT * FROM nope', /PATINA_SQL_ERROR/],
  ['SELECT nope FROM sandwiches', /PATINA_SQL_ERROR/],
  ['SELEC', /PATINA_SQL_ERROR/],
  ['', /PATINA_SQL_(ERROR|REFUSED)/],
  ['SELECT * FROM __patina_state', /PATINA_SQL_REFUSED/],
  ['PRAGMA table_list', /PATINA_SQL_REFUSED/],
])('refuses to follow %j', async (statement, code) => {
  for (const path of ['/v1/subscriptions', '/v1/subscriptions/explain']) {
    const refused = await refusal(await ask('POST', path, statement));
    expect(refused.status).toBe(400);
    expect(refused.code).toMatch(code);
  }
});

it('refuses what it cannot go on from, and what it does not know', async () => {
  const statement = freshSql();
  expect(await refusal(await subscribe(statement, '?from=7'))).toMatchObject({
    status: 400,
    error: 'a `from` query param was supplied, but no existing subscription found',
    code: 'PATINA_CURSOR_INVALID',
  });
  const stream = await subscribe(statement);
  await stream.take(3);
  const future = await refusal(await subscribe(statement, '?from=7'));
  expect(future).toMatchObject({ status: 400, code: 'PATINA_CURSOR_INVALID' });
  const unknown = stream.id.replaceAll(/[0-9]/g, '0');
  for (const [method, path] of [
    ['GET', `/v1/subscriptions/${unknown}`],
    ['GET', `/v1/subscriptions/${unknown}/explain`],
    ['DELETE', `/v1/subscriptions/${unknown}`],
  ] as const) {
    expect(await refusal(await ask(method, path))).toMatchObject({
      status: 404,
      error: `could not find subscription with id ${unknown}`,
    });
  }
});

it('lists, explains and drops queries', async () => {
  const statement = freshSql();
  const stream = await subscribe(statement);
  await stream.take(3);
  const list = await (await ask('GET', '/v1/subscriptions')).response.json();
  const found = subscriptionsResponseSchema
    .parse(list)
    .subscriptions.find(({ id }) => id === stream.id);
  expect(found).toMatchObject({ state: 'live', subscribers: 1, change_id: 0 });
  const open = await ask('GET', `/v1/subscriptions/${stream.id}/explain`);
  const explained = explanationSchema.parse(await open.response.json());
  expect(explained).toMatchObject({ columns: ['sandwich'], ordered: false });
  const closed = await ask('POST', '/v1/subscriptions/explain', `${sql} LIMIT 3`);
  expect(explanationSchema.parse(await closed.response.json()).reasons).not.toEqual([]);
  const dropped = await ask('DELETE', `/v1/subscriptions/${stream.id}`);
  expect(await dropped.response.json()).toEqual({ id: stream.id });
  const [last] = checked(subscriptionEventSchema, await stream.rest());
  expect(last).toMatchObject({ code: 'PATINA_SUBSCRIPTION_FAILED' });
  expect((await ask('GET', `/v1/subscriptions/${stream.id}`)).response.status).toBe(404);
});

it('tells the keys of a table that change', async () => {
  const stream = await ask('POST', '/v1/updates/sandwiches');
  expect(stream.response.status).toBe(200);
  expect(stream.id).toMatch(/^[0-9a-f-]{36}$/);
  for (const [write, line] of [
    ["INSERT INTO sandwiches (pk, sandwich) VALUES ('b', 'egg')", '{"notify":["update",["b"]]}'],
    ["UPDATE sandwiches SET sandwich = 'jam' WHERE pk = 'b'", '{"notify":["update",["b"]]}'],
    ["DELETE FROM sandwiches WHERE pk = 'b'", '{"notify":["delete",["b"]]}'],
  ] as const) {
    await node.api.transact([write]);
    expect(await stream.take(1)).toEqual([line]);
  }
});

it('tells rows of a table through a filter, and goes on after a cursor', async () => {
  const path = '/v1/updates/sandwiches?details=true';
  const body = { filter: "sandwich LIKE 'e%'", images: true };
  const first = await ask('POST', path, body);
  const [opened] = checked(updatesEventSchema, await first.take(1));
  expect(opened).toMatchObject({ opened: { key: ['pk'], start: 'now' } });
  await insert('b', 'ham');
  await insert('c', 'egg');
  const [notify, commit] = checked(updatesEventSchema, await first.take(2));
  expect(notify).toEqual({ notify: ['update', ['c'], ['c', 'egg', null, null]] });
  const cursor = commit !== undefined && 'commit' in commit ? JSON.stringify(commit.commit) : '';
  const from = /"cursor":"([^"]+)"/.exec(cursor)?.[1];
  first.close();
  await insert('d', 'eel');
  const again = await ask('POST', path, { ...body, from });
  const [resumed, missed] = checked(updatesEventSchema, await again.take(2));
  expect(resumed).toMatchObject({ opened: { start: 'resumed' } });
  expect(missed).toEqual({ notify: ['update', ['d'], ['d', 'eel', null, null]] });
});

it.each([
  ['/v1/updates/nope', undefined],
  ['/v1/updates/__patina_state', undefined],
  ['/v1/updates/sandwiches', { filter: 'nope = 1' }],
  ['/v1/updates/sandwiches', { filter: '' }],
  ['/v1/updates/sandwiches', { filter: '1) OR (1' }],
  ['/v1/updates/sandwiches', { filter: '1), (1' }],
  ['/v1/updates/sandwiches', { filter: '(SELECT 1 FROM __patina_state)' }],
  ['/v1/updates/sandwiches?from=nope', undefined],
])('refuses to tell of %s with %j', async (path, body) => {
  expect(await refusal(await ask('POST', path, body))).toMatchObject({
    status: 400,
    code: expect.stringMatching(/^PATINA_/),
  });
});

it('is followed from the command line', async () => {
  const statement = freshSql();
  const explained = await node.patina('subs', 'explain', '--sql', statement);
  expect(explained).toMatchObject({ code: 0, output: expect.stringContaining(statement) });
  const stream = await subscribe(statement);
  await stream.take(3);
  expect((await node.patina('subs', 'list')).output).toContain(stream.id);
  expect((await node.patina('subs', 'info', stream.id)).output).toContain(statement);
  expect((await node.patina('subs', 'drop', stream.id)).code).toBe(0);
  expect((await node.patina('subs', 'info', stream.id)).code).toBe(1);
  const refused = await node.patina('subscribe', 'SELECT * FROM nope');
  expect(refused.output).toContain('PATINA_SQL_ERROR');
});

it('ends its streams with the reason when it stops', async () => {
  const stream = await subscribe(freshSql());
  const updates = await ask('POST', '/v1/updates/sandwiches');
  await stream.take(3);
  const { code } = await node.end('SIGTERM');
  expect(code).toBe(0);
  for (const open of [stream, updates]) {
    const line = errorSchema.parse(JSON.parse((await open.rest()).at(-1) ?? ''));
    expect(line.code).toBe('PATINA_SHUTTING_DOWN');
  }
  await node.start();
});
