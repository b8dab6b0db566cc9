// Access over HTTP with real sockets: every route by every role, tables, sessions of the console, pages of
// other sites, and what ends within a second when rights end.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AccessService, Grant } from '@patina/api/access/access-service.ts';
import { routeAccess } from '@patina/api/access/access-table.ts';
import { httpRouteNames, httpRoutes } from '@patina/api/http-routes.ts';
import { includesRole, roles } from '@patina/api/roles.ts';
import { must } from '@patina/engine/base/assert.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTableVet, type NodeTableVet } from '../access/table-vet.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { StreamReader } from './stream-reader.ts';
import { type TestAccess, testAccess } from './test-access.ts';
import { createTestService, type TestService } from './test-service.ts';

let service: TestService;
let vet: NodeTableVet;
let access: TestAccess;
let manage: AccessService;
let server: HttpServer;
let base: string;

beforeAll(async () => {
  service = createTestService();
  await service.pool.start();
  service.database.exec('CREATE VIEW note_view AS SELECT id, body FROM notes');
  service.database.exec("INSERT INTO notes (id, body) VALUES (1, 'hello')");
  vet = createTableVet(service.pool);
});
afterAll(async () => {
  vet.close();
  await service.close();
});
beforeEach(() => {
  service.live.reset();
});
afterEach(() => server.stop(100));

async function start(options: Partial<HttpServerOptions> = {}, ...tokens: string[]): Promise<void> {
  access = testAccess(...tokens);
  manage = access.manage({ name: 'test', through: 'test' });
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  server = createHttpServer({ service, addresses, ...access, vet, ...options });
  await server.start();
  base = `http://127.0.0.1:${must(server.addresses()[0], 'listens').port}`;
}

async function tokenOf(grant: Grant): Promise<string> {
  return (await manage.createToken('', grant)).token;
}

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Response> {
  const rest = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Record<string, string> =
    body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(base + path, { method, headers: { ...type, ...headers }, ...rest });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

test('every route lets in whom the table lets in, and nobody else', async () => {
  await start();
  for (const role of roles) {
    for (const tables of [undefined, ['notes']]) {
      const headers = bearer(await tokenOf({ roles: [role], tables }));
      for (const name of httpRouteNames) {
        const { method, path } = httpRoutes[name];
        const wanted = routeAccess[name];
        const url = path.replaceAll(/\{\w+\}/g, 'nothing');
        const response = await ask(
          method,
          url,
          headers,
          method === 'POST' ? { bad: true } : undefined,
        );
        await response.body?.cancel();
        const isRefused =
          wanted.role !== 'anyone' &&
          (!includesRole([role], wanted.role) || (wanted.tables === 'all' && tables !== undefined));
        expect(response.status === 403, `${name} by ${role}: ${response.status}`).toBe(isRefused);
      }
    }
  }
  for (const name of httpRouteNames) {
    const { method, path } = httpRoutes[name];
    const response = await ask(method, path, {}, method === 'POST' ? { bad: true } : undefined);
    const isOpen = routeAccess[name].role === 'anyone';
    expect(response.status === 401, name).toBe(!isOpen);
    if (!isOpen) expect(await response.text()).toBe('');
  }
});

test('tables: queries, views, writes, counts, live queries and updates', async () => {
  await start();
  const headers = bearer(await tokenOf({ roles: ['writer'], tables: ['note*'] }));
  const statusOf = async (path: string, body: unknown): Promise<number> => {
    const response = await ask('POST', path, headers, body);
    await response.body?.cancel();
    return response.status;
  };
  expect(await statusOf('/v1/queries', 'SELECT * FROM notes')).toBe(200);
  expect(await statusOf('/v1/queries', 'SELECT * FROM NOTE_VIEW')).toBe(200);
  expect(await statusOf('/v1/queries', "SELECT value FROM json_each('[1]')")).toBe(200);
  const refused = [
    'SELECT count(*) FROM strict_notes',
    'SELECT 1 FROM notes WHERE EXISTS (SELECT 1 FROM strict_notes)',
    'WITH x AS (SELECT * FROM strict_notes) SELECT * FROM x',
    'SELECT sql FROM sqlite_schema',
    "SELECT * FROM pragma_table_info('strict_notes')",
  ];
  for (const sql of refused) expect(await statusOf('/v1/queries', sql), sql).toBe(403);
  expect(await statusOf('/v1/transactions', ["UPDATE notes SET body = 'x'"])).toBe(200);
  expect(await statusOf('/v1/transactions', ["INSERT INTO strict_notes VALUES (9, 'x')"])).toBe(
    403,
  );
  const copying = 'INSERT INTO notes (id, body) SELECT id, body FROM strict_notes';
  expect(await statusOf('/v1/transactions', ['DELETE FROM notes', copying])).toBe(403);
  const tried = (...statements: string[]): Promise<number> =>
    statusOf('/trpc/sql.dryRun', { statements });
  expect(await tried("UPDATE notes SET body = 'y'", 'DELETE FROM notes')).toBe(200);
  expect(await tried("INSERT INTO strict_notes VALUES (9, 'x')")).toBe(403);
  expect(await tried('DELETE FROM notes', copying)).toBe(403);
  for (const name of ['strict_notes', 'nothing', 'patina_changes']) {
    expect(await tried(`UPDATE notes SET body = (SELECT count(*) FROM ${name})`)).not.toBe(200);
  }
  expect(await statusOf('/v1/table_stats', { tables: ['notes'] })).toBe(200);
  expect(await statusOf('/v1/table_stats', { tables: ['notes', 'strict_notes'] })).toBe(403);
  expect(await statusOf('/v1/subscriptions', 'SELECT * FROM strict_notes')).toBe(403);
  expect(await statusOf('/v1/subscriptions/explain', 'SELECT * FROM strict_notes')).toBe(403);
  expect(await statusOf('/v1/updates/strict_notes', {})).toBe(403);
  const filter = 'EXISTS (SELECT 1 FROM strict_notes)';
  expect(await statusOf('/v1/updates/notes', { filter })).toBe(403);
  // A view is as good as what stands beneath it.
  const viewOnly = bearer(await tokenOf({ roles: ['reader'], tables: ['note_view'] }));
  expect((await ask('POST', '/v1/queries', viewOnly, 'SELECT * FROM note_view')).status).toBe(403);
});

test('a view that is changed to show another table ends who may not see that', async () => {
  await start();
  const token = await tokenOf({ roles: ['reader'], tables: ['note*'] });
  const stream = await openStream('/v1/subscriptions', token, '"SELECT * FROM note_view"');
  expect(service.live.subscriptions[0]?.request.role).toBe('reader of ["note*"]');
  await stream.until((text) => text.includes('columns'));
  service.database.exec('DROP VIEW note_view; CREATE VIEW note_view AS SELECT * FROM strict_notes');
  try {
    expect(await stream.end()).toContain('PATINA_FORBIDDEN');
  } finally {
    service.database.exec(
      'DROP VIEW note_view; CREATE VIEW note_view AS SELECT id, body FROM notes',
    );
  }
});

/** The fake evaluation opens at once, and tells no rows. */
function openStream(path: string, token: string, body: string): Promise<StreamReader> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...bearer(token) };
    const request = httpRequest(base + path, { method: 'POST', headers }, (response) =>
      resolve(new StreamReader(response)),
    );
    request.on('error', reject);
    request.end(body);
  });
}

test('what is open ends within a second of the revocation, with the reason', async () => {
  await start();
  const { token, info } = await manage.createToken('', { roles: ['reader'] });
  const stream = await openStream('/v1/subscriptions', token, '"SELECT 1"');
  await stream.until((text) => text.includes('columns'));
  const slow = ask('POST', '/v1/queries', bearer(token), endless).then(async (response) => {
    await response.text();
  });
  const cut = expect(slow).rejects.toThrow();
  await expect.poll(() => service.pool.stats().busy, { timeout: 5_000 }).toBeGreaterThan(0);
  const startMs = performance.now();
  await manage.revokeToken(info.id);
  expect(await stream.end()).toContain('PATINA_UNAUTHORIZED');
  await cut;
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect((await ask('POST', '/v1/queries', bearer(token), 'SELECT 1')).status).toBe(401);
});

const endless =
  'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

test('the first token ends what was open to everybody', async () => {
  await start();
  expect((await ask('POST', '/v1/queries', {}, 'SELECT 1')).status).toBe(200);
  const token = await tokenOf({ roles: ['reader'] });
  expect((await ask('POST', '/v1/queries', {}, 'SELECT 1')).status).toBe(401);
  expect((await ask('POST', '/v1/queries', bearer(token), 'SELECT 1')).status).toBe(200);
});

test('logging in at the console: a cookie that scripts cannot read, another one each time', async () => {
  await start();
  await manage.createUser('anna', 'a good password', { roles: ['reader'], tables: ['n*'] });
  const credentials = { user: 'anna', password: 'a good password' };
  const response = await ask('POST', '/v1/login', {}, credentials);
  expect(await response.json()).toEqual({
    is_required: true,
    principal: { name: 'user anna', roles: ['reader'], tables: ['n*'] },
  });
  const set = response.headers.get('set-cookie') ?? '';
  const port = new URL(base).port;
  expect(set).toMatch(new RegExp(`^patina-session-${port}=[A-Za-z0-9_-]{43}; `));
  expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
  const cookie = must(set.split(';')[0], 'a cookie');
  const session = await (await ask('GET', '/v1/session', { cookie })).json();
  expect(session).toMatchObject({ principal: { name: 'user anna' } });
  expect((await ask('POST', '/v1/queries', { cookie }, 'SELECT 1 FROM notes')).status).toBe(200);
  expect((await ask('POST', '/v1/transactions', { cookie }, ['DELETE FROM notes'])).status).toBe(
    403,
  );
  const again = await ask('POST', '/v1/login', { cookie }, credentials);
  const fresh = must((again.headers.get('set-cookie') ?? '').split(';')[0], 'a cookie');
  expect(fresh).not.toBe(cookie);
  expect((await ask('GET', '/v1/members', { cookie })).status).toBe(401);
  const gone = await ask('POST', '/v1/logout', { cookie: fresh });
  expect(gone.headers.get('set-cookie')).toContain('Max-Age=0');
  expect((await ask('GET', '/v1/members', { cookie: fresh })).status).toBe(401);
  const byToken = await ask(
    'POST',
    '/v1/login',
    {},
    { token: await tokenOf({ roles: ['admin'] }) },
  );
  expect(byToken.status).toBe(200);
});

test('failed log-ins are slow, counted and written down', async () => {
  await start();
  await manage.createUser('anna', 'a good password', { roles: ['reader'] });
  const startMs = performance.now();
  const tries = Array.from({ length: 5 }, () =>
    ask('POST', '/v1/login', {}, { user: 'anna', password: 'wrong' }),
  );
  expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(Array(5).fill(401));
  expect(performance.now() - startMs).toBeGreaterThan(250);
  const right = { user: 'anna', password: 'a good password' };
  const refused = await ask('POST', '/v1/login', {}, right);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
  expect(await refused.json()).toMatchObject({ code: 'PATINA_TOO_MANY_REQUESTS' });
  expect(access.audited.filter(({ kind }) => kind === 'log-in-failed')).toHaveLength(5);
  expect(JSON.stringify(access.audited)).not.toContain('wrong"');
});

test('a page of another site can change nothing, and sees nothing under another name', async () => {
  await start();
  const json = { 'content-type': 'application/json' };
  const send = (headers: Record<string, string>): Promise<number> =>
    rawStatus({ ...json, ...headers });
  const host = new URL(base).host;
  expect(await send({})).toBe(200);
  expect(await send({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await send({ origin: `http://${host}` })).toBe(200);
  expect(await send({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await send({ 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(await send({ origin: 'http://evil.example' })).toBe(403);
  expect(await send({ origin: 'null' })).toBe(403);
  expect(await send({ host: 'evil.example' })).toBe(403);
  expect(await send({ host: `localhost:${new URL(base).port}` })).toBe(200);
  const token = await tokenOf({ roles: ['reader'] });
  expect(await send({ host: 'any.example', origin: 'http://x', ...bearer(token) })).toBe(200);
  await server.stop(100);
  await start({ allowedHosts: ['node1.example'] });
  expect(await send({ host: 'node1.example' })).toBe(200);
});

function rawStatus(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${base}/v1/queries`,
      { method: 'POST', headers },
      (response: IncomingMessage) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    request.end('"SELECT 1"');
  });
}

test('a flood of one client is turned away, and nobody else', async () => {
  await start({ requestsPerSecond: 5 });
  const [one, two] = [await tokenOf({ roles: ['reader'] }), await tokenOf({ roles: ['reader'] })];
  const statuses: number[] = [];
  for (let count = 0; count < 30; count++) {
    statuses.push((await ask('GET', '/v1/members', bearer(one))).status);
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200));
  expect(statuses).toContain(429);
  expect((await ask('GET', '/v1/members', bearer(two))).status).toBe(200);
});

test('a user is made, used and removed over tRPC, by an admin only', async () => {
  await start({}, 'root');
  const call = (path: string, input: unknown, token: string): Promise<Response> =>
    ask('POST', `/trpc/${path}`, bearer(token), input);
  const reader = await tokenOf({ roles: ['reader'] });
  const input = { name: 'bi', password: 'a good password', roles: ['reader'], tables: ['f*'] };
  expect((await call('access.createUser', input, reader)).status).toBe(403);
  const made = await call('access.createUser', input, 'root');
  expect(made.status).toBe(200);
  expect(await made.text()).not.toContain('password');
  expect(access.access.byUser('bi')).toMatchObject({ roles: ['reader'], tables: ['f*'] });
  expect((await call('access.removeUser', { name: 'bi' }, 'root')).status).toBe(200);
  expect(access.access.byUser('bi')).toBeUndefined();
  const me = await ask('GET', '/trpc/access.whoAmI', bearer(reader));
  expect(await me.json()).toMatchObject({ result: { data: { roles: ['reader'], tables: null } } });
});
