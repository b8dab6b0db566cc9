// What waits for one peer: first copies before repetitions, bounded in bytes, and when it may be sent.

import type { ActorId } from '../base/actor-id.ts';
import { RingBuffer } from '../base/ring-buffer.ts';
import type { Chunk, PeerAddress } from '../ports.ts';
import type { BroadcastLimits, BroadcastMember } from './events.ts';
import { frameChunksMax } from './wire.ts';

/** One chunk while it is being spread. */
export interface SpreadItem {
  readonly chunk: Chunk;
  readonly reach: number;
  /** Sends from its origin to those whom it is sent to: 1 for what was committed here. */
  readonly hops: number;
  /** Peers that have it, or that it was sent or queued to. */
  readonly reached: Set<PeerAddress>;
  /** Rounds of sending so far. */
  round: number;
  duplicates: number;
  failedSends: number;
  /** Queues, frames in flight and waiting lists that hold it; at 0 it is forgotten. */
  holders: number;
  /** When the next round is due; meaningful while it waits for one. */
  dueMs: number;
}

export class PeerQueue {
  readonly address: PeerAddress;
  readonly actorId: ActorId;
  ring: number | undefined;
  /** Frames that the transport has not answered, by send id. */
  readonly inFlight = new Map<number, readonly SpreadItem[]>();
  failures = 0;
  pausedUntilMs = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  readonly #limits: BroadcastLimits;
  readonly #first = new RingBuffer<SpreadItem>();
  readonly #repeated = new RingBuffer<SpreadItem>();

  constructor(member: BroadcastMember, limits: BroadcastLimits) {
    this.address = member.address;
    this.actorId = member.actorId;
    this.ring = member.ring;
    this.#limits = limits;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#first.length + this.#repeated.length === 0;
  }

  get isBacklogged(): boolean {
    return this.#bytes > this.#limits.peerBytesMax / 2;
  }

  /** Whether nothing should be kept for it at present. */
  isUnreachable(nowMs: number): boolean {
    return this.failures >= this.#limits.failuresMax && nowMs < this.pausedUntilMs;
  }

  /** Adds an item and returns those that had to make room: repetitions first, then the oldest. */
  push(item: SpreadItem): SpreadItem[] {
    (item.round > 1 ? this.#repeated : this.#first).push(item);
    this.#bytes += item.chunk.bytes.length;
    const dropped: SpreadItem[] = [];
    while (this.#bytes > this.#limits.peerBytesMax && this.#count() > 1) {
      const oldest = this.dropOldest();
      if (oldest !== undefined) dropped.push(oldest);
    }
    return dropped;
  }

  /** Puts back what could not be sent, before everything else. */
  putBack(item: SpreadItem): void {
    this.#first.unshift(item);
    this.#bytes += item.chunk.bytes.length;
  }

  dropOldest(): SpreadItem | undefined {
    return this.#taken(this.#repeated.shift() ?? this.#first.shift());
  }

  /** When the next frame may go; undefined while nothing waits or the transport has enough. */
  readyMs(): number | undefined {
    const { framesInFlightMax, frameBytesTarget, frameGapMs } = this.#limits;
    if (this.isEmpty || this.inFlight.size >= framesInFlightMax) return undefined;
    const gapMs = this.#bytes >= frameBytesTarget ? 0 : frameGapMs;
    return Math.max(this.pausedUntilMs, this.#sentMs + gapMs);
  }

  /** Takes the items of the next frame: as many as fit its target size, at least one. */
  takeFrame(nowMs: number): SpreadItem[] {
    const items: SpreadItem[] = [];
    let bytes = 0;
    while (items.length < frameChunksMax) {
      const next = this.#first.at(0) ?? this.#repeated.at(0);
      if (next === undefined) break;
      bytes += next.chunk.bytes.length;
      if (items.length > 0 && bytes > this.#limits.frameBytesTarget) break;
      this.#taken(this.#first.shift() ?? this.#repeated.shift());
      items.push(next);
    }
    this.#sentMs = nowMs;
    return items;
  }

  #count(): number {
    return this.#first.length + this.#repeated.length;
  }

  #taken(item: SpreadItem | undefined): SpreadItem | undefined {
    if (item !== undefined) this.#bytes -= item.chunk.bytes.length;
    return item;
  }
}
