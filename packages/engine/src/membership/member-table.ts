// The members that this node remembers, live and not, with what it measured of each. Keeps the
// indexes (who is live, at which address, whose turn it is to be probed) in step with the records.

import type { ActorId } from '../base/actor-id.ts';
import { assert } from '../base/assert.ts';
import type { Rng } from '../base/rng.ts';
import type { PeerAddress, StoredMember } from '../ports.ts';
import type { Appointment } from './agenda.ts';
import { PeerClock } from './clock-drift.ts';
import type { Member } from './events.ts';
import { ProbeOrder } from './probe-order.ts';
import { isLive, type MemberRecord } from './record.ts';
import { RttWindow } from './rings.ts';
import type { Suspicion } from './suspicion.ts';
import type { Update } from './wire.ts';

/** A suspicion under way. */
export interface PendingSuspicion {
  readonly suspicion: Suspicion;
  /** Who is named when we pass the suspicion on: ourselves as soon as our own probe failed. */
  by: ActorId;
  deadline: Appointment;
}

/**
 * One member and what is known of it here. Change `record` through {@link MemberTable.put} only.
 */
export interface MemberEntry {
  record: MemberRecord;
  rtt: RttWindow;
  clock: PeerClock;
  /** Unix milliseconds; undefined when nothing arrived from it. */
  lastSeenMs: number | undefined;
  /** When it became what it is, monotonic milliseconds. */
  changedMs: number;
  /** When it was last asked to refute that it is down, monotonic milliseconds. */
  recheckedMs: number;
  suspicion: PendingSuspicion | undefined;
}

/** Whether the record came from the network; a stored one names no session and is not passed on. */
export function isHeardOf(record: MemberRecord): boolean {
  return record.sessionId !== '';
}

/** What we say about this member to others. */
export function updateOf(entry: MemberEntry): Update {
  const suspectedBy = entry.record.state === 'suspect' ? entry.suspicion?.by : undefined;
  return { kind: 'state', record: entry.record, suspectedBy };
}

export class MemberTable {
  readonly order: ProbeOrder;
  readonly #entries = new Map<ActorId, MemberEntry>();
  readonly #liveByAddress = new Map<PeerAddress, MemberEntry>();
  #liveCount = 0;

  constructor(rng: Rng) {
    this.order = new ProbeOrder(rng);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Alive and suspect members. */
  get liveCount(): number {
    return this.#liveCount;
  }

  get(actorId: ActorId): MemberEntry | undefined {
    return this.#entries.get(actorId);
  }

  /** The live member at an address. */
  liveAt(address: PeerAddress): MemberEntry | undefined {
    return this.#liveByAddress.get(address);
  }

  all(): Iterable<MemberEntry> {
    return this.#entries.values();
  }

  live(): MemberEntry[] {
    return [...this.#entries.values()].filter((entry) => isLive(entry.record.state));
  }

  /** Adds a member that was unknown. */
  insert(record: MemberRecord, changedMs: number): MemberEntry {
    assert(!this.#entries.has(record.actorId), 'a member is inserted once');
    const entry: MemberEntry = {
      record,
      rtt: new RttWindow(),
      clock: new PeerClock(),
      lastSeenMs: undefined,
      changedMs,
      recheckedMs: Number.NEGATIVE_INFINITY,
      suspicion: undefined,
    };
    this.#entries.set(record.actorId, entry);
    if (isLive(record.state)) this.#addLive(entry);
    return entry;
  }

  /** Replaces what is held about a member. A new session starts with fresh measurements. */
  put(entry: MemberEntry, record: MemberRecord, changedMs: number): void {
    assert(entry.record.actorId === record.actorId, 'a record replaces one of the same actor');
    if (isLive(entry.record.state)) this.#removeLive(entry, isLive(record.state));
    if (entry.record.sessionId !== record.sessionId) {
      entry.rtt = new RttWindow();
      entry.clock = new PeerClock();
      entry.lastSeenMs = undefined;
    }
    entry.record = record;
    entry.changedMs = changedMs;
    if (isLive(record.state)) this.#addLive(entry);
  }

  /** Forgets a member. */
  remove(entry: MemberEntry): void {
    if (isLive(entry.record.state)) this.#removeLive(entry, false);
    this.#entries.delete(entry.record.actorId);
  }

  #addLive(entry: MemberEntry): void {
    this.#liveCount++;
    this.#liveByAddress.set(entry.record.address, entry);
    this.order.add(entry.record.actorId);
  }

  #removeLive(entry: MemberEntry, keepTurn: boolean): void {
    this.#liveCount--;
    if (this.#liveByAddress.get(entry.record.address) === entry) {
      this.#liveByAddress.delete(entry.record.address);
    }
    if (!keepTurn) this.order.remove(entry.record.actorId);
  }
}

/** A member as other parts of the node see it. */
export function memberOf(entry: MemberEntry): Member {
  const { actorId, address, sessionId, incarnation, state } = entry.record;
  return {
    actorId,
    address,
    sessionId,
    incarnation,
    state,
    ring: entry.rtt.ring,
    rttMs: entry.rtt.medianMs,
    rttMinMs: entry.rtt.minMs,
    lastSeenMs: entry.lastSeenMs,
  };
}

/** A member as it is kept across restarts. */
export function storedMemberOf(entry: MemberEntry): StoredMember {
  const { actorId, address, incarnation } = entry.record;
  return { actorId, address, incarnation, rttMs: entry.rtt.medianMs };
}
