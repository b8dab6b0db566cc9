// A two-way stream of whole messages over one QUIC stream. Back-pressure is QUIC's flow control: while
// the receiver's promise is pending nothing is read, so the peer's window fills and its sends wait.

import type { Connection } from '@matrixai/quic/native/types.js';
import { Shutdown } from '@matrixai/quic/native/types.js';
import { PatinaError } from '../base/errors.ts';
import type { MessageStream, Peer } from '../ports.ts';
import { encodeFrameHeader, FrameReader, frameHeaderBytes } from './frame-reader.ts';
import { messageTooLarge, readBuffer } from './message-receiver.ts';
import { asError, closeCode, streamClosed } from './transport-errors.ts';
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
  #finReceived = false;
  /** Nothing is to be read any more. */
  #readOver = false;
  /** How reading ended; undefined while it goes on. */
  #end: { readonly error: Error | undefined } | undefined;
  #endReported = false;

  /** Pieces to be written; the first may be partly gone. */
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #ending = false;
  #writeError: Error | undefined;
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
    return !this.#writeOver && (this.#queue.length > 0 || this.#ending);
  }

  send(message: Uint8Array): Promise<void> {
    const { messageBytesMax, streamQueueBytes, streamQueueBytesMax } = this.#context.limits;
    if (message.length > messageBytesMax) {
      return Promise.reject(messageTooLarge(message.length, messageBytesMax));
    }
    if (this.#writeError !== undefined) return Promise.reject(this.#writeError);
    if (this.#ending) return Promise.reject(streamClosed('the stream was ended by this side'));
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
    if (this.#ending || this.#writeOver) return;
    this.#ending = true;
    this.#context.wake();
  }

  abort(): void {
    this.#abort(closeCode.normal, streamClosed('the stream was aborted by this side'));
  }

  receive(handlers: ReceiveHandlers): void {
    this.#handlers = handlers;
    if (this.#end !== undefined) {
      queueMicrotask(() => this.#reportEnd());
      return;
    }
    this.#context.wake();
  }

  /** Reads a turn's worth and delivers it; returns whether there may be more. */
  pumpRead(): boolean {
    let bytes = 0;
    while (bytes < turnBytes) {
      if (this.#handlers === undefined || this.#isBusy || this.#readOver) return false;
      let result: [number, boolean] | null;
      try {
        result = this.#context.conn.streamRecv(this.id, readBuffer);
      } catch (error) {
        this.#finishReading(streamClosed('the peer aborted the stream', error));
        return false;
      }
      if (result === null) return false;
      const [count, fin] = result;
      bytes += count;
      this.#finReceived = fin;
      this.#deliver(readBuffer.subarray(0, count));
    }
    return true;
  }

  /** Writes a turn's worth; returns whether QUIC took anything. */
  pumpWrite(): boolean {
    let written = 0;
    while (this.#queue.length > 0 && written < turnBytes && !this.#writeOver) {
      const piece = this.#queue[0] ?? nothing;
      const taken = this.#write(piece);
      if (taken === undefined) break;
      written += taken;
      this.#queuedBytes -= taken;
      if (taken < piece.length) {
        this.#queue[0] = piece.subarray(taken);
        break;
      }
      this.#queue.shift();
    }
    if (this.#ending && this.#queue.length === 0 && !this.#writeOver) {
      this.#finishWriting();
      written++;
    }
    if (this.#queuedBytes < this.#context.limits.streamQueueBytes) this.#releaseWaiters();
    return written > 0;
  }

  /** The connection is gone: both directions end at once. */
  fail(error: Error): void {
    this.#closeWriting(error);
    this.#finishReading(error);
  }

  #push(piece: Uint8Array): void {
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
  }

  #write(piece: Uint8Array): number | undefined {
    try {
      return this.#context.conn.streamSend(this.id, piece, false) ?? undefined;
    } catch (error) {
      this.#closeWriting(streamClosed('the peer does not read this stream any more', error));
      return undefined;
    }
  }

  #finishWriting(): void {
    try {
      this.#context.conn.streamSend(this.id, nothing, true);
      this.#closeWriting(streamClosed('the stream was ended by this side'));
    } catch (error) {
      this.#closeWriting(streamClosed('the peer does not read this stream any more', error));
    }
  }

  #closeWriting(error: Error): void {
    if (this.#writeOver) return;
    this.#writeOver = true;
    this.#writeError = error;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#checkOver();
  }

  #releaseWaiters(): void {
    if (this.#waiters.length === 0 || this.#writeOver) return;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  #deliver(bytes: Buffer): void {
    let at = 0;
    if (this.#awaitsOpening && bytes.length > 0) {
      if (bytes[0] !== streamOpening) {
        this.#broken('unknown kind of stream');
        return;
      }
      this.#awaitsOpening = false;
      at = 1;
    }
    while (at < bytes.length && !this.#isBusy && !this.#readOver) {
      let message: Uint8Array | undefined;
      try {
        const taken = this.#reader.take(bytes, at);
        at += taken.taken;
        message = taken.message;
      } catch (error) {
        this.#broken(asError(error).message);
        return;
      }
      if (message !== undefined) this.#hand(message);
    }
    if (this.#readOver) return;
    if (at < bytes.length) {
      // Copied, because the read buffer is shared.
      this.#undelivered = Buffer.from(bytes.subarray(at));
    } else if (this.#finReceived && !this.#isBusy) {
      if (this.#reader.isMidMessage) {
        this.#broken('stream ended inside a message');
        return;
      }
      this.#finishReading(undefined);
    }
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
    if (this.#readOver) return;
    const rest = this.#undelivered;
    this.#undelivered = nothing;
    this.#deliver(rest);
    if (!this.#readOver && !this.#isBusy) this.#context.wake();
  }

  #handlerFailed(thrown: unknown): void {
    this.#isBusy = false;
    const error = asError(thrown);
    this.#context.onFault(error, false);
    this.#abort(closeCode.internal, error);
  }

  #broken(what: string): void {
    const error = new PatinaError('PATINA_WIRE_MALFORMED', `malformed stream: ${what}`);
    this.#abort(closeCode.malformed, error);
    this.#context.onFault(error, true);
  }

  #abort(code: number, error: Error): void {
    const { conn } = this.#context;
    for (const [direction, over] of [
      [Shutdown.Write, this.#writeOver],
      [Shutdown.Read, this.#readOver],
    ] as const) {
      if (over) continue;
      try {
        conn.streamShutdown(this.id, direction, code);
      } catch {
        // QUIC has already forgotten this direction: there is nothing left to shut down.
      }
    }
    this.#closeWriting(error);
    this.#finishReading(error);
    this.#context.wake();
  }

  #finishReading(error: Error | undefined): void {
    if (this.#readOver) return;
    this.#readOver = true;
    this.#undelivered = nothing;
    this.#end = { error };
    // Never inside a call of the receiver, whose own state may be half changed.
    queueMicrotask(() => this.#reportEnd());
    this.#checkOver();
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
