// Decides when to sync and with whom. In agreement and idle it asks a few peers every 15 seconds; when something
// is known to be lacking it asks within a fraction of a second, but never in a storm: whatever brings
// nothing is asked for less and less often.

import type { ActorId } from '../base/actor-id.ts';
import { type Rng, sample } from '../base/rng.ts';
import type { PeerAddress } from '../ports.ts';
import type { SessionOutcome } from './session-types.ts';

export interface SyncMember {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  /** Group by round-trip time, 0 the nearest; undefined while not measured. */
  readonly ring: number | undefined;
}

export type SchedulerEvent =
  /** The living members, without ourselves; replaces the earlier list. */
  | { readonly kind: 'members'; readonly members: readonly SyncMember[] }
  /** Whether bookkeeping shows gaps or partials now; to be told whenever that may have changed. */
  | { readonly kind: 'lacking'; readonly isLacking: boolean }
  /** This peer is known to have so many versions that we lack. */
  | { readonly kind: 'hint'; readonly address: PeerAddress; readonly versions: number }
  /** Changes were committed or received: the last of them may have been lost on the way. */
  | { readonly kind: 'activity' }
  /** Somebody wants a round now, also with peers that are left alone after a failure. */
  | { readonly kind: 'request' }
  /** A started session is over, or its stream could not be opened (undefined). */
  | {
      readonly kind: 'finished';
      readonly address: PeerAddress;
      readonly outcome: SessionOutcome | undefined;
    }
  | { readonly kind: 'timer' }
  | { readonly kind: 'stop' };

export type SchedulerEffect =
  /** Open a stream to this peer and run a client session on it; answered by `finished`. */
  | { readonly kind: 'start'; readonly address: PeerAddress }
  /** Asks for a timer event; replaces the one asked for before. */
  | { readonly kind: 'timer'; readonly atMs: number };

export interface SchedulerLimits {
  readonly intervalMsMin: number;
  readonly intervalMsMax: number;
  /** The longest interval while changes are flowing. */
  readonly activeIntervalMs: number;
  /** Share by which an interval varies at random, either way. */
  readonly jitter: number;
  /** Wait before an urgent round: what is lacking may be about to arrive by itself. */
  readonly urgentMsMin: number;
  readonly urgentMsMax: number;
  /** Between two urgent rounds; doubled by each that brings nothing, up to the longest interval. */
  readonly urgentPeriodMs: number;
  readonly peersMin: number;
  readonly peersMax: number;
  /** A peer is left alone after a failure for this time, doubled with each further one. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

export const schedulerLimits: SchedulerLimits = {
  intervalMsMin: 1000,
  intervalMsMax: 15_000,
  activeIntervalMs: 2000,
  jitter: 0.3,
  urgentMsMin: 50,
  urgentMsMax: 150,
  urgentPeriodMs: 250,
  peersMin: 3,
  peersMax: 10,
  pauseMsMin: 1000,
  pauseMsMax: 60_000,
};

interface SyncPeer {
  readonly address: PeerAddress;
  ring: number;
  /** Versions that it is known to have and we lack. */
  needed: number;
  syncedMs: number;
  failures: number;
  pausedUntilMs: number;
  isActive: boolean;
}

export class SyncScheduler {
  readonly #rng: Rng;
  readonly #limits: SchedulerLimits;
  readonly #peers = new Map<PeerAddress, SyncPeer>();
  #intervalMs: number;
  #urgentPeriodMs: number;
  /** When the next ordinary round is due; undefined before the first members. */
  #dueMs: number | undefined;
  #urgentMs: number | undefined;
  #lastRoundMs = Number.NEGATIVE_INFINITY;
  #isLacking = false;
  /** Whether a session since the last round was started brought something. */
  #hasGained = false;
  #isStopped = false;
  #timerMs: number | undefined;
  #effects: SchedulerEffect[] = [];

  constructor(rng: Rng, limits: Partial<SchedulerLimits> = {}) {
    this.#rng = rng;
    this.#limits = { ...schedulerLimits, ...limits };
    this.#intervalMs = this.#limits.intervalMsMin;
    this.#urgentPeriodMs = this.#limits.urgentPeriodMs;
  }

  step(event: SchedulerEvent, nowMs: number): SchedulerEffect[] {
    this.#effects = [];
    switch (event.kind) {
      case 'members':
        this.#setMembers(event.members, nowMs);
        break;
      case 'lacking':
        this.#setLacking(event.isLacking, nowMs);
        break;
      case 'hint':
        this.#noteHint(event.address, event.versions, nowMs);
        break;
      case 'activity':
        this.#noteActivity(nowMs);
        break;
      case 'request':
        this.#startRequested();
        break;
      case 'finished':
        this.#finished(event.address, event.outcome, nowMs);
        break;
      case 'timer':
        this.#timerMs = undefined;
        break;
      case 'stop':
        this.#isStopped = true;
        break;
    }
    if (!this.#isStopped) {
      this.#startIfDue(nowMs);
      this.#armTimer();
    }
    return this.#effects;
  }

  #setMembers(members: readonly SyncMember[], nowMs: number): void {
    const addresses = new Set(members.map(({ address }) => address));
    for (const address of this.#peers.keys()) {
      if (!addresses.has(address)) this.#peers.delete(address);
    }
    for (const { address, ring } of members) {
      const peer = this.#peers.get(address);
      if (peer !== undefined) {
        peer.ring = ring ?? Number.MAX_SAFE_INTEGER;
        continue;
      }
      this.#peers.set(address, {
        address,
        ring: ring ?? Number.MAX_SAFE_INTEGER,
        needed: 0,
        syncedMs: Number.NEGATIVE_INFINITY,
        failures: 0,
        pausedUntilMs: 0,
        isActive: false,
      });
      // A member that is new to us may know what we never heard of, or is just back itself.
      this.#hurry(nowMs);
    }
    if (this.#peers.size > 0) this.#dueMs ??= nowMs + this.#jittered(this.#intervalMs);
  }

  #setLacking(isLacking: boolean, nowMs: number): void {
    if (isLacking && !this.#isLacking) this.#hurry(nowMs);
    if (!isLacking && this.#isLacking) {
      // What was lacking has arrived: nothing is urgent any more, and the next gap is a new one.
      this.#urgentMs = undefined;
      this.#urgentPeriodMs = this.#limits.urgentPeriodMs;
    }
    this.#isLacking = isLacking;
  }

  #noteHint(address: PeerAddress, versions: number, nowMs: number): void {
    const peer = this.#peers.get(address);
    if (peer === undefined) return;
    peer.needed = versions;
    if (versions > 0) this.#hurry(nowMs);
  }

  #noteActivity(nowMs: number): void {
    const { activeIntervalMs } = this.#limits;
    if (this.#dueMs === undefined || this.#intervalMs <= activeIntervalMs) return;
    this.#intervalMs = activeIntervalMs;
    this.#dueMs = Math.min(this.#dueMs, nowMs + this.#jittered(activeIntervalMs));
  }

  /** An urgent round soon; one that is planned already stays as it is. */
  #hurry(nowMs: number): void {
    const { urgentMsMin, urgentMsMax } = this.#limits;
    const soonMs = nowMs + urgentMsMin + this.#rng.float() * (urgentMsMax - urgentMsMin);
    const plannedMs = Math.max(soonMs, this.#lastRoundMs + this.#urgentPeriodMs);
    this.#urgentMs = Math.min(this.#urgentMs ?? Number.POSITIVE_INFINITY, Math.ceil(plannedMs));
  }

  #finished(address: PeerAddress, outcome: SessionOutcome | undefined, nowMs: number): void {
    const peer = this.#peers.get(address);
    if (peer !== undefined) this.#notePeer(peer, outcome, nowMs);
    // Bytes alone are no gain: what cannot be applied would be fetched again and again.
    if (outcome !== undefined && outcome.gainedVersions > 0) {
      this.#hasGained = true;
      this.#urgentPeriodMs = this.#limits.urgentPeriodMs;
      this.#intervalMs = this.#limits.intervalMsMin;
      this.#dueMs = Math.min(this.#dueMs ?? nowMs, nowMs + this.#jittered(this.#intervalMs));
    }
    const isAnyNeeded = [...this.#peers.values()].some(({ needed }) => needed > 0);
    if (this.#isLacking || isAnyNeeded) this.#hurry(nowMs);
  }

  #notePeer(peer: SyncPeer, outcome: SessionOutcome | undefined, nowMs: number): void {
    const { pauseMsMin, pauseMsMax } = this.#limits;
    peer.isActive = false;
    peer.needed = 0;
    peer.syncedMs = nowMs;
    const result = outcome?.result ?? 'broken';
    if (result === 'agreed' || result === 'complete' || result === 'stopped') {
      peer.failures = 0;
      return;
    }
    peer.failures = result === 'rejected' ? 1 : peer.failures + 1;
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (peer.failures - 1));
    peer.pausedUntilMs = nowMs + this.#jittered(pauseMs);
  }

  #startIfDue(nowMs: number): void {
    const isUrgent = this.#urgentMs !== undefined && this.#urgentMs <= nowMs;
    const isDue = this.#dueMs !== undefined && this.#dueMs <= nowMs;
    if (!isUrgent && !isDue) return;
    const { intervalMsMax } = this.#limits;
    this.#urgentMs = undefined;
    if (isUrgent && !this.#hasGained) {
      this.#urgentPeriodMs = Math.min(intervalMsMax, this.#urgentPeriodMs * 2);
    }
    if (isDue && !this.#hasGained) {
      this.#intervalMs = Math.min(intervalMsMax, this.#intervalMs * 2);
    }
    this.#hasGained = false;
    this.#lastRoundMs = nowMs;
    this.#dueMs = nowMs + this.#jittered(this.#intervalMs);
    this.#startWith(this.#choosePeers(nowMs));
  }

  #startRequested(): void {
    if (this.#isStopped) return;
    const peers = [...this.#peers.values()];
    const free = peers.filter(({ isActive }) => !isActive);
    const wanted = this.#limits.peersMax - (peers.length - free.length);
    if (wanted > 0) this.#startWith(sample(this.#rng, free, wanted));
  }

  #startWith(peers: readonly SyncPeer[]): void {
    for (const peer of peers) {
      peer.isActive = true;
      this.#effects.push({ kind: 'start', address: peer.address });
    }
  }

  /** A random choice of those who are free, of which those who have most for us go first. */
  #choosePeers(nowMs: number): SyncPeer[] {
    const { peersMin, peersMax } = this.#limits;
    const peers = [...this.#peers.values()];
    const active = peers.filter(({ isActive }) => isActive).length;
    const wanted = Math.min(peersMax, Math.max(peersMin, Math.floor(peers.length / 100))) - active;
    if (wanted <= 0) return [];
    const free = peers.filter((peer) => !peer.isActive && peer.pausedUntilMs <= nowMs);
    const helpful = free.filter(({ needed }) => needed > 0);
    const others = free.filter(({ needed }) => needed === 0);
    const chosen = [
      ...sample(this.#rng, helpful, wanted * 2),
      ...sample(this.#rng, others, wanted * 2),
    ].toSorted((a, b) => b.needed - a.needed || compare(a.syncedMs, b.syncedMs) || a.ring - b.ring);
    return chosen.slice(0, wanted);
  }

  #jittered(ms: number): number {
    const { jitter } = this.#limits;
    return Math.ceil(ms * (1 - jitter + 2 * jitter * this.#rng.float()));
  }

  #armTimer(): void {
    const atMs = Math.min(
      this.#dueMs ?? Number.POSITIVE_INFINITY,
      this.#urgentMs ?? Number.POSITIVE_INFINITY,
    );
    if (atMs === Number.POSITIVE_INFINITY || atMs === this.#timerMs) return;
    this.#timerMs = atMs;
    this.#effects.push({ kind: 'timer', atMs });
  }
}

/** As a difference, but right for two peers that were never synced with. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
