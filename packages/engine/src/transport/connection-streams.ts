// All traffic of one open connection: datagrams, one-way messages, two-way streams. It only moves bytes
// between the application and QUIC; packets and timers are the business of quic-connection.ts.

import type { Connection } from '@matrixai/quic/native/types.js';
import { malformed } from '../base/bytes.ts';
import { IntervalSet } from '../base/interval-set.ts';
import type { MessageStream, Peer, TransportHandlers } from '../ports.ts';
import { MessageReceiver } from './message-receiver.ts';
import { MessageSender, queueFull } from './message-sender.ts';
import { QuicStream, type StreamContext } from './quic-stream.ts';
import { discardStream } from './stream-io.ts';
import { asError } from './transport-errors.ts';
import type { TransportLimits } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';

/** The two lowest bits of a stream id: who opened it, and whether it goes one way. */
const openedByAcceptor = 0x1;
const oneWay = 0x2;
const streamIdStep = 4;

/** Two-way streams carry bulk: they yield to one-way messages (lower is more urgent, 127 default). */
const streamUrgency = 200;

/**
 * A peer keeps to streamsBidiMax as it sees its streams; we may see a few more, while the ends of some
 * are on their way.
 */
const acceptedMaxFactor = 8;

/** Openings that may wait for earlier streams to end. */
const openersMax = 256;

/** Rounds of reading and writing in one turn; what is left waits for the next. */
const roundsMax = 4;

interface Opener {
  readonly resolve: (stream: MessageStream) => void;
  readonly reject: (error: Error) => void;
}

/** What the streams need of their connection and its transport. */
export interface StreamsHost {
  readonly conn: Connection;
  readonly peer: Peer;
  readonly isDialler: boolean;
  readonly limits: TransportLimits;
  readonly stats: StatsCounter;
  readonly handlers: TransportHandlers;
  /** The connection must take a turn soon. */
  wake(): void;
  /** Something was received or is to be sent: the connection is in use. */
  noteUse(): void;
  /** Something was handed to QUIC that the peer must acknowledge. */
  noteSent(): void;
  /** A handler threw or the peer broke the protocol: the connection must close. */
  onFault(error: Error, byPeer: boolean): void;
}

export class ConnectionStreams {
  readonly #host: StreamsHost;
  readonly #sender: MessageSender;
  readonly #receiver: MessageReceiver;
  readonly #streams = new Map<number, QuicStream>();
  readonly #openers = new Set<Opener>();
  readonly #context: StreamContext;
  #nextStreamId: number;
  /** Streams opened by us that are not over. */
  #ownStreams = 0;
  /** Streams that the peer opened, by sequence number: a closed one must not come back. */
  readonly #seen = new IntervalSet();
  #isOver = false;

  constructor(host: StreamsHost) {
    this.#host = host;
    const ours = host.isDialler ? 0 : openedByAcceptor;
    this.#nextStreamId = ours;
    // The first one-way stream carries HELLO.
    const firstMessageId = (ours | oneWay) + streamIdStep;
    const { conn, peer, limits, stats } = host;
    this.#sender = new MessageSender(conn, firstMessageId, limits, stats);
    this.#receiver = new MessageReceiver(conn, limits, stats, (message) => {
      stats.add('messagesReceived');
      host.noteUse();
      this.#guard(() => host.handlers.onMessage(peer, message));
    });
    this.#context = {
      conn,
      peer,
      limits,
      wake: () => host.wake(),
      onOver: (id) => {
        if (!this.#streams.delete(id)) return;
        if (this.#isOwn(id)) this.#ownStreams--;
        // One of those that wait to be opened may have its turn.
        host.wake();
      },
      onFault: (error, byPeer) => host.onFault(error, byPeer),
    };
  }

  /** Two-way streams that are not over on both sides. */
  get openStreams(): number {
    return this.#streams.size;
  }

  /** Streams of all kinds so far: QUIC remembers each of them as long as the connection lives. */
  get streamsSoFar(): number {
    const opened = Math.floor(this.#nextStreamId / streamIdStep);
    return opened + this.#seen.count + this.#sender.begun + this.#receiver.ended;
  }

  sendDatagram(bytes: Uint8Array): void {
    const { conn, stats } = this.#host;
    try {
      if (conn.dgramSend(bytes) === null) {
        stats.dropped('datagram-queue-full');
        return;
      }
    } catch {
      // Longer than the path or the peer allows; datagrams may be lost, so this one is.
      stats.dropped('datagram-unsendable');
      return;
    }
    stats.add('datagramsSent');
    this.#host.noteSent();
    this.#host.wake();
  }

  sendMessage(bytes: Uint8Array): Promise<void> {
    const sent = this.#sender.send(bytes);
    this.#host.wake();
    return sent;
  }

  openStream(): Promise<MessageStream> {
    if (this.#openers.size >= openersMax) {
      this.#host.stats.dropped('send-queue-full');
      return Promise.reject(queueFull());
    }
    return new Promise((resolve, reject) => {
      this.#openers.add({ resolve, reject });
      this.#host.wake();
    });
  }

  /** Delivers what came; returns whether there is more to deliver. */
  read(): boolean {
    this.#readDatagrams();
    let more = false;
    for (let round = 0; round < roundsMax && !this.#isOver; round++) {
      more = false;
      for (const id of this.#host.conn.readable()) {
        if (this.#isOver) return false;
        if (this.#readStream(id)) more = true;
      }
      if (!more) break;
    }
    return more && !this.#isOver;
  }

  /** Hands over what flow control takes. */
  write(): void {
    if (this.#isOver) return;
    this.#openWaiting();
    let progress = !this.#sender.isIdle && this.#sender.pump();
    for (const stream of [...this.#streams.values()]) {
      if (!stream.hasOutput || !stream.pumpWrite()) continue;
      progress = true;
      this.#moveToBack(stream);
    }
    if (progress) this.#host.noteSent();
  }

  /** The connection is gone: everything under way fails. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sender.fail(error);
    for (const opener of this.#openers) opener.reject(error);
    this.#openers.clear();
    for (const stream of [...this.#streams.values()]) stream.fail(error);
    this.#streams.clear();
  }

  #readDatagrams(): void {
    const { conn, handlers, peer, stats } = this.#host;
    for (let count = conn.dgramRecvQueueLen(); count > 0 && !this.#isOver; count--) {
      const bytes = conn.dgramRecvVec();
      if (bytes === null) return;
      stats.add('datagramsReceived');
      this.#host.noteUse();
      this.#guard(() => handlers.onDatagram(peer, bytes));
    }
  }

  /** Returns whether the stream may have more to read in this turn. */
  #readStream(id: number): boolean {
    const stream = this.#streams.get(id);
    if (stream !== undefined) return stream.pumpRead();
    if ((id & oneWay) !== 0) {
      try {
        this.#receiver.read(id);
      } catch (error) {
        this.#host.onFault(asError(error), true);
      }
      return false;
    }
    const accepted = this.#accept(id);
    return accepted === undefined ? false : accepted.pumpRead();
  }

  #accept(id: number): QuicStream | undefined {
    const sequence = Math.floor(id / streamIdStep);
    if (this.#isOwn(id) || this.#seen.has(sequence)) {
      discardStream(this.#host.conn, id);
      return undefined;
    }
    if (
      this.#streams.size - this.#ownStreams >=
      acceptedMaxFactor * this.#host.limits.streamsBidiMax
    ) {
      this.#host.onFault(malformed('too many two-way streams at a time'), true);
      return undefined;
    }
    this.#seen.add(sequence);
    const stream = this.#create(id, false);
    this.#host.stats.add('streamsAccepted');
    this.#guard(() => this.#host.handlers.onStream(stream));
    return stream;
  }

  #isOwn(id: number): boolean {
    return (id & openedByAcceptor) === (this.#host.isDialler ? 0 : openedByAcceptor);
  }

  #create(id: number, isOpener: boolean): QuicStream {
    const stream = new QuicStream(id, this.#context, isOpener);
    this.#streams.set(id, stream);
    if (isOpener) this.#ownStreams++;
    try {
      this.#host.conn.streamPriority(id, streamUrgency, true);
    } catch {
      // The peer has already reset the stream; its first read or write will tell.
    }
    return stream;
  }

  #openWaiting(): void {
    for (const opener of this.#openers) {
      if (this.#ownStreams >= this.#host.limits.streamsBidiMax) return;
      this.#openers.delete(opener);
      const id = this.#nextStreamId;
      this.#nextStreamId += streamIdStep;
      this.#host.stats.add('streamsOpened');
      opener.resolve(this.#create(id, true));
    }
  }

  /** Lets the streams take turns: who wrote comes last next time. */
  #moveToBack(stream: QuicStream): void {
    if (this.#streams.size < 2 || this.#streams.get(stream.id) !== stream) return;
    this.#streams.delete(stream.id);
    this.#streams.set(stream.id, stream);
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#host.onFault(asError(error), false);
    }
  }
}
