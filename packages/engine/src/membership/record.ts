// What one node claims about one member, and which of two claims holds. The claims about an actor
// are totally ordered, so that nodes which have heard the same claims agree, in whatever order
// they came.

import type { ActorId } from '../base/actor-id.ts';
import type { PeerAddress } from '../ports.ts';

/** A member as SWIM sees it: `down` was found dead by others, `left` said goodbye itself. */
export type MemberState = 'alive' | 'suspect' | 'down' | 'left';

/** A claim about a member. */
export interface MemberRecord {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  /** The run of the node that the claim is about; empty for members known from storage only. */
  readonly sessionId: string;
  /**
   * When that run began, Unix milliseconds by its own clock; or just after the run that it
   * replaces, where that clock says less. Zero for members known from storage only.
   */
  readonly startedAtMs: number;
  /** Raised by the member itself to refute that it is suspect or down. */
  readonly incarnation: number;
  readonly state: MemberState;
}

/** One run of one node: what sessions are ordered by. */
export type Session = Pick<MemberRecord, 'sessionId' | 'startedAtMs'>;

// At one incarnation bad news beats good news: only the member itself can raise its incarnation, so
// it alone can answer. `left` is the member's own last word and beats what others suppose.
const ranks: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 1, down: 2, left: 3 };

/** Orders sessions: negative when `a` is older than `b`, zero when they are the same run. */
export function compareSessions(a: Session, b: Session): number {
  if (a.startedAtMs !== b.startedAtMs) return a.startedAtMs - b.startedAtMs;
  if (a.sessionId === b.sessionId) return 0;
  return a.sessionId < b.sessionId ? -1 : 1;
}

/** Orders claims about the same actor: the greater one holds. Zero means that they say the same. */
export function compareRecords(a: MemberRecord, b: MemberRecord): number {
  return compareSessions(a, b) || a.incarnation - b.incarnation || ranks[a.state] - ranks[b.state];
}

/** Whether a member in this state takes part in the cluster. */
export function isLive(state: MemberState): boolean {
  return state === 'alive' || state === 'suspect';
}
