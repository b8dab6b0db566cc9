// POST /v1/export with real readers: what comes over the wire, for programs and for forms, and what it costs.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { must } from '@patina/engine/base/assert.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createTableVet } from '../access/table-vet.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { patience } from './stream-reader.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService } from './test-service.ts';

const trusted = 'http://console.example';

let service: TestService;
let base: string;

beforeAll(async () => {
  service = createTestService();
  await service.pool.start();
  ({ base } = await start({}, () => undefined));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop(100)));
  await service.close();
});

const servers: HttpServer[] = [];

async function start(
  options: Partial<HttpServerOptions>,
  atEnd: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<{ base: string }> {
  const server = createHttpServer({
    service,
    addresses: [{ host: '127.0.0.1', port: 0 }],
    ...testAccess(),
    ...options,
  });
  await server.start();
  servers.push(server);
  atEnd(() => server.stop(100));
  return { base: `http://127.0.0.1:${must(server.addresses()[0], 'listens').port}` };
}

function post(body: object, headers: Record<string, string> = {}, url = base): Promise<Response> {
  return fetch(`${url}/v1/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

function postForm(fields: Record<string, string>): Promise<Response> {
  return fetch(`${base}/v1/export`, { method: 'POST', body: new URLSearchParams(fields) });
}

test('is a file of the wanted format and name', async () => {
  const sql = "SELECT 9007199254740993 AS i, 1.0 AS r, 'a,b' AS t, x'00ff' AS x, NULL AS n";
  const csv = await post({ sql, format: 'csv', file_name: 'sales 2026' });
  expect(csv.status).toBe(200);
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(csv.headers.get('content-disposition')).toBe(
    `attachment; filename="sales 2026.csv"; filename*=UTF-8''sales%202026.csv`,
  );
  expect(csv.headers.get('cache-control')).toBe('no-store');
  expect(csv.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await csv.text()).toBe('i,r,t,x,n\r\n9007199254740993,1.0,"a,b",00ff,\r\n');
  const json = await post({ sql, format: 'json' });
  expect(json.headers.get('content-disposition')).toContain('filename="export.json"');
  expect(await json.text()).toBe(
    '[\n{"i":9007199254740993,"r":1.0,"t":"a,b","x":[0,255],"n":null}\n]\n',
  );
  const lines = await post({ sql: 'SELECT 1 AS a UNION ALL SELECT 2', format: 'ndjson' });
  expect(await lines.text()).toBe('{"a":1}\n{"a":2}\n');
});

test('a form does as well, with the line breaks that its author wrote', async () => {
  const fields = { sql: "SELECT 'a\r\nb' AS t, :n AS n", params: '{":n": 9007199254740993}' };
  const named = await postForm({ ...fields, format: 'ndjson' });
  expect(await named.text()).toBe('{"t":"a\\nb","n":9007199254740993}\n');
  const listed = await postForm({ sql: 'SELECT ? AS a', params: '["x"]', format: 'csv' });
  expect(await listed.text()).toBe('a\r\nx\r\n');
  const none = await postForm({ sql: 'SELECT 1 AS a', params: '', format: 'csv' });
  expect(await none.text()).toBe('a\r\n1\r\n');
});

test.each([
  ['../../etc/passwd', '.._.._etc_passwd.csv'],
  ['a"b\r\nset-cookie: x=y', 'a_b__set-cookie_ x=y.csv'],
  ['data.csv', 'data.csv'],
  ['\u202egnp.exe', '_gnp.exe.csv'],
  ['   ', 'export.csv'],
  ['x'.repeat(500), `${'x'.repeat(60)}.csv`],
])('a file called %j is saved as %j', async (fileName, saved) => {
  const response = await post({ sql: 'SELECT 1', format: 'csv', file_name: fileName });
  const given = must(response.headers.get('content-disposition') ?? undefined, 'a disposition');
  const found = /^attachment; filename="([^"\\]*)"; filename\*=UTF-8''([\w.%~!$&+^`|-]+)$/.exec(
    given,
  );
  expect(decodeURIComponent(found?.[2] ?? '').replace(/^\.+/, '')).toBe(saved.replace(/^\.+/, ''));
  await response.body?.cancel();
});

test('a name in other letters is told in both forms', async () => {
  const response = await post({ sql: 'SELECT 1', format: 'csv', file_name: 'Käse 😀' });
  expect(response.headers.get('content-disposition')).toBe(
    `attachment; filename="K_se __.csv"; filename*=UTF-8''K%C3%A4se%20%F0%9F%98%80.csv`,
  );
});

test('nothing else is taken', async () => {
  const codeOf = async (response: Promise<Response>): Promise<unknown> => {
    const { status } = await response;
    const body: unknown = await (await response).json();
    return [status, typeof body === 'object' && body !== null && 'code' in body && body.code];
  };
  const invalid = [422, 'PATINA_BODY_INVALID'];
  const sql = 'SELECT 1';
  for (const body of [
    [],
    { sql },
    { sql, format: 'xlsx' },
    { sql, format: 'toString' },
    { format: 'csv' },
    { sql: 7, format: 'csv' },
    { sql, format: 'csv', params: 'x' },
    { sql, format: 'csv', file_name: 7 },
    { sql, format: 'csv', filename: 'x' },
  ]) {
    expect(await codeOf(post(body)), JSON.stringify(body)).toEqual(invalid);
  }
  expect(await codeOf(postForm({ sql, format: 'csv', params: '{' }))).toEqual(invalid);
  const twice = new URLSearchParams([
    ['sql', sql],
    ['sql', sql],
    ['format', 'csv'],
  ]);
  expect(await codeOf(fetch(`${base}/v1/export`, { method: 'POST', body: twice }))).toEqual(
    invalid,
  );
  const elsewhere = fetch(`${base}/v1/queries`, { method: 'POST', body: new URLSearchParams() });
  expect(await codeOf(elsewhere)).toEqual([415, 'PATINA_MEDIA_TYPE']);
  const writes = [
    'DELETE FROM notes',
    'CREATE TABLE t (a)',
    'PRAGMA user_version = 3',
    'SELECT 1; SELECT 2',
  ];
  for (const statement of writes) {
    const [status] = [(await post({ sql: statement, format: 'csv' })).status];
    expect(status, statement).toBe(400);
  }
  expect(await codeOf(post({ sql: 'SELECT * FROM nowhere', format: 'csv' }))).toEqual([
    400,
    'PATINA_SQL_ERROR',
  ]);
});

test('tables that the caller may not read stay closed', async () => {
  const access = testAccess('root');
  const vet = createTableVet(service.pool);
  onTestFinished(() => vet.close());
  const { base: url } = await start({ ...access, vet });
  const manage = access.manage({ name: 'test', through: 'test' });
  const grant = { roles: ['reader'], tables: ['note*'] } as const;
  const { token } = await manage.createToken('', {
    roles: [...grant.roles],
    tables: [...grant.tables],
  });
  const headers = { authorization: `Bearer ${token}` };
  const of = async (table: string): Promise<number> =>
    (await post({ sql: `SELECT * FROM ${table}`, format: 'csv' }, headers, url)).status;
  expect(await of('notes')).toBe(200);
  expect(await of('strict_notes')).toBe(403);
  expect((await post({ sql: 'SELECT 1', format: 'csv' }, {}, url)).status).toBe(401);
});

/** Numbers from 1 on, each with so many characters. */
const series = (rows: number, characters: number, character = '"'): string =>
  `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${rows})
   SELECT i, printf('%.*c', ${characters}, '${character}') AS filling FROM n`;

function open(url: string, body: object, headers: Record<string, string> = {}) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(
      `${url}/v1/export`,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      resolve,
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

test('an error amid the rows cuts the file off, so that nobody takes it for whole', async () => {
  const sql = `${series(200_000, 10)} WHERE CASE i WHEN 150000 THEN abs(-9223372036854775807 - 1) ELSE 1 END`;
  for (const format of ['csv', 'json', 'ndjson']) {
    const response = await post({ sql, format });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  }
});

test('a trusted page may read the file also where it does not fit into one piece', async () => {
  const { base: url } = await start({ allowedOrigins: [trusted] });
  const response = await open(
    url,
    { sql: series(20_000, 100), format: 'csv' },
    { origin: trusted, 'sec-fetch-site': 'same-site' },
  );
  expect(response.headers['transfer-encoding']).toBe('chunked');
  expect(response.headers['access-control-allow-origin']).toBe(trusted);
  expect(response.headers['access-control-allow-credentials']).toBe('true');
  response.destroy();
  const strange = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
  const refused = await open(url, { sql: 'SELECT 1', format: 'csv' }, strange);
  expect(refused.statusCode).toBe(403);
  refused.resume();
});

/** Node.js gives the collector only to those who ask with a flag, which may be set late. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('the collector can be called');
  collect();
}

test('a result of any size takes no more memory, also where one row is large', async () => {
  const memory = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const sql = `SELECT zeroblob(40000000) AS x, '' AS t UNION ALL SELECT * FROM (${series(300_000, 200, 'x')})`;
  const response = await open(base, { sql, format: 'csv' });
  collectGarbage();
  const before = memory();
  const bound = 64 * 1024 * 1024;
  let [bytes, most] = [0, 0];
  for await (const chunk of response) {
    bytes += Buffer.byteLength(chunk);
    // What nobody holds any more counts for nothing, whenever the collector comes by itself.
    if (memory() - before >= bound) collectGarbage();
    most = Math.max(most, memory() - before);
  }
  expect(response.complete).toBe(true);
  expect(bytes).toBeGreaterThan(80_000_000 + 300_000 * 200);
  expect(most).toBeLessThan(bound);
}, 60_000);

test('a large text is written in slices, and is the same', async () => {
  const sql = `SELECT replace(hex(zeroblob(2000000)), '00', 'a"\n') AS t`;
  const csv = await post({ sql, format: 'csv' });
  const written = `t\r\n"${'a""\n'.repeat(2_000_000)}"\r\n`;
  expect((await csv.text()) === written).toBe(true);
  const json = await post({ sql, format: 'json' });
  expect(await json.json()).toEqual([{ t: 'a"\n'.repeat(2_000_000) }]);
}, 30_000);

test('whoever goes away, or takes nothing, holds no reader', async () => {
  const response = await open(base, { sql: series(1_000_000, 1_000), format: 'csv' });
  await expect.poll(() => service.pool.stats().busy, patience).toBe(1);
  response.destroy();
  await expect.poll(() => service.pool.stats().busy, patience).toBe(0);
});
