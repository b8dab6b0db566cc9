// SWIM with Lifeguard as a pure machine: events and the time go in, effects come out as plain
// data. It finds the other nodes, notices which of them are gone within a time that does not grow
// with the cluster, spreads the news by gossip, and tells how near and how well timed each peer
// is.
//
// This file puts the parts together and hands them the events: inbox.ts takes datagrams apart,
// roster.ts decides what to believe about others, identity.ts speaks for ourselves, prober.ts and
// suspicions.ts detect failures, relays.ts helps others to, gossip.ts spreads the news,
// announcer.ts finds the others.

import type { ActorId } from '../base/actor-id.ts';
import { assert, unreachable } from '../base/assert.ts';
import { PatinaError } from '../base/errors.ts';
import type { Rng } from '../base/rng.ts';
import type { Peer, PeerAddress, StoredMember } from '../ports.ts';
import { Announcer } from './announcer.ts';
import { checkMembershipConfig, type MembershipConfig } from './config.ts';
import { Core } from './core.ts';
import type {
  Member,
  MembershipCounters,
  MembershipEffect,
  MembershipEvent,
  MembershipTimer,
  Now,
} from './events.ts';
import { Gossip } from './gossip.ts';
import { Identity } from './identity.ts';
import { Inbox } from './inbox.ts';
import { memberOf, storedMemberOf, updateOf } from './member-table.ts';
import { Prober } from './prober.ts';
import type { MemberRecord } from './record.ts';
import { Relays } from './relays.ts';
import { Roster } from './roster.ts';
import { Suspicions } from './suspicions.ts';
import { type SwimView, swimView } from './swim-view.ts';
import { isWireAddress, isWireSessionId, wallMsMax } from './wire.ts';

export interface MembershipOptions {
  /** Who we are: the same as the transport tells in its handshakes. */
  readonly self: Peer;
  readonly config: MembershipConfig;
  readonly rng: Rng;
}

/** Greatest delay asked of the driver, milliseconds: Node's timers know no longer one than 2^31. */
const wakeMsMax = 1_000_000_000;

export class Membership {
  readonly #core: Core;
  readonly #roster: Roster;
  readonly #suspicions: Suspicions;
  readonly #prober: Prober;
  readonly #identity: Identity;
  readonly #gossip: Gossip;
  readonly #announcer: Announcer;
  readonly #inbox: Inbox;
  #started = false;
  #wakeToken = 0;

  /** Throws PATINA_CONFIG_INVALID when the configuration or our own address makes no sense. */
  constructor(options: MembershipOptions) {
    const { self, rng } = options;
    const config = checkMembershipConfig(options.config);
    checkSelf(self);
    const { actorId, address, sessionId } = self;
    const record: MemberRecord = {
      actorId,
      address,
      sessionId,
      startedAtMs: 0,
      incarnation: 0,
      state: 'alive',
    };
    const core = new Core(config, rng, record);
    this.#core = core;
    this.#prober = new Prober(core, (entry) => this.#roster.doubt(entry));
    this.#suspicions = new Suspicions(core, {
      probe: (entry) => this.#prober.probe(entry),
      check: (entry) => this.#prober.check(entry),
      expired: (entry) => this.#roster.declareDown(entry),
    });
    this.#roster = new Roster(core, {
      suspect: (entry, by) => this.#suspicions.begin(entry, by),
      confirm: (entry, by) => this.#suspicions.confirm(entry, by),
      clear: (entry) => this.#suspicions.clear(entry),
      ownAddressClaimed: (claim) => this.#identity.outliveAtAddress(claim),
    });
    this.#identity = new Identity(core);
    this.#gossip = new Gossip(core);
    this.#announcer = new Announcer(core);
    this.#inbox = new Inbox(core, {
      roster: this.#roster,
      prober: this.#prober,
      relays: new Relays(core),
      identity: this.#identity,
      gossip: this.#gossip,
    });
  }

  /** Takes one event at a time that never goes backwards; returns what is to be done, in order. */
  step(event: MembershipEvent, now: Now): MembershipEffect[] {
    const core = this.#core;
    assert(now.monotonicMs >= core.now.monotonicMs, 'monotonic time never goes backwards');
    core.now = now;
    if (core.clock.observe(now.monotonicMs) > 0) {
      core.counters.stalls++;
      core.awareness.adjust(1);
    }
    core.drift.observe(now);
    this.#handle(event);
    if (this.#started) {
      core.agenda.runDue(core.nowMs);
      core.verdicts.runDue(core.activeMs);
      this.#announcer.observe();
      this.#arm();
    }
    return core.takeEffects();
  }

  /** All remembered members, ourselves not included, live or not. */
  members(): readonly Member[] {
    return Array.from(this.#core.table.all(), memberOf);
  }

  /** One remembered member. */
  member(actorId: ActorId): Member | undefined {
    const entry = this.#core.table.get(actorId);
    return entry === undefined ? undefined : memberOf(entry);
  }

  /** What we say about ourselves. */
  self(): MemberRecord {
    return this.#core.self;
  }

  /** The members worth keeping across a restart. */
  stored(): StoredMember[] {
    return Array.from(this.#core.table.all())
      .filter((entry) => entry.record.state !== 'left')
      .map(storedMemberOf);
  }

  /**
   * How far our wall clock runs ahead of the median of our live peers, milliseconds (negative:
   * behind). Undefined with fewer than two peers to judge by.
   */
  clockOffset(): number | undefined {
    return this.#core.drift.offsetMs;
  }

  /** Local health: 0 is healthy; higher scores mean that we miss answers and doubt ourselves. */
  healthScore(): number {
    return this.#core.awareness.score;
  }

  /** What the failure detector has on its mind. */
  swim(): SwimView {
    return swimView(this.#core);
  }

  counters(): Readonly<MembershipCounters> & { readonly updatesDropped: number } {
    return { ...this.#core.counters, updatesDropped: this.#core.queue.dropped };
  }

  #handle(event: MembershipEvent): void {
    switch (event.kind) {
      case 'start':
        this.#start(event);
        break;
      case 'datagram':
        if (this.#started) this.#inbox.receive(event.from, event.bytes);
        break;
      case 'timer':
        this.#wake(event.timer);
        break;
      case 'announce':
        if (this.#started) this.#announcer.announce(event.addresses);
        break;
      case 'rejoin':
        this.#rejoin();
        break;
      case 'leave':
        this.#leave();
        break;
      case 'rtt':
        this.#measure(event.address, event.rttMs);
        break;
      case 'rename':
        this.#rename(event.actorId);
        break;
      default:
        unreachable(event);
    }
  }

  #start(event: Extract<MembershipEvent, { kind: 'start' }>): void {
    assert(!this.#started, 'a machine is started once');
    this.#started = true;
    const core = this.#core;
    const startedAtMs = Math.min(wallMsMax, Math.max(1, Math.floor(core.now.wallMs)));
    core.self = { ...core.self, startedAtMs };
    for (const { actorId, address, incarnation } of event.known) {
      if (actorId === core.self.actorId || address === core.self.address) continue;
      if (!isWireAddress(address)) continue;
      const unheard = { sessionId: '', startedAtMs: 0, state: 'down' } as const;
      this.#roster.recall({ actorId, address, incarnation, ...unheard });
    }
    this.#roster.start();
    this.#prober.start();
    this.#gossip.start();
    this.#judgeClock();
    this.#announcer.start(event.seeds);
  }

  #wake(timer: MembershipTimer): void {
    if (timer.token !== this.#wakeToken) {
      this.#core.counters.staleTimers++;
      return;
    }
    this.#core.clock.woken();
  }

  /** Asks to be woken for the next appointment, unless that is so already. */
  #arm(): void {
    const { agenda, verdicts, clock, nowMs } = this.#core;
    const actMs = agenda.nextMs() ?? nowMs + wakeMsMax;
    const judgeMs = clock.toMonotonicMs(verdicts.nextMs() ?? Number.POSITIVE_INFINITY);
    const wakeMs = Math.max(nowMs, Math.min(actMs, judgeMs, nowMs + wakeMsMax));
    if (clock.wakeMs !== undefined && clock.wakeMs <= wakeMs) return;
    clock.expectWake(wakeMs);
    this.#wakeToken++;
    const afterMs = Math.max(1, Math.ceil(wakeMs - nowMs));
    this.#core.effect({ kind: 'timer', afterMs, timer: { token: this.#wakeToken } });
  }

  #measure(address: PeerAddress, rttMs: number): void {
    const entry = this.#core.table.liveAt(address);
    if (entry !== undefined) this.#core.measure(entry, rttMs);
  }

  #leave(): void {
    const done = () => this.#core.notify({ kind: 'left' });
    if (this.#started) this.#identity.leave(done);
    else done();
  }

  #rejoin(): void {
    if (!this.#started) return;
    this.#identity.rejoin();
    this.#gossip.hasten();
    this.#announcer.hasten();
  }

  #rename(actorId: ActorId): void {
    const former = this.#identity.rename(actorId);
    const { table, nowMs } = this.#core;
    const held = table.get(actorId);
    if (held !== undefined) table.remove(held);
    const entry = table.insert(former, nowMs);
    this.#core.spread(updateOf(entry));
    if (!this.#started) return;
    this.#core.burst([updateOf(entry)]);
    this.#announcer.hasten();
  }

  /** Looks at our clock now and then, and notifies when the verdict changes. */
  #judgeClock(): void {
    const { config, drift, table, now } = this.#core;
    const clocks = table.live().map((entry) => entry.clock);
    if (drift.judge(clocks, now)) {
      const { offsetMs, refused } = drift;
      this.#core.notify({ kind: 'clock-drift', offsetMs, refused });
    }
    this.#core.after(config.gossipPeriodMs, () => this.#judgeClock());
  }
}

function checkSelf(self: Peer): void {
  if (isWireAddress(self.address) && isWireSessionId(self.sessionId)) return;
  throw new PatinaError(
    'PATINA_CONFIG_INVALID',
    `membership: no usable address "${self.address}"`,
    {
      hint: 'the gossip address is "ip:port", IPv6 in brackets',
    },
  );
}
