// A process of the simulation as the network, the timers and the storage see it: it takes inputs while it
// lives, late while it is paused or busy, and nothing any more when it is dead.

import type { Cancel, Clock, Timers } from '@patina/engine/ports.ts';
import type { FaultCounts } from '../faults/counters.ts';
import type { SimClock } from '../sim-clock.ts';
import type { VirtualTime } from '../virtual-time.ts';

export interface SimProcessOptions {
  readonly time: VirtualTime;
  readonly clock: SimClock;
  readonly faults: FaultCounts;
  /** Told when an input threw: the engine must not. */
  readonly onThrow: (error: unknown) => void;
}

export class SimProcess {
  readonly #options: SimProcessOptions;
  readonly clock: Clock;
  readonly timers: Timers;
  #isAlive = true;
  #isPaused = false;
  #held: (() => void)[] = [];
  /** Time that one input takes, milliseconds. */
  serviceMs = 0;
  #busyUntilMs = 0;

  constructor(options: SimProcessOptions) {
    this.#options = options;
    const { clock } = options;
    this.clock = { wallMs: () => clock.wallMs(), monotonicMs: () => clock.monotonicMs() };
    this.timers = { after: (delayMs, run) => this.#after(delayMs, run) };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Gives the process something to do: now, or when it comes to it. */
  input(run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isPaused) {
      this.#options.faults.pausedInputs++;
      this.#held.push(run);
      return;
    }
    const { time } = this.#options;
    if (this.serviceMs > 0 && this.#busyUntilMs > time.nowMs) {
      time.at(this.#busyUntilMs, () => this.#run(run));
      this.#busyUntilMs += this.serviceMs;
      return;
    }
    this.#busyUntilMs = time.nowMs + this.serviceMs;
    this.#run(run);
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Goes on, with everything that came meanwhile. */
  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = [];
    for (const run of held) this.#options.time.after(0, () => this.input(run));
  }

  kill(): void {
    this.#isAlive = false;
    this.#held = [];
  }

  #after(delayMs: number, run: () => void): Cancel {
    let isCancelled = false;
    const realMs = this.#options.clock.realMs(Math.max(0, delayMs));
    const cancel = this.#options.time.after(realMs, () => {
      this.input(() => {
        if (!isCancelled) run();
      });
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  #run(run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isPaused) {
      this.#held.push(run);
      return;
    }
    try {
      run();
    } catch (error) {
      this.#options.onThrow(error);
    }
  }
}
