// The HTTP server of a node: routes, limits and listeners. The same application answers on every
// address of `api.addr`; metrics may have a listener of their own.

import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { AccessService } from '@patina/api/access/access-service.ts';
import type { Audit } from '@patina/api/access/audit.ts';
import type { TableVet } from '@patina/api/access/table-vet.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { TlsProvider } from '../tls/tls-provider.ts';
import { type Application, createApplication } from './application.ts';
import { limitConnections } from './connection-limit.ts';
import { metricsContentType } from './information-routes.ts';

/** Where to listen: an IP address or host name, and a port; 0 takes any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Who changes something, for the audit log. */
export interface Actor {
  readonly name: string;
  readonly through: string;
  readonly from?: string;
}

export interface HttpServerOptions {
  readonly service: PatinaService;
  /** Addresses of the API. */
  readonly addresses: readonly ListenAddress[];
  /** Who is who. */
  readonly access: AccessControl;
  /** Tokens and users, for one who acts. */
  readonly manage: (who: Actor) => AccessService;
  readonly vet: TableVet;
  readonly audit: Audit;
  /** Names beside loopback and addresses by which browsers reach this node. */
  readonly allowedHosts?: readonly string[];
  /** Origins of pages that are trusted beside those of the members. */
  readonly allowedOrigins?: readonly string[];
  /** Of one client; 0 is no limit. */
  readonly requestsPerSecond?: number;
  /** Connections at once from one address; 0 is no limit. */
  readonly connectionsPerAddress?: number;
  /** TLS on all addresses of the API; plain HTTP without. */
  readonly tls?: TlsProvider;
  /** Told of the address that showed a wrong token. */
  readonly onBadToken?: (address: string) => void;
  /** A listener for GET /metrics alone, without a token. */
  readonly metricsAddress?: ListenAddress;
  /** Where the console was exported to; it is served at / when it exists. */
  readonly consoleDirectory?: string;
  /** How long the reader of a stream may stand still, milliseconds; one minute by default. */
  readonly streamStalledMs?: number;
  /** Told about answers with status 500 and above. */
  readonly onError?: (error: PatinaError, route: string) => void;
}

export interface HttpServer {
  /** Listens on all addresses; rejects with PATINA_ADDRESS_IN_USE and leaves none open. */
  start(): Promise<void>;
  /** Where it listens, in the order of the options; the metrics listener comes last. */
  addresses(): readonly ListenAddress[];
  /** Takes no more requests; those that run may end within `graceMs`, then are cut off. */
  stop(graceMs: number): Promise<void>;
}

/** Time to send the head of a request, and to send all of it. */
const headersMsMax = 10_000;
const requestMsMax = 120_000;

/** An idle connection is kept for this long: longer than proxies keep theirs. */
const keepAliveMs = 75_000;

/** Streams that stay open take most of them; requests find room beside them. */
const connectionsMax = 20_000;
const headerBytesMax = 16 * 1024;

/** Creates the server; nothing is opened before `start`. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const servers: Server[] = [];
  let application: Application | undefined;

  async function start(): Promise<void> {
    application = createApplication(options);
    const { app, sockets } = application;
    await app.ready();
    try {
      for (const address of options.addresses) {
        const server = limited((request, response) => app.routing(request, response), options);
        server.on('upgrade', sockets.upgrade);
        servers.push(await listen(server, address));
      }
      const { metricsAddress } = options;
      if (metricsAddress !== undefined) {
        servers.push(await listen(metricsServer(options.service), metricsAddress));
      }
    } catch (error) {
      await stop(0);
      throw error;
    }
  }

  async function stop(graceMs: number): Promise<void> {
    // Streams have no end of their own: they are told at once.
    application?.streams.stop();
    application?.sockets.stop();
    const closing = servers.splice(0).map((server) => close(server, graceMs));
    await Promise.all(closing);
    application?.release();
    await application?.app.close();
    application = undefined;
  }

  return { start, addresses: () => servers.map(addressOf), stop };
}

type Handler = NonNullable<Parameters<typeof createServer>[1]>;

function limited(
  handler: Handler,
  { tls, connectionsPerAddress = 0 }: Pick<HttpServerOptions, 'tls' | 'connectionsPerAddress'> = {},
): Server {
  const limits = {
    headersTimeout: headersMsMax,
    requestTimeout: requestMsMax,
    keepAliveTimeout: keepAliveMs,
    maxHeaderSize: headerBytesMax,
    noDelay: true,
    keepAlive: true,
  };
  const server = tls === undefined ? createServer(limits, handler) : secured(tls, limits, handler);
  server.maxConnections = connectionsMax;
  limitConnections(server, connectionsPerAddress);
  return server;
}

/** The certificate can change while it listens; connections that are open keep theirs. */
function secured(tls: TlsProvider, limits: ServerOptions, handler: Handler): Server {
  const server = createSecureServer(
    { ...limits, ...tls.options(), handshakeTimeout: headersMsMax },
    handler,
  );
  const release = tls.onChange(() => server.setSecureContext(tls.options()));
  server.once('close', release);
  return server;
}

function metricsServer(service: PatinaService): Server {
  return limited((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('see GET /metrics\n');
      return;
    }
    service.metricsText().then(
      (text) => response.writeHead(200, { 'content-type': metricsContentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
}

function listen(server: Server, address: ListenAddress): Promise<Server> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => reject(listenError(address, cause));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve(server);
    });
  });
}

function listenError({ host, port }: ListenAddress, cause: NodeJS.ErrnoException): PatinaError {
  const where = `${host}:${port}`;
  if (cause.code === 'EADDRINUSE') {
    return new PatinaError('PATINA_ADDRESS_IN_USE', `another program listens on ${where}`, {
      hint: 'stop it, or choose another port in api.addr',
      cause,
    });
  }
  return new PatinaError('PATINA_CONFIG_INVALID', `cannot listen on ${where}: ${cause.message}`, {
    hint: 'use an address of this machine and a port that you may open, in api.addr',
    cause,
  });
}

function addressOf(server: Server): ListenAddress {
  const address = server.address();
  return isAddressInfo(address) ? { host: address.address, port: address.port } : noAddress;
}

const noAddress: ListenAddress = { host: '', port: 0 };

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    server.closeIdleConnections();
  });
}
