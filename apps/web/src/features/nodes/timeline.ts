// The states of each member over the last minutes, from the events that all nodes recorded of it. At each
// moment a band shows the worst that any of them held it for; ticks show new incarnations and starts.

import type { MemberState } from '../../ui/badge.tsx';

export interface MemberEvent {
  readonly at_ms: number;
  /** Who recorded it. */
  readonly actor_id: string;
  readonly kind: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Band {
  /** null: nothing is known. */
  readonly state: MemberState | null;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Tick {
  readonly atMs: number;
  readonly what: 'incarnation' | 'started';
  readonly incarnation: number | null;
}

export interface MemberTimeline {
  readonly actorId: string;
  readonly bands: readonly Band[];
  readonly ticks: readonly Tick[];
}

export interface TimelineMember {
  readonly actorId: string;
  readonly state: MemberState;
  /** null where it doesn't answer. */
  readonly startedAtMs: number | null;
}

export interface Window {
  readonly startMs: number;
  readonly endMs: number;
  /** Since when the events reach back: those of before are not known. */
  readonly knownSinceMs: number;
}

const stateOfKind = new Map<string, MemberState>([
  ['member-up', 'alive'],
  ['member-suspect', 'suspect'],
  ['member-down', 'down'],
  ['member-left', 'left'],
]);

/** From worst to best. */
const severity: readonly MemberState[] = ['down', 'suspect', 'left', 'alive'];

/** The kinds of events that a timeline is made of. */
export const timelineKinds = [
  'member-up',
  'member-suspect',
  'member-down',
  'member-left',
  'started',
] as const;

export function timelineOf(
  member: TimelineMember,
  events: readonly MemberEvent[],
  { startMs, endMs, knownSinceMs }: Window,
): MemberTimeline {
  const own = events
    .filter(({ fields, kind }) => stateOfKind.has(kind) && fields['member'] === member.actorId)
    .toSorted((a, b) => a.at_ms - b.at_ms);
  const bands: Band[] = [];
  const add = (state: MemberState | null, from: number, to: number) => {
    const [start, end] = [Math.max(from, startMs), Math.min(to, endMs)];
    if (end <= start) return;
    const last = bands.at(-1);
    if (last?.state === state) bands[bands.length - 1] = { ...last, endMs: end };
    else bands.push({ state, startMs: start, endMs: end });
  };
  if (knownSinceMs > startMs) add(null, startMs, knownSinceMs);
  const held = new Map<string, MemberState>();
  let place = Math.max(startMs, knownSinceMs);
  for (const [at, event] of own.entries()) {
    add(at === 0 ? stateBefore(event) : worstOf(held), place, event.at_ms);
    held.set(event.actor_id, stateOfKind.get(event.kind) ?? 'alive');
    place = Math.max(place, event.at_ms);
  }
  add(own.length === 0 ? member.state : worstOf(held), place, endMs);
  return { actorId: member.actorId, bands, ticks: ticksOf(member, own, startMs, endMs) };
}

/** What must have been before the first event that is known. */
function stateBefore({ kind }: MemberEvent): MemberState | null {
  if (kind === 'member-suspect' || kind === 'member-left') return 'alive';
  return kind === 'member-down' ? 'suspect' : null;
}

function worstOf(held: ReadonlyMap<string, MemberState>): MemberState {
  const all = new Set(held.values());
  return severity.find((state) => all.has(state)) ?? 'alive';
}

function ticksOf(
  member: TimelineMember,
  own: readonly MemberEvent[],
  startMs: number,
  endMs: number,
): Tick[] {
  const ticks: Tick[] = [];
  let highest: number | undefined;
  for (const { fields, at_ms: atMs } of own) {
    const incarnation = fields['incarnation'];
    if (typeof incarnation !== 'number') continue;
    if (highest !== undefined && incarnation > highest) {
      ticks.push({ atMs, what: 'incarnation', incarnation });
    }
    highest = Math.max(highest ?? 0, incarnation);
  }
  const { startedAtMs } = member;
  if (startedAtMs !== null) ticks.push({ atMs: startedAtMs, what: 'started', incarnation: null });
  return ticks
    .filter(({ atMs }) => atMs >= startMs && atMs <= endMs)
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** How much of the known time a member was in each state, as shares. */
export function sharesOf(bands: readonly Band[]): ReadonlyMap<MemberState, number> {
  const shares = new Map<MemberState, number>();
  const known = bands.filter(({ state }) => state !== null);
  const total = known.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  for (const { state, startMs, endMs } of known) {
    if (state !== null) shares.set(state, (shares.get(state) ?? 0) + (endMs - startMs) / total);
  }
  return shares;
}
