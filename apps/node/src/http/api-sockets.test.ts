// The API over WebSockets: who is let in, what goes over it, and when it ends. And what pages of other origins may do.

import { exactTransformer } from '@patina/api/exact-transformer.ts';
import type { ApiRouter } from '@patina/api/router.ts';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { patience } from './stream-reader.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService } from './test-service.ts';

const trusted = 'http://console.example';

let service: TestService;

beforeAll(() => {
  service = createTestService();
});

afterAll(() => service.close());

interface Started {
  readonly server: HttpServer;
  readonly http: string;
  readonly ws: string;
  readonly port: number;
}

async function start(options: Partial<HttpServerOptions> = {}): Promise<Started> {
  const server = createHttpServer({
    service,
    addresses: [{ host: '127.0.0.1', port: 0 }],
    ...testAccess(),
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop(0));
  const port = server.addresses()[0]?.port ?? 0;
  return { server, port, http: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}/trpc` };
}

function clientOf(url: string, connectionParams?: Record<string, string>) {
  const socket = createWSClient({
    url,
    ...(connectionParams === undefined ? {} : { connectionParams }),
  });
  onTestFinished(() => void socket.close());
  return createTRPCClient<ApiRouter>({
    links: [wsLink({ client: socket, transformer: exactTransformer })],
  });
}

/** How an attempt to open a WebSocket ends: opened, or the status. */
function attempt(url: string, headers: Record<string, string> = {}): Promise<'open' | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers });
    socket.on('open', () => {
      socket.close();
      resolve('open');
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
}

test('carries queries, mutations and their errors', async () => {
  const { ws } = await start();
  const api = clientOf(ws);
  expect(await api.access.whoAmI.query()).toMatchObject({ name: 'anyone', roles: ['admin'] });
  const written = await api.sql.execute.mutate({
    statements: ["INSERT INTO notes (body, amount) VALUES ('over a socket', 9007199254740993)"],
  });
  expect(written.results).toMatchObject([{ rows_affected: 1 }]);
  await expect(api.sql.execute.mutate({ statements: ['DELETE FROM nowhere'] })).rejects.toThrow(
    /nowhere/,
  );
});

test('a page of this node, a trusted one and a program are let in; others are not', async () => {
  const { ws, http } = await start({ allowedOrigins: [trusted] });
  expect(await attempt(ws)).toBe('open');
  expect(await attempt(ws, { origin: http })).toBe('open');
  expect(await attempt(ws, { origin: trusted })).toBe('open');
  expect(await attempt(ws, { origin: 'http://evil.example' })).toBe(403);
  expect(await attempt(ws, { origin: 'null' })).toBe(403);
  expect(await attempt(ws, { host: 'rebound.example' })).toBe(403);
  expect(await attempt(`${http.replace('http', 'ws')}/v1/queries`)).toBe(404);
});

test('asks for credentials where the node does: a header, a cookie, or the token in the first message', async () => {
  const { ws, http, port } = await start(testAccess('secret'));
  expect(await attempt(ws)).toBe(401);
  expect(await attempt(ws, { authorization: 'Bearer wrong' })).toBe(401);
  expect(await attempt(ws, { authorization: 'Bearer secret' })).toBe('open');
  const logIn = await fetch(`${http}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'secret' }),
  });
  const cookie = logIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  expect(cookie).toContain(String(port));
  expect(await attempt(ws, { cookie })).toBe('open');
  const known = await clientOf(ws, { token: 'secret' }).access.whoAmI.query();
  expect(known.roles).toEqual(['admin']);
  await expect(clientOf(ws, { token: 'wrong' }).access.whoAmI.query()).rejects.toThrow();
});

test('ends with the session, and with the token', async () => {
  const access = testAccess('secret');
  const { ws, http } = await start(access);
  const manage = access.manage({ name: 'test', through: 'test' });
  const { token, info } = await manage.createToken('short', { roles: ['reader'] });
  const closed = (headers: Record<string, string>) =>
    new Promise<{ opened: Promise<void>; ended: Promise<number> }>((resolve, reject) => {
      const socket = new WebSocket(ws, { headers });
      const ended = new Promise<number>((end) => socket.on('close', end));
      const opened = new Promise<void>((open) => socket.on('open', open));
      socket.on('error', reject);
      resolve({ opened, ended });
    });
  const byToken = await closed({ authorization: `Bearer ${token}` });
  await byToken.opened;
  await manage.revokeToken(info.id);
  expect(await byToken.ended).toBe(4401);

  const logIn = await fetch(`${http}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'secret' }),
  });
  const cookie = logIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const bySession = await closed({ cookie });
  await bySession.opened;
  await fetch(`${http}/v1/logout`, { method: 'POST', headers: { cookie } });
  expect(await bySession.ended).toBe(4401);
});

test('a message beyond the limit ends the connection, not the node', async () => {
  const { ws } = await start();
  const socket = new WebSocket(ws);
  await new Promise((resolve) => socket.on('open', resolve));
  const ended = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('error', () => undefined);
  socket.send(Buffer.alloc(17 * 1024 * 1024, 0x20));
  expect([1006, 1009]).toContain(await ended);
  expect(await attempt(ws)).toBe('open');
});

test('whatever comes over it, the node lives', async () => {
  const { ws } = await start();
  const socket = new WebSocket(ws);
  await new Promise((resolve) => socket.on('open', resolve));
  socket.on('error', () => undefined);
  for (const text of ['', 'x', '{}', '[]', 'null', '{"id":1}', '[{"id":1,"method":"query"}]']) {
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  }
  expect(await clientOf(ws).access.whoAmI.query()).toBeDefined();
  socket.terminate();
});

test('stops with the server, at once', async () => {
  const { ws, server } = await start();
  const socket = new WebSocket(ws);
  await new Promise((resolve) => socket.on('open', resolve));
  const ended = new Promise((resolve) => socket.on('close', resolve));
  await server.stop(10_000);
  await ended;
});

test('trusted pages may use the API with cookies, others get no leave', async () => {
  const { http } = await start({ allowedOrigins: [trusted] });
  const asked = await fetch(`${http}/v1/login`, {
    method: 'OPTIONS',
    headers: { origin: trusted, 'access-control-request-method': 'POST' },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-origin')).toBe(trusted);
  expect(asked.headers.get('access-control-allow-credentials')).toBe('true');
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-site' };
  const send = (path: string, origin: string, body: string) =>
    fetch(http + path, { method: 'POST', headers: { ...headers, origin }, body });
  const wanted = '{"sql":"SELECT 1","format":"csv"}';
  const answered = await send('/v1/export', trusted, wanted);
  expect(answered.status).toBe(200);
  expect(answered.headers.get('access-control-allow-origin')).toBe(trusted);
  const session = await fetch(`${http}/v1/session`, { headers: { origin: trusted } });
  expect(session.headers.get('access-control-allow-origin')).toBe(trusted);
  const refused = await send('/v1/export', 'http://evil.example', wanted);
  expect(refused.status).toBe(403);
  expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  // The rest of the API is for programs and for pages of this node.
  const rest = await send('/v1/queries', trusted, '"SELECT 1"');
  expect(rest.headers.get('access-control-allow-origin')).toBeNull();
});

test('a preflight that asks for another node or path gets no leave', async () => {
  const { http } = await start({ allowedOrigins: [trusted] });
  for (const [path, origin] of [
    ['/v1/login', 'http://evil.example'],
    ['/v1/login', 'null'],
    ['/v1/transactions', trusted],
    ['/metrics', trusted],
  ] as const) {
    const headers = { origin, 'access-control-request-method': 'POST' };
    const asked = await fetch(http + path, { method: 'OPTIONS', headers });
    expect(asked.headers.get('access-control-allow-origin'), `${path} ${origin}`).toBeNull();
    await asked.body?.cancel();
  }
});

/** Whatever comes over a socket, and how it ended. */
function openRaw(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers });
  onTestFinished(() => socket.terminate());
  socket.on('error', () => undefined);
  const opened = new Promise<void>((resolve) => socket.on('open', () => resolve()));
  const ended = new Promise<number>((resolve) => socket.on('close', resolve));
  const call = (id: number, method: string, path: string, input: unknown): void =>
    socket.send(JSON.stringify({ id, jsonrpc: '2.0', method, params: { path, input } }));
  return { socket, opened, ended, call };
}

async function sessionOf(http: string): Promise<{ cookie: string; session: string }> {
  const logIn = await fetch(`${http}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'secret' }),
  });
  const cookie = logIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  return { cookie, session: cookie.split('=')[1] ?? '' };
}

test('carries subscriptions, which end with the rights of whoever asked', async () => {
  const access = testAccess('secret');
  const { ws } = await start(access);
  const manage = access.manage({ name: 'test', through: 'test' });
  const { token, info } = await manage.createToken('short', { roles: ['reader'] });
  service.live.reset();
  const events: unknown[] = [];
  const subscription = clientOf(ws, { token }).live.open.subscribe(
    { query: { statement: 'SELECT body FROM notes' } },
    { onData: (event) => events.push(event), onError: () => undefined },
  );
  onTestFinished(() => subscription.unsubscribe());
  await expect.poll(() => service.live.openCount(), patience).toBe(1);
  await expect.poll(() => events.length, patience).toBeGreaterThan(0);
  await manage.revokeToken(info.id);
  await expect.poll(() => service.live.openCount(), patience).toBe(0);
});

test('what was sent before the rights ended, and is read after, is not done', async () => {
  const access = testAccess('secret');
  const { ws, http } = await start(access);
  const { cookie, session } = await sessionOf(http);
  const { opened, ended, call } = openRaw(ws, { cookie });
  await opened;
  const written = "INSERT INTO notes (body) VALUES ('too late')";
  call(1, 'mutation', 'sql.execute', { statements: [written] });
  access.access.endSession(session);
  expect(await ended).toBe(4401);
  const count = service.database.prepare("SELECT 1 FROM notes WHERE body = 'too late'");
  expect(count.all()).toEqual([]);
});

test('a session that ends by itself takes its connections along', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { ws, http } = await start(testAccess('secret'));
  const { cookie } = await sessionOf(http);
  const used = openRaw(ws, { cookie });
  await used.opened;
  const idleMs = 12 * 3_600_000;
  const whoAmI = async (): Promise<unknown> => {
    const answer = new Promise((resolve) => used.socket.once('message', resolve));
    used.call(1, 'query', 'access.whoAmI', undefined);
    return answer;
  };
  // Whoever asks now and then stays, also without a request over HTTP.
  for (let count = 0; count < 3; count++) {
    await vi.advanceTimersByTimeAsync(idleMs / 2);
    await whoAmI();
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(used.socket.readyState).toBe(WebSocket.OPEN);
  await vi.advanceTimersByTimeAsync(idleMs + 60_000);
  expect(await used.ended).toBe(4401);
});

test('those that have yet to show a token are few, and have little time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { ws } = await start(testAccess('secret'));
  const strangers = Array.from({ length: 32 }, () => openRaw(`${ws}?connectionParams=1`));
  await Promise.all(strangers.map(({ opened }) => opened));
  expect(await attempt(`${ws}?connectionParams=1`)).toBe(503);
  expect(await attempt(ws, { authorization: 'Bearer secret' })).toBe('open');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(new Set(await Promise.all(strangers.map(({ ended }) => ended)))).toEqual(new Set([4401]));
  expect(await attempt(`${ws}?connectionParams=1`)).toBe('open');
});

test('the limit of requests holds for what comes over a socket', async () => {
  const { ws } = await start({ requestsPerSecond: 5 });
  const api = clientOf(ws);
  const asked = Array.from({ length: 30 }, () => api.access.whoAmI.query());
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(15);
  expect(refused.length).toBeLessThan(30);
  expect(JSON.stringify(refused[0])).toContain('requests a second');
});

test('only so many subscriptions are open over one connection', async () => {
  const { ws } = await start();
  service.live.reset();
  const { socket, opened, call } = openRaw(ws);
  await opened;
  const refusals: string[] = [];
  socket.on('message', (data) => {
    const text = String(data);
    if (text.includes('PATINA_OVERLOADED')) refusals.push(text);
  });
  for (let id = 1; id <= 203; id++) {
    call(id, 'subscription', 'live.open', { query: { statement: `SELECT ${id}` } });
  }
  await expect.poll(() => refusals.length, patience).toBe(3);
  expect(service.live.openCount()).toBe(200);
  socket.terminate();
  await expect.poll(() => service.live.openCount(), patience).toBe(0);
});

test('a reader that stands still is cut off, instead of what it asked for being kept', async () => {
  const address = 'x'.repeat(8_000_000);
  let answered = 0;
  const members: TestService['members'] = async () => {
    answered++;
    const [own] = await service.members();
    return own === undefined ? [] : [{ ...own, address }];
  };
  const { ws } = await start({ service: { ...service, members } });
  const { socket, opened, ended, call } = openRaw(ws);
  await opened;
  socket.pause();
  let isCut = false;
  void ended.then(() => {
    isCut = true;
  });
  // Whoever reads nothing learns of it when it writes.
  let id = 0;
  const ask = (): boolean => {
    call(++id, 'query', 'cluster.members', undefined);
    return isCut;
  };
  await expect.poll(ask, patience).toBe(true);
  // What buffers of the system hold comes on top of the limit of the node.
  expect(answered * address.length).toBeGreaterThan(64 * 1024 * 1024);
  expect(answered).toBeLessThan(20);
  expect(await attempt(ws)).toBe('open');
}, 30_000);
