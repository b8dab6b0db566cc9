// The state of the cluster in words: whether it is well, who is missing since when and what that means, and
// where data is late.

import type { ClusterMember, ClusterReading } from '../../connection/shapes.ts';
import { formatCount, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import type { MemberState, Tone } from '../../ui/badge.tsx';

/** Data that takes longer than this to arrive is called late, milliseconds. */
export const lateMs = 2_000;

export interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

/** The first thing that one reads. */
export function verdictOf(reading: ClusterReading): Verdict {
  const { members, convergence } = reading;
  const counts = countStates(members);
  const troubled = troublesOf(members);
  const late = members.filter(isLate);
  const speed =
    convergence.p99_ms === null
      ? ''
      : ` Of 100 writes, 99 are everywhere within ${formatDuration(convergence.p99_ms)}.`;
  if (counts.down > 0) {
    const text = `${plural(counts.alive, 'node')} of ${members.length - counts.left} up.${speed}`;
    return { tone: 'bad', title: `${plural(counts.down, 'node')} down`, text };
  }
  if (troubled.length > 0) {
    const title = `${plural(troubled.length, 'node')} in doubt`;
    return { tone: 'warn', title, text: `${plural(counts.alive, 'node')} alive.${speed}` };
  }
  if (late.length > 0) {
    const title = `Data is late at ${plural(late.length, 'node')}`;
    return { tone: 'warn', title, text: late.map(lateText).join(' ') };
  }
  if (members.length === 1) {
    return { tone: 'good', title: 'One node, and it is up', text: 'It has nobody to copy to yet.' };
  }
  return {
    tone: 'good',
    title: `All ${members.length - counts.left} nodes are up, and no data is late`,
    text: speed.trim(),
  };
}

export function countStates(members: readonly ClusterMember[]): Record<MemberState, number> {
  const counts = { alive: 0, suspect: 0, down: 0, left: 0 };
  for (const { state } of members) counts[state]++;
  return counts;
}

/** Its own figures say that it lacks versions, and that they have been on their way for long. */
export function isLate({ about }: ClusterMember): boolean {
  const versions = about?.latest['lag_versions'] ?? 0;
  return versions > 0 && (about?.latest['lag_p99'] ?? 0) > lateMs;
}

function lateText({ address, about }: ClusterMember): string {
  const versions = formatCount(about?.latest['lag_versions']);
  return `${address} lacks ${versions} versions, and is up to ${formatDuration(about?.latest['lag_p99'])} behind.`;
}

export interface Trouble {
  readonly actorId: string;
  readonly address: string;
  readonly kind: 'down' | 'suspect' | 'silent';
  readonly meaning: string;
  /** When it was last heard of, by the clock of the node that answers. */
  readonly lastSeenMs: number | null;
  readonly error: string | null;
}

const meanings: Readonly<Record<Trouble['kind'], string>> = {
  down: 'Writes that were made there and had not spread wait there; it gets what it misses when it is back. The other nodes take reads and writes as before.',
  suspect:
    'Others did not hear from it in time. It has a few seconds to answer before it counts as down.',
  silent:
    'It counts as alive, but did not answer for its figures: it may be busy, or cut off from the node that answers here.',
};

/** Members that need somebody to look at them, the worst first. */
export function troublesOf(members: readonly ClusterMember[]): readonly Trouble[] {
  const order = { down: 0, suspect: 1, silent: 2 };
  return members
    .flatMap((member) => {
      const kind = troubleKind(member);
      if (kind === undefined) return [];
      const { actor_id: actorId, address, last_seen_ms: lastSeenMs, error } = member;
      return [{ actorId, address, kind, meaning: meanings[kind], lastSeenMs, error }];
    })
    .toSorted((a, b) => order[a.kind] - order[b.kind]);
}

function troubleKind({ state, about }: ClusterMember): Trouble['kind'] | undefined {
  if (state === 'down' || state === 'suspect') return state;
  return state === 'alive' && about === null ? 'silent' : undefined;
}

/** The queues that are told with every reading, by what waits in them. */
const queues = [
  ['writer_queue', 'wait for the writer'],
  ['apply_queue', 'wait to be merged'],
  ['readers_queue', 'wait for a reader'],
] as const;

export interface DeepestQueue {
  readonly length: number;
  /** Completes "12 …". */
  readonly waits: string;
  readonly address: string;
}

/** Where most waits; undefined where no node answers. */
export function deepestQueue(members: readonly ClusterMember[]): DeepestQueue | undefined {
  let deepest: DeepestQueue | undefined;
  for (const { address, about } of members) {
    for (const [name, waits] of queues) {
      const length = about?.latest[name] ?? undefined;
      if (length !== undefined && (deepest === undefined || length > deepest.length)) {
        deepest = { length, waits, address };
      }
    }
  }
  return deepest;
}

/** A figure of all nodes that answer, added; null where none does. */
export function sumOf(members: readonly ClusterMember[], name: string): number | null {
  const known = members.flatMap(({ about }) => about?.latest[name] ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
