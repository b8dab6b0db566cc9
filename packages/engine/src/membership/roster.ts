// Decides what to believe about other members. A claim is taken when it beats what is held; what
// changed is passed on, and the rest of the node is notified. Two actors at one address can't both
// be live: the one whose session began later is, the other is taken for down.

import type { ActorId } from '../base/actor-id.ts';
import type { Core } from './core.ts';
import type { MembershipNotification } from './events.ts';
import { isHeardOf, type MemberEntry, memberOf, updateOf } from './member-table.ts';
import { compareRecords, compareSessions, isLive, type MemberRecord } from './record.ts';

/** How often removals are looked for, milliseconds. */
const sweepPeriodMs = 60_000;

/** Least time between two attempts to settle what others believe of one member, milliseconds. */
const recheckPeriodMs = 5_000;

/** What the roster asks of the other parts. */
export interface RosterHooks {
  /** A member has just become suspect; `by` said so. */
  suspect(entry: MemberEntry, by: ActorId): void;
  /** Somebody else suspects a suspect. */
  confirm(entry: MemberEntry, by: ActorId): void;
  /** A member is no longer suspect. */
  clear(entry: MemberEntry): void;
  /** Another actor claims our own address in a session later than ours. */
  ownAddressClaimed(record: MemberRecord): void;
}

export class Roster {
  readonly #core: Core;
  readonly #hooks: RosterHooks;

  constructor(core: Core, hooks: RosterHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  start(): void {
    const periodMs = Math.min(sweepPeriodMs, this.#core.config.removeDownAfterMs / 4);
    this.#core.after(periodMs, () => {
      this.#sweep();
      this.start();
    });
  }

  /** Hears a claim about another member; `suspectedBy` is present with state `suspect`. */
  merge(claim: MemberRecord, suspectedBy?: ActorId): void {
    const { table, counters, config, nowMs } = this.#core;
    const held = table.get(claim.actorId);
    if (held !== undefined && compareRecords(claim, held.record) < 0) {
      this.#recheck(held, claim);
      return;
    }
    if (held !== undefined && compareRecords(claim, held.record) === 0) {
      if (suspectedBy !== undefined) this.#hooks.confirm(held, suspectedBy);
      return;
    }
    const record = this.#settleAddress(claim);
    if (held !== undefined) {
      if (compareRecords(record, held.record) > 0) this.#replace(held, record, suspectedBy);
      return;
    }
    // A stranger that is gone is of no use, and would be remembered for ever if each node learned
    // of it anew from another just before that one forgot it.
    if (!isLive(record.state)) return;
    if (table.size >= config.membersMax) {
      counters.membersRefused++;
      return;
    }
    const entry = table.insert({ ...record, state: 'alive' }, nowMs);
    this.#announceChange(entry, undefined);
    if (record.state === 'suspect') this.#replace(entry, record, suspectedBy);
  }

  /** A suspect's time is over. */
  declareDown(entry: MemberEntry): void {
    this.#replace(entry, { ...entry.record, state: 'down' }, undefined);
    // If it lives after all, this is how it learns that it has to refute.
    this.#core.sendTo(entry, { kind: 'announce' });
  }

  /** Our own probe of this member failed: suspects it, or confirms what others suspect. */
  doubt(entry: MemberEntry): void {
    const { record } = entry;
    if (record.state === 'alive') {
      this.#replace(entry, { ...record, state: 'suspect' }, this.#core.self.actorId);
    } else if (record.state === 'suspect') {
      this.#hooks.confirm(entry, this.#core.self.actorId);
    }
  }

  /** Remembers a member from storage: unknown to be alive, so down until heard of. */
  recall(record: MemberRecord): void {
    const { table, config, nowMs } = this.#core;
    if (table.get(record.actorId) !== undefined || table.size >= config.membersMax) return;
    table.insert(record, nowMs);
  }

  /**
   * Somebody believes of a member what we know to be over. If it left, whoever suspects it now
   * missed its goodbye, so the news goes round once more. If we hold it for down and others for
   * alive, it has to refute before we may believe it, so it must hear of that: thus the two sides
   * of a healed partition learn of each other's members.
   */
  #recheck(held: MemberEntry, claim: MemberRecord): void {
    const { nowMs } = this.#core;
    const missedLeave = held.record.state === 'left' && claim.state === 'suspect';
    const maybeAlive = held.record.state === 'down' && claim.state === 'alive';
    if (!missedLeave && !maybeAlive) return;
    if (compareSessions(held.record, claim) !== 0) return;
    if (nowMs - held.recheckedMs < recheckPeriodMs) return;
    held.recheckedMs = nowMs;
    if (missedLeave) this.#core.spread(updateOf(held));
    else this.#core.sendTo(held, { kind: 'announce' });
  }

  /** Returns the claim as far as it can hold beside whoever else is at its address. */
  #settleAddress(claim: MemberRecord): MemberRecord {
    if (!isLive(claim.state)) return claim;
    const { self, table, counters } = this.#core;
    if (claim.address === self.address && self.state === 'alive') {
      counters.addressConflicts++;
      if (compareSessions(claim, self) > 0) this.#hooks.ownAddressClaimed(claim);
      return { ...claim, state: 'down' };
    }
    const holder = table.liveAt(claim.address);
    if (holder === undefined || holder.record.actorId === claim.actorId) return claim;
    counters.addressConflicts++;
    if (compareSessions(claim, holder.record) <= 0) return { ...claim, state: 'down' };
    this.#replace(holder, { ...holder.record, state: 'down' }, undefined);
    return claim;
  }

  #replace(entry: MemberEntry, record: MemberRecord, suspectedBy: ActorId | undefined): void {
    const before = entry.record;
    if (entry.suspicion !== undefined) this.#hooks.clear(entry);
    this.#core.table.put(entry, record, this.#core.nowMs);
    if (record.state === 'suspect') this.#hooks.suspect(entry, suspectedBy ?? record.actorId);
    this.#announceChange(entry, before);
  }

  /** Passes the change on, and notifies of it where it is one for the rest of the node too. */
  #announceChange(entry: MemberEntry, before: MemberRecord | undefined): void {
    const { record } = entry;
    if (isHeardOf(record)) this.#core.spread(updateOf(entry));
    if (before?.state === record.state && before.sessionId === record.sessionId) return;
    this.#core.notify({ kind: notificationKinds[record.state], member: memberOf(entry) });
  }

  #sweep(): void {
    const { table, config, nowMs } = this.#core;
    for (const entry of [...table.all()]) {
      if (isLive(entry.record.state)) continue;
      if (nowMs - entry.changedMs < config.removeDownAfterMs) continue;
      table.remove(entry);
      this.#core.notify({ kind: 'member-removed', member: memberOf(entry) });
    }
  }
}

const notificationKinds = {
  alive: 'member-up',
  suspect: 'member-suspect',
  down: 'member-down',
  left: 'member-left',
} as const satisfies Record<MemberRecord['state'], MembershipNotification['kind']>;
