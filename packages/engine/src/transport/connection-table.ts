// The socket and every connection on it: each packet finds its connection by the connection id inside
// it, and connections that have something to do take their turn once per tick.

import type { X509Certificate } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Quiche } from '@matrixai/quic/native/quiche.js';
import type { PatinaError } from '../base/errors.ts';
import type { LocalIdentity, PeerAddress, TransportHandlers } from '../ports.ts';
import { formatAddress, type HostPort, isLoopbackHost } from './address.ts';
import type { Admission } from './connection-acceptor.ts';
import { ConnectionAcceptor, connectionIdBytes } from './connection-acceptor.ts';
import { hasLongHeader, parseLongHeader } from './long-header.ts';
import { PacketPool } from './packet-pool.ts';
import type { QuicConfigs } from './quic-config.ts';
import { type ConnectionHost, QuicConnection } from './quic-connection.ts';
import { ResetSender, resetTokenOf } from './stateless-reset.ts';
import { asError, closeCode, peerUnreachable, streamClosed } from './transport-errors.ts';
import type { AddressValidation, TransportFault, TransportLimits } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';
import { UdpSocket } from './udp-socket.ts';

export interface TableOptions {
  readonly quiche: Quiche;
  readonly limits: TransportLimits;
  readonly stats: StatsCounter;
  readonly handlers: TransportHandlers;
  readonly configs: QuicConfigs;
  readonly cas: readonly X509Certificate[] | undefined;
  /** From which reset tokens are derived; must outlive the process. Default: the bound address. */
  readonly resetSecret: string | undefined;
  readonly validation: AddressValidation;
  identity(): LocalIdentity;
  onOpen(connection: QuicConnection): void;
  onClosed(connection: QuicConnection, error: PatinaError): void;
  onFault(fault: TransportFault): void;
}

export class ConnectionTable {
  readonly #options: TableOptions;
  readonly #pool = new PacketPool();
  readonly #acceptor: ConnectionAcceptor;
  #configs: QuicConfigs;
  #cas: readonly X509Certificate[] | undefined;
  readonly #socket: UdpSocket;
  readonly #resets: ResetSender;
  readonly #connections = new Set<QuicConnection>();
  /** By connection id, ours or, during the handshake, the one that the dialler made up for us. */
  readonly #byId = new Map<string, QuicConnection>();
  readonly #byResetToken = new Map<string, QuicConnection>();
  readonly #due = new Set<QuicConnection>();
  #turns: NodeJS.Immediate | undefined;
  #handshakes = 0;
  #isClosed = false;

  private constructor(options: TableOptions, socket: UdpSocket) {
    this.#options = options;
    this.#socket = socket;
    this.#configs = options.configs;
    this.#cas = options.cas;
    const { quiche, validation, limits, stats, resetSecret } = options;
    this.#resets = new ResetSender(resetSecret ?? formatAddress(socket.local));
    this.#acceptor = new ConnectionAcceptor({
      quiche,
      validation,
      handshakesMax: limits.handshakesMax,
      resets: this.#resets,
      stats,
      handshakes: () => this.#handshakes,
      newConnectionId: () => randomBytes(connectionIdBytes),
      transmit: (packet, length, to) => this.#transmit(packet, length, to),
    });
  }

  /** Binds the socket; rejects with PATINA_ADDRESS_IN_USE. */
  static async open(bind: HostPort, options: TableOptions): Promise<ConnectionTable> {
    let table: ConnectionTable | undefined;
    const socket = await UdpSocket.bind(bind, {
      onPacket: (packet, from) => {
        if (table !== undefined) table.#receive(packet, from);
      },
      onSendError: () => options.stats.dropped('packet-send-failed'),
    });
    table = new ConnectionTable(options, socket);
    return table;
  }

  /** Where the socket is bound. */
  get local(): HostPort {
    return this.#socket.local;
  }

  /** All connections, those that are handshaking or closing included. */
  all(): QuicConnection[] {
    return [...this.#connections];
  }

  /** Credentials for connections from now on. */
  setCredentials(configs: QuicConfigs, cas: readonly X509Certificate[] | undefined): void {
    this.#configs = configs;
    this.#cas = cas;
  }

  /** Dials; what becomes of it comes through the callbacks. `address` is what was asked for. */
  dial(to: HostPort, address: PeerAddress): void {
    if (!this.#socket.canReach(to.host)) {
      throw peerUnreachable(address, `it has no address that ${formatAddress(this.local)} reaches`);
    }
    const connectionId = randomBytes(connectionIdBytes);
    const config = this.#configFor(to);
    const { Connection } = this.#options.quiche;
    const conn = Connection.connect(null, connectionId, this.local, to, config);
    this.#options.stats.add('dialled');
    const keys = [keyOf(connectionId)];
    this.#add({ conn, connectionId, remote: to, dialled: address, keys });
  }

  /** Tells every peer, then closes the socket. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearImmediate(this.#turns);
    for (const connection of this.all()) {
      connection.finish(closeCode.normal, 'stopping', streamClosed('this node is stopping'));
    }
    this.#due.clear();
    await this.#socket.close();
  }

  #receive(packet: Buffer, from: HostPort): void {
    if (this.#isClosed) return;
    const { stats } = this.#options;
    stats.add('packetsReceived');
    stats.add('bytesReceived', packet.length);
    if (hasLongHeader(packet)) this.#receiveLong(packet, from);
    else this.#receiveShort(packet, from);
  }

  #receiveShort(packet: Buffer, from: HostPort): void {
    const connection = this.#byId.get(packet.toString('latin1', 1, 1 + connectionIdBytes));
    if (connection !== undefined) {
      connection.receive(packet, from);
      return;
    }
    const token = resetTokenOf(packet);
    const reset = token === undefined ? undefined : this.#byResetToken.get(token);
    if (reset !== undefined) {
      this.#options.stats.add('statelessResetsReceived');
      reset.receiveReset();
      return;
    }
    const unknownId = packet.subarray(1, 1 + connectionIdBytes);
    this.#acceptor.answerUnknown(unknownId, packet.length, from, Date.now());
  }

  #receiveLong(packet: Buffer, from: HostPort): void {
    const header = parseLongHeader(packet);
    if (header === undefined) {
      this.#options.stats.dropped('packet-malformed');
      return;
    }
    if (header.version !== 0 && !this.#options.quiche.versionIsSupported(header.version)) {
      this.#acceptor.negotiateVersion(header, packet.length, from);
      return;
    }
    const firstId = keyOf(header.destination);
    const known = this.#byId.get(firstId);
    if (known !== undefined) {
      known.receive(packet, from);
      return;
    }
    const admission = this.#acceptor.judge(packet, from, Date.now());
    if (admission !== undefined) this.#accept(admission, firstId, from)?.receive(packet, from);
  }

  /** `firstId` is how the dialler addresses us until it has heard our own id. */
  #accept(admission: Admission, firstId: string, from: HostPort): QuicConnection | undefined {
    const { connectionId, originalId } = admission;
    const { Connection } = this.#options.quiche;
    const config = this.#configFor(from);
    let conn: ReturnType<typeof Connection.accept>;
    try {
      conn = Connection.accept(connectionId, originalId ?? null, this.local, from, config);
    } catch {
      // An address that the library cannot read, such as one with a zone.
      this.#options.stats.dropped('packet-unroutable');
      return undefined;
    }
    this.#options.stats.add('accepted');
    this.#handshakes++;
    const keys = [keyOf(connectionId), firstId];
    return this.#add({ conn, connectionId, remote: from, dialled: undefined, keys });
  }

  #add(parts: Omit<ConstructorParameters<typeof QuicConnection>[0], 'host'>): QuicConnection {
    const connection = new QuicConnection({ ...parts, host: this.#hostFor() });
    this.#connections.add(connection);
    for (const key of connection.keys) this.#byId.set(key, connection);
    this.#schedule(connection);
    return connection;
  }

  #hostFor(): ConnectionHost {
    const { limits, stats, handlers, identity, onFault } = this.#options;
    const resets = this.#resets;
    return {
      local: this.local,
      limits,
      stats,
      handlers,
      cas: this.#cas,
      nowMs: () => performance.now(),
      localHello: (connectionId) => {
        const { clusterId, actorId, sessionId, address } = identity();
        return { clusterId, actorId, sessionId, address, resetToken: resets.token(connectionId) };
      },
      packetBuffer: () => this.#pool.take(),
      transmit: (packet, length, to) => this.#transmit(packet, length, to),
      schedule: (connection) => this.#schedule(connection),
      onOpen: (connection) => this.#opened(connection),
      onClosed: (connection, error) => this.#closed(connection, error),
      onGone: (connection) => this.#remove(connection),
      onFault,
    };
  }

  #opened(connection: QuicConnection): void {
    if (connection.role === 'dialler') this.#handshakes--;
    const token = connection.resetToken;
    if (token !== undefined) this.#byResetToken.set(keyOf(token), connection);
    this.#options.onOpen(connection);
  }

  #closed(connection: QuicConnection, error: PatinaError): void {
    if (connection.role === 'dialler' && connection.peer === undefined) this.#handshakes--;
    this.#options.onClosed(connection, error);
  }

  #remove(connection: QuicConnection): void {
    this.#connections.delete(connection);
    this.#due.delete(connection);
    for (const key of connection.keys) this.#byId.delete(key);
    const token = connection.resetToken;
    if (token === undefined) return;
    const key = keyOf(token);
    if (this.#byResetToken.get(key) === connection) this.#byResetToken.delete(key);
  }

  /** All packets of a tick are taken in before the connections that they concern take their turn. */
  #schedule(connection: QuicConnection): void {
    this.#due.add(connection);
    if (this.#isClosed) return;
    this.#turns ??= setImmediate(() => this.#takeTurns());
  }

  #takeTurns(): void {
    this.#turns = undefined;
    const due = [...this.#due];
    this.#due.clear();
    for (const connection of due) this.#takeTurn(connection);
  }

  /** Whatever one connection stumbles over, the others go on. */
  #takeTurn(connection: QuicConnection): void {
    try {
      connection.turn();
    } catch (error) {
      connection.fault(asError(error));
    }
  }

  #transmit(packet: Buffer, length: number, to: HostPort): void {
    const { stats } = this.#options;
    stats.add('packetsSent');
    stats.add('bytesSent', length);
    const isFree = this.#socket.send(packet.subarray(0, length), to);
    if (!isFree) this.#pool.abandon();
  }

  #configFor(remote: HostPort) {
    return isLoopbackHost(remote.host) ? this.#configs.loopback : this.#configs.remote;
  }
}

function keyOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}
