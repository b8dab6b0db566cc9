// What goes into the membership machine and what comes out of it: plain data, so that a driver, the
// simulator and a test can all feed it and record it.

import type { ActorId } from '../base/actor-id.ts';
import type { Peer, PeerAddress, StoredMember } from '../ports.ts';
import type { MemberState } from './record.ts';

/** The two clocks at the moment of a step, milliseconds. */
export interface Now {
  readonly monotonicMs: number;
  /** Unix time. */
  readonly wallMs: number;
}

/** A wake-up call that the driver is to give back; a stale one is recognised by its token. */
export interface MembershipTimer {
  readonly token: number;
}

export type MembershipEvent =
  /** Begins: announces to the seeds, or to members known from before where there are none. */
  | {
      readonly kind: 'start';
      readonly seeds: readonly PeerAddress[];
      readonly known: readonly StoredMember[];
    }
  | { readonly kind: 'datagram'; readonly from: Peer; readonly bytes: Uint8Array }
  | { readonly kind: 'timer'; readonly timer: MembershipTimer }
  /** Announces to these seeds at once and keeps them in place of the former ones. */
  | { readonly kind: 'announce'; readonly addresses: readonly PeerAddress[] }
  /** Comes back after `leave`, or makes a member that others misjudge known anew. */
  | { readonly kind: 'rejoin' }
  /** Says goodbye; `left` is notified when that has been sent often enough. */
  | { readonly kind: 'leave' }
  /** The transport's smoothed round trip to a peer. */
  | { readonly kind: 'rtt'; readonly address: PeerAddress; readonly rttMs: number }
  /** The node took a new actor id: the old one leaves, the new one joins. */
  | { readonly kind: 'rename'; readonly actorId: ActorId };

export type MembershipEffect =
  | { readonly kind: 'datagram'; readonly to: PeerAddress; readonly bytes: Uint8Array }
  | { readonly kind: 'timer'; readonly afterMs: number; readonly timer: MembershipTimer }
  /** The bootstrap entries are to be resolved anew and given back as an `announce` event. */
  | { readonly kind: 'resolve-seeds' }
  | { readonly kind: 'notify'; readonly notification: MembershipNotification };

export type MembershipNotification =
  /** A member is alive: for the first time, again, cleared of suspicion, or as a new session. */
  | { readonly kind: 'member-up'; readonly member: Member }
  | { readonly kind: 'member-suspect'; readonly member: Member }
  | { readonly kind: 'member-down'; readonly member: Member }
  | { readonly kind: 'member-left'; readonly member: Member }
  /** A member is nearer or farther than it was, or was measured for the first time. */
  | { readonly kind: 'member-ring'; readonly member: Member }
  /** A down or left member was forgotten, its time being over. */
  | { readonly kind: 'member-removed'; readonly member: Member }
  /** Others held us down; we told them otherwise. */
  | { readonly kind: 'rejoined'; readonly incarnation: number }
  /** Our goodbye has been sent; the process may end. */
  | { readonly kind: 'left' }
  /**
   * Another live node uses our actor id: a copy of our database. `yield` says whether it is for us
   * to take a new actor id (the session that started later does); the other node is told the same.
   */
  | { readonly kind: 'identity-conflict'; readonly other: OtherSession; readonly yield: boolean }
  /**
   * The verdict about our clock changed. `offsetMs` is how far it runs ahead of the median of the
   * peers; undefined when too few of them are known to tell. Refuse writes while `refused`.
   */
  | {
      readonly kind: 'clock-drift';
      readonly offsetMs: number | undefined;
      readonly refused: boolean;
    };

/** A session of our own actor id that is not ours. */
export interface OtherSession {
  readonly address: PeerAddress;
  readonly sessionId: string;
  /** Unix milliseconds by that node's clock. */
  readonly startedAtMs: number;
}

/** A member as this node sees it. */
export interface Member {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  /** Empty for a member known from storage only. */
  readonly sessionId: string;
  readonly incarnation: number;
  readonly state: MemberState;
  /** 0 (nearest) to 5; undefined before the first round trip. */
  readonly ring: number | undefined;
  /** Median of the last 20 round trips, milliseconds. */
  readonly rttMs: number | undefined;
  /** Least of the last 20 round trips, milliseconds. */
  readonly rttMinMs: number | undefined;
  /** When a datagram of it last arrived here, Unix milliseconds; undefined when none did. */
  readonly lastSeenMs: number | undefined;
}

/** Counts since the machine was made; all only grow. */
export interface MembershipCounters {
  datagramsSent: number;
  datagramsReceived: number;
  /** Datagrams that do not follow the format. */
  malformed: number;
  /** Datagrams whose claims about their sender differ from what the transport authenticated. */
  forged: number;
  staleTimers: number;
  probes: number;
  /** Probes that were answered, directly or by way of others. */
  probesAcked: number;
  probeFailures: number;
  indirectProbes: number;
  suspicions: number;
  /** Times that we refuted being suspect or down. */
  refutations: number;
  /** Stalls of this process. */
  stalls: number;
  relays: number;
  /** Ping-requests answered by a nack at once: too many under way, or the target is unknown. */
  relaysRefused: number;
  feeds: number;
  /** Feeds not given because too many were asked for within a second. */
  feedsRefused: number;
  /** Members not taken in because membersMax is reached. */
  membersRefused: number;
  /** Times that two actors claimed one address. */
  addressConflicts: number;
  identityConflicts: number;
}

/** Counters at zero. */
export function newCounters(): MembershipCounters {
  return {
    datagramsSent: 0,
    datagramsReceived: 0,
    malformed: 0,
    forged: 0,
    staleTimers: 0,
    probes: 0,
    probesAcked: 0,
    probeFailures: 0,
    indirectProbes: 0,
    suspicions: 0,
    refutations: 0,
    stalls: 0,
    relays: 0,
    relaysRefused: 0,
    feeds: 0,
    feedsRefused: 0,
    membersRefused: 0,
    addressConflicts: 0,
    identityConflicts: 0,
  };
}
