// What the machine wants to do later, in order of time. The driver only ever holds one wake-up
// call; the machine keeps the list, so that it alone decides what a late call means.

/** Something to be done at a time; can be called off. */
export interface Appointment {
  readonly atMs: number;
  readonly run: () => void;
  /** Order among appointments of the same time. */
  readonly order: number;
  cancelled: boolean;
}

/** A queue of appointments, earliest first (binary heap; cancelled ones are skipped lazily). */
export class Agenda {
  readonly #heap: Appointment[] = [];
  #orders = 0;

  /** Appointments kept, cancelled ones that are not yet skipped included. */
  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, run: () => void): Appointment {
    const appointment = { atMs, run, order: this.#orders++, cancelled: false };
    this.#heap.push(appointment);
    this.#siftUp(this.#heap.length - 1);
    return appointment;
  }

  /** When the next appointment is; undefined when there is none. */
  nextMs(): number | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || !first.cancelled) return first?.atMs;
      this.#takeFirst();
    }
  }

  /** Runs what is due at `nowMs`; appointments made meanwhile wait for the next call. */
  runDue(nowMs: number): void {
    const due: Appointment[] = [];
    for (
      let first = this.#heap[0];
      first !== undefined && first.atMs <= nowMs;
      first = this.#heap[0]
    ) {
      due.push(first);
      this.#takeFirst();
    }
    for (const appointment of due) if (!appointment.cancelled) appointment.run();
  }

  #takeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown(0);
  }

  #siftUp(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #siftDown(from: number): void {
    let index = from;
    for (;;) {
      const left = index * 2 + 1;
      const earlier = this.#isEarlier(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfEarlier(earlier, index)) return;
      index = earlier;
    }
  }

  #isEarlier(index: number, than: number): boolean {
    const a = this.#heap[index];
    const b = this.#heap[than];
    if (a === undefined || b === undefined) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  #swapIfEarlier(index: number, other: number): boolean {
    const a = this.#heap[index];
    const b = this.#heap[other];
    if (a === undefined || b === undefined || !this.#isEarlier(index, other)) return false;
    this.#heap[index] = b;
    this.#heap[other] = a;
    return true;
  }
}
