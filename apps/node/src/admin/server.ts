// The agent's side of the admin socket. Who may connect is decided by the file system: the socket
// has mode 0600, in a directory that only its owner can write to.

import { existsSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { AroundCommand } from './dispatch.ts';
import { encodeFrame, FrameDecoder, requestBytesMax, responseBytesMax } from './frames.ts';
import type { AdminHandlers } from './protocol.ts';

const connectionsMax = 32;
/** How long a connection may stay silent between frames, or take over one, milliseconds. */
const idleMsMax = 30_000;
/** Requests of one connection that may wait while one is being answered. */
const pendingMax = 16;
/** How long a listener may take to accept before it counts as dead, milliseconds. */
const probeMsMax = 1_000;

export interface AdminServerOptions {
  /** The path of the socket. */
  readonly path: string;
  readonly handlers: AdminHandlers;
  /** Around every command: the policy, and the audit log. */
  readonly around?: AroundCommand;
  /** Told of failures that are bugs; answers to people carry them too. */
  readonly onFault?: (error: unknown) => void;
}

export interface AdminServer {
  /**
   * Listens. A stale socket file is replaced, a live one never. Rejects with PATINA_ADDRESS_IN_USE
   * or PATINA_CONFIG_INVALID.
   */
  start(): Promise<void>;
  /** Stops listening, removes the socket and ends all connections. */
  stop(): Promise<void>;
}

/** Makes the server; nothing is opened before `start`. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    if (connections.size >= connectionsMax) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serve(socket, options);
  });
  return {
    async start() {
      prepareDirectory(options.path);
      await listenOrReplace(server, options.path);
      server.on('error', (error) => options.onFault?.(error));
    },
    async stop() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

function serve(socket: Socket, options: AdminServerOptions): void {
  const decoder = new FrameDecoder(requestBytesMax);
  const pending: unknown[] = [];
  let answering = false;
  const answerAll = async (): Promise<void> => {
    answering = true;
    // A command can take long; only a silent client is cut off.
    socket.setTimeout(0);
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const response = await answer(next, options);
      if (socket.destroyed) return;
      // A client that asks and does not read is held back here, not buffered for.
      if (!socket.write(response)) await drained(socket);
      if (socket.destroyed) return;
    }
    socket.setTimeout(idleMsMax);
    answering = false;
  };
  socket.setTimeout(idleMsMax, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    try {
      pending.push(...decoder.push(piece));
      if (pending.length > pendingMax) throw new PatinaError('PATINA_OVERLOADED', tooMany);
    } catch (error) {
      // The stream cannot be followed any further: say why, and end it.
      pending.length = 0;
      socket.end(errorFrame(error));
      socket.removeAllListeners('data');
      socket.resume();
      return;
    }
    if (!answering && pending.length > 0) void answerAll();
  });
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}

const tooMany = `more than ${pendingMax} requests at once on one admin connection`;

/** Answers one request; never rejects. */
async function answer(request: unknown, options: AdminServerOptions): Promise<Buffer> {
  try {
    // Checking requests takes a library of 14 MB that most agents never need.
    const { dispatch } = await import('./dispatch.ts');
    const result = await dispatch(request, options.handlers, options.around);
    return encodeFrame({ ok: result }, responseBytesMax);
  } catch (error) {
    if (!(error instanceof PatinaError)) options.onFault?.(error);
    return errorFrame(error);
  }
}

function errorFrame(error: unknown): Buffer {
  const { code, message, hint } = asPatinaError(error);
  const body = { code, message: message.slice(0, 4_096), ...(hint === undefined ? {} : { hint }) };
  return encodeFrame({ error: body }, responseBytesMax);
}

function prepareDirectory(path: string): void {
  const directory = dirname(path);
  try {
    // Only the last directory is made: a path with a mistake in it must not leave a trail.
    if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    throw unusable(path, `its directory cannot be made (${faultOf(error)})`, error);
  }
  const { mode } = statSync(directory);
  const othersWrite = (mode & 0o002) !== 0;
  const sticky = (mode & 0o1000) !== 0;
  if (othersWrite && !sticky) {
    throw unusable(path, 'its directory can be written to by other users');
  }
}

async function listenOrReplace(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    if (faultOf(error) !== 'EADDRINUSE') {
      throw unusable(path, `it cannot be listened on (${faultOf(error)})`, error);
    }
    await removeStale(path);
    await listen(server, path);
  }
}

/** Listens so that the socket has mode 0600 from the moment that it exists. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      server.off('error', settle).off('listening', settle);
      if (error !== undefined) reject(error);
      else resolve();
    };
    server.on('error', settle).on('listening', settle);
    const previous = process.umask(0o177);
    try {
      // The socket is bound before this returns; only its event comes later.
      server.listen(path);
    } finally {
      process.umask(previous);
    }
  });
}

/**
 * Removes a socket that nobody answers at; throws where somebody does, or where it is no socket.
 */
async function removeStale(path: string): Promise<void> {
  if (!lstatSync(path).isSocket()) {
    throw inUse(path, 'is taken by a file that is no socket', 'Set admin.path to another path.');
  }
  if (await answers(path)) {
    throw inUse(path, 'belongs to an agent that is running', 'Stop that agent first.');
  }
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    // A listener that takes its time may be a stopped process: it still owns the socket.
    socket.setTimeout(probeMsMax, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', (error) => settle(faultOf(error) === 'EACCES'));
  });
}

function inUse(path: string, what: string, hint: string): PatinaError {
  return new PatinaError('PATINA_ADDRESS_IN_USE', `admin.path ${path} ${what}`, { hint });
}

function unusable(path: string, reason: string, cause?: unknown): PatinaError {
  return new PatinaError('PATINA_CONFIG_INVALID', `admin.path ${path}: ${reason}`, {
    hint: 'Set admin.path (ADMIN__PATH, --admin-path) to a path in a directory of your own.',
    cause,
  });
}

function faultOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
