// What this node has with one peer: its connections, and what waits while one is being dialled. A peer
// is known by the address it advertises; other addresses that led to it are kept as its aliases.

import type { MessageStream, PeerAddress } from '../ports.ts';
import type { ConnectionStreams } from './connection-streams.ts';
import { queueFull } from './message-sender.ts';
import type { QuicConnection } from './quic-connection.ts';
import type { TransportLimits } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';

interface Waiting {
  readonly bytes: number;
  readonly run: (streams: ConnectionStreams) => void;
  readonly reject: (error: Error) => void;
}

export class PeerLink {
  /** The advertised address; the dialled one until the peer has said its own. */
  readonly address: PeerAddress;
  readonly aliases = new Set<PeerAddress>();
  /** Open connections. */
  readonly connections = new Set<QuicConnection>();
  /** The one that takes new traffic. */
  preferred: QuicConnection | undefined;
  isDialling = false;
  /** The peer refused us: until then it is not dialled again, and sends fail with `error`. */
  refusal: { readonly error: Error; readonly untilMs: number } | undefined;
  readonly #limits: TransportLimits;
  readonly #stats: StatsCounter;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #datagrams: Uint8Array[] = [];

  constructor(address: PeerAddress, limits: TransportLimits, stats: StatsCounter) {
    this.address = address;
    this.#limits = limits;
    this.#stats = stats;
  }

  /** Nothing is left that would be missed. */
  get isEmpty(): boolean {
    const hasWork = this.isDialling || this.#waiting.length > 0;
    return !hasWork && this.connections.size === 0 && this.refusal === undefined;
  }

  /** Sends a message now, or when a connection opens. */
  sendMessage(bytes: Uint8Array): Promise<void> {
    const streams = this.preferred?.streams;
    if (streams !== undefined) return streams.sendMessage(bytes);
    return this.#wait(bytes.length, (later) => later.sendMessage(bytes));
  }

  /** Opens a stream now, or when a connection opens. */
  openStream(): Promise<MessageStream> {
    const streams = this.preferred?.streams;
    if (streams !== undefined) return streams.openStream();
    return this.#wait(0, (later) => later.openStream());
  }

  /** Sends a datagram now, or when a connection opens; the oldest waiting ones are dropped first. */
  sendDatagram(bytes: Uint8Array): void {
    const streams = this.preferred?.streams;
    if (streams !== undefined) {
      streams.sendDatagram(bytes);
      return;
    }
    this.#datagrams.push(bytes);
    if (this.#datagrams.length <= this.#limits.datagramsWaitingMax) return;
    this.#datagrams.shift();
    this.#stats.dropped('datagram-queue-full');
  }

  /** A connection is open: everything that waited goes out on it. */
  release(streams: ConnectionStreams): void {
    const waiting = this.#waiting;
    const datagrams = this.#datagrams;
    this.#forgetWaiting();
    for (const bytes of datagrams) streams.sendDatagram(bytes);
    for (const item of waiting) item.run(streams);
  }

  /** No connection is to be had: everything that waited fails. */
  reject(error: Error): void {
    const waiting = this.#waiting;
    for (const _ of this.#datagrams) this.#stats.dropped('datagram-unsendable');
    this.#forgetWaiting();
    for (const item of waiting) item.reject(error);
  }

  /**
   * Picks the connection for new traffic among those open: a fresh one rather than a worn one. Both
   * sides of a simultaneous dial pick the same: that of the dialler with the lower session id. The
   * others carry what they carry.
   */
  prefer(localSessionId: string): void {
    const rank = (connection: QuicConnection): string => {
      const theirs = connection.peer?.sessionId ?? '';
      const diallerSession = connection.role === 'dialled' ? localSessionId : theirs;
      return `${connection.isWorn ? 'worn' : 'fresh'} ${diallerSession}`;
    };
    let best: QuicConnection | undefined;
    for (const connection of this.connections) {
      if (best === undefined || rank(connection) < rank(best)) best = connection;
    }
    this.preferred = best;
  }

  #wait<T>(bytes: number, run: (streams: ConnectionStreams) => Promise<T>): Promise<T> {
    const { sendQueueMax, sendQueueBytesMax } = this.#limits;
    if (this.#waiting.length >= sendQueueMax || this.#waitingBytes + bytes > sendQueueBytesMax) {
      this.#stats.dropped('send-queue-full');
      return Promise.reject(queueFull());
    }
    return new Promise((resolve, reject) => {
      this.#waitingBytes += bytes;
      const start = (streams: ConnectionStreams): void => {
        run(streams).then(resolve, reject);
      };
      this.#waiting.push({ bytes, run: start, reject });
    });
  }

  #forgetWaiting(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#datagrams = [];
  }
}
