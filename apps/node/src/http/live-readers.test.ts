// Readers of streams as they are in the field: slow, standing still, half closed, gone; and a server
// that stops. Whatever they do, the evaluation is told and nothing of them stays.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { must } from '@patina/engine/base/assert.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { LiveOpened, LiveSink } from '@patina/engine/live/live-queries.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeId, fakeOpened } from './fake-live-queries.ts';
import { OpenStreams } from './open-streams.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { patience } from './stream-reader.ts';
import { testAccess } from './test-access.ts';
import { createTestService, type TestService } from './test-service.ts';

let service: TestService;
let server: HttpServer;
const sockets: Socket[] = [];

beforeEach(() => {
  service = createTestService();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop(100);
  expect(service.live.openCount()).toBe(0);
  await service.close();
});

const stalledMs = 300;

async function start(options: Partial<HttpServerOptions> = {}): Promise<void> {
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  server = createHttpServer({ service, addresses, ...testAccess(), ...options });
  await server.start();
}

/** A client that sends its request and then does nothing by itself. */
async function subscribe(headers = ''): Promise<Socket> {
  const { port } = must(server.addresses()[0], 'listens');
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const body = '"SELECT 1"';
  socket.write(
    `POST /v1/subscriptions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${headers}` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

async function sinkOf(index = 0): Promise<LiveSink> {
  await expect.poll(() => service.live.subscriptions.length, patience).toBeGreaterThan(index);
  return must(service.live.subscriptions[index], 'was opened').sink;
}

/** More than the system takes over for a reader that stands still. */
const flood = Buffer.alloc(32 * 1024 * 1024, '{"row":[1,["x"]]}\n');

/** Sends rows that the reader does not take; the promise is theirs. */
function fill(sink: LiveSink): Promise<void> {
  return Promise.resolve(must(sink.onRows(flood, 1), 'waits'));
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  for await (const piece of socket) text += String(piece);
  return text;
}

const closed = (): Promise<void> => expect.poll(() => service.live.openCount(), patience).toBe(0);

describe('a reader that', () => {
  test('stands still with data waiting is cut off after a while', async () => {
    await start({ streamStalledMs: stalledMs });
    const socket = await subscribe();
    const sink = await sinkOf();
    const startMs = performance.now();
    await fill(sink);
    expect(performance.now() - startMs).toBeGreaterThan(stalledMs * 0.9);
    await closed();
    socket.resume();
    await once(socket, 'close');
    // What is told after that goes nowhere, and holds nobody up.
    expect(sink.onRows(flood, 1)).toBeUndefined();
    sink.onLagged(`${fakeId}:1`, 1);
    sink.onEnded(undefined);
  });

  test('reads a byte now and then is cut off too', async () => {
    await start({ streamStalledMs: stalledMs });
    const socket = await subscribe();
    socket.pause();
    const sips = setInterval(() => socket.read(1), 20);
    try {
      await fill(await sinkOf());
      await closed();
    } finally {
      clearInterval(sips);
    }
  });

  test('is slow but goes on gets everything, in pieces', async () => {
    await start({ streamStalledMs: stalledMs });
    const socket = await subscribe();
    const sink = await sinkOf();
    let read = 0;
    socket.on('data', (piece: Buffer) => {
      read += piece.length;
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
    const startMs = performance.now();
    await fill(sink);
    sink.onEnded(undefined);
    await expect.poll(() => read, patience).toBeGreaterThan(flood.length);
    await closed();
    expect(performance.now() - startMs).toBeGreaterThan(stalledMs);
  }, 30_000);

  test('fell behind is told so as soon as it reads again', async () => {
    await start();
    const socket = await subscribe();
    socket.pause();
    const sink = await sinkOf();
    const taken = fill(sink);
    sink.onLagged(`${fakeId}:41`, 41);
    let text = '';
    socket.on('data', (piece) => {
      text = (text + String(piece)).slice(-1_000);
    });
    socket.resume();
    await taken;
    await expect.poll(() => text, patience).toContain('lagged');
    expect(text).toContain(`{"lagged":{"change_id":41,"cursor":"${fakeId}:41"}}\n`);
    await closed();
  });

  test('is told that it fell behind, and still does not read, is cut off', async () => {
    await start({ streamStalledMs: stalledMs });
    await subscribe();
    const sink = await sinkOf();
    const taken = fill(sink);
    sink.onLagged(`${fakeId}:41`, 41);
    await taken;
    await closed();
  });

  test('resets the connection leaves at once', async () => {
    await start();
    const socket = await subscribe();
    const taken = fill(await sinkOf());
    socket.resetAndDestroy();
    await taken;
    await closed();
  });

  test('half-closes leaves at once', async () => {
    await start();
    const socket = await subscribe();
    await sinkOf();
    socket.end();
    await closed();
  });

  test('leaves before its query is open is let go once it is', async () => {
    await start();
    const opening = Promise.withResolvers<LiveOpened>();
    let isOpening = false;
    service.live.opening = () => {
      isOpening = true;
      return opening.promise;
    };
    const socket = await subscribe();
    await expect.poll(() => isOpening, patience).toBe(true);
    socket.destroy();
    await once(socket, 'close');
    const ended = await subscribe();
    ended.end();
    opening.resolve(fakeOpened);
    await expect.poll(() => service.live.subscriptions.length, patience).toBeGreaterThan(0);
    await closed();
  });

  test('speaks HTTP/1.0 gets the same lines', async () => {
    await start();
    const { port } = must(server.addresses()[0], 'listens');
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write(`GET /v1/subscriptions/${fakeId} HTTP/1.0\r\n\r\n`);
    const text = textOf(socket);
    (await sinkOf()).onEnded(undefined);
    expect((await text).split('\r\n\r\n')[1]).toBe('{"columns":["id","body"]}\n');
  });
});

describe('a server that stops', () => {
  test('ends all streams with the reason, and those that are about to open', async () => {
    await start();
    const plain = textOf(await subscribe('Connection: close\r\n'));
    const detailed = textOf(await subscribe('Accept: text/event-stream\r\n'));
    await sinkOf(1);
    let isOpening = false;
    const opening = Promise.withResolvers<LiveOpened>();
    service.live.opening = () => {
      isOpening = true;
      return opening.promise;
    };
    const waiting = textOf(await subscribe());
    await expect.poll(() => isOpening, patience).toBe(true);
    const startMs = performance.now();
    await server.stop(5_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    const line = '{"error":"this node is shutting down","code":"PATINA_SHUTTING_DOWN",';
    expect(await plain).toContain(`\n${line}`);
    expect(await detailed).toContain(`event: error\ndata: ${line}`);
    expect(await waiting).toMatch(/^HTTP\/1.1 503 [\s\S]*PATINA_SHUTTING_DOWN/);
    opening.resolve(fakeOpened);
    await sinkOf(2);
    await closed();
  });

  test('waits no longer than it may for a reader that stands still', async () => {
    await start();
    const socket = await subscribe();
    socket.pause();
    const taken = fill(await sinkOf());
    await server.stop(200);
    await taken;
    await closed();
  });

  test('leaves alone what the evaluation ended already', async () => {
    await start();
    const text = textOf(await subscribe());
    (await sinkOf()).onEnded(new PatinaError('PATINA_SHUTTING_DOWN', 'the queries are closed'));
    await server.stop(1_000);
    expect((await text).match(/PATINA_SHUTTING_DOWN/g)).toHaveLength(1);
  });
});

describe('limits', () => {
  test('the client is its token where tokens are checked, its address where not', async () => {
    await start({ ...testAccess('one', 'two') });
    for (const token of ['one', 'two', 'one']) {
      await subscribe(`Authorization: Bearer ${token}\r\n`);
    }
    await sinkOf(2);
    const clients = service.live.subscriptions.map(({ request }) => request.client);
    expect(clients[0]).toBe('token of the configuration');
    expect(new Set(clients).size).toBe(2);
    expect(clients.join()).not.toMatch(/one|two/);
  });

  test('a made-up token makes nobody another client', async () => {
    await start();
    await subscribe('Authorization: Bearer made-up\r\n');
    await sinkOf();
    expect(service.live.subscriptions[0]?.request.client).toBe('address 127.0.0.1');
  });

  test('streams are counted, and refused beyond the limit', async () => {
    await start();
    const streams = new OpenStreams(1);
    const { ServerResponse, IncomingMessage } = await import('node:http');
    const { Socket } = await import('node:net');
    const response = () => new ServerResponse(new IncomingMessage(new Socket()));
    const first = response();
    streams.add(first, () => undefined);
    expect(() => streams.add(response(), () => undefined)).toThrow(/1 streams open/);
    first.emit('close');
    expect(streams.count).toBe(0);
    const told: PatinaError[] = [];
    streams.add(response(), (error) => told.push(error));
    streams.stop();
    expect(told[0]).toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
    expect(() => streams.add(response(), () => undefined)).toThrow(/shutting down/);
  });
});
