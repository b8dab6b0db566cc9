// What the parts of the membership machine share: who we are, whom we know, the clocks of the
// current step, and the few ways in which a part may act. Effects gather here until the step
// returns them.

import { assert } from '../base/assert.ts';
import { type Rng, sample } from '../base/rng.ts';
import type { PeerAddress } from '../ports.ts';
import { ActiveClock } from './active-clock.ts';
import { Agenda, type Appointment } from './agenda.ts';
import { Awareness } from './awareness.ts';
import { ClockDrift } from './clock-drift.ts';
import type { MembershipConfig } from './config.ts';
import {
  type MembershipEffect,
  type MembershipNotification,
  type Now,
  newCounters,
} from './events.ts';
import { isHeardOf, type MemberEntry, MemberTable, memberOf, updateOf } from './member-table.ts';
import type { MemberRecord } from './record.ts';
import { UpdateQueue } from './update-queue.ts';
import {
  type Body,
  encodeHead,
  encodePacket,
  encodeUpdate,
  packetOverheadBytes,
  seqMax,
  type Update,
  updatesPerPacketMax,
} from './wire.ts';

/** Live members told at once of what can't wait (leaving, a new name); others hear by gossip. */
export const burstMembersMax = 64;

export class Core {
  readonly config: MembershipConfig;
  readonly rng: Rng;
  readonly counters = newCounters();
  /** What is to be done, in monotonic time. */
  readonly agenda = new Agenda();
  /** What is to be concluded from silence, in active time: that waits while we stall. */
  readonly verdicts = new Agenda();
  readonly clock: ActiveClock;
  readonly awareness: Awareness;
  readonly drift: ClockDrift;
  readonly queue: UpdateQueue;
  readonly table: MemberTable;
  /** Our own claim about ourselves; every datagram begins with it. */
  self: MemberRecord;
  now: Now = { monotonicMs: 0, wallMs: 0 };
  #effects: MembershipEffect[] = [];
  #seq: number;

  constructor(config: MembershipConfig, rng: Rng, self: MemberRecord) {
    this.config = config;
    this.rng = rng;
    this.self = self;
    this.clock = new ActiveClock(config);
    this.awareness = new Awareness(config.awarenessMax);
    this.drift = new ClockDrift(config.maxClockDriftMs);
    this.queue = new UpdateQueue(config.updatesMax);
    this.table = new MemberTable(rng);
    this.#seq = rng.below(seqMax);
  }

  /** Monotonic time of this step, milliseconds. */
  get nowMs(): number {
    return this.now.monotonicMs;
  }

  /** Active time of this step, milliseconds. */
  get activeMs(): number {
    return this.clock.toActiveMs(this.now.monotonicMs);
  }

  /** Live members and ourselves. */
  get clusterSize(): number {
    return this.table.liveCount + 1;
  }

  /**
   * A number that ties an answer to its question; follows a random start, so that it can't be
   * guessed.
   */
  nextSeq(): number {
    this.#seq = (this.#seq + 1) % seqMax;
    return this.#seq;
  }

  /** Calls `run` after `delayMs`. */
  after(delayMs: number, run: () => void): Appointment {
    return this.agenda.add(this.nowMs + delayMs, run);
  }

  /** Calls `run` after `delayMs` in which we were awake and could have heard the contrary. */
  afterAwake(delayMs: number, run: () => void): Appointment {
    return this.verdicts.add(this.activeMs + delayMs, run);
  }

  /** `ms` more or less by a tenth, so that nodes that started together don't stay in step. */
  jittered(ms: number): number {
    return ms * (0.9 + 0.2 * this.rng.float());
  }

  effect(effect: MembershipEffect): void {
    this.#effects.push(effect);
  }

  notify(notification: MembershipNotification): void {
    this.#effects.push({ kind: 'notify', notification });
  }

  /**
   * Takes a round trip to a member, milliseconds. What is none, as of a clock gone wrong, is
   * ignored.
   */
  measure(entry: MemberEntry, rttMs: number): void {
    if (!Number.isFinite(rttMs) || rttMs < 0) return;
    const before = entry.rtt.ring;
    entry.rtt.add(rttMs);
    if (entry.rtt.ring !== before) this.notify({ kind: 'member-ring', member: memberOf(entry) });
  }

  takeEffects(): MembershipEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Changes our claim about ourselves and spreads it. */
  become(
    change: Partial<Omit<MemberRecord, 'state'>> & { readonly state?: 'alive' | 'left' },
  ): void {
    this.self = { ...this.self, ...change };
    this.spread({ kind: 'state', record: this.self, suspectedBy: undefined });
  }

  /** Puts an update among those that ride along on datagrams. */
  spread(update: Update): void {
    this.queue.add(update);
  }

  /** Sends to an address where we don't know whom to find. */
  sendToAddress(to: PeerAddress, body: Body, first: readonly Update[] = []): void {
    this.#send(to, body, first.map(encodeUpdate), false);
  }

  /**
   * Sends to a member. If we hold it for anything but alive it is told so, before all else: the
   * sooner it knows, the sooner it can refute (Lifeguard's buddy system).
   */
  sendTo(entry: MemberEntry, body: Body, first: readonly Update[] = []): void {
    const told = entry.record.state !== 'alive' && isHeardOf(entry.record);
    const updates = told ? [updateOf(entry), ...first] : first;
    const isAlive = entry.record.state === 'alive';
    this.#send(entry.record.address, body, updates.map(encodeUpdate), isAlive);
  }

  /** Up to `count` live members at random, without `except`. */
  sampleLive(count: number, except?: MemberEntry): MemberEntry[] {
    const candidates = this.table.live().filter((entry) => entry !== except);
    return sample(this.rng, candidates, count);
  }

  /** Tells up to {@link burstMembersMax} live members now. */
  burst(first: readonly Update[] = []): void {
    for (const entry of this.sampleLive(burstMembersMax)) {
      this.sendTo(entry, { kind: 'gossip' }, first);
    }
  }

  /** Bytes left for updates in a packet of this kind. */
  updateBytesMax(headBytes: number): number {
    return this.config.packetBytesMax - headBytes - packetOverheadBytes;
  }

  #send(to: PeerAddress, body: Body, first: readonly Uint8Array[], counts: boolean): void {
    const head = encodeHead(this.self, body);
    const firstBytes = first.reduce((sum, update) => sum + update.length, 0);
    const bytesMax = this.updateBytesMax(head.length) - firstBytes;
    assert(bytesMax >= 0, 'what a packet must carry fits into it');
    const countMax = updatesPerPacketMax - first.length;
    const sendsMax = this.#sendsMax();
    // A feed holds all that the asker needs; news that rode along would only use up its sends.
    const rest =
      body.kind === 'feed' ? [] : this.queue.take({ bytesMax, countMax, sendsMax, counts });
    const bytes = encodePacket(head, [...first, ...rest]);
    assert(bytes.length <= this.config.packetBytesMax, 'a packet keeps its limit');
    this.#effects.push({ kind: 'datagram', to, bytes });
    this.counters.datagramsSent++;
  }

  #sendsMax(): number {
    return Math.ceil(this.config.retransmitFactor * Math.log10(this.clusterSize + 1));
  }
}
