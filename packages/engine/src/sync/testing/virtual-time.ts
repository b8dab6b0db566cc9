// Test support: time that passes only when asked to, with callbacks in the order of their due times.

export class VirtualTime {
  nowMs = 0;
  #order = 0;
  readonly #due: { atMs: number; order: number; run: () => void }[] = [];

  after(delayMs: number, run: () => void): void {
    const entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#due[middle];
      const isAfter = other !== undefined && other.atMs <= entry.atMs;
      if (isAfter) low = middle + 1;
      else high = middle;
    }
    this.#due.splice(low, 0, entry);
  }

  /** Runs what is due until `isDone` or the deadline; returns whether it was done. */
  runUntil(isDone: () => boolean, deadlineMs: number): boolean {
    while (!isDone()) {
      const next = this.#due[0];
      if (next === undefined || next.atMs > deadlineMs) {
        this.nowMs = Math.max(this.nowMs, deadlineMs);
        return isDone();
      }
      this.#due.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    return true;
  }
}
