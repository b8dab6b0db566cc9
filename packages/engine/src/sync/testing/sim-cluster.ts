// Test support: a cluster of nodes that each run the broadcast machine, the sync scheduler and sync sessions
// over a lossy network in virtual time, wired the way the node wires them.

import { type ActorId, actorIdFromBytes } from '../../base/actor-id.ts';
import { type Rng, seededRng } from '../../base/rng.ts';
import { Broadcast } from '../../broadcast/broadcast.ts';
import type { BroadcastEffect, BroadcastEvent } from '../../broadcast/events.ts';
import { decodeFrame } from '../../broadcast/wire.ts';
import type { PeerAddress } from '../../ports.ts';
import { type SchedulerEvent, SyncScheduler } from '../scheduler.ts';
import { MemoryStore, readChunk } from './memory-store.ts';
import { SessionLink, type SyncNode, syncNode } from './session-link.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ClusterOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Share of broadcast frames that vanish although their send succeeded. */
  readonly loss?: number;
  /** Share of broadcast frames whose send fails. */
  readonly failure?: number;
  /** Share of sync sessions that break in the middle. */
  readonly breakage?: number;
  readonly directPeersMax?: number;
}

export class SimNode {
  readonly sync: SyncNode;
  readonly address: PeerAddress;
  readonly broadcast: Broadcast;
  readonly scheduler: SyncScheduler;
  readonly broadcastTimer = { atMs: Number.POSITIVE_INFINITY };
  readonly schedulerTimer = { atMs: Number.POSITIVE_INFINITY };

  constructor(index: number, rng: Rng, directPeersMax: number) {
    const actorId = actorIdFromBytes(Buffer.from(index.toString(16).padStart(32, '0'), 'hex'));
    this.sync = syncNode(new MemoryStore(actorId));
    this.address = `10.0.0.${index}:1`;
    this.broadcast = new Broadcast(rng, { directPeersMax });
    this.scheduler = new SyncScheduler(rng);
  }

  get actorId(): ActorId {
    return this.sync.store.actorId;
  }
}

export class SimCluster {
  readonly time: VirtualTime;
  readonly nodes: SimNode[];
  readonly counts = { lost: 0, failed: 0, blocked: 0, broken: 0, sessions: 0, syncedChunks: 0 };
  /** Whether two addresses can reach each other. */
  canReach: (a: PeerAddress, b: PeerAddress) => boolean = () => true;
  /** Milliseconds from a local commit to its first arrival elsewhere, of broadcast chunks. */
  readonly latenciesMs: number[] = [];
  readonly #options: ClusterOptions;
  readonly #rng: Rng;
  readonly #writtenMs = new Map<string, number>();

  constructor(time: VirtualTime, options: ClusterOptions) {
    this.time = time;
    this.#options = options;
    this.#rng = seededRng(options.seed);
    this.nodes = Array.from({ length: options.nodes }, (_, index) => {
      return new SimNode(index + 1, this.#rng, options.directPeersMax ?? 32);
    });
    for (const node of this.nodes) {
      const members = this.nodes
        .filter((other) => other !== node)
        .map(({ actorId, address }) => ({ actorId, address, ring: 0 }));
      this.#toBroadcast(node, { kind: 'members', members });
      this.#toScheduler(node, { kind: 'members', members });
    }
  }

  write(node: SimNode, bodyBytes: number = 60, chunkCount: number = 1): void {
    const chunks = node.sync.store.write(bodyBytes, chunkCount);
    for (const { header } of chunks) {
      this.#writtenMs.set(`${header.actorId}/${header.version}`, this.time.nowMs);
    }
    this.#toBroadcast(node, { kind: 'local', chunks });
    this.#toScheduler(node, { kind: 'activity' });
  }

  /** Whether all nodes have the same bookkeeping without holes. */
  isEqual(): boolean {
    const [first, ...others] = this.nodes.map(({ sync }) => sync.store.bookkeeping);
    if (first === undefined || first.isLacking()) return false;
    const state = JSON.stringify(first.state());
    return others.every((book) => JSON.stringify(book.state()) === state);
  }

  duplicates(): number {
    return this.nodes.reduce((sum, { broadcast }) => sum + broadcast.counters.duplicateChunks, 0);
  }

  sentChunks(): number {
    return this.nodes.reduce((sum, { broadcast }) => sum + broadcast.counters.sentChunks, 0);
  }

  #toBroadcast(node: SimNode, event: BroadcastEvent): void {
    for (const effect of node.broadcast.step(event, this.time.nowMs)) {
      if (effect.kind === 'send') this.#carry(node, effect);
      else {
        this.#arm(node.broadcastTimer, effect.atMs, () => {
          this.#toBroadcast(node, { kind: 'timer' });
        });
      }
    }
  }

  #carry(node: SimNode, effect: Extract<BroadcastEffect, { kind: 'send' }>): void {
    const { loss = 0, failure = 0 } = this.#options;
    const { sendId, to, bytes } = effect;
    const receiver = this.nodes.find(({ address }) => address === to);
    const isBlocked = !this.canReach(node.address, to);
    const isFailed = isBlocked || this.#rng.float() < failure;
    const isLost = this.#rng.float() < loss;
    if (isBlocked) this.counts.blocked++;
    else if (isFailed) this.counts.failed++;
    else if (isLost) this.counts.lost++;
    this.time.after(0.2, () => this.#toBroadcast(node, { kind: 'sent', sendId, isOk: !isFailed }));
    if (isFailed || isLost || receiver === undefined) return;
    this.time.after(0.5 + this.#rng.float() * 2, () =>
      this.#receive(receiver, node.address, bytes),
    );
  }

  #receive(node: SimNode, from: PeerAddress, bytes: Uint8Array): void {
    const { store } = node.sync;
    const received = decodeFrame(bytes).map(({ reach, hops, bytes: encoded }) => {
      const chunk = readChunk(encoded);
      const isKnown = store.bookkeeping.containsChunk(chunk.header);
      return { chunk, reach, hops, isKnown };
    });
    const fresh = received.filter(({ isKnown }) => !isKnown).map(({ chunk }) => chunk);
    for (const { header } of fresh) {
      const writtenMs = this.#writtenMs.get(`${header.actorId}/${header.version}`) ?? 0;
      this.latenciesMs.push(this.time.nowMs - writtenMs);
    }
    store.apply(fresh, []);
    this.#toBroadcast(node, { kind: 'received', from, chunks: received });
    if (fresh.length === 0) return;
    this.#toScheduler(node, { kind: 'activity' });
    this.#tellLacking(node);
  }

  #tellLacking(node: SimNode): void {
    const isLacking = node.sync.store.bookkeeping.isLacking(node.actorId);
    this.#toScheduler(node, { kind: 'lacking', isLacking });
  }

  #toScheduler(node: SimNode, event: SchedulerEvent): void {
    for (const effect of node.scheduler.step(event, this.time.nowMs)) {
      if (effect.kind === 'start') this.#startSession(node, effect.address);
      else {
        this.#arm(node.schedulerTimer, effect.atMs, () => {
          this.#toScheduler(node, { kind: 'timer' });
        });
      }
    }
  }

  #startSession(node: SimNode, address: PeerAddress): void {
    const { breakage = 0 } = this.#options;
    const server = this.nodes.find((other) => other.address === address);
    if (server === undefined || !this.canReach(node.address, address)) {
      this.time.after(50, () => {
        this.#toScheduler(node, { kind: 'finished', address, outcome: undefined });
      });
      return;
    }
    this.counts.sessions++;
    const isBreaking = this.#rng.float() < breakage;
    if (isBreaking) this.counts.broken++;
    const breaks = isBreaking ? { breakAfterBytes: this.#rng.below(3000) } : {};
    const link = new SessionLink(this.time, node.sync, server.sync, {
      latencyMs: 1,
      bytesPerMs: 10_000,
      ...breaks,
      onClosed: (outcome) => {
        this.counts.syncedChunks += outcome.chunks;
        this.#tellLacking(node);
        this.#toScheduler(node, { kind: 'finished', address, outcome });
      },
    });
    this.time.after(0, () => {
      if (!this.canReach(node.address, address)) link.break();
    });
  }

  #arm(timer: { atMs: number }, atMs: number, run: () => void): void {
    timer.atMs = atMs;
    this.time.after(atMs - this.time.nowMs, () => {
      if (timer.atMs === atMs) run();
    });
  }
}
