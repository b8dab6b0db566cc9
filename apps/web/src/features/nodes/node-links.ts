// Round-trip times between all nodes: five bands by how far each is from the mean, totals by row and
// column, and the distances by which nodes are placed.

import type { ConnectionsAnswer } from '../../connection/link-rates.ts';
import { intoBox, type Point, placeByDistance } from './stress-layout.ts';

/** From nearest to farthest; the middle one is within half a standard deviation of the mean. */
export type RttBand = 0 | 1 | 2 | 3 | 4;

export const rttBandTexts = ['much nearer', 'nearer', 'usual', 'farther', 'much farther'] as const;

export interface RttCell {
  readonly rttMs: number;
  readonly packetsLost: number;
  readonly band: RttBand;
}

export interface RttNode {
  readonly actorId: string;
  readonly address: string;
  /** Why it does not answer; null where it does. */
  readonly trouble: string | null;
}

export interface RttMatrix {
  readonly nodes: readonly RttNode[];
  /** By origin, then by destination; null where nothing is known. */
  readonly cells: readonly (readonly (RttCell | null)[])[];
  readonly meanMs: number | null;
  readonly deviationMs: number;
  readonly rowMeansMs: readonly (number | null)[];
  readonly columnMeansMs: readonly (number | null)[];
}

/** Clocks of round trips are this coarse, milliseconds: what differs by less does not differ. */
const coarsenessMs = 1;

export function rttMatrixOf(answers: readonly ConnectionsAnswer[]): RttMatrix {
  const nodes = answers
    .map((each) => ({
      actorId: each.actor_id,
      address: each.address,
      trouble: each.ok ? null : each.error.error,
      peers: each.ok ? each.answer : [],
    }))
    .toSorted((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }));
  const figures = nodes.map(({ peers }) =>
    nodes.map(({ actorId }) => peers.find((peer) => peer.actor_id === actorId) ?? null),
  );
  const all = figures.flat().flatMap((each) => (each === null ? [] : [each.rtt_ms]));
  const meanMs = meanOf(all);
  const deviationMs = deviationOf(all, meanMs ?? 0);
  const cells = figures.map((row) =>
    row.map((each) =>
      each === null
        ? null
        : {
            rttMs: each.rtt_ms,
            packetsLost: each.packets_lost,
            band: rttBandOf(each.rtt_ms, meanMs ?? 0, deviationMs),
          },
    ),
  );
  const meanOfCells = (some: readonly (RttCell | null | undefined)[]) =>
    meanOf(some.flatMap((cell) => (cell === null || cell === undefined ? [] : [cell.rttMs])));
  return {
    nodes: nodes.map(({ peers: _, ...node }) => node),
    cells,
    meanMs,
    deviationMs,
    rowMeansMs: cells.map(meanOfCells),
    columnMeansMs: nodes.map((_, column) => meanOfCells(cells.map((row) => row[column]))),
  };
}

export function rttBandOf(rttMs: number, meanMs: number, deviationMs: number): RttBand {
  const unit = Math.max(deviationMs, coarsenessMs);
  const deviations = (rttMs - meanMs) / unit;
  if (deviations < -1.5) return 0;
  if (deviations < -0.5) return 1;
  if (deviations <= 0.5) return 2;
  return deviations <= 1.5 ? 3 : 4;
}

function meanOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: readonly number[], mean: number): number {
  const squares = values.map((value) => (value - mean) ** 2);
  return Math.sqrt(meanOf(squares) ?? 0);
}

/** The matrix in a sentence. */
export function rttSummaryOf({ nodes, cells, meanMs }: RttMatrix): string {
  const pairs = nodes.flatMap((from, row) =>
    nodes.flatMap((to, column) => {
      const rttMs = cells[row]?.[column]?.rttMs;
      return rttMs === undefined ? [] : [{ from: from.address, to: to.address, rttMs }];
    }),
  );
  const [farthest] = pairs.toSorted((a, b) => b.rttMs - a.rttMs);
  if (meanMs === null || farthest === undefined) return 'No round trip has been measured yet.';
  const mean = meanMs.toFixed(1);
  const most = farthest.rttMs.toFixed(1);
  return `Mean round trip ${mean} ms; the longest, ${most} ms, is from ${farthest.from} to ${farthest.to}.`;
}

/** Distances of nodes for placing them; near ones are told apart by more than their share. */
export function distancesOf({ cells }: RttMatrix): (number | null)[][] {
  return cells.map((row, from) =>
    row.map((cell, to) => {
      if (from === to) return 0;
      const both = [cell, cells[to]?.[from]].flatMap((each) => (each == null ? [] : [each.rttMs]));
      const rttMs = meanOf(both);
      return rttMs === null ? null : Math.sqrt(Math.max(coarsenessMs, rttMs));
    }),
  );
}

/** Places given once; positions stay while the page is open, whatever the round trips do then. */
export class Places {
  readonly #placed = new Map<string, Point>();

  /** The places of these nodes within a box of width and height 1, in their order. */
  of(matrix: RttMatrix): Point[] {
    const ids = matrix.nodes.map(({ actorId }) => actorId);
    for (const known of this.#placed.keys()) {
      if (!ids.includes(known)) this.#placed.delete(known);
    }
    const fixed = ids.map((id) => this.#placed.get(id));
    if (fixed.some((point) => point === undefined)) {
      const points = placeByDistance(distancesOf(matrix), fixed);
      for (const [at, id] of ids.entries()) {
        const point = points[at];
        if (point !== undefined) this.#placed.set(id, point);
      }
    }
    return intoBox(ids.map((id) => this.#placed.get(id) ?? { x: 0, y: 0 }));
  }

  /** Forgets them: the next places are by what is measured then. */
  clear(): void {
    this.#placed.clear();
  }
}
