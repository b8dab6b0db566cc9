// Spreads new chunks over the cluster as fast as it can, and promises nothing: sync is the guarantee. A
// local chunk leaves in the same step for every peer of a small cluster, or for the nearest and some
// random ones of a large one; who receives it new passes it on to random others unless its origin says that it
// reaches everybody by itself. Whatever does not fit a limit is dropped and counted.

import type { ActorId } from '../base/actor-id.ts';
import { chunkBytesMax } from '../base/chunk-header.ts';
import { RingBuffer } from '../base/ring-buffer.ts';
import { type Rng, sample } from '../base/rng.ts';
import type { Chunk, PeerAddress } from '../ports.ts';
import { chunkKey } from './chunk-key.ts';
import {
  type BroadcastCounters,
  type BroadcastEffect,
  type BroadcastEvent,
  type BroadcastLimits,
  type BroadcastMember,
  broadcastLimits,
  newCounters,
  type ReceivedChunk,
} from './events.ts';
import { fanOut, resendProbability, transmissionsMax } from './fan-out.ts';
import { PeerQueue, type SpreadItem } from './peer-queue.ts';
import { TokenBucket } from './token-bucket.ts';
import { encodeFrame, hopsMax } from './wire.ts';

/** Below this share of its burst left, the machine spreads less widely. */
const limitedLevel = 0.1;

/** Sends of one chunk that may fail before it is left to sync. */
const failedSendsMax = 3;

export class Broadcast {
  readonly counters: BroadcastCounters = newCounters();
  readonly #rng: Rng;
  readonly #limits: BroadcastLimits;
  readonly #bucket: TokenBucket;
  readonly #peers = new Map<PeerAddress, PeerQueue>();
  readonly #addressesByActor = new Map<ActorId, PeerAddress>();
  readonly #peerBySendId = new Map<number, PeerQueue>();
  /** Waiting for their next round, by the round before it; each list is in the order of its due times. */
  readonly #waitingByRound: RingBuffer<SpreadItem>[] = [];
  readonly #waitingByKey = new Map<string, SpreadItem>();
  #nearest: PeerQueue[] = [];
  #retainedBytes = 0;
  #lastSendId = 0;
  #timerMs = Number.POSITIVE_INFINITY;
  #effects: BroadcastEffect[] = [];

  constructor(rng: Rng, limits: Partial<BroadcastLimits> = {}) {
    this.#rng = rng;
    this.#limits = { ...broadcastLimits, ...limits };
    this.#bucket = new TokenBucket(this.#limits.bytesPerSecond, this.#limits.burstBytes);
  }

  /** Bytes of chunks kept, each counted once. */
  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  step(event: BroadcastEvent, nowMs: number): BroadcastEffect[] {
    this.#effects = [];
    switch (event.kind) {
      case 'local':
        this.#spreadLocal(event.chunks, nowMs);
        break;
      case 'received':
        this.#receive(event.from, event.chunks, nowMs);
        break;
      case 'members':
        this.#setMembers(event.members);
        break;
      case 'sent':
        this.#sent(event.sendId, event.isOk, nowMs);
        break;
      case 'timer':
        this.#timerMs = Number.POSITIVE_INFINITY;
        break;
    }
    this.#resendDue(nowMs);
    this.#dropOverLimit();
    this.#flush(nowMs);
    this.#armTimer(nowMs);
    return this.#effects;
  }

  #spreadLocal(chunks: readonly Chunk[], nowMs: number): void {
    this.counters.localChunks += chunks.length;
    const { targets, reach } = this.#localTargets(nowMs);
    for (const chunk of chunks) this.#spread(chunk, { hops: 1, reach }, [], targets, nowMs);
  }

  /** Who gets a local chunk at once. Chosen once for all chunks of a step, so that they share frames. */
  #localTargets(nowMs: number): { targets: readonly PeerQueue[]; reach: number } {
    const { directPeersMax, fanOutMin } = this.#limits;
    const reachable = this.#nearest.filter((peer) => !peer.isUnreachable(nowMs));
    const randomCount = fanOut(this.#peers.size, fanOutMin);
    const isDirect = this.#peers.size <= directPeersMax && !this.#isBehind(reachable, nowMs);
    if (isDirect || reachable.length <= fanOutMin) {
      return { targets: reachable, reach: reachable.filter((peer) => peer.failures === 0).length };
    }
    if (this.#isBehind(reachable, nowMs)) {
      return { targets: sample(this.#rng, reachable, fanOutMin), reach: 0 };
    }
    const near = reachable.filter((peer) => peer.ring === 0).slice(0, directPeersMax);
    const others = reachable.filter((peer) => !near.includes(peer));
    return { targets: [...near, ...sample(this.#rng, others, randomCount)], reach: 0 };
  }

  /** Whether this node cannot send as much as it has to, so that others must pass chunks on. */
  #isBehind(reachable: readonly PeerQueue[], nowMs: number): boolean {
    const backlogged = reachable.filter((peer) => peer.isBacklogged).length;
    return this.#isLimited(nowMs) || backlogged * 2 > reachable.length;
  }

  #receive(from: PeerAddress, received: readonly ReceivedChunk[], nowMs: number): void {
    this.counters.receivedChunks += received.length;
    const sender = this.#peers.get(from)?.actorId;
    for (const { chunk, reach, hops, isKnown } of received) {
      if (isKnown) {
        this.#noteDuplicate(from, chunk);
        continue;
      }
      this.#countHops(hops);
      const isFromOrigin = sender === chunk.header.actorId;
      const relays = this.#relayCount(isFromOrigin ? reach : 0, nowMs);
      if (relays === 0) continue;
      const origin = this.#addressesByActor.get(chunk.header.actorId);
      const reached = origin === undefined ? [from] : [from, origin];
      const targets = this.#randomTargets(new Set(reached), relays, nowMs);
      if (targets.length === 0) continue;
      this.counters.relayedChunks++;
      this.#spread(
        owned(chunk),
        { hops: Math.min(hops + 1, hopsMax), reach: 0 },
        reached,
        targets,
        nowMs,
      );
    }
  }

  #countHops(hops: number): void {
    const { counters } = this;
    if (hops <= 1) counters.newOver1Hop++;
    else if (hops === 2) counters.newOver2Hops++;
    else if (hops === 3) counters.newOver3Hops++;
    else counters.newOverMoreHops++;
  }

  /** None when the origin sends to as many as we know; one when it misses only few of them. */
  #relayCount(reach: number, nowMs: number): number {
    if (reach >= this.#peers.size) return 0;
    if (reach * 2 >= this.#peers.size) return 1;
    const count = fanOut(this.#peers.size, this.#limits.fanOutMin);
    return this.#isLimited(nowMs) ? Math.ceil(count / 2) : count;
  }

  /** A copy that came back shows that its sender has it, and that others are likely to have it too. */
  #noteDuplicate(from: PeerAddress, chunk: Chunk): void {
    this.counters.duplicateChunks++;
    if (this.#waitingByKey.size === 0) return;
    const item = this.#waitingByKey.get(chunkKey(chunk.header));
    if (item === undefined) return;
    item.duplicates++;
    item.reached.add(from);
  }

  #spread(
    chunk: Chunk,
    way: Pick<SpreadItem, 'hops' | 'reach'>,
    reached: readonly PeerAddress[],
    targets: readonly PeerQueue[],
    nowMs: number,
  ): void {
    if (chunk.bytes.length > chunkBytesMax) {
      this.counters.droppedLarge++;
      return;
    }
    const counts = { round: 1, duplicates: 0, failedSends: 0, holders: 0, dueMs: 0 };
    const item: SpreadItem = { chunk, ...way, reached: new Set(reached), ...counts };
    for (const peer of targets) this.#enqueue(peer, item);
    this.#waitForNextRound(item, nowMs);
  }

  #enqueue(peer: PeerQueue, item: SpreadItem): void {
    item.reached.add(peer.address);
    this.#hold(item);
    for (const dropped of peer.push(item)) {
      this.counters.droppedFull++;
      this.#release(dropped);
    }
  }

  /** Repeats only while there is somebody left who was not sent the chunk. */
  #waitForNextRound(item: SpreadItem, nowMs: number): void {
    const { resendDelayMs, resendDelayLimitedMs } = this.#limits;
    if (item.round >= transmissionsMax(this.#peers.size)) return;
    if (this.#nearest.every((peer) => item.reached.has(peer.address))) return;
    const isLimited = this.#isLimited(nowMs);
    const chance = resendProbability(item.round, item.hops === 1, item.duplicates);
    if (this.#rng.float() >= (isLimited ? chance / 2 : chance)) return;
    const delayMs = isLimited ? resendDelayLimitedMs : resendDelayMs;
    item.dueMs = nowMs + delayMs * item.round;
    const waiting = this.#waitingByRound[item.round] ?? new RingBuffer();
    this.#waitingByRound[item.round] = waiting;
    waiting.push(item);
    this.#waitingByKey.set(chunkKey(item.chunk.header), item);
    this.#hold(item);
  }

  #resendDue(nowMs: number): void {
    for (const waiting of this.#waitingByRound) {
      if (waiting === undefined) continue;
      for (;;) {
        const item = waiting.at(0);
        if (item === undefined || item.dueMs > nowMs) break;
        waiting.shift();
        this.#waitingByKey.delete(chunkKey(item.chunk.header));
        this.#resend(item, nowMs);
        this.#release(item);
      }
    }
  }

  #resend(item: SpreadItem, nowMs: number): void {
    // Copies that came back since the round was planned make it less worth while.
    if (item.duplicates > 0 && this.#rng.float() >= 2 ** -item.duplicates) return;
    const count = fanOut(this.#peers.size, this.#limits.fanOutMin);
    const targets = this.#randomTargets(item.reached, count, nowMs);
    if (targets.length === 0) return;
    this.counters.resentChunks++;
    item.round++;
    for (const peer of targets) this.#enqueue(peer, item);
    this.#waitForNextRound(item, nowMs);
  }

  #randomTargets(without: ReadonlySet<PeerAddress>, count: number, nowMs: number): PeerQueue[] {
    const targets: PeerQueue[] = [];
    const total = this.#nearest.length;
    const start = total === 0 ? 0 : this.#rng.below(total);
    if (total - without.size <= count || total < 16) {
      const fitting = this.#nearest.filter((peer) => this.#isTarget(peer, without, nowMs));
      return sample(this.#rng, fitting, count);
    }
    // Picks at random positions: most peers are fitting ones, so few picks are in vain.
    for (let tries = 0; tries < 4 * count + 16 && targets.length < count; tries++) {
      const peer = this.#nearest[(start + this.#rng.below(total)) % total];
      if (peer === undefined || targets.includes(peer)) continue;
      if (this.#isTarget(peer, without, nowMs)) targets.push(peer);
    }
    return targets;
  }

  #isTarget(peer: PeerQueue, without: ReadonlySet<PeerAddress>, nowMs: number): boolean {
    return !without.has(peer.address) && !peer.isUnreachable(nowMs);
  }

  #setMembers(members: readonly BroadcastMember[]): void {
    const addresses = new Set(members.map(({ address }) => address));
    for (const [address, peer] of this.#peers) {
      if (addresses.has(address)) continue;
      this.#dropQueue(peer);
      this.#peers.delete(address);
    }
    this.#addressesByActor.clear();
    for (const member of members) {
      this.#addressesByActor.set(member.actorId, member.address);
      const peer = this.#peers.get(member.address);
      if (peer?.actorId === member.actorId) {
        peer.ring = member.ring;
        continue;
      }
      if (peer !== undefined) this.#dropQueue(peer);
      this.#peers.set(member.address, new PeerQueue(member, this.#limits));
    }
    const ringOf = ({ ring }: PeerQueue): number => ring ?? Number.MAX_SAFE_INTEGER;
    this.#nearest = [...this.#peers.values()].toSorted((a, b) => ringOf(a) - ringOf(b));
  }

  #sent(sendId: number, isOk: boolean, nowMs: number): void {
    const peer = this.#peerBySendId.get(sendId);
    const items = peer?.inFlight.get(sendId);
    if (peer === undefined || items === undefined) return;
    this.#peerBySendId.delete(sendId);
    peer.inFlight.delete(sendId);
    if (isOk) {
      peer.failures = 0;
      peer.pausedUntilMs = 0;
      for (const item of items) this.#release(item);
      return;
    }
    this.#sendFailed(peer, items, nowMs);
  }

  #sendFailed(peer: PeerQueue, items: readonly SpreadItem[], nowMs: number): void {
    const { pauseMsMin, pauseMsMax, failuresMax } = this.#limits;
    this.counters.failedSends++;
    // Several frames fail together when a connection breaks: that is one failure.
    if (nowMs >= peer.pausedUntilMs) peer.failures++;
    peer.pausedUntilMs = nowMs + Math.min(pauseMsMax, pauseMsMin * 2 ** (peer.failures - 1));
    const isGone = peer.failures >= failuresMax || this.#peers.get(peer.address) !== peer;
    for (const item of items.toReversed()) {
      item.failedSends++;
      if (isGone || item.failedSends > failedSendsMax) {
        this.counters.droppedUnreachable++;
        this.#release(item);
      } else peer.putBack(item);
    }
    if (isGone) this.#dropQueue(peer);
  }

  #dropQueue(peer: PeerQueue): void {
    for (let item = peer.dropOldest(); item !== undefined; item = peer.dropOldest()) {
      this.counters.droppedUnreachable++;
      this.#release(item);
    }
  }

  #hold(item: SpreadItem): void {
    if (item.holders === 0) this.#retainedBytes += item.chunk.bytes.length;
    item.holders++;
  }

  #release(item: SpreadItem): void {
    item.holders--;
    if (item.holders === 0) this.#retainedBytes -= item.chunk.bytes.length;
  }

  /** Makes room: planned repetitions first, the most-sent before others, then the longest queue. */
  #dropOverLimit(): void {
    while (this.#retainedBytes > this.#limits.retainedBytesMax) {
      const waiting = this.#waitingByRound.findLast(
        (list) => list !== undefined && list.length > 0,
      );
      const planned = waiting?.shift();
      const item = planned ?? this.#longestQueue()?.dropOldest();
      if (item === undefined) return;
      if (planned !== undefined) this.#waitingByKey.delete(chunkKey(planned.chunk.header));
      this.counters.droppedFull++;
      this.#release(item);
    }
  }

  #longestQueue(): PeerQueue | undefined {
    let longest: PeerQueue | undefined;
    for (const peer of this.#nearest) {
      if (peer.queuedBytes > (longest?.queuedBytes ?? 0)) longest = peer;
    }
    return longest;
  }

  /** Sends what may be sent, one frame per peer in turn. */
  #flush(nowMs: number): void {
    const encoded = new LastFrame();
    let isAnyLeft = true;
    while (isAnyLeft) {
      isAnyLeft = false;
      for (const peer of this.#nearest) {
        const readyMs = peer.readyMs();
        if (readyMs === undefined || readyMs > nowMs) continue;
        if (this.#bucket.level(nowMs) <= 0) return;
        const items = peer.takeFrame(nowMs);
        const bytes = encoded.of(items);
        this.#bucket.spend(bytes.length, nowMs);
        this.#send(peer, items, bytes);
        isAnyLeft = true;
      }
    }
  }

  #send(peer: PeerQueue, items: readonly SpreadItem[], bytes: Uint8Array): void {
    const sendId = ++this.#lastSendId;
    peer.inFlight.set(sendId, items);
    this.#peerBySendId.set(sendId, peer);
    this.counters.sentFrames++;
    this.counters.sentChunks += items.length;
    this.counters.sentBytes += bytes.length;
    this.#effects.push({ kind: 'send', sendId, to: peer.address, bytes });
  }

  #isLimited(nowMs: number): boolean {
    return this.#bucket.level(nowMs) < limitedLevel;
  }

  #armTimer(nowMs: number): void {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waitingByRound) {
      dueMs = Math.min(dueMs, waiting?.at(0)?.dueMs ?? Number.POSITIVE_INFINITY);
    }
    const bucketMs = this.#bucket.readyMs(nowMs);
    for (const peer of this.#nearest) {
      const readyMs = peer.readyMs();
      if (readyMs !== undefined) dueMs = Math.min(dueMs, Math.max(readyMs, bucketMs));
    }
    if (dueMs === Number.POSITIVE_INFINITY || dueMs === this.#timerMs) return;
    this.#timerMs = dueMs;
    this.#effects.push({ kind: 'timer', atMs: dueMs });
  }
}

/** The chunk with bytes of its own, where they are a small part of a frame that would be kept whole. */
function owned(chunk: Chunk): Chunk {
  const isView = chunk.bytes.buffer.byteLength > 2 * chunk.bytes.length;
  return isView ? { header: chunk.header, bytes: Uint8Array.from(chunk.bytes) } : chunk;
}

/** Encodes a frame once for all peers that get the same chunks. */
class LastFrame {
  #items: readonly SpreadItem[] = [];
  #bytes: Uint8Array = new Uint8Array();

  of(items: readonly SpreadItem[]): Uint8Array {
    const isSame =
      items.length === this.#items.length && items.every((item, i) => item === this.#items[i]);
    if (isSame) return this.#bytes;
    this.#items = items;
    this.#bytes = encodeFrame(
      items.map(({ reach, hops, chunk }) => ({ reach, hops, bytes: chunk.bytes })),
    );
    return this.#bytes;
  }
}
