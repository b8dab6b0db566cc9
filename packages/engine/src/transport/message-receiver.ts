// One-way messages coming in on one connection: the bytes of each stream are put together until its
// fin. A message over its limit is malformed; too many at once are refused and counted.

import type { Connection } from '@matrixai/quic/native/types.js';
import { malformed } from '../base/bytes.ts';
import { PatinaError } from '../base/errors.ts';
import { discardStream, readBuffer } from './stream-io.ts';
import type { TransportLimits } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';

interface Incoming {
  readonly pieces: Buffer[];
  bytes: number;
}

/** Reassembles one-way messages. */
export class MessageReceiver {
  readonly #conn: Connection;
  readonly #limits: TransportLimits;
  readonly #stats: StatsCounter;
  readonly #deliver: (message: Uint8Array) => void;
  /** Messages partly received, oldest first. */
  readonly #partial = new Map<number, Incoming>();
  #partialBytes = 0;
  #ended = 0;
  /** Messages given up, whose rest is thrown away as it comes. */
  readonly #refused = new Set<number>();

  constructor(
    conn: Connection,
    limits: TransportLimits,
    stats: StatsCounter,
    deliver: (message: Uint8Array) => void,
  ) {
    this.#conn = conn;
    this.#limits = limits;
    this.#stats = stats;
    this.#deliver = deliver;
  }

  /** Messages received so far, whole or not. */
  get ended(): number {
    return this.#ended;
  }

  /** Reads what a readable stream holds; throws PATINA_WIRE_MALFORMED for a message over its limit. */
  read(id: number): void {
    if (this.#refused.has(id)) {
      if (discardStream(this.#conn, id)) this.#refused.delete(id);
      return;
    }
    for (;;) {
      const result = this.#receive(id);
      if (result === undefined) return;
      const [count, fin] = result;
      if (fin) {
        this.#finish(id, count);
        return;
      }
      if (this.#isOverfull(id, count)) {
        this.#refuse(id);
        return;
      }
      this.#keep(id, count);
    }
  }

  /** Whether there is no room for these bytes. The oldest message always goes on. */
  #isOverfull(id: number, count: number): boolean {
    const [oldest] = this.#partial.keys();
    if (oldest === undefined || oldest === id) return false;
    const isNew = !this.#partial.has(id);
    if (isNew && this.#partial.size >= this.#limits.streamsUniMax) return true;
    return this.#partialBytes + count > this.#limits.assemblyBytesMax;
  }

  #refuse(id: number): void {
    this.#forget(id);
    this.#stats.dropped('assembly-full');
    if (!discardStream(this.#conn, id)) this.#refused.add(id);
  }

  #receive(id: number): [number, boolean] | undefined {
    try {
      return this.#conn.streamRecv(id, readBuffer) ?? undefined;
    } catch {
      // The sender gave the message up (RESET_STREAM): what came of it is worthless.
      this.#forget(id);
      return undefined;
    }
  }

  #keep(id: number, count: number): void {
    if (count === 0) return;
    const incoming = this.#partial.get(id) ?? { pieces: [], bytes: 0 };
    this.#partial.set(id, incoming);
    this.#checkLength(incoming.bytes + count);
    incoming.pieces.push(Buffer.from(readBuffer.subarray(0, count)));
    incoming.bytes += count;
    this.#partialBytes += count;
  }

  #finish(id: number, count: number): void {
    const incoming = this.#partial.get(id);
    this.#checkLength((incoming?.bytes ?? 0) + count);
    const last = readBuffer.subarray(0, count);
    const message = Buffer.concat([...(incoming?.pieces ?? []), last]);
    this.#forget(id);
    this.#deliver(message);
  }

  #forget(id: number): void {
    this.#ended++;
    this.#partialBytes -= this.#partial.get(id)?.bytes ?? 0;
    this.#partial.delete(id);
  }

  #checkLength(bytes: number): void {
    if (bytes <= this.#limits.messageBytesMax) return;
    throw malformed(`one-way message over the limit of ${this.#limits.messageBytesMax} bytes`);
  }
}

/** The error for a message that we were asked to send and that no peer would accept. */
export function messageTooLarge(bytes: number, messageBytesMax: number): PatinaError {
  return new PatinaError(
    'PATINA_BODY_TOO_LARGE',
    `a message of ${bytes} bytes is over the limit of ${messageBytesMax}`,
  );
}
