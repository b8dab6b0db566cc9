// The API of the console over WebSockets: one connection carries all questions and feeds of a page. It is let in as
// a request is, by host, origin and credentials, and ends with the rights of whoever opened it. Whoever does not
// read what he asked for is cut off: he comes back and goes on where he stopped.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Principal } from '@patina/api/access/principal.ts';
import { ConnectionSessions } from '@patina/api/api-sessions.ts';
import type { ApiContext } from '@patina/api/procedures.ts';
import { apiRouter } from '@patina/api/router.ts';
import { errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { AccessControl } from '../access/access-control.ts';
import { type ConsoleOrigins, isOwnOrigin } from './console-origins.ts';
import { errorFields } from './error-answer.ts';
import { principalOf, refuseForeignHost } from './request-access.ts';
import { sessionOf } from './session-cookie.ts';

/** Connections at a time. */
const socketsMax = 1_000;
/** Of them, those that have yet to show a token, and how long they may take, milliseconds. */
const strangersMax = 32;
const tokenMsMax = 10_000;
/** Of one connection at a time: a page has a few. */
const subscriptionsMax = 200;
const messageBytesMax = 16 * 1024 * 1024;
/** What waits to be sent to one connection: some of the largest answers. */
const waitingBytesMax = 64 * 1024 * 1024;
/** Between two pings, and for an answer, milliseconds. */
const pingMs = 15_000;
const pongMsMax = 15_000;
/** How often sessions are looked at that end by themselves, milliseconds. */
const sessionCheckMs = 30_000;

/** Close codes: the node stops; the rights of whoever connected have ended. */
const restartingCode = 1012;
const unauthorizedCode = 4401;

const socketPath = /^\/trpc\/?(\?|$)/;

export interface ApiSocketsOptions {
  readonly access: AccessControl;
  readonly origins: ConsoleOrigins;
  readonly allowedHosts: readonly string[];
  readonly contextOf: (principal: Principal, address: string) => ApiContext;
  /** The refusal of one more request of this client, where it asks too often. */
  readonly refuseRate: (client: string) => PatinaError | undefined;
}

export class ApiSockets {
  readonly #options: ApiSocketsOptions;
  readonly #server: WebSocketServer;
  readonly #open = new Map<WebSocket, OpenSocket>();
  readonly #release: () => void;
  #isStopping = false;

  constructor(options: ApiSocketsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: messageBytesMax,
      perMessageDeflate: false,
      WebSocket: BoundedSocket,
    });
    const serve = getWSConnectionHandler({
      wss: this.#server,
      router: apiRouter,
      keepAlive: { enabled: true, pingMs, pongWaitMs: pongMsMax },
      createContext: ({ res: socket, req, info }) =>
        this.#contextOf(socket, req, info.connectionParams?.['token']),
    });
    this.#server.on('connection', (socket, request) => {
      serve(socket, request);
    });
    const stopListening = [
      options.access.onRevoked((principal) => this.#cut((each) => each.principal === principal)),
      options.access.onSessionEnd((session) => this.#cut((each) => each.session === session)),
    ];
    const sessions = setInterval(() => this.#checkSessions(), sessionCheckMs);
    sessions.unref();
    this.#release = () => {
      clearInterval(sessions);
      for (const stop of stopListening) stop();
    };
  }

  /** Connections now. */
  get count(): number {
    return this.#open.size;
  }

  /** Takes a request to speak WebSocket; for the event `upgrade` of servers. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Whoever goes away meanwhile is no fault.
    socket.on('error', () => socket.destroy());
    this.#refusal(request).then(
      (refusal) => {
        if (refusal === undefined) this.#accept(request, socket, head);
        else refuse(socket, refusal);
      },
      () => socket.destroy(),
    );
  };

  /** Closes all connections, and takes no more. */
  stop(): void {
    this.#isStopping = true;
    this.#release();
    for (const socket of this.#open.keys()) {
      socket.close(restartingCode, 'this node is shutting down');
      socket.terminate();
    }
    this.#server.close();
  }

  async #refusal(request: IncomingMessage): Promise<PatinaError | undefined> {
    const { access, allowedHosts, origins } = this.#options;
    if (!socketPath.test(request.url ?? '')) {
      return new PatinaError('PATINA_NOT_FOUND', 'WebSockets are taken at /trpc');
    }
    if (this.#isStopping) {
      return new PatinaError('PATINA_SHUTTING_DOWN', 'this node is shutting down');
    }
    if (this.#open.size >= socketsMax) {
      return new PatinaError('PATINA_OVERLOADED', `${socketsMax} connections are open already`, {
        hint: 'close some, or ask another node',
      });
    }
    const foreign = refuseForeignHost(request, allowedHosts);
    if (foreign !== undefined) return foreign;
    const { origin } = request.headers;
    if (
      origin !== undefined &&
      !isOwnOrigin(origin, request) &&
      !(await origins.isTrusted(origin))
    ) {
      return new PatinaError('PATINA_FORBIDDEN', `pages of ${origin} are not trusted here`, {
        hint: 'Add the origin to api.allowed_origins.',
      });
    }
    if (principalOf(access, request) !== undefined) return undefined;
    if (!hasParameters(request)) {
      return new PatinaError('PATINA_UNAUTHORIZED', 'this node asks for credentials');
    }
    const strangers = [...this.#open.values()].filter(({ principal }) => principal === undefined);
    if (strangers.length < strangersMax) return undefined;
    return new PatinaError('PATINA_OVERLOADED', 'too many connections have yet to show a token');
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const opened: OpenSocket = {
        principal: principalOf(this.#options.access, request),
        // Whoever shows a token is let in by it, whatever else the program keeps.
        session: request.headers.authorization === undefined ? sessionOf(request) : undefined,
        gone: new AbortController(),
        isUsed: false,
      };
      this.#open.set(webSocket, opened);
      webSocket.once('close', () => {
        this.#open.delete(webSocket);
        opened.gone.abort();
      });
      // Such as a message that is too large: the library closes the connection with its reason.
      webSocket.on('error', () => undefined);
      webSocket.on('message', (data: Buffer) => {
        // Answers to pings come without anybody at the page.
        if (data.length > pingLength) opened.isUsed = true;
      });
      if (opened.principal === undefined) this.#awaitToken(webSocket, opened);
      this.#server.emit('connection', webSocket, request);
    });
  }

  #contextOf(socket: unknown, request: IncomingMessage, token: string | undefined): ApiContext {
    const opened = socket instanceof WebSocket ? this.#open.get(socket) : undefined;
    if (opened !== undefined && token !== undefined) {
      opened.principal = this.#options.access.byToken(token);
      opened.session = undefined;
    }
    if (opened?.principal === undefined) {
      throw new PatinaError(
        'PATINA_UNAUTHORIZED',
        'the token is wrong, was revoked, or has expired',
      );
    }
    const { gone, principal } = opened;
    const context = this.#options.contextOf(principal, request.socket.remoteAddress ?? '');
    const limits = { subscriptionsMax, gone: gone.signal };
    return {
      ...context,
      sessions: new ConnectionSessions(context.sessions, limits),
      admit: () => {
        const refusal = this.#options.refuseRate(context.client);
        if (refusal !== undefined) throw refusal;
      },
    };
  }

  #awaitToken(socket: WebSocket, opened: OpenSocket): void {
    const timer = setTimeout(() => {
      if (opened.principal === undefined) end(socket, opened, 'no token was shown');
    }, tokenMsMax);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  /** A page that is used keeps its session, and one that ends by itself takes its connections along. */
  #checkSessions(): void {
    const { access } = this.#options;
    for (const opened of this.#open.values()) {
      if (opened.session === undefined || !opened.isUsed) continue;
      opened.isUsed = false;
      access.bySession(opened.session);
    }
    this.#cut(
      ({ session, principal }) =>
        session !== undefined && principal !== access.open && !access.hasSession(session),
    );
  }

  #cut(isMeant: (socket: OpenSocket) => boolean): void {
    for (const [socket, opened] of this.#open) {
      if (isMeant(opened)) end(socket, opened, 'the rights of this session have ended');
    }
  }
}

/** The messages `PING` and `PONG` of the protocol. */
const pingLength = 4;

/** From the close to the cut, milliseconds. */
const cutGraceMs = 200;

interface OpenSocket {
  principal: Principal | undefined;
  session: string | undefined;
  readonly gone: AbortController;
  /** Whether anything was asked since sessions were looked at. */
  isUsed: boolean;
}

/** Ends a connection for want of rights. */
function end(socket: WebSocket, opened: OpenSocket, reason: string): void {
  // What was sent already and is read from now on is asked by nobody.
  socket.removeAllListeners('message');
  socket.close(unauthorizedCode, reason);
  opened.gone.abort();
  setTimeout(() => socket.terminate(), cutGraceMs).unref();
}

/** A connection of which only so much waits to be sent. */
class BoundedSocket extends WebSocket {
  override send(data: RawData | string, ...rest: never[]): void {
    if (this.bufferedAmount > waitingBytesMax) this.terminate();
    else super.send(data, ...rest);
  }
}

/** The first message will hold the token. */
function hasParameters({ url = '' }: IncomingMessage): boolean {
  return /[?&]connectionParams=1(&|$)/.test(url);
}

function refuse(socket: Duplex, error: PatinaError): void {
  const body = JSON.stringify(errorFields(error));
  const status = errorKind(error.code).httpStatus;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
