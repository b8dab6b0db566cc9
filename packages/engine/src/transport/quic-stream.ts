// A two-way stream of whole messages over one QUIC stream. Back-pressure is QUIC's flow control: while
// the receiver's promise is pending nothing is read, so the peer's window fills and its sends wait.

import type { Connection } from '@matrixai/quic/native/types.js';
import { PatinaError } from '../base/errors.ts';
import type { MessageStream, Peer } from '../ports.ts';
import {
  encodeAbortMark,
  encodeEndMark,
  encodeFrameHeader,
  FrameReader,
  frameHeaderBytes,
} from './frame-reader.ts';
import { messageTooLarge } from './message-receiver.ts';
import { discardStream, readBuffer } from './stream-io.ts';
import { asError, streamClosed } from './transport-errors.ts';
import type { TransportLimits } from './transport-options.ts';

/** First byte of every two-way stream, sent when it is opened, so that the peer sees it at once. */
export const streamOpening = 0x01;

/** Messages up to this length are copied behind their header: one write instead of two. */
const joinBytesMax = 16 * 1024;

/** Read or written in one turn at most, so that streams of a connection take turns. */
const turnBytes = 512 * 1024;

const nothing = Buffer.alloc(0);

type ReceiveHandlers = Parameters<MessageStream['receive']>[0];

export interface StreamContext {
  readonly conn: Connection;
  readonly peer: Peer;
  readonly limits: TransportLimits;
  /** Something was queued or may be read again: the connection must take a turn. */
  wake(): void;
  /** Both directions are over; the stream is never touched again. */
  onOver(id: number): void;
  /** A handler threw, or the peer broke the framing. */
  onFault(error: Error, byPeer: boolean): void;
}

export class QuicStream implements MessageStream {
  readonly id: number;
  readonly peer: Peer;
  readonly #context: StreamContext;
  readonly #reader: FrameReader;
  #handlers: ReceiveHandlers | undefined;
  /** The opening byte is still to be read. */
  #awaitsOpening: boolean;
  /** The receiver's promise is pending. */
  #isBusy = false;
  /** Read from QUIC and not yet delivered. */
  #undelivered: Buffer = nothing;
  /** QUIC has nothing more to read. */
  #readOver = false;
  /** How it ended for the receiver. From then on, what still comes is thrown away. */
  #end: { readonly error: Error | undefined } | undefined;
  #endReported = false;

  /** Pieces to be written; the first may be partly gone. */
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  readonly #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  /** The last piece of the queue carries the FIN. */
  #isEnding = false;
  /** Why nothing more can be sent; the queue may still hold what goes before the FIN. */
  #sendError: Error | undefined;
  /** Nothing more is to be written. */
  #writeOver = false;

  constructor(id: number, context: StreamContext, isOpener: boolean) {
    this.id = id;
    this.peer = context.peer;
    this.#context = context;
    this.#reader = new FrameReader(context.limits.messageBytesMax);
    this.#awaitsOpening = !isOpener;
    if (isOpener) this.#push(Uint8Array.of(streamOpening));
  }

  /** Whether something waits to be written. */
  get hasOutput(): boolean {
    return !this.#writeOver && this.#queue.length > 0;
  }

  send(message: Uint8Array): Promise<void> {
    const { messageBytesMax, streamQueueBytes, streamQueueBytesMax } = this.#context.limits;
    if (message.length > messageBytesMax) {
      return Promise.reject(messageTooLarge(message.length, messageBytesMax));
    }
    if (this.#sendError !== undefined) return Promise.reject(this.#sendError);
    if (this.#queuedBytes + message.length > streamQueueBytesMax) {
      return Promise.reject(overloaded());
    }
    if (message.length <= joinBytesMax) {
      const joined = Buffer.allocUnsafe(frameHeaderBytes + message.length);
      joined.writeUInt32LE(message.length, 0);
      joined.set(message, frameHeaderBytes);
      this.#push(joined);
    } else {
      this.#push(encodeFrameHeader(message.length));
      this.#push(message);
    }
    this.#context.wake();
    if (this.#queuedBytes < streamQueueBytes) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  end(): void {
    if (this.#sendError !== undefined) return;
    this.#sendError = streamClosed('the stream was ended by this side');
    this.#isEnding = true;
    this.#push(encodeEndMark());
    this.#context.wake();
  }

  abort(): void {
    this.#abort(streamClosed('the stream was aborted by this side'));
  }

  receive(handlers: ReceiveHandlers): void {
    this.#handlers = handlers;
    if (this.#end === undefined) this.#context.wake();
    else queueMicrotask(() => this.#reportEnd());
  }

  /** Reads a turn's worth and delivers it; returns whether there may be more. */
  pumpRead(): boolean {
    let bytes = 0;
    while (bytes < turnBytes) {
      if (this.#readOver) return false;
      if (this.#end !== undefined) {
        if (discardStream(this.#context.conn, this.id)) this.#closeReading();
        return false;
      }
      if (this.#handlers === undefined || this.#isBusy) return false;
      const result = this.#read();
      if (result === undefined) return false;
      const [count, fin] = result;
      bytes += count;
      if (fin) this.#closeReading();
      this.#deliver(readBuffer.subarray(0, count));
    }
    return true;
  }

  /** Writes a turn's worth; returns whether QUIC took anything. */
  pumpWrite(): boolean {
    let written = 0;
    while (this.#queue.length > 0 && written < turnBytes) {
      const piece = this.#queue[0] ?? nothing;
      const taken = this.#write(piece, this.#isEnding && this.#queue.length === 1);
      if (taken === 0) break;
      written += taken;
      this.#queuedBytes -= taken;
      if (taken < piece.length) this.#queue[0] = piece.subarray(taken);
      else this.#queue.shift();
    }
    if (this.#isEnding && this.#queue.length === 0) this.#closeWriting();
    if (this.#queuedBytes < this.#context.limits.streamQueueBytes) {
      for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    }
    return written > 0;
  }

  /** The connection is gone: both directions end at once. */
  fail(error: Error): void {
    this.#dropQueue(error);
    this.#closeWriting();
    this.#finish(error);
    this.#closeReading();
  }

  #push(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
  }

  #write(piece: Uint8Array, fin: boolean): number {
    try {
      return this.#context.conn.streamSend(this.id, piece, fin) ?? 0;
    } catch (error) {
      this.#dropQueue(streamClosed('the peer does not read this stream any more', error));
      this.#closeWriting();
      return 0;
    }
  }

  /** Nothing more is sent, and what is queued is dropped. */
  #dropQueue(error: Error): void {
    this.#sendError ??= error;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  /** Cuts our direction short, so that the peer can tell: inside a message, or by a mark. */
  #cutWriting(error: Error): void {
    if (this.#writeOver) return;
    const next = this.#queue[0]?.subarray(0, 1);
    this.#dropQueue(error);
    this.#isEnding = true;
    this.#push(next ?? encodeAbortMark());
  }

  #closeWriting(): void {
    if (this.#writeOver) return;
    this.#writeOver = true;
    this.#checkOver();
  }

  #read(): [number, boolean] | undefined {
    try {
      return this.#context.conn.streamRecv(this.id, readBuffer) ?? undefined;
    } catch (error) {
      this.#closeReading();
      this.#abort(streamClosed('the peer reset the stream', error));
      return undefined;
    }
  }

  #closeReading(): void {
    if (this.#readOver) return;
    this.#readOver = true;
    this.#checkOver();
  }

  #deliver(bytes: Buffer): void {
    let at = 0;
    if (this.#awaitsOpening && bytes.length > 0) {
      this.#awaitsOpening = false;
      at = 1;
      if (bytes[0] !== streamOpening) this.#broken('malformed stream: unknown kind');
    }
    while (at < bytes.length && !this.#isBusy && this.#end === undefined) {
      let message: Uint8Array | undefined;
      try {
        const taken = this.#reader.take(bytes, at);
        at += taken.bytes;
        message = taken.message;
      } catch (error) {
        this.#broken(asError(error).message);
        return;
      }
      if (message !== undefined) this.#hand(message);
    }
    if (this.#end !== undefined) return;
    // Copied, because the read buffer is shared.
    if (at < bytes.length) this.#undelivered = Buffer.from(bytes.subarray(at));
    else if (this.#readOver && !this.#isBusy) this.#finishRead();
  }

  /** Everything was read and delivered: did the peer end, or give up? */
  #finishRead(): void {
    if (this.#reader.isEnded) this.#finish(undefined);
    else this.#abort(streamClosed('the stream was aborted by the peer'));
  }

  #hand(message: Uint8Array): void {
    try {
      const pending = this.#handlers?.onMessage(message);
      if (pending === undefined) return;
      this.#isBusy = true;
      pending.then(
        () => this.#resume(),
        (error: unknown) => this.#handlerFailed(error),
      );
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  #resume(): void {
    this.#isBusy = false;
    if (this.#end !== undefined) return;
    const rest = this.#undelivered;
    this.#undelivered = nothing;
    this.#deliver(rest);
    if (this.#end === undefined && !this.#isBusy) this.#context.wake();
  }

  #handlerFailed(thrown: unknown): void {
    this.#isBusy = false;
    const error = asError(thrown);
    this.#abort(error);
    this.#context.onFault(error, false);
  }

  #broken(what: string): void {
    const error = new PatinaError('PATINA_WIRE_MALFORMED', what);
    this.#abort(error);
    this.#context.onFault(error, true);
  }

  #abort(error: Error): void {
    this.#cutWriting(error);
    this.#finish(error);
    this.#context.wake();
  }

  #finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#undelivered = nothing;
    // Never inside a call of the receiver, whose own state may be half changed.
    queueMicrotask(() => this.#reportEnd());
  }

  #reportEnd(): void {
    if (this.#endReported || this.#handlers === undefined || this.#end === undefined) return;
    this.#endReported = true;
    try {
      this.#handlers.onEnd(this.#end.error);
    } catch (error) {
      this.#context.onFault(asError(error), false);
    }
  }

  #checkOver(): void {
    if (this.#readOver && this.#writeOver) this.#context.onOver(this.id);
  }
}

function overloaded(): PatinaError {
  return new PatinaError('PATINA_OVERLOADED', 'too much is queued on this stream', {
    hint: 'Wait for each send before the next.',
  });
}
