// Updates that wait to be sent on: each rides along on datagrams that are sent anyway until it was
// sent often enough to reach everybody with high probability. The least-sent go first; news about
// an actor replaces older news about it.

import { assert } from '../base/assert.ts';
import { encodeUpdate, type Update } from './wire.ts';

interface Waiting {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Order of arrival: among equally often sent ones the newest goes first. */
  readonly order: number;
  sent: number;
}

export class UpdateQueue {
  readonly #max: number;
  readonly #waitingByKey = new Map<string, Waiting>();
  #orders = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waitingByKey.size;
  }

  /** Updates dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  add(update: Update): void {
    const key = `${update.kind}:${update.record.actorId}`;
    this.#waitingByKey.delete(key);
    if (this.#waitingByKey.size >= this.#max) this.#dropMostSent();
    const bytes = encodeUpdate(update);
    this.#waitingByKey.set(key, { key, bytes, order: this.#orders++, sent: 0 });
  }

  /** Forgets the news about an actor. */
  remove(update: Update): void {
    this.#waitingByKey.delete(`${update.kind}:${update.record.actorId}`);
  }

  /**
   * Takes updates for one datagram; each is forgotten once it was sent `sendsMax` times to members
   * who are likely to get it. A datagram to somebody who may be dead does not count.
   */
  take(space: {
    readonly bytesMax: number;
    readonly countMax: number;
    readonly sendsMax: number;
    readonly counts: boolean;
  }): Uint8Array[] {
    const { bytesMax, countMax, sendsMax, counts } = space;
    assert(sendsMax >= 1, 'an update is sent at least once');
    if (this.#waitingByKey.size === 0) return [];
    const taken: Uint8Array[] = [];
    let left = bytesMax;
    for (const waiting of [...this.#waitingByKey.values()].sort(leastSentFirst)) {
      if (taken.length >= countMax) break;
      if (waiting.bytes.length > left) continue;
      left -= waiting.bytes.length;
      taken.push(waiting.bytes);
      if (!counts) continue;
      waiting.sent++;
      if (waiting.sent >= sendsMax) this.#waitingByKey.delete(waiting.key);
    }
    return taken;
  }

  #dropMostSent(): void {
    let most: Waiting | undefined;
    for (const waiting of this.#waitingByKey.values()) {
      if (most === undefined || leastSentFirst(most, waiting) < 0) most = waiting;
    }
    if (most === undefined) return;
    this.#waitingByKey.delete(most.key);
    this.#dropped++;
  }
}

function leastSentFirst(a: Waiting, b: Waiting): number {
  return a.sent - b.sent || b.order - a.order;
}
