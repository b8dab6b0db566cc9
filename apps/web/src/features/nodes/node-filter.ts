// Which members the table lists and in which order; filters and order stand in the URL.

import type { ClusterMember } from '../../connection/shapes.ts';

/** What of a member the filters and the order look at. */
export type ListedMember = Pick<
  ClusterMember,
  'actor_id' | 'address' | 'state' | 'incarnation' | 'rtt_ms' | 'last_seen_ms'
> & {
  readonly about: {
    readonly software_version: string;
    readonly uptime_ms: number;
    readonly latest: Readonly<Record<string, number | null>>;
  } | null;
};

export interface NodeFilter {
  /** Part of the address or the beginning of the id. */
  readonly text: string;
  readonly states: readonly string[];
  readonly version: string | null;
  /** Heard of within so many seconds; null: whenever. */
  readonly heardWithinS: number | null;
}

export const sortKeys = [
  'address',
  'state',
  'version',
  'incarnation',
  'heard',
  'rtt',
  'size',
  'queue',
  'uptime',
] as const;

export type SortKey = (typeof sortKeys)[number];

const stateRanks: Readonly<Record<string, number>> = { down: 0, suspect: 1, left: 2, alive: 3 };

export function listed<T extends ListedMember>(
  members: readonly T[],
  filter: NodeFilter,
  sort: SortKey,
  isDescending: boolean,
  nowMs: number,
): T[] {
  const sign = isDescending ? -1 : 1;
  return members
    .filter((member) => isListed(member, filter, nowMs))
    .toSorted((a, b) => sign * compare(a, b, sort) || compareText(a.address, b.address));
}

function isListed(member: ListedMember, filter: NodeFilter, nowMs: number): boolean {
  const { actor_id: actorId, address, state, about, last_seen_ms: lastSeenMs } = member;
  const text = filter.text.trim().toLowerCase();
  if (text !== '' && !address.toLowerCase().includes(text) && !actorId.startsWith(text)) {
    return false;
  }
  if (filter.states.length > 0 && !filter.states.includes(state)) return false;
  if (filter.version !== null && about?.software_version !== filter.version) return false;
  // The node that answers hears of itself always.
  const heardMs = lastSeenMs ?? nowMs;
  return filter.heardWithinS === null || nowMs - heardMs <= filter.heardWithinS * 1_000;
}

function compare(a: ListedMember, b: ListedMember, sort: SortKey): number {
  switch (sort) {
    case 'address':
      return compareText(a.address, b.address);
    case 'state':
      return (stateRanks[a.state] ?? 9) - (stateRanks[b.state] ?? 9);
    case 'version':
      return compareText(a.about?.software_version ?? '', b.about?.software_version ?? '');
    case 'incarnation':
      return a.incarnation - b.incarnation;
    case 'heard':
      return compareNumbers(a.last_seen_ms, b.last_seen_ms);
    case 'rtt':
      return compareNumbers(a.rtt_ms, b.rtt_ms);
    case 'size':
      return compareNumbers(a.about?.latest['db_bytes'], b.about?.latest['db_bytes']);
    case 'queue':
      return compareNumbers(queueOf(a), queueOf(b));
    case 'uptime':
      return compareNumbers(a.about?.uptime_ms, b.about?.uptime_ms);
  }
}

/** What waits at a node to be written or merged. */
export function queueOf({ about }: Pick<ListedMember, 'about'>): number | null {
  if (about === null) return null;
  return (about.latest['writer_queue'] ?? 0) + (about.latest['apply_queue'] ?? 0);
}

function compareText(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Figures that are absent come first. */
function compareNumbers(a: number | null | undefined, b: number | null | undefined): number {
  return (a ?? Number.NEGATIVE_INFINITY) === (b ?? Number.NEGATIVE_INFINITY)
    ? 0
    : (a ?? Number.NEGATIVE_INFINITY) - (b ?? Number.NEGATIVE_INFINITY);
}

/** The versions that run, for the choice of one. */
export function versionsOf(members: readonly ListedMember[]): string[] {
  const versions = members.flatMap(({ about }) => (about === null ? [] : [about.software_version]));
  return [...new Set(versions)].toSorted(compareText);
}
