// The API over WebSockets: who is let in, what goes over it, and when it ends. And what pages of other origins may do.

import { exactTransformer } from '@patina/api/exact-transformer.ts';
import type { ApiRouter } from '@patina/api/router.ts';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
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
  const body = '"SELECT 1"';
  const query = (origin: string) =>
    fetch(`${http}/v1/queries`, { method: 'POST', headers: { ...headers, origin }, body });
  const answered = await query(trusted);
  expect(answered.status).toBe(200);
  expect(answered.headers.get('access-control-allow-origin')).toBe(trusted);
  const refused = await query('http://evil.example');
  expect(refused.status).toBe(403);
  expect(refused.headers.get('access-control-allow-origin')).toBeNull();
});
