// What is marked in the grid for a moment: rows that came, cells that changed with what they were before, and
// rows that are gone but stay, struck through, a little longer. All of it passes, and none of it grows.

import type { Cell } from './live-events.ts';
import type { LiveRow, MadeChange } from './live-result.ts';

/** For how long new rows and changed cells are marked, milliseconds. */
export const markMs = 1_500;

/** For how long a deleted row stays, milliseconds. */
export const ghostMs = 600;

/** Rows marked at once, and deleted rows that stay at once: of more, the oldest are let go. */
export const marksMax = 2_000;
export const ghostsMax = 200;

export interface LiveMark {
  readonly kind: 'inserted' | 'changed';
  readonly untilMs: number;
  /** The cells before, of a changed row. */
  readonly former: readonly Cell[] | undefined;
}

interface Ghost {
  readonly row: LiveRow;
  readonly index: number;
  readonly untilMs: number;
}

export class RowMarks {
  /** In the order in which they pass. */
  readonly #marks = new Map<LiveRow, LiveMark>();
  #ghosts: Ghost[] = [];

  add(changes: readonly MadeChange[], nowMs: number): void {
    for (const { type, row, former, index } of changes) {
      const before = this.#marks.get(row);
      this.#marks.delete(row);
      if (type === 'delete') {
        if (index !== undefined) this.#ghosts.push({ row, index, untilMs: nowMs + ghostMs });
        continue;
      }
      const kind = type === 'insert' || before?.kind === 'inserted' ? 'inserted' : 'changed';
      this.#marks.set(row, { kind, former, untilMs: nowMs + markMs });
    }
    for (const row of this.#marks.keys()) {
      if (this.#marks.size <= marksMax) break;
      this.#marks.delete(row);
    }
    if (this.#ghosts.length > ghostsMax) this.#ghosts = this.#ghosts.slice(-ghostsMax);
  }

  clear(): void {
    this.#marks.clear();
    this.#ghosts = [];
  }

  /** Lets go what has passed; whether there was any. */
  sweep(nowMs: number): boolean {
    const sizes = this.#marks.size + this.#ghosts.length;
    for (const [row, { untilMs }] of this.#marks) {
      if (untilMs > nowMs) break;
      this.#marks.delete(row);
    }
    this.#ghosts = this.#ghosts.filter(({ untilMs }) => untilMs > nowMs);
    return this.#marks.size + this.#ghosts.length < sizes;
  }

  /** When the next one passes; undefined where nothing is marked. */
  nextMs(): number | undefined {
    const [mark] = this.#marks.values();
    const ends = [mark?.untilMs, this.#ghosts[0]?.untilMs].filter((each) => each !== undefined);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  markOf(row: LiveRow): LiveMark | undefined {
    return this.#marks.get(row);
  }

  isGone(row: LiveRow): boolean {
    return this.#ghosts.some((ghost) => ghost.row === row);
  }

  /** The rows with those among them that are gone, each where it stood. */
  shown(rows: readonly LiveRow[]): readonly LiveRow[] {
    if (this.#ghosts.length === 0) return rows;
    const ghosts = this.#ghosts.toSorted((a, b) => a.index - b.index);
    const all: LiveRow[] = [];
    let next = 0;
    for (const { row, index } of ghosts) {
      while (all.length < index && next < rows.length) {
        const before = rows[next++];
        if (before !== undefined) all.push(before);
      }
      all.push(row);
    }
    for (; next < rows.length; next++) {
      const after = rows[next];
      if (after !== undefined) all.push(after);
    }
    return all;
  }
}
