// The failure detector proper: pings everybody in turn, asks others to ping whom it can't reach,
// and says whose probe failed. Answers feed round-trip times and clock samples.

import type { ActorId } from '../base/actor-id.ts';
import type { Peer } from '../ports.ts';
import type { Appointment } from './agenda.ts';
import { directShareMax } from './config.ts';
import type { Core } from './core.ts';
import type { MemberEntry } from './member-table.ts';
import { isLive } from './record.ts';

/** Pings of our own that may wait for an answer; no more are sent beyond it. */
const probesMax = 512;

/**
 * Probes begun while looking for a member to probe, where those whose turn it is are being probed.
 */
const turnsMax = 4;

interface Probe {
  readonly entry: MemberEntry;
  readonly sessionId: string;
  /** Monotonic milliseconds. */
  readonly sentMs: number;
  /** Members asked to ping too, and whether each said that it did so in vain. */
  readonly helpers: Map<ActorId, 'asked' | 'nacked'>;
  readonly appointments: Appointment[];
  /** A check only tells a suspect that it is one; silence means nothing. */
  readonly isCheck: boolean;
}

export class Prober {
  readonly #core: Core;
  readonly #failed: (entry: MemberEntry) => void;
  readonly #probes = new Map<number, Probe>();

  /** `failed` is called for a member that answered neither us nor those whom we asked. */
  constructor(core: Core, failed: (entry: MemberEntry) => void) {
    this.#core = core;
    this.#failed = failed;
  }

  start(): void {
    const { config, awareness } = this.#core;
    const waitMs = (config.probePeriodMs / config.probesPerPeriod) * awareness.factor;
    this.#core.after(this.#core.jittered(waitMs), () => {
      this.#probeNext();
      this.start();
    });
  }

  /** Probes a member unless a probe of it is under way. */
  probe(entry: MemberEntry): void {
    if (this.#isProbed(entry) || !this.#mayProbe()) return;
    const { config, awareness, counters } = this.#core;
    counters.probes++;
    const seq = this.#core.nextSeq();
    const probe = this.#newProbe(entry, false);
    this.#probes.set(seq, probe);
    probe.appointments.push(
      this.#core.afterAwake(this.#directMs(entry), () => this.#askOthers(seq, probe)),
      this.#core.afterAwake(config.probePeriodMs * awareness.factor, () => this.#fail(seq, probe)),
    );
    this.#core.sendTo(entry, { kind: 'ping', seq });
  }

  /** Pings a suspect to tell it that it is one. */
  check(entry: MemberEntry): void {
    if (!this.#mayProbe()) return;
    const seq = this.#core.nextSeq();
    const probe = this.#newProbe(entry, true);
    this.#probes.set(seq, probe);
    const forget = () => this.#probes.delete(seq);
    probe.appointments.push(this.#core.afterAwake(this.#core.config.probePeriodMs, forget));
    this.#core.sendTo(entry, { kind: 'ping', seq });
  }

  /** An answer to a ping of ours; `wallMs` is the clock of who answered. */
  onAck(from: Peer, seq: number, wallMs: number): void {
    const probe = this.#probes.get(seq);
    if (probe === undefined || probe.entry.record.actorId !== from.actorId) return;
    if (probe.sessionId === from.sessionId) {
      const { monotonicMs } = this.#core.now;
      const rttMs = monotonicMs - probe.sentMs;
      this.#core.measure(probe.entry, rttMs);
      this.#core.drift.sample(probe.entry.clock, { wallMs, rttMs, monotonicMs });
    }
    this.#succeed(seq, probe);
  }

  /** Somebody whom we asked got an answer. */
  onRelayedAck(from: Peer, seq: number, targetId: ActorId): void {
    const probe = this.#probes.get(seq);
    if (probe === undefined || probe.entry.record.actorId !== targetId) return;
    if (probe.helpers.has(from.actorId)) this.#succeed(seq, probe);
  }

  /** Somebody whom we asked got no answer so far: so we, at least, are well connected. */
  onNack(from: Peer, seq: number): void {
    const probe = this.#probes.get(seq);
    if (probe?.helpers.has(from.actorId)) probe.helpers.set(from.actorId, 'nacked');
  }

  #probeNext(): void {
    const { table } = this.#core;
    for (let turn = 0; turn < Math.min(turnsMax, table.order.size); turn++) {
      const actorId = table.order.next();
      const entry = actorId === undefined ? undefined : table.get(actorId);
      if (entry === undefined || this.#isProbed(entry)) continue;
      this.probe(entry);
      return;
    }
  }

  #newProbe(entry: MemberEntry, isCheck: boolean): Probe {
    return {
      entry,
      sessionId: entry.record.sessionId,
      sentMs: this.#core.now.monotonicMs,
      helpers: new Map(),
      appointments: [],
      isCheck,
    };
  }

  #mayProbe(): boolean {
    return this.#core.self.state === 'alive' && this.#probes.size < probesMax;
  }

  #isProbed(entry: MemberEntry): boolean {
    for (const probe of this.#probes.values()) {
      if (probe.entry === entry && !probe.isCheck) return true;
    }
    return false;
  }

  /** How long a direct ping may take: some round trips, stretched by our own doubtful health. */
  #directMs(entry: MemberEntry): number {
    const { config, awareness } = this.#core;
    const byRttMs = (entry.rtt.medianMs ?? 0) * config.probeTimeoutRtts;
    const directMs = Math.max(config.probeTimeoutMs, byRttMs);
    return Math.min(directMs, config.probePeriodMs * directShareMax) * awareness.factor;
  }

  #askOthers(seq: number, probe: Probe): void {
    const { counters } = this.#core;
    const { actorId: targetId, address: targetAddress } = probe.entry.record;
    for (const helper of this.#helpersFor(probe.entry)) {
      probe.helpers.set(helper.record.actorId, 'asked');
      counters.indirectProbes++;
      this.#core.sendTo(helper, { kind: 'ping-request', seq, targetId, targetAddress });
    }
  }

  /**
   * Whom to ask: of twice as many members as needed, taken at random, those heard of last. When
   * many are gone at once, asking the dead would only teach us to doubt ourselves.
   */
  #helpersFor(target: MemberEntry): MemberEntry[] {
    const { indirectProbes } = this.#core.config;
    return this.#core
      .sampleLive(indirectProbes * 2, target)
      .sort((a, b) => (b.lastSeenMs ?? 0) - (a.lastSeenMs ?? 0))
      .slice(0, indirectProbes);
  }

  #succeed(seq: number, probe: Probe): void {
    this.#end(seq, probe);
    if (probe.isCheck) return;
    this.#core.counters.probesAcked++;
    this.#core.awareness.adjust(-1);
  }

  #fail(seq: number, probe: Probe): void {
    this.#end(seq, probe);
    const { record } = probe.entry;
    if (!isLive(record.state) || record.sessionId !== probe.sessionId) return;
    this.#core.counters.probeFailures++;
    // Helpers who say nothing at all hint that the fault is ours. Without helpers we can't tell.
    const silent = [...probe.helpers.values()].filter((answer) => answer === 'asked').length;
    this.#core.awareness.adjust(probe.helpers.size === 0 ? 1 : silent);
    this.#failed(probe.entry);
  }

  #end(seq: number, probe: Probe): void {
    this.#probes.delete(seq);
    for (const appointment of probe.appointments) appointment.cancelled = true;
  }
}
