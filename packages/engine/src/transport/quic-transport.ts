// The Transport of production: QUIC on one UDP socket that both dials and accepts, so that a peer is
// known by its gossip address. This file composes; each part's rules are in its own file.

import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Quiche } from '@matrixai/quic/native/quiche.js';
import { assert, must } from '../base/assert.ts';
import { asPatinaError, PatinaError } from '../base/errors.ts';
import type {
  ConnectionInfo,
  LocalIdentity,
  MessageStream,
  PeerAddress,
  TransportHandlers,
} from '../ports.ts';
import {
  formatAddress,
  isDiallable,
  isLoopbackHost,
  isUnspecifiedHost,
  parseAddress,
  requireAddress,
} from './address.ts';
import { ConnectionTable } from './connection-table.ts';
import { isSessionId } from './hello.ts';
import { messageTooLarge } from './message-receiver.ts';
import type { PeerLink } from './peer-link.ts';
import { PeerLinks } from './peer-links.ts';
import { buildConfigs, type Credentials, readCredentials } from './quic-config.ts';
import type { QuicConnection } from './quic-connection.ts';
import { loadQuiche } from './quiche-binding.ts';
import { asError, closeCode, peerUnreachable, streamClosed } from './transport-errors.ts';
import {
  datagramBytesMax,
  defaultLimits,
  type QuicTransport,
  type QuicTransportOptions,
  type TransportLimits,
  type TransportTls,
} from './transport-options.ts';
import { StatsCounter, type TransportStats } from './transport-stats.ts';

/** A regular look at all connections is late by this much when the thread was busy, milliseconds. */
const stallMs = 500;

/**
 * Creates the transport. Throws PATINA_CONFIG_INVALID for plain text beyond loopback or a bad address,
 * and PATINA_TLS_INVALID for credentials that cannot work.
 */
export function createQuicTransport(options: QuicTransportOptions): QuicTransport {
  return new QuicTransportImpl(options);
}

/** Exists between `start` and `stop`. */
interface Running {
  readonly quiche: Quiche;
  readonly table: ConnectionTable;
  identity: LocalIdentity;
  readonly ticker: NodeJS.Timeout;
}

class QuicTransportImpl implements QuicTransport {
  readonly datagramBytesMax: number;
  readonly #options: QuicTransportOptions;
  readonly #limits: TransportLimits;
  readonly #stats = new StatsCounter();
  readonly #links: PeerLinks;
  #credentials: Credentials | undefined;
  #handlers: TransportHandlers | undefined;
  #running: Running | undefined;
  #tickDueMs = 0;

  constructor(options: QuicTransportOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.datagramBytesMax = datagramBytesMax(this.#limits);
    this.#credentials = checkOptions(options);
    this.#links = new PeerLinks(this.#limits, this.#stats, {
      onConnected: (peer) => this.#guard(peer.address, () => this.#handlers?.onConnected?.(peer)),
      onDisconnected: (peer) => {
        this.#guard(peer.address, () => this.#handlers?.onDisconnected?.(peer));
      },
    });
  }

  async start(identity: LocalIdentity, handlers: TransportHandlers): Promise<PeerAddress> {
    assert(this.#running === undefined, 'a transport is started once');
    checkIdentity(identity);
    const quiche = await loadQuiche();
    const credentials = await this.#startCredentials();
    this.#credentials = credentials;
    this.#handlers = handlers;
    const bind = requireAddress(this.#options.bind, 'the gossip address');
    const table = await ConnectionTable.open(bind, {
      quiche,
      limits: this.#limits,
      stats: this.#stats,
      handlers,
      configs: buildConfigs(quiche, credentials, this.#limits),
      cas: credentials.cas,
      resetSecret: this.#options.plaintext ? undefined : credentials.keyPem,
      validation: this.#options.addressValidation ?? 'remote',
      identity: () => must(this.#running, 'packets come while running').identity,
      onOpen: (connection) => this.#opened(connection),
      onClosed: (connection, error) => this.#closed(connection, error),
      onFault: (fault) => this.#options.onFault?.(fault),
    });
    const address = formatAddress(table.local);
    this.#running = {
      quiche,
      table,
      identity: withPort(identity, table.local.port),
      ticker: this.#startTicker(),
    };
    return address;
  }

  identify(identity: LocalIdentity): void {
    checkIdentity(identity);
    const running = this.#running;
    if (running === undefined) return;
    for (const connection of running.table.all()) {
      connection.close(
        closeCode.normal,
        'new identity',
        streamClosed('this node has a new identity'),
      );
    }
    running.identity = withPort(identity, running.table.local.port);
  }

  reloadTls(tls: TransportTls): void {
    const credentials = readCredentials(tls);
    const running = this.#running;
    if (running !== undefined) {
      const configs = buildConfigs(running.quiche, credentials, this.#limits);
      running.table.setCredentials(configs, credentials.cas);
    }
    this.#credentials = credentials;
  }

  sendDatagram(to: PeerAddress, bytes: Uint8Array): void {
    const link = this.#linkForSend(to);
    if (link instanceof PatinaError || bytes.length > this.datagramBytesMax) {
      this.#stats.dropped('datagram-unsendable');
      return;
    }
    link.sendDatagram(bytes);
    this.#dialIfNeeded(link);
  }

  sendMessage(to: PeerAddress, bytes: Uint8Array): Promise<void> {
    const { messageBytesMax } = this.#limits;
    if (bytes.length > messageBytesMax) {
      return Promise.reject(messageTooLarge(bytes.length, messageBytesMax));
    }
    const link = this.#linkForSend(to);
    if (link instanceof PatinaError) return Promise.reject(link);
    const sent = link.sendMessage(bytes);
    this.#dialIfNeeded(link);
    return sent;
  }

  openStream(to: PeerAddress): Promise<MessageStream> {
    const link = this.#linkForSend(to);
    if (link instanceof PatinaError) return Promise.reject(link);
    const opened = link.openStream();
    this.#dialIfNeeded(link);
    return opened;
  }

  rttMs(to: PeerAddress): number | undefined {
    return this.#links.find(to)?.preferred?.rttMs;
  }

  connections(): ConnectionInfo[] {
    const infos: ConnectionInfo[] = [];
    for (const { connections } of this.#links.all()) {
      for (const connection of connections) {
        if (connection.peer !== undefined) infos.push(connection.info(connection.peer));
      }
    }
    return infos;
  }

  disconnect(to: PeerAddress): void {
    for (const connection of [...(this.#links.find(to)?.connections ?? [])]) {
      connection.close(
        closeCode.normal,
        'disconnected',
        streamClosed('this side has disconnected'),
      );
    }
  }

  stats(): TransportStats {
    let connections = 0;
    for (const link of this.#links.all()) connections += link.connections.size;
    return this.#stats.snapshot(connections);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    clearInterval(running.ticker);
    for (const link of [...this.#links.all()]) {
      link.reject(peerUnreachable(link.address, 'this node is stopping'));
    }
    await running.table.close();
    this.#handlers = undefined;
  }

  async #startCredentials(): Promise<Credentials> {
    if (this.#credentials !== undefined) return this.#credentials;
    // Loaded here, because nothing else in a running node makes certificates.
    const { generateThrowAwayCert } = await import('./certificates.ts');
    return { ...(await generateThrowAwayCert()), cas: undefined };
  }

  /** The link to an address; an error when nothing can be sent there now. */
  #linkForSend(to: PeerAddress): PeerLink | PatinaError {
    const running = this.#running;
    if (running === undefined) return peerUnreachable(to, 'this node is not running');
    const known = this.#links.find(to);
    if (known !== undefined) {
      const { refusal } = known;
      if (refusal === undefined || known.preferred !== undefined) return known;
      if (performance.now() < refusal.untilMs) return asPatinaError(refusal.error);
      known.refusal = undefined;
      return known;
    }
    const parsed = parseAddress(to);
    if (parsed === undefined) return peerUnreachable(to, 'not an address');
    const address = formatAddress(parsed);
    // Another spelling of a known address: the look-up above only knows ours.
    if (address !== to) return this.#linkForSend(address);
    return isDiallable(to)
      ? this.#links.findOrCreate(to)
      : peerUnreachable(to, 'nobody can be dialled there');
  }

  #dialIfNeeded(link: PeerLink): void {
    if (link.preferred === undefined && !link.isDialling) this.#startDial(link);
  }

  #startDial(link: PeerLink): void {
    link.isDialling = true;
    this.#dial(link).catch((error: unknown) => this.#dialFailed(link, asError(error)));
  }

  async #dial(link: PeerLink): Promise<void> {
    const { host, port } = requireAddress(link.address, 'the peer address');
    const ip = isIP(host) === 0 ? (await lookup(host)).address : host;
    const table = this.#running?.table;
    if (table === undefined) throw peerUnreachable(link.address, 'this node is stopping');
    table.dial({ host: ip, port }, link.address);
  }

  #dialFailed(link: PeerLink, thrown: Error): void {
    const isKnown = thrown instanceof PatinaError;
    const error = isKnown ? thrown : peerUnreachable(link.address, thrown.message, thrown);
    link.isDialling = false;
    if (error.code === 'PATINA_PEER_REFUSED') {
      link.refusal = { error, untilMs: performance.now() + this.#limits.refusalHoldMs };
    }
    link.reject(error);
    this.#links.tidy(link);
  }

  #opened(connection: QuicConnection): void {
    const { peer } = connection;
    if (peer === undefined || this.#running === undefined) return;
    this.#links.opened(connection, peer, this.#running.identity.sessionId);
  }

  #closed(connection: QuicConnection, error: PatinaError): void {
    const { peer, dialled } = connection;
    if (peer !== undefined) {
      this.#links.closed(connection, peer, this.#running?.identity.sessionId ?? '');
      return;
    }
    const link = dialled === undefined ? undefined : this.#links.find(dialled);
    if (link !== undefined) this.#dialFailed(link, error);
  }

  /** Looks at all connections a few times within the shortest time-out. */
  #startTicker(): NodeJS.Timeout {
    const { idleTimeoutMs, silenceTimeoutMs } = this.#limits;
    const periodMs = Math.max(10, Math.min(idleTimeoutMs, silenceTimeoutMs) / 4);
    this.#tickDueMs = performance.now() + periodMs;
    return setInterval(() => {
      const nowMs = performance.now();
      const wasStalled = nowMs - this.#tickDueMs > stallMs;
      this.#tickDueMs = nowMs + periodMs;
      this.#tick(nowMs, wasStalled);
    }, periodMs);
  }

  #tick(nowMs: number, wasStalled: boolean): void {
    for (const link of [...this.#links.all()]) {
      for (const connection of [...link.connections]) {
        connection.tick(connection === link.preferred, wasStalled);
      }
      if (link.preferred?.isWorn) this.#replaceWorn(link);
      if (link.refusal !== undefined && link.refusal.untilMs <= nowMs) link.refusal = undefined;
      this.#links.tidy(link);
    }
  }

  /** New traffic moves to a fresh connection; the worn one ends by itself when it has no more to do. */
  #replaceWorn(link: PeerLink): void {
    link.prefer(this.#running?.identity.sessionId ?? '');
    if (link.preferred?.isWorn && !link.isDialling) this.#startDial(link);
  }

  #guard(address: PeerAddress, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#stats.dropped('handler-failed');
      this.#options.onFault?.({ address, peer: undefined, error: asError(error) });
    }
  }
}

/** Reads the credentials; undefined in plain-text mode, whose certificate is made at the start. */
function checkOptions(options: QuicTransportOptions): Credentials | undefined {
  const bind = requireAddress(options.bind, 'the gossip address');
  if (isIP(bind.host) === 0) {
    throw new PatinaError(
      'PATINA_CONFIG_INVALID',
      `the gossip address "${options.bind}" is a name`,
      {
        hint: 'Listen on an IP address, as in 10.0.0.5:4001 or 0.0.0.0:4001.',
      },
    );
  }
  if (options.plaintext !== true) {
    if (options.tls !== undefined) return readCredentials(options.tls);
    throw new PatinaError('PATINA_CONFIG_INVALID', 'gossip has no certificates', {
      hint: 'Give CA, certificate and key; or plain text, on a loopback address only.',
    });
  }
  if (isLoopbackHost(bind.host)) return undefined;
  const where = options.bind;
  throw new PatinaError('PATINA_CONFIG_INVALID', `plain-text gossip is refused on ${where}`, {
    hint: 'Listen on 127.0.0.1 or [::1], or give certificates.',
  });
}

function checkIdentity(identity: LocalIdentity): void {
  assert(isSessionId(identity.sessionId), 'a session id is 32 lowercase hex digits');
  const { host } = requireAddress(identity.address, 'the advertised address');
  if (!isUnspecifiedHost(host)) return;
  throw new PatinaError('PATINA_CONFIG_INVALID', `others cannot dial "${identity.address}"`, {
    hint: 'A node that listens on all addresses must be told which one to advertise.',
  });
}

/** An advertised port of 0 stands for the port that was bound. */
function withPort(identity: LocalIdentity, port: number): LocalIdentity {
  const advertised = requireAddress(identity.address, 'the advertised address');
  const address = formatAddress(advertised.port === 0 ? { ...advertised, port } : advertised);
  return { ...identity, address };
}

/** A new session id: chosen at each start of a node. */
export function newSessionId(): string {
  return randomBytes(16).toString('hex');
}
