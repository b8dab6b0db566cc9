// The last minutes of the figures of all nodes: the readings of the cluster as they come, and from before the
// page was opened what each node recorded itself.

import type { ClusterReading } from '../../connection/shapes.ts';

/** Moments kept: five minutes of seconds. */
export const momentsMax = 300;

/** Nodes whose past is asked for; charts of more nodes begin when the page is opened. */
export const pastNodesMax = 24;

/** The figures that the charts are made of. */
export const chartedNames = [
  'writes',
  'event_loop_lag_p99',
  'convergence_p50',
  'convergence_p99',
  'broadcast_sent_bytes',
  'sync_sent_bytes',
  'network_sent',
] as const;

export type Figure = (typeof chartedNames)[number];
type Figures = Readonly<Partial<Record<Figure, number | null>>>;

interface Moment {
  readonly atMs: number;
  readonly nodes: ReadonlyMap<string, Figures>;
}

export interface History {
  /** Oldest first, at most one in each second. */
  readonly moments: readonly Moment[];
}

export const noHistory: History = { moments: [] };

/** Adds a reading. */
export function addReading(
  { moments }: History,
  { at_ms: atMs, members }: ClusterReading,
): History {
  const last = moments.at(-1);
  if (last !== undefined && atMs <= last.atMs) return { moments };
  const nodes = new Map<string, Figures>();
  for (const { actor_id: actorId, about } of members) {
    if (about === null) continue;
    nodes.set(
      actorId,
      Object.fromEntries(chartedNames.map((name) => [name, about.latest[name] ?? null])),
    );
  }
  return { moments: [...moments, { atMs, nodes }].slice(-momentsMax) };
}

export interface RecordedSeries {
  readonly name: string;
  readonly start_ms: number;
  readonly step_ms: number;
  readonly values: readonly (number | null)[];
}

/**
 * Adds what a node recorded before the first reading.
 * @param aheadMs How far its clock is ahead of that of the node that answers.
 */
export function addPast(
  { moments }: History,
  actorId: string,
  series: readonly RecordedSeries[],
  aheadMs = 0,
): History {
  const firstMs = moments.find(({ nodes }) => nodes.has(actorId))?.atMs;
  if (firstMs === undefined) return { moments };
  const second = (atMs: number) => Math.floor(atMs / 1_000);
  const bySecond = new Map(moments.map((moment) => [second(moment.atMs), moment]));
  for (const { name, start_ms: startMs, step_ms: stepMs, values } of series) {
    const figure = chartedNames.find((each) => each === name);
    if (figure === undefined) continue;
    for (const [at, value] of values.entries()) {
      const atMs = startMs + at * stepMs - aheadMs;
      if (second(atMs) >= second(firstMs) || atMs < firstMs - momentsMax * 1_000) continue;
      const moment = bySecond.get(second(atMs)) ?? { atMs, nodes: new Map() };
      const nodes = new Map(moment.nodes).set(actorId, {
        ...moment.nodes.get(actorId),
        [figure]: value,
      });
      bySecond.set(second(atMs), { atMs: moment.atMs, nodes });
    }
  }
  const all = [...bySecond.values()].toSorted((a, b) => a.atMs - b.atMs);
  return { moments: all.slice(-momentsMax) };
}

/** One figure of one node over all moments. */
export function figureOf({ moments }: History, actorId: string, figure: Figure): (number | null)[] {
  return moments.map(({ nodes }) => nodes.get(actorId)?.[figure] ?? null);
}

/** One figure of all nodes together over all moments: the sum or the greatest of what is known. */
export function figureOfAll(
  { moments }: History,
  how: 'sum' | 'max',
  pick: (figures: Figures) => number | null | undefined,
): (number | null)[] {
  return moments.map(({ nodes }) => {
    let all: number | null = null;
    for (const figures of nodes.values()) {
      const value = pick(figures);
      if (value === null || value === undefined) continue;
      all = all === null ? value : how === 'sum' ? all + value : Math.max(all, value);
    }
    return all;
  });
}

/** What a node sent that was neither broadcast nor sync: membership, the protocol's own, repeats. */
export function otherBytes(figures: Figures): number | null {
  const { network_sent: sent, broadcast_sent_bytes: broadcast, sync_sent_bytes: sync } = figures;
  if (sent === null || sent === undefined) return null;
  return Math.max(0, sent - (broadcast ?? 0) - (sync ?? 0));
}
