// Keeps the suspicions under way: starts them, takes confirmations, gives every suspect the chances
// to refute that it can have, and declares it down when its time is over.

import type { ActorId } from '../base/actor-id.ts';
import type { Appointment } from './agenda.ts';
import type { Core } from './core.ts';
import { type MemberEntry, updateOf } from './member-table.ts';
import { matureShare, Suspicion, suspicionBounds } from './suspicion.ts';

/**
 * Nodes that on hearing of a suspicion probe the suspect out of turn, on average, whatever the size
 * of the cluster: enough for all confirmations that shorten the timeout.
 */
const confirmersWanted = 8;

/** Pings that a node sends to a suspect in one probe period. */
const checksPerPeriod = 2;

/** What suspicions ask of the other parts. */
export interface SuspicionHooks {
  /** Probe this member now, out of turn. */
  probe(entry: MemberEntry): void;
  /** Ping this member, without drawing any conclusion from silence. */
  check(entry: MemberEntry): void;
  /** The time of this suspect is over. */
  expired(entry: MemberEntry): void;
}

export class Suspicions {
  readonly #core: Core;
  readonly #hooks: SuspicionHooks;

  constructor(core: Core, hooks: SuspicionHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  /** Begins a suspicion of a member that has just become suspect. */
  begin(entry: MemberEntry, by: ActorId): void {
    const { config, clusterSize, activeMs, counters, rng, self } = this.#core;
    counters.suspicions++;
    const bounds = suspicionBounds(config, clusterSize);
    const suspicion = new Suspicion(bounds, activeMs, by);
    const pending = { suspicion, by, deadline: this.#deadlineOf(entry, suspicion) };
    entry.suspicion = pending;
    if (by === self.actorId) {
      this.#check(entry);
      return;
    }
    this.#core.after(bounds.minMs * matureShare, () => {
      // Those that missed a refutation still have to ask. Checks of our own may be under way.
      if (entry.suspicion === pending && pending.by !== self.actorId) this.#check(entry);
    });
    if (rng.float() * clusterSize < confirmersWanted) this.#hooks.probe(entry);
  }

  /** Somebody, perhaps we, suspects this suspect too. */
  confirm(entry: MemberEntry, by: ActorId): void {
    const pending = entry.suspicion;
    if (pending === undefined) return;
    const own = by === this.#core.self.actorId && pending.by !== by;
    if (own) pending.by = by;
    if (pending.suspicion.confirm(by)) {
      pending.deadline.cancelled = true;
      pending.deadline = this.#deadlineOf(entry, pending.suspicion);
      this.#core.spread({ kind: 'state', record: entry.record, suspectedBy: by });
    } else if (own) {
      this.#core.spread(updateOf(entry));
    }
    if (own) this.#check(entry);
  }

  /** Ends a suspicion. */
  clear(entry: MemberEntry): void {
    if (entry.suspicion === undefined) return;
    entry.suspicion.deadline.cancelled = true;
    entry.suspicion = undefined;
  }

  #deadlineOf(entry: MemberEntry, suspicion: Suspicion): Appointment {
    const delayMs = Math.max(0, suspicion.deadlineMs - this.#core.activeMs);
    return this.#core.afterAwake(delayMs, () => this.#hooks.expired(entry));
  }

  /** Keeps pinging a suspect: each ping tells it that it has to refute, each answer would do so. */
  #check(entry: MemberEntry): void {
    const pending = entry.suspicion;
    this.#hooks.check(entry);
    this.#core.after(this.#core.config.probePeriodMs / checksPerPeriod, () => {
      if (entry.suspicion === pending) this.#check(entry);
    });
  }
}
