// The clocks of one machine: wall time can be wrong by an offset, and both clocks can run too fast or
// too slow. Monotonic time never goes backwards, whatever is done to the wall clock.

import type { VirtualTime } from './virtual-time.ts';

/** Unix milliseconds at which every simulation begins. */
export const simStartMs = 1_767_225_600_000;

export class SimClock {
  readonly #time: VirtualTime;
  /** How far wall time is ahead of the truth, drift aside; milliseconds. */
  offsetMs = 0;
  #rate = 1;
  #sinceMs = 0;
  #monotonicAtMs = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Milliseconds of this clock per true millisecond. */
  get rate(): number {
    return this.#rate;
  }

  setRate(rate: number): void {
    this.#monotonicAtMs = this.monotonicMs();
    this.#sinceMs = this.#time.nowMs;
    this.#rate = rate;
  }

  monotonicMs(): number {
    return this.#monotonicAtMs + (this.#time.nowMs - this.#sinceMs) * this.#rate;
  }

  wallMs(): number {
    return simStartMs + this.monotonicMs() + this.offsetMs;
  }

  /** How far wall time is from the truth now, milliseconds. */
  errorMs(): number {
    return this.monotonicMs() - this.#time.nowMs + this.offsetMs;
  }

  /** Sets the wall clock right, and lets it run at the true speed. */
  mend(): void {
    this.setRate(1);
    this.offsetMs -= this.errorMs();
  }

  /** True milliseconds that pass while this clock counts `ms`. */
  realMs(ms: number): number {
    return ms / this.#rate;
  }
}
