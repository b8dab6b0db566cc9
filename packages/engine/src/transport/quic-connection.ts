// One QUIC connection from its first packet to its last: handshake, certificate, HELLO, then traffic,
// then the end. Packets come in through `receive`; everything else happens in `turn`, once per tick.

import type { X509Certificate } from 'node:crypto';
import type { Connection } from '@matrixai/quic/native/types.js';
import type { PatinaError } from '../base/errors.ts';
import type { ConnectionInfo, Peer, PeerAddress, TransportHandlers } from '../ports.ts';
import { formatAddress, type HostPort } from './address.ts';
import { ConnectionStreams } from './connection-streams.ts';
import { Handshake } from './handshake.ts';
import type { Hello } from './hello.ts';
import {
  asError,
  type CloseCode,
  closeCode,
  peerRefused,
  peerUnreachable,
  streamClosed,
} from './transport-errors.ts';
import type { TransportFault, TransportLimits } from './transport-options.ts';
import type { HandshakeFailure, StatsCounter } from './transport-stats.ts';
import type { PeerRole } from './verify.ts';

/** Transport and TLS errors that a peer uses to refuse a certificate: 0x100 + TLS alert. */
const cryptoErrorStart = 0x100;

/** Packets sent by one connection in one turn; then others, and what came in, have theirs. */
const packetsPerTurnMax = 256;

/** A timer this late means that the thread was busy: packets may wait unread in the socket. */
const stallMs = 500;

/** What one connection needs of the transport. */
export interface ConnectionHost {
  readonly local: HostPort;
  readonly limits: TransportLimits;
  readonly stats: StatsCounter;
  readonly handlers: TransportHandlers;
  /** Our HELLO on a connection with this id. */
  localHello(connectionId: Uint8Array): Hello;
  /** CAs to verify against; undefined in plain-text mode. */
  readonly cas: readonly X509Certificate[] | undefined;
  nowMs(): number;
  /** A buffer for one packet, and its departure. */
  packetBuffer(): Buffer;
  transmit(packet: Buffer, length: number, to: HostPort): void;
  /** Calls `turn` once, after the packets of this tick. */
  schedule(connection: QuicConnection): void;
  onOpen(connection: QuicConnection): void;
  /** The connection carries nothing from now on; called once, for failed handshakes too. */
  onClosed(connection: QuicConnection, error: PatinaError): void;
  /** QUIC needs the connection no more: late packets for it need no answer. */
  onGone(connection: QuicConnection): void;
  onFault(fault: TransportFault): void;
}

type Phase =
  /** TLS, certificates, HELLO. */
  | 'handshake'
  | 'open'
  /** Nothing more is carried; the end is being told, or being sat out. */
  | 'closed';

export class QuicConnection {
  readonly role: PeerRole;
  readonly remote: HostPort;
  /** The address that was dialled, as given; undefined when the peer dialled. */
  readonly dialled: PeerAddress | undefined;
  /** Routing keys under which packets find this connection. */
  readonly keys: Set<string>;
  readonly #conn: Connection;
  readonly #host: ConnectionHost;
  #phase: Phase = 'handshake';
  #isGone = false;
  readonly #handshake: Handshake;
  #hello: Hello | undefined;
  #peer: Peer | undefined;
  #streams: ConnectionStreams | undefined;
  #handshakeTimer: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = 0;
  /** What QUIC said to the first packet that it could not accept. */
  #receiveError: Error | undefined;
  #lastReceivedMs: number;
  #lastUsedMs: number;
  /** When we first sent something since the peer was last heard. */
  #unansweredSinceMs: number | undefined;

  constructor(options: {
    conn: Connection;
    connectionId: Uint8Array;
    remote: HostPort;
    dialled: PeerAddress | undefined;
    keys: Iterable<string>;
    host: ConnectionHost;
  }) {
    this.#conn = options.conn;
    this.remote = options.remote;
    this.dialled = options.dialled;
    this.role = options.dialled === undefined ? 'dialler' : 'dialled';
    this.keys = new Set(options.keys);
    this.#host = options.host;
    this.#handshake = new Handshake({
      conn: options.conn,
      role: this.role,
      dialled: options.dialled,
      cas: options.host.cas,
      localHello: () => options.host.localHello(options.connectionId),
    });
    this.#lastReceivedMs = this.#host.nowMs();
    this.#lastUsedMs = this.#lastReceivedMs;
    this.#handshakeTimer = setTimeout(() => {
      this.#fail('timeout', closeCode.normal, peerUnreachable(this.#address, 'no answer in time'));
    }, this.#host.limits.connectTimeoutMs);
  }

  /** The peer, once its HELLO was accepted. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** What identifies the peer's reset packets; undefined before HELLO. */
  get resetToken(): Uint8Array | undefined {
    return this.#hello?.resetToken;
  }

  /** Traffic of an open connection. */
  get streams(): ConnectionStreams | undefined {
    return this.#streams;
  }

  /** It has carried so many streams that new traffic should go elsewhere. */
  get isWorn(): boolean {
    return (this.#streams?.streamsSoFar ?? 0) >= this.#host.limits.streamsPerConnectionMax;
  }

  /** Smoothed round-trip time, whole milliseconds. */
  get rttMs(): number {
    return this.#conn.pathStats().find((path) => path.active)?.rtt ?? 0;
  }

  info(peer: Peer): ConnectionInfo {
    const { sentBytes, recvBytes, lost } = this.#conn.stats();
    return {
      peer,
      rttMs: this.rttMs,
      bytesSent: sentBytes,
      bytesReceived: recvBytes,
      packetsLost: lost,
    };
  }

  /** Takes a packet, which is decrypted in place. */
  receive(packet: Buffer, from: HostPort): void {
    try {
      this.#conn.recv(packet, { from, to: this.#host.local });
    } catch (error) {
      // QUIC closes the connection by itself where that is due: the next turn finds out.
      if (this.#phase === 'open') this.#host.stats.dropped('packet-malformed');
      this.#receiveError ??= asError(error);
    }
    this.#lastReceivedMs = this.#host.nowMs();
    this.#unansweredSinceMs = undefined;
    this.#host.schedule(this);
  }

  /** The peer does not know this connection any more. */
  receiveReset(): void {
    this.close(closeCode.normal, 'reset', streamClosed('the peer has restarted'));
    this.#vanish();
  }

  /** One turn: reads, writes, sends packets, sets the timer. */
  turn(): void {
    if (this.#isGone) return;
    if (this.#phase === 'handshake') this.#shakeHands();
    const streams = this.#streams;
    if (this.#phase === 'open' && streams !== undefined) {
      if (streams.read()) this.#host.schedule(this);
      streams.write();
    }
    this.#emit(packetsPerTurnMax);
    this.#checkEnd();
  }

  /** The last turn of a stopping node: sends what is queued, then the end; reads nothing. */
  finish(code: CloseCode, reason: string, error: PatinaError): void {
    if (this.#phase === 'open') this.#streams?.write();
    this.#emit(Number.POSITIVE_INFINITY);
    this.close(code, reason, error);
    this.#emit(Number.POSITIVE_INFINITY);
    this.#vanish();
  }

  /** Sends the packets that are due, at most so many. */
  #emit(packetsMax: number): void {
    if (this.#isGone) return;
    for (let count = 0; count < packetsMax; count++) {
      const packet = this.#host.packetBuffer();
      let sent: ReturnType<Connection['send']>;
      try {
        sent = this.#conn.send(packet);
      } catch {
        // A failed handshake shows here again; the connection's own error says what it was.
        return;
      }
      if (sent === null) return;
      this.#host.transmit(packet, sent[0], sent[1].to);
    }
    this.#host.schedule(this);
  }

  /** Closes with a reason for the peer; everything under way fails with `error`. */
  close(code: CloseCode, reason: string, error: PatinaError): void {
    if (this.#phase === 'closed') return;
    this.#end(error);
    try {
      this.#conn.close(true, code, Buffer.from(reason));
    } catch {
      // Already closing: the peer is told the first reason.
    }
    this.#host.schedule(this);
  }

  /** A turn failed in a way that nobody foresaw. */
  fault(error: Error): void {
    this.#faulted(error, false);
  }

  /** Keeps the connection alive if it is wanted, and gives up a silent peer. Called regularly. */
  tick(isPreferred: boolean, wasStalled: boolean): void {
    if (this.#phase !== 'open') return;
    const { limits } = this.#host;
    const nowMs = this.#host.nowMs();
    const silentSinceMs = this.#unansweredSinceMs ?? nowMs;
    if (!wasStalled && nowMs - silentSinceMs >= limits.silenceTimeoutMs) {
      this.close(closeCode.normal, 'silent', streamClosed('the peer answers nothing any more'));
      return;
    }
    const hasStreams = (this.#streams?.openStreams ?? 0) > 0;
    const isUsed = isPreferred && nowMs - this.#lastUsedMs < limits.unusedTimeoutMs;
    const isQuiet = nowMs - this.#lastReceivedMs >= limits.idleTimeoutMs / 2;
    if (isQuiet && (hasStreams || isUsed)) {
      this.#conn.sendAckEliciting();
      this.#noteSent();
      this.#host.schedule(this);
    }
  }

  get #address(): PeerAddress {
    return this.#hello?.address ?? this.dialled ?? formatAddress(this.remote);
  }

  #shakeHands(): void {
    const step = this.#handshake.step();
    if (step.kind === 'accepted') this.#open(step.hello);
    if (step.kind === 'refused') this.#refuse(step.reason, step.text);
  }

  #open(hello: Hello): void {
    const { address, actorId, sessionId } = hello;
    const peer: Peer = { address, actorId, sessionId };
    this.#hello = hello;
    this.#peer = peer;
    this.#phase = 'open';
    clearTimeout(this.#handshakeTimer);
    const host = this.#host;
    this.#streams = new ConnectionStreams({
      conn: this.#conn,
      peer,
      isDialler: this.role === 'dialled',
      limits: host.limits,
      stats: host.stats,
      handlers: host.handlers,
      wake: () => {
        this.#lastUsedMs = host.nowMs();
        host.schedule(this);
      },
      noteUse: () => {
        this.#lastUsedMs = host.nowMs();
      },
      noteSent: () => this.#noteSent(),
      onFault: (error, byPeer) => this.#faulted(error, byPeer),
    });
    host.onOpen(this);
  }

  #faulted(error: Error, byPeer: boolean): void {
    this.#host.stats.dropped(byPeer ? 'message-malformed' : 'handler-failed');
    this.#host.onFault({ address: this.#address, peer: this.peer, error });
    const code = byPeer ? closeCode.malformed : closeCode.internal;
    const reason = byPeer ? error.message : 'internal error';
    this.close(code, reason, streamClosed(`the connection was closed: ${error.message}`, error));
  }

  #refuse(reason: HandshakeFailure, text: string): void {
    this.#fail(reason, closeCode.refused, peerRefused(this.#address, text));
  }

  #fail(reason: HandshakeFailure, code: CloseCode, error: PatinaError): void {
    if (this.#phase === 'closed') return;
    this.#host.stats.handshakeFailed(reason);
    if (reason !== 'timeout') {
      this.#host.onFault({ address: this.#address, peer: this.peer, error });
    }
    this.close(code, reason, error);
  }

  /** After packets and timers: has QUIC ended the connection? */
  #checkEnd(): void {
    const conn = this.#conn;
    const isOver = conn.isClosed() || conn.isDraining() || conn.localError() !== null;
    if (isOver && this.#phase !== 'closed') this.#ended();
    if (conn.isClosed()) this.#vanish();
    else this.#setTimer();
  }

  /** The peer, TLS or a time-out ended the connection. */
  #ended(): void {
    const peerError = this.#conn.peerError();
    if (this.#phase === 'open') {
      const said = peerError === null ? '' : Buffer.from(peerError.reason).toString('latin1');
      const why = said || this.#receiveError?.message || 'no reason given';
      const what = this.#conn.isTimedOut() ? 'timed out' : `ended: ${why}`;
      this.#end(streamClosed(`the connection to ${this.#address} ${what}`, this.#receiveError));
      return;
    }
    const { reason, error } = this.#handshakeError(peerError);
    this.#host.stats.handshakeFailed(reason);
    this.#host.onFault({ address: this.#address, peer: undefined, error });
    this.#end(error);
  }

  #handshakeError(peerError: ReturnType<Connection['peerError']>): {
    reason: HandshakeFailure;
    error: PatinaError;
  } {
    const address = this.#address;
    if (peerError !== null) {
      const { isApp, errorCode } = peerError;
      const isRefusal = isApp ? errorCode === closeCode.refused : errorCode >= cryptoErrorStart;
      if (!isRefusal) {
        return { reason: 'closed', error: peerUnreachable(address, 'it closed the handshake') };
      }
      const said = isApp
        ? Buffer.from(peerError.reason).toString('latin1')
        : `TLS alert ${errorCode - cryptoErrorStart}`;
      const error = peerRefused(address, `the peer refused us (${said})`);
      return { reason: 'refused-by-peer', error };
    }
    if (this.#conn.localError() !== null) {
      const why = this.#receiveError?.message ?? 'no reason given';
      const error = peerRefused(address, `the TLS handshake failed (${why})`);
      return { reason: 'tls', error };
    }
    return { reason: 'timeout', error: peerUnreachable(address, 'no answer in time') };
  }

  /** The application's view ends here, exactly once. */
  #end(error: PatinaError): void {
    if (this.#phase === 'closed') return;
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closed';
    clearTimeout(this.#handshakeTimer);
    if (wasOpen) this.#host.stats.add('closed');
    this.#streams?.fail(error);
    this.#host.onClosed(this, error);
  }

  #vanish(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#host.onGone(this);
  }

  #noteSent(): void {
    this.#unansweredSinceMs ??= this.#host.nowMs();
  }

  /** A timer that is due sooner stays: having fired too early, it sets itself anew. */
  #setTimer(): void {
    const timeoutMs = this.#conn.timeout();
    if (timeoutMs === null) return;
    const dueMs = this.#host.nowMs() + timeoutMs + 1;
    if (this.#timer !== undefined && this.#timerDueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(() => this.#onTimer(), timeoutMs + 1);
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (this.#host.nowMs() - this.#timerDueMs > stallMs) {
      // Packets that came while the thread was busy are read first: the peer may have answered.
      setImmediate(() => this.#onTimeout());
      return;
    }
    this.#onTimeout();
  }

  #onTimeout(): void {
    if (this.#isGone) return;
    this.#conn.onTimeout();
    this.#host.schedule(this);
  }
}
