// The contract of live queries over HTTP: parameters, headers, every line and event of the streams,
// and what is refused, against live queries that do as they are told.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { parseExactJson } from '@patina/api/exact-json.ts';
import {
  explanationSchema,
  subscriptionEventSchema,
  subscriptionsResponseSchema,
  updatesEventSchema,
  updatesRequestSchema,
} from '@patina/api/live-schemas.ts';
import { errorSchema } from '@patina/api/schemas.ts';
import { must } from '@patina/engine/base/assert.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { ChangeGroup, LiveSink, WatchSink } from '@patina/engine/live/live-queries.ts';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fakeHash, fakeId, fakeOpened, fakeWatched } from './fake-live-queries.ts';
import { createHttpServer, type HttpServer } from './server.ts';
import { parseEvents, patience, StreamReader } from './stream-reader.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService, testActor } from './test-service.ts';
import { decodeBody } from './updates-route.ts';

let service: TestService;
let server: HttpServer;
let port: number;
const responses: IncomingMessage[] = [];

beforeAll(async () => {
  service = createTestService();
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  server = createHttpServer({ service, addresses, ...testAccess() });
  await server.start();
  port = must(server.addresses()[0], 'listens').port;
});
beforeEach(() => service.live.reset());
afterEach(() => {
  for (const response of responses.splice(0)) response.destroy();
});
afterAll(async () => {
  await server.stop(100);
  await service.close();
});

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<StreamReader> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, method, headers, agent: false };
    const request = httpRequest(options, (response) => {
      responses.push(response);
      resolve(new StreamReader(response));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const events = { accept: 'text/event-stream' };

function subscribe(parameters = '', headers: Record<string, string> = {}): Promise<StreamReader> {
  const body = '"SELECT id, body FROM notes"';
  return ask(`/v1/subscriptions${parameters}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body,
  });
}

function lastSink(): LiveSink {
  return must(service.live.subscriptions.at(-1), 'was opened').sink;
}

function lastWatch(): WatchSink {
  return must(service.live.watches.at(-1), 'was opened').sink;
}

async function refusalOf(reader: StreamReader) {
  const body = errorSchema.parse(JSON.parse(await reader.end()));
  return { status: reader.response.statusCode, ...body };
}

/** Every line fits the documented schema. */
function checked(lines: readonly string[]): unknown[] {
  return lines.map((line) => {
    const parsed = parseExactJson(line);
    subscriptionEventSchema.parse(parsed);
    return parsed;
  });
}

const row = (text: string): Uint8Array => Buffer.from(text);

const group: ChangeGroup = {
  origins: [{ actorId: testActor, version: 3, hlc: 12_345 }],
  changes: [
    { type: 'insert', rowId: 3, cells: '[3,"c"]', changeId: 8, position: 0 },
    { type: 'update', rowId: 1, cells: '[1,9223372036854775807]', changeId: 9 },
    { type: 'delete', rowId: 2, cells: '[2,[0,255]]', changeId: 10 },
  ],
};

describe('POST /v1/subscriptions', () => {
  test('tells columns, rows, the end and changes in the lines of the reference', async () => {
    const reader = await subscribe();
    expect(reader.response.statusCode).toBe(200);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'corro-query-id': fakeId,
      'corro-query-hash': fakeHash,
    });
    expect(service.live.subscriptions[0]?.request).toEqual({
      query: { sql: 'SELECT id, body FROM notes', params: [] },
      skipRows: false,
      role: 'admin',
      client: 'address 127.0.0.1',
    });
    const sink = lastSink();
    await sink.onRows(row('{"row":[1,[1,"a"]]}\n{"row":[2,[2,[0,255]]]}\n'), 2);
    sink.onSnapshotEnd({ changeId: 7, timeMs: 0.00008 });
    await sink.onGroup(group);
    const lines = await reader.lines(7);
    expect(lines).toEqual([
      '{"columns":["id","body"]}',
      '{"row":[1,[1,"a"]]}',
      '{"row":[2,[2,[0,255]]]}',
      '{"eoq":{"time":8e-8,"change_id":7}}',
      '{"change":["insert",3,[3,"c"],8]}',
      '{"change":["update",1,[1,9223372036854775807],9]}',
      '{"change":["delete",2,[2,[0,255]],10]}',
    ]);
    checked(lines);
  });

  test('with details tells more in the same stream', async () => {
    service.live.opening = () => ({ ...fakeOpened, isOrdered: true, changeId: 7 });
    const reader = await subscribe('?details=true');
    const sink = lastSink();
    await sink.onRows(row('{"row":[1,[1,"a"]]}\n'), 1);
    sink.onSnapshotEnd({ changeId: 7, timeMs: 2 });
    await sink.onGroup(group);
    const lines = await reader.lines(8);
    checked(lines);
    const opened = { id: fakeId, hash: fakeHash, ordered: true, start: 'snapshot', change_id: 7 };
    expect(lines[0]).toBe(JSON.stringify({ opened }));
    expect(lines.slice(3)).toEqual([
      '{"eoq":{"time":0.002,"change_id":7}}',
      '{"change":["insert",3,[3,"c"],8,0]}',
      '{"change":["update",1,[1,9223372036854775807],9]}',
      '{"change":["delete",2,[2,[0,255]],10]}',
      `{"commit":{"change_id":10,"cursor":"${fakeId}:10","origins":` +
        `[{"actor_id":"${testActor}","version":3,"hlc":12345}]}}`,
    ]);
  });

  test('?from=N goes on without columns and rows', async () => {
    service.live.opening = () => ({ ...fakeOpened, start: 'resumed' });
    const reader = await subscribe('?from=7');
    expect(service.live.subscriptions[0]?.request).toMatchObject({ from: 7 });
    await lastSink().onGroup(group);
    expect((await reader.lines(1))[0]).toBe('{"change":["insert",3,[3,"c"],8]}');
  });

  test('?from=0 is the same as none', async () => {
    const reader = await subscribe('?from=0');
    expect(service.live.subscriptions[0]?.request).not.toHaveProperty('from');
    expect((await reader.lines(1))[0]).toBe('{"columns":["id","body"]}');
  });

  test('?skip_rows=true leaves out columns, rows and the end, and begins with the changes', async () => {
    let hasAnswered = false;
    const answered = subscribe('?skip_rows=true&details=true').then((reader) => {
      hasAnswered = true;
      return reader;
    });
    await expect.poll(() => service.live.openCount(), patience).toBe(1);
    expect(service.live.subscriptions[0]?.request).toMatchObject({ skipRows: true });
    expect(hasAnswered).toBe(false);
    lastSink().onSnapshotEnd({ changeId: 7, timeMs: 2 });
    const reader = await answered;
    await lastSink().onGroup(group);
    const lines = checked(await reader.lines(2));
    expect(lines[0]).toMatchObject({ opened: { start: 'snapshot', change_id: 7 } });
    expect(lines[1]).toEqual({ change: ['insert', 3, [3, 'c'], 8, 0] });
  });

  test('?skip_rows=true of a query that fails before there are changes', async () => {
    const answered = subscribe('?skip_rows=true');
    await expect.poll(() => service.live.openCount(), patience).toBe(1);
    lastSink().onEnded(new PatinaError('PATINA_SUBSCRIPTION_LIMIT', 'too many rows'));
    const reader = await answered;
    expect(reader.response.headers['corro-query-id']).toBe(fakeId);
    expect(JSON.parse(await reader.end())).toMatchObject({ code: 'PATINA_SUBSCRIPTION_LIMIT' });
  });

  test('a cursor that cannot be honoured is told, and a snapshot comes even with skip_rows', async () => {
    const reason = 'this node does not have that query';
    service.live.opening = () => ({ ...fakeOpened, start: 'restarted', reason });
    const cursor = `${fakeId}:12`;
    const reader = await subscribe(`?from=${cursor.toUpperCase()}&skip_rows=true`);
    expect(service.live.subscriptions[0]?.request).toMatchObject({ from: cursor });
    await lastSink().onRows(row('{"row":[1,[1,"a"]]}\n'), 1);
    lastSink().onSnapshotEnd({ changeId: 0, timeMs: 1 });
    const lines = await reader.lines(4);
    checked(lines);
    expect(lines).toEqual([
      `{"restarted":{"reason":"${reason}"}}`,
      '{"columns":["id","body"]}',
      '{"row":[1,[1,"a"]]}',
      '{"eoq":{"time":0.001,"change_id":0}}',
    ]);
  });

  test('a reader that fell behind is told where to go on, as the last line', async () => {
    const reader = await subscribe();
    lastSink().onLagged(`${fakeId}:41`, 41);
    const [, last] = checked((await reader.end()).trimEnd().split('\n'));
    expect(last).toEqual({ lagged: { change_id: 41, cursor: `${fakeId}:41` } });
    expect(reader.wasCut).toBe(false);
    await expect.poll(() => service.live.openCount(), patience).toBe(0);
  });

  test('a fatal error is the last line; an end without one is just an end', async () => {
    const failed = await subscribe();
    const hint = 'ask for less';
    lastSink().onEnded(new PatinaError('PATINA_SUBSCRIPTION_FAILED', 'too many rows', { hint }));
    const [, last] = checked((await failed.end()).trimEnd().split('\n'));
    expect(last).toEqual({ error: 'too many rows', code: 'PATINA_SUBSCRIPTION_FAILED', hint });
    const ended = await subscribe();
    lastSink().onEnded(undefined);
    expect(await ended.end()).toBe('{"columns":["id","body"]}\n');
  });

  test('changes that are not kept any more are told in a stream of one line', async () => {
    const message = 'subscription already deleted older changes, min change id: 500';
    const tooOld = new PatinaError('PATINA_CURSOR_TOO_OLD', message);
    service.live.opening = () => Promise.reject(tooOld);
    const refused = await subscribe('?from=3');
    expect(refused.response.statusCode).toBe(200);
    const line = `${JSON.stringify({ error: message, code: 'PATINA_CURSOR_TOO_OLD' })}\n`;
    expect(await refused.end()).toBe(line);
    service.live.opening = () => ({ ...fakeOpened, start: 'resumed' });
    const opened = await subscribe('?from=3');
    lastSink().onEnded(tooOld);
    expect(await opened.end()).toBe(line);
  });

  test('heartbeats come when asked for, and with details by default', async () => {
    const reader = await subscribe('?heartbeat=0.1');
    await reader.until((text) => text.split('{"heartbeat":{}}\n').length > 2);
    lastSink().onSnapshotEnd({ changeId: 7, timeMs: 2 });
    await reader.until((text) => text.includes('{"heartbeat":{"change_id":7}}\n'));
    await lastSink().onGroup(group);
    await reader.until((text) => text.includes('{"heartbeat":{"change_id":10}}\n'));
    checked(reader.text.trimEnd().split('\n'));
  });

  test('many streams do not count as running requests', async () => {
    await Promise.all(Array.from({ length: 140 }, () => subscribe()));
    expect(service.live.openCount()).toBe(140);
    const list = await ask('/v1/subscriptions');
    expect(list.response.statusCode).toBe(200);
    expect((await subscribe()).response.statusCode).toBe(200);
  });
});

describe('server-sent events', () => {
  test('carry the same values, with cursors as ids only where a step ends', async () => {
    service.live.opening = () => ({ ...fakeOpened, isOrdered: true });
    const reader = await subscribe('?heartbeat=0.1', events);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'corro-query-id': fakeId,
    });
    const sink = lastSink();
    const tricky = JSON.stringify([1, ['a\nb\rc\u2028d', 'é 日本 😀', '}', '"row":']]);
    await sink.onRows(row(`{"row":${tricky}}\n{"row":[2,[9007199254740993]]}\n`), 2);
    sink.onSnapshotEnd({ changeId: 7, timeMs: 1 });
    await sink.onGroup(group);
    await reader.until((text) => text.includes('event: commit') && text.includes(': heartbeat'));
    sink.onLagged(`${fakeId}:10`, 10);
    const parsed = parseEvents(await reader.end());
    expect(parsed.retryMs).toBe(1_000);
    expect(parsed.comments[0]).toBe('heartbeat');
    const told = parsed.events.filter(({ event }) => event !== 'heartbeat');
    expect(told.map(({ event, id }) => (id === undefined ? event : [event, id]))).toEqual([
      'opened',
      'columns',
      'row',
      'row',
      ['eoq', `${fakeId}:7`],
      'change',
      'change',
      'change',
      ['commit', `${fakeId}:10`],
      'lagged',
    ]);
    expect(told[2]?.data).toEqual(JSON.parse(tricky));
    expect(told[3]?.data).toEqual([2, [9007199254740993n]]);
    expect(told[5]?.data).toEqual(['insert', 3, [3, 'c'], 8, 0]);
    for (const { event, data } of parsed.events) subscriptionEventSchema.parse({ [event]: data });
  });

  test('Last-Event-ID goes before from', async () => {
    service.live.opening = () => ({ ...fakeOpened, start: 'resumed' });
    const headers = { ...events, 'last-event-id': `${fakeId}:12` };
    await ask(`/v1/subscriptions/${fakeId}?from=3`, { headers });
    expect(service.live.subscriptions[0]?.request).toMatchObject({
      query: { id: fakeId },
      from: `${fakeId}:12`,
    });
  });

  test('an error is an event', async () => {
    const reader = await subscribe('', {
      accept: 'application/json;q=0.1, text/event-stream;q=0.9',
    });
    lastSink().onEnded(new PatinaError('PATINA_NOT_FOUND', 'dropped'));
    expect(parseEvents(await reader.end()).events.at(-1)).toEqual({
      event: 'error',
      data: { error: 'dropped', code: 'PATINA_NOT_FOUND' },
    });
  });

  test.each(['text/event-stream;q=0', '*/*', 'text/*', 'application/x-ndjson'])(
    'are not sent for accept: %s',
    async (accept) => {
      const reader = await subscribe('', { accept });
      expect(reader.response.headers['content-type']).toContain('application/x-ndjson');
    },
  );

  test('rows may come in any bytes that are whole lines', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.array(fc.string({ unit: 'binary' }))), { maxLength: 20 }),
        async (rows) => {
          const reader = await subscribe('', events);
          const lines = rows.map((value) => `{"row":${JSON.stringify(value)}}\n`).join('');
          await lastSink().onRows(row(lines), rows.length);
          lastSink().onEnded(undefined);
          const parsed = parseEvents(await reader.end());
          const told = parsed.events.filter(({ event }) => event === 'row');
          expect(told.map(({ data }) => data)).toEqual(rows);
        },
      ),
      { numRuns: 40 },
    ));
});

describe('what is refused', () => {
  const cursor = `${fakeId}:1`;
  test.each([
    ['?from=x', 'PATINA_CURSOR_INVALID'],
    ['?from=', 'PATINA_CURSOR_INVALID'],
    ['?from=-1', 'PATINA_CURSOR_INVALID'],
    ['?from=1.5', 'PATINA_CURSOR_INVALID'],
    ['?from=9007199254740993', 'PATINA_CURSOR_INVALID'],
    [`?from=${fakeId}`, 'PATINA_CURSOR_INVALID'],
    [`?from=${fakeId}:`, 'PATINA_CURSOR_INVALID'],
    [`?from=${cursor}:2`, 'PATINA_CURSOR_INVALID'],
    [`?from=${cursor}x`, 'PATINA_CURSOR_INVALID'],
    [`?from=${'9'.repeat(500)}`, 'PATINA_CURSOR_INVALID'],
    ['?from=1&from=2', 'PATINA_BAD_REQUEST'],
    ['?skip_rows=1', 'PATINA_BAD_REQUEST'],
    ['?details=yes', 'PATINA_BAD_REQUEST'],
    ['?heartbeat=-1', 'PATINA_BAD_REQUEST'],
    ['?heartbeat=301', 'PATINA_BAD_REQUEST'],
    ['?heartbeat=0.01', 'PATINA_BAD_REQUEST'],
    ['?heartbeat=x', 'PATINA_BAD_REQUEST'],
  ])('POST /v1/subscriptions%s', async (parameters, code) => {
    const refused = await refusalOf(await subscribe(parameters));
    expect(refused).toMatchObject({ status: 400, code });
    expect(refused.error.length).toBeLessThan(200);
    expect(service.live.subscriptions).toEqual([]);
  });

  test('a Last-Event-ID that is no cursor', async () => {
    const refused = await refusalOf(await subscribe('', { ...events, 'last-event-id': 'seven' }));
    expect(refused).toMatchObject({ status: 400, code: 'PATINA_CURSOR_INVALID' });
  });

  test.each([
    ['{"query":7}', 422, 'PATINA_BODY_INVALID'],
    ['[["SELECT 1"]]', 422, 'PATINA_BODY_INVALID'],
    ['7', 422, 'PATINA_BODY_INVALID'],
    ['{', 400, 'PATINA_BAD_REQUEST'],
    ['', 400, 'PATINA_BAD_REQUEST'],
  ])('the body %j', async (body, status, code) => {
    for (const path of ['/v1/subscriptions', '/v1/subscriptions/explain']) {
      const refused = await refusalOf(await ask(path, { method: 'POST', headers: json, body }));
      expect(refused).toMatchObject({ status, code });
    }
  });

  test.each([
    ['PATINA_SQL_ERROR', 400],
    ['PATINA_SQL_REFUSED', 400],
    ['PATINA_SQL_NOT_READONLY', 400],
    ['PATINA_SUBSCRIPTION_REFUSED', 400],
    ['PATINA_CURSOR_INVALID', 400],
    ['PATINA_SUBSCRIPTION_LIMIT', 429],
    ['PATINA_OVERLOADED', 503],
    ['PATINA_SHUTTING_DOWN', 503],
    ['PATINA_INTERNAL', 500],
  ] as const)('%s of the node is answered as %i', async (code, status) => {
    service.live.opening = () => Promise.reject(new PatinaError(code, 'no', { hint: 'do so' }));
    const reader = await subscribe();
    expect(await refusalOf(reader)).toEqual({ status, error: 'no', code, hint: 'do so' });
    const retry = status === 429 || status === 503 ? '1' : undefined;
    expect(reader.response.headers['retry-after']).toBe(retry);
  });

  test('a change id of a query that nobody opened, in the words of the reference', async () => {
    const none = new PatinaError('PATINA_NOT_FOUND', 'there is no such query');
    service.live.opening = () => Promise.reject(none);
    expect(await refusalOf(await subscribe('?from=7'))).toMatchObject({
      status: 400,
      error: 'a `from` query param was supplied, but no existing subscription found',
      code: 'PATINA_CURSOR_INVALID',
    });
  });

  test.each([
    ['GET', '/v1/subscriptions/<id>'],
    ['GET', '/v1/subscriptions/<id>/explain'],
    ['DELETE', '/v1/subscriptions/<id>'],
  ])('an unknown or malformed id at %s %s', async (method, path) => {
    const unknown = fakeId.replace('9', '8');
    const missing = await refusalOf(await ask(path.replace('<id>', unknown), { method }));
    expect(missing).toMatchObject({
      status: 404,
      error: `could not find subscription with id ${unknown}`,
      code: 'PATINA_NOT_FOUND',
    });
    for (const id of ['x', `${fakeId}0`, '%00', '7']) {
      const malformed = await refusalOf(await ask(path.replace('<id>', id), { method }));
      expect(malformed).toMatchObject({ status: 400, code: 'PATINA_BAD_REQUEST' });
    }
  });

  test('other methods, with those that are taken', async () => {
    for (const [path, allow] of [
      [`/v1/subscriptions/${fakeId}`, 'GET, DELETE'],
      ['/v1/subscriptions', 'POST, GET'],
      ['/v1/updates/notes', 'POST'],
    ] as const) {
      const reader = await ask(path, { method: 'PUT' });
      expect(reader.response.headers.allow).toBe(allow);
      expect(await refusalOf(reader)).toMatchObject({ status: 405 });
    }
  });
});

describe('queries as such', () => {
  test('GET /v1/subscriptions/{id} takes an id in any spelling', async () => {
    for (const id of [fakeId, fakeId.toUpperCase(), fakeId.replaceAll('-', '')]) {
      const reader = await ask(`/v1/subscriptions/${id}`);
      expect(reader.response.headers['corro-query-hash']).toBe(fakeHash);
      expect(service.live.subscriptions.at(-1)?.request.query).toEqual({ id: fakeId });
    }
  });

  test('are listed', async () => {
    const body = JSON.parse(await (await ask('/v1/subscriptions')).end());
    expect(subscriptionsResponseSchema.parse(body).subscriptions).toEqual([
      expect.objectContaining({ id: fakeId, change_id: 7, ms_per_sec_cost: 0.25 }),
    ]);
  });

  test('are explained, open or not', async () => {
    const open = JSON.parse(await (await ask(`/v1/subscriptions/${fakeId}/explain`)).end());
    expect(explanationSchema.parse(open)).toMatchObject({ mode: 'key-wise', ordered: false });
    const body = '["SELECT ?", [1]]';
    const post = { method: 'POST', headers: json, body };
    const other = JSON.parse(await (await ask('/v1/subscriptions/explain', post)).end());
    expect(explanationSchema.parse(other)).toMatchObject({ sql: 'SELECT ?' });
    const refused = await ask('/v1/subscriptions/explain', { ...post, body: '"DELETE FROM t"' });
    expect(await refusalOf(refused)).toMatchObject({ code: 'PATINA_SQL_NOT_READONLY' });
  });

  test('are dropped', async () => {
    const reader = await ask(`/v1/subscriptions/${fakeId}`, { method: 'DELETE' });
    expect(JSON.parse(await reader.end())).toEqual({ id: fakeId });
    expect(service.live.dropped).toEqual([fakeId]);
  });
});

describe('POST /v1/updates/{table}', () => {
  test('tells keys in the lines of the reference', async () => {
    const reader = await ask('/v1/updates/notes', { method: 'POST' });
    expect(reader.response.statusCode).toBe(200);
    expect(reader.response.headers['corro-query-id']).toBe(fakeId);
    expect(service.live.watches[0]?.request).toEqual({
      table: 'notes',
      client: 'address 127.0.0.1',
      images: false,
    });
    await lastWatch().onGroup({
      origins: group.origins,
      notices: [
        { type: 'update', key: '[1,"é"]', row: undefined },
        { type: 'delete', key: '[2]', row: undefined },
      ],
      cursor: 'c2',
    });
    lastWatch().onLagged('c2');
    const lines = (await reader.end()).trimEnd().split('\n');
    expect(lines).toEqual([
      '{"notify":["update",[1,"é"]]}',
      '{"notify":["delete",[2]]}',
      '{"lagged":{"cursor":"c2"}}',
    ]);
    for (const line of lines) updatesEventSchema.parse(parseExactJson(line));
  });

  test('takes a filter, images and a cursor, and tells more with details', async () => {
    service.live.watching = () => ({ ...fakeWatched, start: 'restarted', reason: 'too long ago' });
    const body = JSON.stringify({ filter: "body <> 'x'", images: true, from: 'c0' });
    const path = '/v1/updates/a%20b?details=true&heartbeat=0.1';
    const reader = await ask(path, { method: 'POST', headers: json, body });
    expect(service.live.watches[0]?.request).toEqual({
      table: 'a b',
      client: 'address 127.0.0.1',
      images: true,
      from: 'c0',
      filter: "body <> 'x'",
    });
    await lastWatch().onGroup({
      origins: group.origins,
      notices: [{ type: 'update', key: '[1]', row: '[1,9007199254740993]' }],
      cursor: 'c2',
    });
    await reader.until((text) => text.includes('heartbeat'));
    const lines = reader.text.trimEnd().split('\n');
    for (const line of lines) updatesEventSchema.parse(parseExactJson(line));
    expect(lines.slice(1)).toEqual([
      '{"restarted":{"reason":"too long ago"}}',
      '{"notify":["update",[1],[1,9007199254740993]]}',
      `{"commit":{"cursor":"c2","origins":[{"actor_id":"${testActor}","version":3,"hlc":12345}]}}`,
      '{"heartbeat":{"cursor":"c2"}}',
    ]);
  });

  test('over server-sent events has its cursors as ids', async () => {
    const reader = await ask('/v1/updates/notes?from=c0&images=true', {
      method: 'POST',
      headers: { ...events, ...json },
      body: '',
    });
    expect(service.live.watches[0]?.request).toMatchObject({ from: 'c0', images: true });
    const { origins } = group;
    await lastWatch().onGroup({ origins, notices: [], cursor: 'c2' });
    lastWatch().onEnded(undefined);
    const { events: told } = parseEvents(await reader.end());
    expect(told.map(({ event, id }) => [event, id])).toEqual([
      ['opened', undefined],
      ['commit', 'c2'],
    ]);
  });

  test.each([
    [{ filter: 7 }, 422],
    [{ images: 'yes' }, 422],
    [{ from: 7 }, 422],
    [{ from: '' }, 400],
    [{ columns: ['a'] }, 422],
    [[], 422],
    ['SELECT', 422],
    [{ filter: 'x'.repeat(64 * 1024 + 1) }, 422],
  ])('refuses the body %j with %i', async (body, status) => {
    const text = JSON.stringify(body);
    const reader = await ask('/v1/updates/notes', { method: 'POST', headers: json, body: text });
    expect((await refusalOf(reader)).status).toBe(status);
    expect(service.live.watches).toEqual([]);
  });

  test('an unknown table is a bad request', async () => {
    service.live.watching = () => {
      throw new PatinaError('PATINA_NOT_FOUND', 'there is no table nope', { hint: 'look' });
    };
    const reader = await ask(`/v1/updates/${'n'.repeat(200)}`, { method: 'POST' });
    expect(await refusalOf(reader)).toEqual({
      status: 400,
      error: 'there is no table nope',
      code: 'PATINA_BAD_REQUEST',
      hint: 'look',
    });
  });

  test('the decoder takes what the schema takes', () => {
    const field = fc.constantFrom('filter', 'images', 'from', 'other', '__proto__');
    const value = fc.constantFrom(null, true, false, 'a', 'id > 1', 7, [], {});
    const body = fc.dictionary(field, value, { noNullPrototype: true });
    fc.assert(
      fc.property(body, (given) => {
        let isTaken = true;
        try {
          decodeBody(given);
        } catch {
          isTaken = false;
        }
        const { from } = given;
        // The schema leaves the characters of a cursor to the node.
        const isCursor = typeof from !== 'string' || !from.includes(' ');
        expect(isTaken).toBe(updatesRequestSchema.safeParse(given).success && isCursor);
      }),
    );
  });
});
