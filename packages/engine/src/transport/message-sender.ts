// One-way messages going out on one connection: each on a stream of its own, ended by its fin. They
// wait here while flow control or our own limits hold them back.

import type { Connection } from '@matrixai/quic/native/types.js';
import { PatinaError } from '../base/errors.ts';
import { streamClosed } from './transport-errors.ts';
import type { TransportLimits } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';

/** Messages partly handed over at a time: enough to pass one that its receiver holds back. */
const partialMax = 16;

/** Ids of streams of one kind are this far apart (RFC 9000, section 2.1). */
const streamIdStep = 4;

interface Outgoing {
  readonly bytes: Uint8Array;
  sent: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Sends one-way messages, first come, first served. */
export class MessageSender {
  readonly #conn: Connection;
  readonly #limits: TransportLimits;
  readonly #stats: StatsCounter;
  #nextStreamId: number;
  /** Not begun; sets keep the order of insertion and give up their first element cheaply. */
  readonly #waiting = new Set<Outgoing>();
  #waitingBytes = 0;
  /** Begun, by stream id. */
  readonly #partial = new Map<number, Outgoing>();
  #partialBytes = 0;
  #begun = 0;

  /** `firstStreamId` is the first of our one-way streams that is not taken. */
  constructor(
    conn: Connection,
    firstStreamId: number,
    limits: TransportLimits,
    stats: StatsCounter,
  ) {
    this.#conn = conn;
    this.#nextStreamId = firstStreamId;
    this.#limits = limits;
    this.#stats = stats;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#partial.size === 0;
  }

  /** Messages begun so far. */
  get begun(): number {
    return this.#begun;
  }

  /** Queues a message; resolves once flow control took all of it. */
  send(bytes: Uint8Array): Promise<void> {
    const { sendQueueMax, sendQueueBytesMax } = this.#limits;
    if (
      this.#waiting.size >= sendQueueMax ||
      this.#waitingBytes + bytes.length > sendQueueBytesMax
    ) {
      this.#stats.dropped('send-queue-full');
      return Promise.reject(queueFull());
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add({ bytes, sent: 0, resolve, reject });
      this.#waitingBytes += bytes.length;
    });
  }

  /** Hands over as much as flow control takes; returns whether it took anything. */
  pump(): boolean {
    let progress = false;
    for (const [id, message] of this.#partial) {
      if (this.#write(id, message)) progress = true;
    }
    for (const message of this.#waiting) {
      if (!this.#mayBegin(message)) break;
      this.#waiting.delete(message);
      this.#waitingBytes -= message.bytes.length;
      const id = this.#nextStreamId;
      this.#nextStreamId += streamIdStep;
      this.#begun++;
      this.#partial.set(id, message);
      this.#partialBytes += message.bytes.length;
      if (!this.#write(id, message)) break;
      progress = true;
    }
    return progress;
  }

  /** Rejects everything that was not handed over. */
  fail(error: Error): void {
    const unsent = [...this.#partial.values(), ...this.#waiting];
    this.#partial.clear();
    this.#partialBytes = 0;
    this.#waiting.clear();
    this.#waitingBytes = 0;
    for (const message of unsent) message.reject(error);
  }

  #mayBegin(message: Outgoing): boolean {
    if (this.#partial.size === 0) return true;
    const bytes = this.#partialBytes + message.bytes.length;
    return this.#partial.size < partialMax && bytes <= this.#limits.partialSendBytesMax;
  }

  #over(id: number, message: Outgoing): void {
    this.#partial.delete(id);
    this.#partialBytes -= message.bytes.length;
  }

  /** Returns whether flow control took anything. */
  #write(id: number, message: Outgoing): boolean {
    let taken: number;
    try {
      taken = this.#conn.streamSend(id, message.bytes.subarray(message.sent), true) ?? 0;
    } catch (error) {
      this.#over(id, message);
      message.reject(streamClosed('the peer does not take this message', error));
      return true;
    }
    message.sent += taken;
    if (message.sent < message.bytes.length) return taken > 0;
    this.#over(id, message);
    this.#stats.add('messagesSent');
    message.resolve();
    return true;
  }
}

/** Too much waits for a peer that takes too little. */
export function queueFull(): PatinaError {
  return new PatinaError('PATINA_PEER_UNREACHABLE', 'too much is waiting for this peer already', {
    hint: 'The peer or the link to it is slower than what is sent; wait for earlier sends.',
  });
}
