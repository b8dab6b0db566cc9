// The contract of the HTTP API: every shape, status and error, over real sockets.

import { mkdirSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseExactJson } from '@patina/api/exact-json.ts';
import {
  errorSchema,
  healthResponseSchema,
  lagResponseSchema,
  membersResponseSchema,
  queryEventSchema,
  tableStatsResponseSchema,
  transactionErrorSchema,
  transactionResponseSchema,
} from '@patina/api/schemas.ts';
import { must } from '@patina/engine/base/assert.ts';
import { errorCodes } from '@patina/engine/base/errors.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService, testActor } from './test-service.ts';

let service: TestService;
let server: HttpServer;
let base: string;

beforeAll(async () => {
  service = createTestService();
  server = await startServer({});
  base = urlOf(server);
  await service.pool.start();
});
afterAll(async () => {
  await server.stop(100);
  await service.close();
});
beforeEach(() => {
  service.database.exec('DELETE FROM notes; DELETE FROM strict_notes');
  service.beforeTransact = () => Promise.resolve();
});

async function startServer(options: Partial<HttpServerOptions>): Promise<HttpServer> {
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  const started = createHttpServer({ service, addresses, ...testAccess(), ...options });
  await started.start();
  return started;
}

function urlOf(started: HttpServer, index = 0): string {
  return `http://127.0.0.1:${must(started.addresses()[index], 'listens').port}`;
}

const jsonHeaders = { 'content-type': 'application/json' };

function post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(base + path, { method: 'POST', headers: jsonHeaders, body: text, ...init });
}

async function errorOf(
  response: Response,
): Promise<{ status: number; error: string; code: string }> {
  const { error, code } = errorSchema.parse(await response.json());
  expect(errorCodes).toContain(code);
  return { status: response.status, error, code };
}

/** Lines of an NDJSON answer, each checked against the schema. */
async function linesOf(response: Response) {
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => queryEventSchema.parse(parseExactJson(line)));
}

async function rowsOf(sql: unknown, parameters = ''): Promise<unknown[]> {
  const lines = await linesOf(await post(`/v1/queries${parameters}`, sql));
  return lines.flatMap((line) => ('row' in line && Array.isArray(line.row) ? [line.row[1]] : []));
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`in vain: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('POST /v1/transactions', () => {
  test('takes every shape of statement and answers as the reference does', async () => {
    const response = await post('/v1/transactions', [
      "INSERT INTO notes (id, body) VALUES (1, 'plain')",
      ['INSERT INTO notes (id, body) VALUES (2, NULL)'],
      ['INSERT INTO notes (id, body) VALUES (?, ?)', [3, 'by position']],
      ['INSERT INTO notes (id, body) VALUES (:id, :body)', { ':id': 4, ':body': 'by name' }],
      { query: 'INSERT INTO notes (id, body) VALUES (?, ?)', params: [5, 'object'] },
      { query: 'INSERT INTO notes (id, body) VALUES ($a, $b)', named_params: { $a: 6, $b: 'x' } },
      { query: "UPDATE notes SET body = 'all'", params: null },
    ]);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(
      /^\{"results":\[(\{"rows_affected":\d+,"time":[\de.-]+\},?){7}\],"time":0.5,"version":\d+,"actor_id":"[0-9a-f]{32}"\}$/,
    );
    const answer = transactionResponseSchema.parse(JSON.parse(text));
    expect(answer.results.map((result) => result.rows_affected)).toEqual([1, 1, 1, 1, 1, 1, 6]);
    expect(answer).toMatchObject({ actor_id: testActor });
  });

  test('version is null when nothing changed', async () => {
    const response = await post('/v1/transactions', ['DELETE FROM notes WHERE false']);
    expect(transactionResponseSchema.parse(await response.json()).version).toBeNull();
  });

  test('stores every kind of value as it was meant', async () => {
    const values: [json: string, type: string, hex: string][] = [
      ['null', 'null', ''],
      ['true', 'integer', '31'],
      ['false', 'integer', '30'],
      ['-7', 'integer', '2D37'],
      ['9223372036854775807', 'integer', '39323233333732303336383534373735383037'],
      ['-9007199254740993', 'integer', '2D39303037313939323534373430393933'],
      ['1.5', 'real', '312E35'],
      ['100000000000000000000', 'real', '312E30652B3230'],
      ['"a\\u0000é"', 'text', '6100C3A9'],
      ['[0, 127, 255]', 'blob', '007FFF'],
      ['[]', 'blob', ''],
      ['{"blob": "AP8="}', 'blob', '00FF'],
      ['{"blob": ""}', 'blob', ''],
      ['{"blob": 7}', 'text', Buffer.from('{"blob":7}').toString('hex').toUpperCase()],
      ['[1, 256]', 'text', Buffer.from('[1,256]').toString('hex').toUpperCase()],
      ['[1, "x", {"n": 12345678901234567890}]', 'text', ''],
    ];
    for (const [index, [json]] of values.entries()) {
      const sql = 'INSERT INTO notes (id, body) VALUES (?, ?)';
      const response = await post('/v1/transactions', `[["${sql}", [${index}, ${json}]]]`);
      expect(response.status, json).toBe(200);
    }
    const rows = await rowsOf(['SELECT typeof(body), hex(body) FROM notes ORDER BY id']);
    expect(rows.slice(0, -1)).toEqual(values.slice(0, -1).map(([, type, hex]) => [type, hex]));
    const [last] = await rowsOf(['SELECT body FROM notes ORDER BY id DESC LIMIT 1']);
    expect(last).toEqual(['[1,"x",{"n":12345678901234567890}]']);
  });

  test('an empty array is refused in the words of the reference', async () => {
    const response = await post('/v1/transactions', []);
    expect(response.status).toBe(400);
    const body = transactionErrorSchema.parse(await response.json());
    expect(body).toMatchObject({
      results: [{ error: 'at least 1 statement is required' }],
      time: 0,
      version: null,
      actor_id: testActor,
      code: 'PATINA_BAD_REQUEST',
    });
  });

  test('an SQL error answers 400 and keeps nothing', async () => {
    const response = await post('/v1/transactions', [
      "INSERT INTO notes (id, body) VALUES (1, 'kept?')",
      'INSERT INTO nowhere VALUES (1)',
    ]);
    expect(response.status).toBe(400);
    const body = transactionErrorSchema.parse(await response.json());
    expect(body.results).toEqual([{ error: 'no such table: nowhere', code: 'PATINA_SQL_ERROR' }]);
    expect(body).toMatchObject({ error: 'no such table: nowhere', version: null });
    expect(await rowsOf(['SELECT count(*) FROM notes'])).toEqual([[0]]);
  });

  test('a broken constraint has its own code', async () => {
    const response = await post('/v1/transactions', ["INSERT INTO strict_notes VALUES (1, 'no')"]);
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'PATINA_SQL_CONSTRAINT' });
  });

  test.each([
    ['["SELECT 1"', 400, 'PATINA_BAD_REQUEST'],
    ['', 400, 'PATINA_BAD_REQUEST'],
    ['"SELECT 1"', 422, 'PATINA_BODY_INVALID'],
    ['{"query": "SELECT 1"}', 422, 'PATINA_BODY_INVALID'],
    ['null', 422, 'PATINA_BODY_INVALID'],
    ['[1]', 422, 'PATINA_BODY_INVALID'],
    ['[[]]', 422, 'PATINA_BODY_INVALID'],
    ['[["SELECT ?", 1]]', 422, 'PATINA_BODY_INVALID'],
    ['[["SELECT ?", [1], [2]]]', 422, 'PATINA_BODY_INVALID'],
    ['[{"params": [1]}]', 422, 'PATINA_BODY_INVALID'],
    ['[{"query": "SELECT ?", "params": {"a": 1}}]', 422, 'PATINA_BODY_INVALID'],
    ['[{"query": "SELECT ?", "params": [1], "named_params": {}}]', 422, 'PATINA_BODY_INVALID'],
    ['[["SELECT ?", [{"blob": "not base64!"}]]]', 422, 'PATINA_BODY_INVALID'],
    ['[["SELECT ?", [{"blob": "AP8"}, {"blob": "A"}]]]', 422, 'PATINA_BODY_INVALID'],
    [`[["SELECT ?", [${'[['.repeat(40)}${']]'.repeat(40)}]]]`, 422, 'PATINA_BODY_INVALID'],
    [`[${'"SELECT 1",'.repeat(10_000)}"SELECT 1"]`, 422, 'PATINA_BODY_INVALID'],
  ])('refuses the body %.60s', async (body, status, code) => {
    expect(await errorOf(await post('/v1/transactions', body))).toMatchObject({ status, code });
  });

  test('names the place of a mistake', async () => {
    const { error } = await errorOf(
      await post('/v1/transactions', '["SELECT 1", ["SELECT ?", 2]]'),
    );
    expect(error).toBe('[1][1]: an array or an object is expected');
  });

  test('deep nesting of the body does no harm', async () => {
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    const { status } = await post('/v1/transactions', deep);
    expect(status).toBe(422);
    const param = await post('/v1/transactions', `[["SELECT ?", [${deep}]]]`);
    expect(param.status).toBe(422);
  });

  test('refuses bytes that are not UTF-8', async () => {
    const body = Buffer.from('["SELECT \'\xff\'"]', 'latin1');
    const response = await fetch(`${base}/v1/transactions`, {
      method: 'POST',
      headers: jsonHeaders,
      body,
    });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'PATINA_BAD_REQUEST' });
  });
});

describe('POST /v1/queries', () => {
  test('streams columns, rows and the end as the reference does', async () => {
    service.database.exec(
      "INSERT INTO notes (id, body, amount) VALUES (1, 'one', 1), (2, x'01ff', 0.5)",
    );
    const response = await post('/v1/queries', ['SELECT id, body, amount FROM notes ORDER BY id']);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = (await response.text()).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '{"columns":["id","body","amount"]}',
      '{"row":[1,[1,"one",1.0]]}',
      '{"row":[2,[2,[1,255],0.5]]}',
    ]);
    expect(lines[3]).toMatch(/^\{"eoq":\{"time":[\de.-]+\}\}$/);
    expect(lines.slice(4)).toEqual(['']);
  });

  test('takes every shape of statement', async () => {
    expect(await rowsOf(['SELECT ?, ?', [1, 'x']])).toEqual([[1, 'x']]);
    expect(await rowsOf(['SELECT :a', { ':a': 2, ':unknown': 3 }])).toEqual([[2]]);
    expect(await rowsOf({ query: 'SELECT ?', params: [[1, 2]] })).toEqual([[[1, 2]]]);
    expect(await rowsOf({ query: 'SELECT @a', named_params: { '@a': null } })).toEqual([[null]]);
  });

  test('an empty result has columns and an end', async () => {
    const lines = await linesOf(await post('/v1/queries', ['SELECT id FROM notes']));
    expect(lines).toMatchObject([{ columns: ['id'] }, { eoq: {} }]);
  });

  test('integers are exact, as numbers or as strings', async () => {
    const sql = '["SELECT ?, 2", [9007199254740993]]';
    expect(await rowsOf(sql)).toEqual([[9007199254740993n, 2]]);
    expect(await rowsOf(sql, '?ints=string')).toEqual([['9007199254740993', 2]]);
    const response = await post('/v1/queries?ints=words', sql);
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'PATINA_BAD_REQUEST' });
  });

  test.each([
    ['DELETE FROM notes', 'PATINA_SQL_NOT_READONLY', 'statement is not readonly'],
    ['SELEC 1', 'PATINA_SQL_ERROR', 'near "SELEC": syntax error'],
    ['SELECT nothing_here', 'PATINA_SQL_ERROR', 'no such column: nothing_here'],
    ['', 'PATINA_SQL_ERROR', 'the statement is empty'],
    ['SELECT 1; SELECT 2', 'PATINA_SQL_REFUSED', /more than one statement/],
    ['SELECT secret FROM __patina_state', 'PATINA_SQL_REFUSED', /__patina_state/],
  ])('answers 400 to %s', async (sql, code, message) => {
    const answer = await errorOf(await post('/v1/queries', JSON.stringify(sql)));
    expect(answer).toMatchObject({ status: 400, code });
    expect(answer.error).toMatch(message);
  });

  test('an error after the first rows is a line of the stream', async () => {
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60000)';
    const sql = `${rows} SELECT CASE i WHEN 60000 THEN json('{') ELSE i END FROM n`;
    const response = await post('/v1/queries', JSON.stringify(sql));
    expect(response.status).toBe(200);
    const lines = await linesOf(response);
    expect(lines).toHaveLength(1 + 59_999 + 1);
    expect(lines.at(-1)).toEqual({ error: 'malformed JSON', code: 'PATINA_SQL_ERROR' });
  });

  test('an endless query ends at its time limit, and the next one is answered', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
    const startMs = performance.now();
    const silent = await post('/v1/queries?timeout=0.3', `"${endless} SELECT count(*) FROM n"`);
    expect(await errorOf(silent)).toMatchObject({ status: 408, code: 'PATINA_SQL_TIMEOUT' });
    const chatty = await post('/v1/queries?timeout=0.3', `"${endless} SELECT i FROM n"`);
    expect(chatty.status).toBe(200);
    const lines = (await chatty.text()).trimEnd().split('\n');
    expect(JSON.parse(must(lines.at(-1), 'there are lines'))).toMatchObject({
      error: 'the query took longer than 0.3 s',
      code: 'PATINA_SQL_TIMEOUT',
    });
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(await rowsOf('"SELECT 1"')).toEqual([[1]]);
  });

  test.each(['-1', 'x', '1e9', '', '99999999', '1&timeout=2'])(
    'refuses timeout=%s',
    async (value) => {
      for (const path of ['/v1/queries', '/v1/transactions']) {
        const response = await post(`${path}?timeout=${value}`, '["SELECT 1"]');
        expect(await errorOf(response)).toMatchObject({ status: 400, code: 'PATINA_BAD_REQUEST' });
      }
    },
  );

  test('waits for a version, or answers 504', async () => {
    const write = await post('/v1/transactions', ["INSERT INTO notes (body) VALUES ('seen')"]);
    const { version } = transactionResponseSchema.parse(await write.json());
    const seen = await rowsOf('"SELECT body FROM notes"', `?after=${testActor}:${version}&wait=5`);
    expect(seen).toEqual([['seen']]);
    const late = await post(`/v1/queries?after=${testActor}:999999&wait=0.05`, '"SELECT 1"');
    expect(await errorOf(late)).toMatchObject({ status: 504, code: 'PATINA_WAIT_TIMEOUT' });
    for (const bad of ['x:1', `${testActor}:x`, testActor, `${testActor}:1&wait=9999`]) {
      const response = await post(`/v1/queries?after=${bad}`, '"SELECT 1"');
      expect(await errorOf(response)).toMatchObject({ status: 400, code: 'PATINA_BAD_REQUEST' });
    }
  });

  test('a client that goes away ends its query', async () => {
    const endless =
      '"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"';
    const gone = new AbortController();
    const running = post('/v1/queries?timeout=0', endless, { signal: gone.signal });
    await until(() => service.pool.stats().busy === 1);
    gone.abort();
    await expect(running).rejects.toThrow();
    await until(() => service.pool.stats().busy === 0);
  });

  test('a slow client gets everything, and the reader waits for it', async () => {
    const rows = 400_000;
    const text = `'${'x'.repeat(100)}'`;
    const body = `"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${rows}) SELECT i, ${text} FROM n"`;
    const response = await openStream('/v1/queries', body);
    response.pause();
    await until(() => service.pool.stats().busy === 1);
    // Whatever the sockets take by themselves, it is far from 50 MB: the query cannot have ended.
    const laterMs = performance.now() + 500;
    await until(() => performance.now() > laterMs);
    expect(service.pool.stats().busy).toBe(1);
    let tail = '';
    let lines = 0;
    for await (const chunk of response) {
      const piece = String(chunk);
      lines += piece.split('\n').length - 1;
      tail = (tail + piece).slice(-200);
    }
    expect(lines).toBe(rows + 2);
    expect(tail).toMatch(/\{"eoq":\{"time":[\de.-]+\}\}\n$/);
  });

  test('a connection is kept for the next request', async () => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    const ask = `POST /v1/queries HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"SELECT 1"`;
    socket.write(ask);
    await until(() => text.split('"eoq"').length === 2);
    socket.write(ask + ask);
    await until(() => text.split('"eoq"').length === 4);
    expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3);
    socket.destroy();
  });
});

function openStream(path: string, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request: ClientRequest = httpRequest(
      base + path,
      { method: 'POST', headers: jsonHeaders },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('what is refused at every route that takes SQL', () => {
  test.each([
    "ATTACH '/tmp/other.db' AS other",
    'PRAGMA user_version = 7',
    'PRAGMA writable_schema = ON',
    "VACUUM INTO '/tmp/stolen.db'",
    "SELECT load_extension('/tmp/evil.so')",
    'CREATE TEMP TABLE t (a)',
    'CREATE TEMP TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END',
    'CREATE TABLE t (a)',
    'DROP TABLE notes',
    'BEGIN',
    'SELECT * FROM __patina_state',
    "INSERT INTO __patina_state VALUES (1, 'x')",
    'DELETE FROM __patina_state',
    'SELECT 1; DELETE FROM notes',
    'DELETE FROM notes; DELETE FROM notes',
  ])('%s', async (sql) => {
    service.database.exec("INSERT INTO notes (id, body) VALUES (1, 'stays')");
    const write = await errorOf(await post('/v1/transactions', [sql]));
    expect(write).toMatchObject({ status: 400, code: 'PATINA_SQL_REFUSED' });
    const read = await errorOf(await post('/v1/queries', JSON.stringify(sql)));
    expect(read.status).toBe(400);
    expect(['PATINA_SQL_REFUSED', 'PATINA_SQL_NOT_READONLY']).toContain(read.code);
    expect(await rowsOf('"SELECT count(*) FROM notes"')).toEqual([[1]]);
  });

  test('an endless recursive query cannot even start in a transaction', async () => {
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
    for (const rest of ['SELECT i FROM n', 'INSERT INTO notes (id) SELECT i FROM n']) {
      const answer = await errorOf(await post('/v1/transactions', [`${sql} ${rest}`]));
      expect(answer).toMatchObject({ status: 400, code: 'PATINA_SQL_REFUSED' });
    }
  });
});

describe('limits of requests', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'content type %s is 415',
    async (type) => {
      const headers = { 'content-type': type };
      const response = await post('/v1/queries', '"SELECT 1"', { headers });
      expect(await errorOf(response)).toMatchObject({ status: 415, code: 'PATINA_MEDIA_TYPE' });
    },
  );

  test('JSON with a charset is taken; a body without a type is not', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await post('/v1/queries', '"SELECT 1"', { headers })).status).toBe(200);
    const untyped = await fetch(`${base}/v1/queries`, {
      method: 'POST',
      body: Buffer.from('"SELECT 1"'),
    });
    expect(untyped.status).toBe(415);
  });

  test('bodies over the limit are 413, declared or not', async () => {
    const large = `"SELECT '${'x'.repeat(2 * 1024 * 1024)}'"`;
    const declared = await post('/v1/queries', large);
    expect(await errorOf(declared)).toMatchObject({ status: 413, code: 'PATINA_BODY_TOO_LARGE' });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = {
        method: 'POST',
        headers: { ...jsonHeaders, 'transfer-encoding': 'chunked' },
      };
      const request = httpRequest(`${base}/v1/queries`, options, (response) => {
        resolve(response.statusCode);
        response.resume();
      });
      request.on('error', reject);
      request.end(large);
    });
    expect(status).toBe(413);
  });

  test('a transaction may be larger than a query', async () => {
    const sql = 'INSERT INTO notes (body) VALUES (?)';
    const response = await post('/v1/transactions', [[sql, ['x'.repeat(5_000_000)]]]);
    expect(response.status).toBe(200);
  });

  test('the 129th transaction at a time is turned away', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = 0;
    service.beforeTransact = () => {
      waiting++;
      return gate;
    };
    const running = Array.from({ length: 128 }, () => post('/v1/transactions', ['SELECT 1']));
    await until(() => waiting === 128);
    const refused = await post('/v1/transactions', ['SELECT 1']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await errorOf(refused)).toEqual({
      status: 503,
      error: 'max concurrency limit reached',
      code: 'PATINA_OVERLOADED',
    });
    expect((await post('/v1/queries', '"SELECT 1"')).status).toBe(200);
    open();
    for (const response of await Promise.all(running)) expect(response.status).toBe(200);
    expect((await post('/v1/transactions', ['SELECT 1'])).status).toBe(200);
  });

  test('unknown paths are 404, known ones with another method 405', async () => {
    expect(await errorOf(await fetch(`${base}/v1/nothing`))).toMatchObject({
      status: 404,
      code: 'PATINA_NOT_FOUND',
    });
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const response = await fetch(`${base}/v1/queries`, { method });
      expect(response.headers.get('allow')).toBe('POST');
      expect(await errorOf(response)).toMatchObject({
        status: 405,
        code: 'PATINA_METHOD_NOT_ALLOWED',
      });
    }
    const wrong = await fetch(`${base}/v1/members`, { method: 'POST', body: '{}' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET');
  });
});

describe('what the node tells of itself', () => {
  test('POST /v1/table_stats', async () => {
    const response = await post('/v1/table_stats', { tables: ['notes', 'nope'] });
    const stats = tableStatsResponseSchema.parse(await response.json());
    expect(stats).toEqual({ total_row_count: 1, invalid_tables: ['nope'] });
    const bad = await post('/v1/table_stats', { tables: 'notes' });
    expect(await errorOf(bad)).toMatchObject({ status: 422, code: 'PATINA_BODY_INVALID' });
  });

  test.each([
    ['', 200],
    ['?gaps=3&max_queue=10&p99_lag=1', 200],
    ['?gaps=2', 503],
    ['?max_queue=9', 503],
    ['?p99_lag=0.4', 503],
    ['?p99_lag=0.4&queue_size=10', 200],
    ['?p99_lag=0.4&queue_size=9', 503],
    ['?gaps=2&failure_status=418', 418],
    ['?gaps=x', 400],
    ['?failure_status=99', 400],
  ])('GET /v1/health%s is %i', async (parameters, status) => {
    service.healthNow = { gaps: 3, members: 5, p99_lag: 0.5, queue_size: 10 };
    const response = await fetch(`${base}/v1/health${parameters}`);
    expect(response.status).toBe(status);
    const body: unknown = await response.json();
    if (status !== 400)
      expect(healthResponseSchema.parse(body).response).toEqual(service.healthNow);
    if (status !== 200) errorSchema.parse(body);
  });

  test('health without lag samples fails only where a lag is asked for', async () => {
    service.healthNow = { gaps: 0, members: 1, p99_lag: null, queue_size: 0 };
    expect((await fetch(`${base}/v1/health`)).status).toBe(200);
    expect((await fetch(`${base}/v1/health?p99_lag=5`)).status).toBe(503);
  });

  test('GET /v1/members, /v1/lag and /metrics', async () => {
    const members = await (await fetch(`${base}/v1/members`)).json();
    expect(membersResponseSchema.parse(members).members[0]?.actor_id).toBe(testActor);
    const lag = await (await fetch(`${base}/v1/lag`)).json();
    expect(lagResponseSchema.parse(lag).lag[0]?.head).toBe(7);
    const metrics = await fetch(`${base}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await metrics.text()).toBe('patina_test_total 1\n');
  });

  test('the same over tRPC', async () => {
    const response = await fetch(`${base}/trpc/cluster.members`);
    expect(await response.json()).toMatchObject({ result: { data: [{ actor_id: testActor }] } });
    const batch = await fetch(`${base}/trpc/replication.lag,nodes.health?batch=1`);
    expect(await batch.json()).toMatchObject([
      { result: { data: [{ head: 7 }] } },
      { result: { data: { actor_id: testActor, members: 1 } } },
    ]);
  });
});

describe('tokens', () => {
  test('without the token nothing is answered but 401 with an empty body', async () => {
    const guarded = await startServer({ ...testAccess('first-token', 'second-token') });
    const url = urlOf(guarded);
    const paths = [
      '/v1/queries',
      '/v1/members',
      '/%76%31/members',
      '/metrics',
      '/v1/none',
      '/trpc/x',
    ];
    for (const path of paths) {
      for (const authorization of [undefined, 'Bearer wrong', 'Basic first-token', 'Bearer', '']) {
        const headers = authorization === undefined ? {} : { authorization };
        const response = await fetch(url + path, { headers });
        expect(response.status, `${path} ${authorization}`).toBe(401);
        expect(await response.text()).toBe('');
      }
    }
    for (const authorization of ['Bearer first-token', 'bearer second-token']) {
      const response = await fetch(`${url}/v1/members`, { headers: { authorization } });
      expect(response.status).toBe(200);
    }
    await guarded.stop(100);
  });
});

describe('listeners', () => {
  test('several addresses and a metrics listener of its own', async () => {
    const host = '127.0.0.1';
    const several = await startServer({
      addresses: [
        { host, port: 0 },
        { host, port: 0 },
      ],
      metricsAddress: { host, port: 0 },
      ...testAccess('t'),
    });
    expect(several.addresses()).toHaveLength(3);
    const headers = { authorization: 'Bearer t' };
    for (const index of [0, 1]) {
      const response = await fetch(`${urlOf(several, index)}/v1/members`, { headers });
      expect(response.status).toBe(200);
    }
    const metrics = await fetch(`${urlOf(several, 2)}/metrics?x=1`);
    expect(await metrics.text()).toBe('patina_test_total 1\n');
    expect((await fetch(`${urlOf(several, 2)}/v1/members`)).status).toBe(404);
    await several.stop(100);
    await expect(fetch(`${urlOf(server)}/v1/members`)).resolves.toMatchObject({ status: 200 });
  });

  test('a port in use is told plainly and leaves nothing open', async () => {
    const taken = must(server.addresses()[0], 'listens');
    const second = createHttpServer({
      service,
      addresses: [{ host: '127.0.0.1', port: 0 }, taken],
      ...testAccess(),
    });
    await expect(second.start()).rejects.toMatchObject({
      code: 'PATINA_ADDRESS_IN_USE',
      message: `another program listens on 127.0.0.1:${taken.port}`,
    });
    expect(second.addresses()).toEqual([]);
  });

  test('stopping lets a request end, and cuts off one that does not', async () => {
    const closing = await startServer({});
    const url = urlOf(closing);
    let open = (): void => undefined;
    let waiting = 0;
    const gates = [
      new Promise<void>((resolve) => {
        open = resolve;
      }),
      new Promise<void>(() => undefined),
    ];
    service.beforeTransact = () => must(gates[waiting++], 'two requests');
    const send = () => {
      const body = '["SELECT 1"]';
      return fetch(`${url}/v1/transactions`, { method: 'POST', headers: jsonHeaders, body });
    };
    const first = send();
    await until(() => waiting === 1);
    const second = send();
    await until(() => waiting === 2);
    const cut = expect(second).rejects.toThrow();
    const stopped = closing.stop(300);
    open();
    expect((await first).status).toBe(200);
    await stopped;
    await cut;
  });
});

describe('the console', () => {
  test('is served with a policy, and nothing outside its directory', async () => {
    const directory = join(service.directory, 'out');
    mkdirSync(join(directory, '_next/static'), { recursive: true });
    mkdirSync(join(directory, 'members'));
    writeFileSync(join(directory, 'index.html'), '<script>let a = 1</script><h1>console</h1>');
    writeFileSync(join(directory, 'members/index.html'), '<h1>members</h1>');
    writeFileSync(join(directory, '_next/static/app.js'), 'let b = 2');
    const shown = await startServer({ consoleDirectory: directory, ...testAccess('t') });
    const url = urlOf(shown);
    const page = await fetch(`${url}/`);
    expect(await page.text()).toContain('<h1>console</h1>');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    for (const path of ['/members', '/members/', '/members/index.html']) {
      expect(await (await fetch(url + path)).text()).toContain('<h1>members</h1>');
    }
    const script = await fetch(`${url}/_next/static/app.js`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
    for (const path of ['/../state.db', '/%2e%2e/state.db', '/..%2fstate.db', '/state.db']) {
      const response = await rawGet(url, path);
      expect(response).toMatch(/^HTTP\/1.1 404/);
    }
    await shown.stop(100);
  });

  test('is missing politely when it was not built', async () => {
    expect(await errorOf(await fetch(`${base}/`))).toMatchObject({ status: 404 });
  });
});

/** Sends a path as it is; fetch would tidy it up. */
function rawGet(url: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('end', () => resolve(text));
    socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
  });
}

test('no JSON body whatever makes the server fail', async () => {
  const word = fc.constantFrom('query', 'params', 'named_params', 'blob', '__proto__', ':a', 'x');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom('SELECT ?', 'SELECT :a', 'SELECT', 'DELETE FROM notes', 'INSERT INTO notes'),
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(word, tie('tree'), { maxKeys: 3 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom('transactions', 'queries'), async (body, route) => {
      const response = await post(`/v1/${route}`, JSON.stringify(body));
      expect([200, 400, 422]).toContain(response.status);
      if (response.status === 200) await response.text();
      else errorSchema.parse(await response.json());
    }),
    { numRuns: 400 },
  );
  expect((await post('/v1/queries', '"SELECT 1"')).status).toBe(200);
}, 30_000);
