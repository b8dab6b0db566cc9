// Virtual time: one queue of events for the whole cluster. Nothing waits for a real clock, so an hour
// of a cluster takes seconds, and the same seed gives the same order of everything.

import type { Cancel } from '@patina/engine/ports.ts';

interface Planned {
  readonly atMs: number;
  /** Order of planning: decides between events of the same moment. */
  readonly number: number;
  run: (() => void) | undefined;
}

export class VirtualTime {
  /** A binary heap by time, then by number. */
  readonly #heap: Planned[] = [];
  #planned = 0;
  #nowMs = 0;
  /** Events that were run. */
  events = 0;

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Calls `run` at a moment, or now where that has passed; never at once. */
  at(atMs: number, run: () => void): Cancel {
    const planned: Planned = {
      atMs: Math.max(atMs, this.#nowMs),
      number: this.#planned++,
      run,
    };
    this.#push(planned);
    return () => {
      planned.run = undefined;
    };
  }

  after(delayMs: number, run: () => void): Cancel {
    return this.at(this.#nowMs + delayMs, run);
  }

  /** Calls `run` every `periodMs`, until it is cancelled. */
  every(periodMs: number, run: () => void): Cancel {
    let cancel: Cancel = () => {};
    const plan = (): void => {
      cancel = this.after(periodMs, () => {
        plan();
        run();
      });
    };
    plan();
    return () => cancel();
  }

  /**
   * Runs events up to a moment, or until `isDone` after an event. Between two events all promises
   * settle: no machine does real input or output, so one turn of the event loop is enough.
   */
  async runUntil(endMs: number, isDone: () => boolean = () => false): Promise<void> {
    await settle();
    for (;;) {
      if (isDone()) return;
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#pop();
      if (next.run === undefined) continue;
      this.#nowMs = next.atMs;
      this.events++;
      const { run } = next;
      next.run = undefined;
      run();
      await settle();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #push(item: Planned): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || isBefore(parent, item)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = index * 2 + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childIndex++;
      }
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}

/** Lets all promises that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}
