// Time in which this process was awake. When the process stalls, timers come late and what others
// sent meanwhile lies unread: to count that time against them would blame them for our own sleep.
// So whatever is concluded from silence is due in active time, which stands still during a stall
// and for a short grace after it, in which the unread datagrams are taken in.

export interface StallLimits {
  /** A wake-up call that is late by more than this is a stall, milliseconds. */
  readonly stallMs: number;
  /** Time after a stall in which active time stands still, milliseconds. */
  readonly stallGraceMs: number;
}

/** Active time between two graces, as a multiple of their length. */
export const graceDistance = 4;

export class ActiveClock {
  readonly #limits: StallLimits;
  /** Monotonic time minus active time. */
  #stalledMs = 0;
  /** Active time from which on another grace may be given. */
  #nextGraceMs = Number.NEGATIVE_INFINITY;
  /** Monotonic time at which the driver was asked to wake us; undefined when it was not. */
  #wakeMs: number | undefined;

  constructor(limits: StallLimits) {
    this.#limits = limits;
  }

  /** Total time taken out of the count, milliseconds. */
  get stalledMs(): number {
    return this.#stalledMs;
  }

  /** When the outstanding wake-up call was asked for, monotonic milliseconds. */
  get wakeMs(): number | undefined {
    return this.#wakeMs;
  }

  /** Notes that the driver was asked to wake us at `wakeMs`. */
  expectWake(wakeMs: number): void {
    this.#wakeMs = wakeMs;
  }

  /** Notes that the wake-up call came. */
  woken(): void {
    this.#wakeMs = undefined;
  }

  /** To be told at the beginning of every step: returns how long we stalled just now, or zero. */
  observe(nowMs: number): number {
    if (this.#wakeMs === undefined) return 0;
    const lateMs = nowMs - this.#wakeMs;
    if (lateMs <= this.#limits.stallMs) return 0;
    this.#stalledMs += lateMs;
    this.#wakeMs = undefined;
    this.#giveGrace(this.toActiveMs(nowMs));
    return lateMs;
  }

  /**
   * A process that stalls all the time must come to a verdict some day, so graces have a distance.
   */
  #giveGrace(activeMs: number): void {
    if (activeMs < this.#nextGraceMs) return;
    this.#stalledMs += this.#limits.stallGraceMs;
    this.#nextGraceMs = activeMs + this.#limits.stallGraceMs * graceDistance;
  }

  /** Active time at a monotonic time. */
  toActiveMs(monotonicMs: number): number {
    return monotonicMs - this.#stalledMs;
  }

  /** Monotonic time at which active time will be `activeMs`, unless we stall before. */
  toMonotonicMs(activeMs: number): number {
    return activeMs + this.#stalledMs;
  }
}
