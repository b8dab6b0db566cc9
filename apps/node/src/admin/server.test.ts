// The admin socket from both sides: who may use it, stale sockets, malformed requests, faults.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { seededRng } from '@patina/engine/base/rng.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askAgent } from './client.ts';
import { encodeFrame, FrameDecoder, requestBytesMax, responseBytesMax } from './frames.ts';
import type { AdminHandlers } from './protocol.ts';
import { type AdminServer, createAdminServer } from './server.ts';
import { fakeHandlers, otherActor, ownActor } from './testing/fake-handlers.ts';

let directory: string;
let path: string;
const servers: AdminServer[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-admin-'));
  path = join(directory, 'run', 'admin.sock');
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  rmSync(directory, { recursive: true });
});

async function serve(
  changes: Partial<AdminHandlers> = {},
  onFault: (error: unknown) => void = () => undefined,
): Promise<AdminServer> {
  const server = createAdminServer({ path, handlers: fakeHandlers(changes), onFault });
  servers.push(server);
  await server.start();
  return server;
}

describe('the socket', () => {
  it('is for its owner only, in a directory of its own', async () => {
    await serve();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'run')).mode & 0o777).toBe(0o700);
  });

  it('is refused in a directory that anybody can write to', async () => {
    mkdirSync(join(directory, 'run'), { mode: 0o777 });
    // mkdir heeds the umask; this does not.
    chmodSync(join(directory, 'run'), 0o777);
    await expect(serve()).rejects.toMatchObject({ code: 'PATINA_CONFIG_INVALID' });
  });

  it('is refused where its directory cannot be made', async () => {
    path = join(directory, 'no', 'such', 'admin.sock');
    await expect(serve()).rejects.toMatchObject({ code: 'PATINA_CONFIG_INVALID' });
    expect(existsSync(join(directory, 'no'))).toBe(false);
  });

  it('is gone after a stop, and can be stopped twice', async () => {
    const server = await serve();
    await server.stop();
    await server.stop();
    expect(existsSync(path)).toBe(false);
  });

  it('replaces a stale socket', async () => {
    mkdirSync(join(directory, 'run'));
    leaveStaleSocket();
    expect(existsSync(path)).toBe(true);
    await serve();
    expect((await askAgent(path, 'ping', {})).actor_id).toBe(ownActor);
  });

  it('leaves the socket of a running agent alone', async () => {
    await serve();
    await expect(serve()).rejects.toMatchObject({
      code: 'PATINA_ADDRESS_IN_USE',
      message: expect.stringContaining('an agent that is running'),
    });
    expect((await askAgent(path, 'ping', {})).pid).toBe(4711);
  });

  it('leaves a file that is no socket alone', async () => {
    mkdirSync(join(directory, 'run'));
    writeFileSync(path, 'precious');
    await expect(serve()).rejects.toMatchObject({
      code: 'PATINA_ADDRESS_IN_USE',
      message: expect.stringContaining('no socket'),
    });
    expect(statSync(path).size).toBe(8);
  });

  /** A socket file whose listener was killed: its process ends without closing it. */
  function leaveStaleSocket(): void {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () =>
      process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
  }
});

describe('a request', () => {
  it('carries its parameters there and its answer back', async () => {
    const actorVersion = vi.fn(fakeHandlers().actorVersion);
    await serve({ actorVersion });
    const answer = await askAgent(path, 'actorVersion', { actor_id: actorId(), version: 17 });
    expect(actorVersion).toHaveBeenCalledExactlyOnceWith({ actor_id: otherActor, version: 17 });
    expect(answer).toMatchObject({ state: 'partial', seqs: [{ start: 5, end: 20 }] });
  });

  it('gets the error of the handler as it is', async () => {
    const failure = new PatinaError('PATINA_SCHEMA_DESTRUCTIVE', 'drops a column', {
      hint: 'Flag.',
    });
    await serve({ schemaApply: () => Promise.reject(failure) });
    await expect(askAgent(path, 'schemaApply', { allow_destructive: false })).rejects.toMatchObject(
      { code: 'PATINA_SCHEMA_DESTRUCTIVE', message: 'drops a column', hint: 'Flag.' },
    );
  });

  it('reports a fault to the log and as PATINA_INTERNAL', async () => {
    const onFault = vi.fn();
    await serve({ reload: () => Promise.reject(new TypeError('oops')) }, onFault);
    await expect(askAgent(path, 'reload', {})).rejects.toMatchObject({ code: 'PATINA_INTERNAL' });
    expect(onFault).toHaveBeenCalledOnce();
  });

  it('fails in words where nobody answers, answers late, or hangs up', async () => {
    await expect(askAgent(path, 'ping', {})).rejects.toMatchObject({
      code: 'PATINA_PEER_UNREACHABLE',
    });
    const server = await serve({ ping: () => new Promise(() => undefined) });
    await expect(askAgent(path, 'ping', {}, 30)).rejects.toMatchObject({
      code: 'PATINA_WAIT_TIMEOUT',
    });
    const hanging = askAgent(path, 'ping', {});
    const failed = expect(hanging).rejects.toMatchObject({ code: 'PATINA_PEER_UNREACHABLE' });
    await server.stop();
    await failed;
  });

  it('is not taken from an agent that talks differently', async () => {
    mkdirSync(join(directory, 'run'));
    const odd = createServer((socket) =>
      socket.resume().end(encodeFrame({ ok: { pid: 'x' } }, 100)),
    );
    await new Promise<void>((resolve) => odd.listen(path, resolve));
    await expect(askAgent(path, 'ping', {})).rejects.toMatchObject({
      code: 'PATINA_WIRE_MALFORMED',
    });
    await new Promise((resolve) => odd.close(resolve));
  });
});

describe('a malformed request', () => {
  it.each([
    ['no command', {}],
    ['an unknown command', { command: 'format' }],
    ['an inherited name', { command: 'toString' }],
    ['more than it should', { command: 'ping', other: 1 }],
    ['a bad actor', { command: 'actorVersion', params: { actor_id: 'x', version: 1 } }],
    ['a bad level', { command: 'logSet', params: { level: 'loud' } }],
    ['unasked-for parameters', { command: 'ping', params: { verbose: true } }],
    ['an array', []],
    ['null', null],
  ])('with %s is answered', async (_what, request) => {
    await serve();
    const answer = await exchange(encodeFrame(request, requestBytesMax));
    expect(answer).toMatchObject({ error: { code: 'PATINA_BAD_REQUEST' } });
  });

  it('that cannot be followed ends the connection, and only that', async () => {
    await serve();
    const answer = await exchange(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(answer).toMatchObject({ error: { code: 'PATINA_WIRE_MALFORMED' } });
    expect((await askAgent(path, 'ping', {})).pid).toBe(4711);
  });

  it('in a flood is refused', async () => {
    await serve({ ping: () => new Promise(() => undefined) });
    const one = encodeFrame({ command: 'ping' }, requestBytesMax);
    const answer = await exchange(Buffer.concat(Array.from({ length: 40 }, () => one)));
    expect(answer).toMatchObject({ error: { code: 'PATINA_OVERLOADED' } });
  });

  it('of whatever bytes never harms the server', async () => {
    const onFault = vi.fn();
    await serve({}, onFault);
    const rng = seededRng(20_261_122);
    const requests = [
      { command: 'ping' },
      { command: 'logSet', params: { level: 'debug' } },
      { command: 'actorVersion', params: { actor_id: ownActor, version: 3 } },
      {
        command: 'schemaPlan',
        params: { files: [{ name: 'a', sql: 'b' }], allow_destructive: true },
      },
    ];
    let ended = 0;
    for (let round = 0; round < 400; round++) {
      const frame = encodeFrame(requests[rng.below(requests.length)], requestBytesMax);
      for (let flips = rng.below(4); flips >= 0; flips--) {
        frame[rng.below(frame.length)] = rng.below(256);
      }
      const cut = rng.below(4) === 0 ? frame.subarray(0, rng.below(frame.length)) : frame;
      await send(cut);
      ended++;
    }
    expect(ended).toBe(400);
    expect(onFault).not.toHaveBeenCalled();
    expect((await askAgent(path, 'ping', {})).pid).toBe(4711);
  });
});

function actorId() {
  if (!isActorId(otherActor)) throw new Error('the test needs an actor id');
  return otherActor;
}

/** Sends bytes and returns the first answer. */
function exchange(bytes: Buffer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const decoder = new FrameDecoder(responseBytesMax);
    const socket: Socket = connect(path, () => socket.write(bytes));
    socket.on('error', reject);
    socket.on('data', (piece: Buffer) => {
      const [answer] = decoder.push(piece);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    });
  });
}

/** Sends bytes, ends, and waits until the server has closed the connection as well. */
function send(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.end(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
}
