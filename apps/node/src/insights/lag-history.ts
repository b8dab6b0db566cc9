// What this node lacked of each actor, every few seconds of the last minutes: in memory, so that it begins anew
// when the node does. Of very many actors those are kept that most is lacking of.

import {
  type LagHistory as LagHistoryAnswer,
  lagActorsMax,
  lagSamplesMax,
  lagStepMs,
} from '@patina/api/insights/cluster-shapes.ts';
import type { LagCell } from '@patina/api/insights/shapes.ts';
import type { PatinaNode } from '@patina/engine/node.ts';

/** What this node lacks of each actor now. */
export function lagCells(node: PatinaNode): LagCell[] {
  return node.lag().map(({ actorId, head, versions, ms }) => {
    const { gaps, partials } = node.book.stateOf(actorId);
    return {
      actor_id: actorId,
      head,
      versions,
      ms,
      gap_versions: gaps.reduce((sum, [start, end]) => sum + end - start + 1, 0),
      gaps: gaps.length,
      partials: partials.length,
    };
  });
}

interface Sample {
  readonly atMs: number;
  /** By actor. */
  readonly cells: ReadonlyMap<string, LagCell>;
}

export class LagHistory {
  /** The oldest first. */
  readonly #samples: Sample[] = [];
  #step = Number.NaN;

  /** To be called often: takes a sample with the first call in each step of the wall clock. */
  record(nowMs: number, cellsNow: () => readonly LagCell[]): void {
    const step = Math.floor(nowMs / lagStepMs);
    if (step === this.#step) return;
    this.#step = step;
    // Of a clock that was set back: what is told is in order.
    while ((this.#samples.at(-1)?.atMs ?? nowMs) > nowMs) this.#samples.pop();
    const kept = mostLacking(cellsNow(), (cell) => cell.versions);
    this.#samples.push({ atMs: nowMs, cells: new Map(kept.map((cell) => [cell.actor_id, cell])) });
    if (this.#samples.length > lagSamplesMax) this.#samples.shift();
  }

  answer(): LagHistoryAnswer {
    const timesLacking = new Map<string, number>();
    for (const { cells } of this.#samples) {
      for (const [actorId, { versions }] of cells) {
        const times = timesLacking.get(actorId) ?? 0;
        timesLacking.set(actorId, versions > 0 ? times + 1 : times);
      }
    }
    const actors = mostLacking([...timesLacking], ([, times]) => times);
    return {
      times_ms: this.#samples.map(({ atMs }) => atMs),
      actors: actors.map(([actorId]) => this.#historyOf(actorId)),
    };
  }

  #historyOf(actorId: string): LagHistoryAnswer['actors'][number] {
    const cells = this.#samples.map((sample) => sample.cells.get(actorId));
    return {
      actor_id: actorId,
      heads: cells.map((cell) => cell?.head ?? null),
      versions: cells.map((cell) => cell?.versions ?? null),
      ms: cells.map((cell) => cell?.ms ?? null),
      gaps: cells.map((cell) => cell?.gaps ?? null),
      partials: cells.map((cell) => cell?.partials ?? null),
    };
  }
}

/** No more than may be kept; among equals the order stays, so that it is the same ones each time. */
function mostLacking<T>(all: readonly T[], lacking: (one: T) => number): readonly T[] {
  if (all.length <= lagActorsMax) return all;
  return all.toSorted((a, b) => lacking(b) - lacking(a)).slice(0, lagActorsMax);
}
