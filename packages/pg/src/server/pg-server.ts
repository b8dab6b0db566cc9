// The PostgreSQL endpoint of a node: listens, takes connections within its bounds, and stops without
// leaving anything behind.

import { createServer, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { NotificationHub } from '../execution/notifications.ts';
import {
  type ExecutionLimits,
  executionLimitsDefault,
  type PgBackend,
} from '../execution/ports.ts';
import { PgError } from '../pg-error.ts';
import type { PgReaderPool, PgReaderPoolStats } from '../reader/reader-pool.ts';
import { CancelRegistry } from './cancel-registry.ts';
import { Connection } from './connection.ts';
import type { PgAccess } from './pg-access.ts';
import { PlanDesk } from './plan-desk.ts';
import type { PgServerEvent } from './server-events.ts';

export interface PgServerLimits extends ExecutionLimits {
  /** Connections at most, those that log in included; more are told 53300. */
  readonly connectionsMax: number;
  /** From the connection to the log-in, milliseconds. */
  readonly startupMsMax: number;
  /** Bytes that wait for one client before its query is held. */
  readonly outputBytesMax: number;
  /** A client that takes nothing for so long while bytes wait is cut off, milliseconds. */
  readonly slowMsMax: number;
  /** Notifications that wait for one slow client; beyond that it is cut off. */
  readonly notificationsMax: number;
}

export const pgServerLimitsDefault: PgServerLimits = {
  ...executionLimitsDefault,
  connectionsMax: 500,
  startupMsMax: 10_000,
  outputBytesMax: 1024 * 1024,
  slowMsMax: 300_000,
  notificationsMax: 10_000,
};

export interface PgServerOptions {
  /** `host:port`, IPv6 in brackets; port 0 takes a free one. */
  readonly addresses: readonly string[];
  /** The certificate of this moment; undefined: no TLS. */
  readonly secureContext: (() => SecureContext) | undefined;
  readonly access: PgAccess;
  readonly backend: PgBackend;
  readonly readers: PgReaderPool;
  readonly limits?: Partial<PgServerLimits>;
  /** Standards of settings that the node has an opinion about: statement_timeout. */
  readonly settings: Readonly<Record<string, string>>;
  /** The name of the one database. */
  readonly databaseName: string;
  readonly onEvent?: (event: PgServerEvent) => void;
}

export interface PgServerStats {
  readonly connections: number;
  readonly sessions: number;
  readonly accepted: number;
  readonly refused: number;
  readonly cancels: number;
  readonly readers: PgReaderPoolStats;
}

export interface PgServer {
  /** Listens; rejects with PATINA_ADDRESS_IN_USE's cause when an address cannot be had. */
  start(): Promise<void>;
  /** Tells all clients (57P01), waits for them for a moment, and frees everything but the readers' pool. */
  stop(): Promise<void>;
  /** Where it listens. */
  readonly addresses: readonly string[];
  stats(): PgServerStats;
}

/** Beyond so many times the connections that may be, more are closed without being told why. */
const toldMax = 2;

/** How long clients that were told of the stop may take to go, milliseconds. */
const stopMsMax = 3_000;

export function createPgServer(options: PgServerOptions): PgServer {
  return new Endpoint(options);
}

class Endpoint implements PgServer {
  readonly #options: PgServerOptions;
  readonly #limits: PgServerLimits;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  readonly #registry = new CancelRegistry();
  readonly #hub: NotificationHub;
  readonly #desk: PlanDesk;
  readonly #counts = { accepted: 0, refused: 0, cancels: 0 };
  /** For pg_postmaster_start_time(), as a timestamptz is kept. */
  readonly #startedText = `${new Date().toISOString().replace('T', ' ').replace('Z', '')}+00`;
  #onEmpty: (() => void) | undefined;
  #isStopping = false;

  constructor(options: PgServerOptions) {
    this.#options = options;
    this.#limits = { ...pgServerLimitsDefault, ...options.limits };
    this.#hub = new NotificationHub({
      live: options.backend.live,
      onWatchFailed: (table, error) => options.onEvent?.({ kind: 'watch-failed', table, error }),
    });
    this.#desk = new PlanDesk(options.backend);
  }

  get addresses(): readonly string[] {
    return this.#servers.flatMap((server) => {
      const address = server.address();
      if (address === null || typeof address === 'string') return [];
      const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      return [`${host}:${address.port}`];
    });
  }

  async start(): Promise<void> {
    for (const address of this.#options.addresses) await this.#listen(address);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const server of this.#servers) server.close();
    for (const connection of this.#connections) {
      connection.end(new PgError('57P01', 'terminating connection due to administrator command'));
    }
    await this.#untilEmpty();
    for (const connection of this.#connections) connection.destroy();
    this.#hub.stop();
    this.#desk.stop();
  }

  stats(): PgServerStats {
    let sessions = 0;
    for (const connection of this.#connections) if (connection.isLoggedIn) sessions++;
    const readers = this.#options.readers.stats();
    return { connections: this.#connections.size, sessions, ...this.#counts, readers };
  }

  #listen(address: string): Promise<void> {
    const { host, port } = hostAndPort(address);
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.removeListener('error', reject);
        server.on('error', (error) => this.#options.onEvent?.({ kind: 'listen-failed', error }));
        this.#servers.push(server);
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    const { access, backend, readers, secureContext, databaseName, onEvent } = this.#options;
    const settings = { ...this.#options.settings, '@started': this.#startedText };
    this.#counts.accepted++;
    const { size } = this.#connections;
    const isFull = size >= this.#limits.connectionsMax;
    if (isFull) this.#counts.refused++;
    if (size >= this.#limits.connectionsMax * toldMax) {
      socket.destroy();
      return;
    }
    const connection: Connection = new Connection(socket, {
      access,
      backend,
      readers,
      secureContext,
      databaseName,
      settings,
      limits: this.#limits,
      desk: this.#desk,
      hub: this.#hub,
      registry: this.#registry,
      refusal: this.#isStopping ? stopping() : isFull ? full() : undefined,
      onCancel: () => {
        this.#counts.cancels++;
      },
      onEvent: onEvent ?? (() => undefined),
      onClosed: () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#onEmpty?.();
      },
    });
    this.#connections.add(connection);
    readers.prepare();
  }

  #untilEmpty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, stopMsMax);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function stopping(): PgError {
  return new PgError('57P01', 'terminating connection due to administrator command');
}

function full(): PgError {
  return new PgError('53300', 'sorry, too many clients already');
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}
