// What waits for one taker: handed over one by one, each when the taker is done with the one before. It
// counts what waits, so that its owner can give up on a taker that is too slow.

/** Something to hand over, with what it counts for. */
export interface Parcel {
  readonly changes: number;
  readonly bytes: number;
  /** Hands it over; while the promise is pending, the next one waits. */
  readonly deliver: () => void | Promise<void>;
}

export interface OutboxOptions {
  /** Nothing waits any more. */
  readonly onDrained: () => void;
  /** The taker threw: it gets nothing more. */
  readonly onFault: (error: unknown) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Parcel[] = [];
  #next = 0;
  #isHeld = true;
  #isDelivering = false;
  changes = 0;
  bytes = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length && !this.#isDelivering;
  }

  /** How many parcels wait, the one in the taker's hands not counted. */
  get length(): number {
    return this.#waiting.length - this.#next;
  }

  /** Begins to hand over; what is put in before waits. */
  start(): void {
    this.#isHeld = false;
    this.#pump();
  }

  push(parcel: Parcel): void {
    this.#waiting.push(parcel);
    this.changes += parcel.changes;
    this.bytes += parcel.bytes;
    this.#pump();
  }

  /** Drops everything; nothing is handed over any more. */
  stop(): void {
    this.#isHeld = true;
    this.#waiting = [];
    this.#next = 0;
    this.changes = 0;
    this.bytes = 0;
  }

  #pump(): void {
    if (this.#isHeld || this.#isDelivering) return;
    let hasDelivered = false;
    for (let parcel = this.#take(); parcel !== undefined; parcel = this.#take()) {
      hasDelivered = true;
      // Set while the taker runs: it may cause something to be pushed, which must wait its turn.
      this.#isDelivering = true;
      const pending = this.#deliver(parcel);
      if (pending !== undefined) {
        pending.then(
          () => this.#resume(),
          (error: unknown) => this.#fault(error),
        );
        return;
      }
      this.#isDelivering = false;
    }
    if (hasDelivered && !this.#isHeld) this.#options.onDrained();
  }

  #take(): Parcel | undefined {
    if (this.#isHeld) return undefined;
    const parcel = this.#waiting[this.#next];
    if (parcel === undefined) {
      this.#waiting = [];
      this.#next = 0;
      return undefined;
    }
    this.#next++;
    this.changes -= parcel.changes;
    this.bytes -= parcel.bytes;
    return parcel;
  }

  #deliver(parcel: Parcel): Promise<void> | undefined {
    try {
      return parcel.deliver() ?? undefined;
    } catch (error) {
      this.#fault(error);
      return undefined;
    }
  }

  #resume(): void {
    this.#isDelivering = false;
    if (this.#isHeld) return;
    if (this.length === 0) this.#options.onDrained();
    this.#pump();
  }

  #fault(error: unknown): void {
    this.stop();
    this.#options.onFault(error);
  }
}
