// Our own place in the cluster: what others say about us, and what we answer. Suspicions are
// refuted with a higher incarnation; earlier runs of ourselves are outlived with a later session;
// and another live node with our actor id, a copy of our database, is found out.
//
// Two live copies meet in one of two ways: one gets a datagram from the other, or hears of it from
// third nodes. Hearsay may be an echo of our own earlier run, so it is answered by a contest, which
// names the other session and is sent both directly and by gossip. Only a live node that met the
// other can name it: whoever is contested knows for sure, and contests back. Both then compare the
// same two sessions, and the one that started later is to take a new actor id.

import type { ActorId } from '../base/actor-id.ts';
import type { Core } from './core.ts';
import { compareSessions, isLive, type MemberRecord } from './record.ts';
import { incarnationMax, type Update, wallMsMax } from './wire.ts';

/** Least time between two contests of the same session, milliseconds. */
export const contestPeriodMs = 1_000;

/** Least time between two notifications of the same conflict, milliseconds. */
export const conflictNoticePeriodMs = 10_000;

/** Least time between two renewals of our session against another user of our address. */
const renewPeriodMs = 1_000;

/** Sessions of which it is remembered when something was last done. */
const sessionsMax = 64;

/** Rounds of goodbyes, so that hardly anybody misses all of them on a lossy network. */
const goodbyeRounds = 3;

export class Identity {
  readonly #core: Core;
  /** When something was last done about a session, monotonic milliseconds. */
  readonly #lastDoneMs = new Map<string, number>();

  /** Greatest incarnation of this session that we heard to be down. */
  #downIncarnation = -1;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Hears an update about our own actor id; `live` if its subject itself has just sent it. */
  hear(update: Update, live: boolean): void {
    const { self } = this.#core;
    const { record } = update;
    if (record.sessionId === self.sessionId) {
      if (update.kind === 'state') this.#hearOfThisSession(record);
      return;
    }
    if (self.state === 'left') return;
    const named = update.kind === 'contest' && update.contestedSessionId === self.sessionId;
    if (live || named) this.#conflict(record);
    else this.#hearOfOtherSession(record);
  }

  /** Passes a contest on towards the session that it names; once per period, lest it go round. */
  relay(update: Extract<Update, { kind: 'contest' }>): void {
    const key = `relay:${update.record.sessionId}:${update.contestedSessionId}`;
    if (this.#mayDo(key, conflictNoticePeriodMs)) this.#core.spread(update);
  }

  /** Another actor claims our address in a later session: ours becomes the later one. */
  outliveAtAddress(record: MemberRecord): void {
    if (this.#mayDo(`renew:${record.actorId}`, renewPeriodMs)) this.#outlive(record);
  }

  /** Says goodbye to everybody, some times; then calls `done`. */
  leave(done: () => void): void {
    if (this.#core.self.state === 'alive') this.#core.become({ state: 'left' });
    this.#sayGoodbye(goodbyeRounds, done);
  }

  /** Comes (back) to life with a new incarnation. */
  rejoin(): void {
    this.#raiseIncarnation(this.#core.self.incarnation);
    this.#core.burst();
  }

  /** Goes on as another actor; returns the record under which the former one left. */
  rename(actorId: ActorId): MemberRecord {
    const { self, now } = this.#core;
    const former: MemberRecord = { ...self, state: 'left' };
    const startedAtMs = Math.min(wallMsMax, Math.max(self.startedAtMs + 1, Math.floor(now.wallMs)));
    this.#lastDoneMs.clear();
    this.#downIncarnation = -1;
    this.#core.become({ actorId, startedAtMs, incarnation: 0, state: 'alive' });
    return former;
  }

  #hearOfThisSession(record: MemberRecord): void {
    const { self } = this.#core;
    if (record.startedAtMs !== self.startedAtMs || self.state === 'left') return;
    if (record.state === 'alive') return;
    if (record.incarnation >= self.incarnation) {
      this.#core.counters.refutations++;
      this.#core.awareness.adjust(1);
      this.#raiseIncarnation(record.incarnation);
      this.#core.burst();
    }
    // We may have refuted a suspicion before we hear what had become of it.
    if (record.state === 'suspect' || record.incarnation <= this.#downIncarnation) return;
    this.#downIncarnation = record.incarnation;
    this.#core.notify({ kind: 'rejoined', incarnation: this.#core.self.incarnation });
  }

  #hearOfOtherSession(record: MemberRecord): void {
    const { self } = this.#core;
    const gone = !isLive(record.state) || record.address === self.address;
    if (compareSessions(record, self) > 0) {
      // Later than ours by its clock. If it is gone, clocks were set back between two runs of ours.
      if (gone) this.#outlive(record);
      else this.#contest(record);
      return;
    }
    // An earlier run of ours. Incarnations go on from there, for the eyes of operators.
    if (record.incarnation >= self.incarnation) this.#raiseIncarnation(record.incarnation);
    if (!gone) this.#contest(record);
  }

  #conflict(record: MemberRecord): void {
    const { address, sessionId, startedAtMs } = record;
    this.#contest(record);
    if (!this.#mayDo(`notice:${sessionId}`, conflictNoticePeriodMs)) return;
    this.#core.counters.identityConflicts++;
    this.#core.notify({
      kind: 'identity-conflict',
      other: { address, sessionId, startedAtMs },
      yield: compareSessions(this.#core.self, record) > 0,
    });
  }

  /** Tells another session of our actor id, if it is live, that we are live. */
  #contest(record: MemberRecord): void {
    if (!this.#mayDo(`contest:${record.sessionId}`, contestPeriodMs)) return;
    const { self } = this.#core;
    const update: Update = {
      kind: 'contest',
      record: { ...self, state: 'alive' },
      contestedSessionId: record.sessionId,
    };
    this.#core.spread(update);
    if (record.address !== self.address) {
      this.#core.sendToAddress(record.address, { kind: 'gossip' }, [update]);
    }
  }

  /** Makes our session later than one that is gone but seems later than ours. */
  #outlive(record: MemberRecord): void {
    const { self } = this.#core;
    const startedAtMs = Math.min(wallMsMax, record.startedAtMs + 1);
    const incarnation = Math.min(
      incarnationMax,
      Math.max(self.incarnation, record.incarnation + 1),
    );
    this.#core.become({ startedAtMs, incarnation, state: 'alive' });
    this.#core.burst();
  }

  #raiseIncarnation(above: number): void {
    const { self } = this.#core;
    if (above + 1 <= incarnationMax) {
      this.#core.become({ incarnation: above + 1, state: 'alive' });
    } else {
      // Incarnations have run out: a later session counts from zero again.
      const startedAtMs = Math.min(wallMsMax, self.startedAtMs + 1);
      this.#core.become({ startedAtMs, incarnation: 0, state: 'alive' });
    }
  }

  #sayGoodbye(rounds: number, done: () => void): void {
    if (this.#core.self.state !== 'left') return;
    if (rounds === 0) {
      done();
      return;
    }
    this.#core.burst();
    this.#core.after(this.#core.config.gossipPeriodMs / 2, () =>
      this.#sayGoodbye(rounds - 1, done),
    );
  }

  /** Whether `key` was not done within `periodMs`; if so, notes it as done now. */
  #mayDo(key: string, periodMs: number): boolean {
    const { nowMs } = this.#core;
    const lastMs = this.#lastDoneMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < periodMs) return false;
    this.#lastDoneMs.delete(key);
    this.#lastDoneMs.set(key, nowMs);
    if (this.#lastDoneMs.size > sessionsMax) {
      const [oldest] = this.#lastDoneMs.keys();
      if (oldest !== undefined) this.#lastDoneMs.delete(oldest);
    }
    return true;
  }
}
