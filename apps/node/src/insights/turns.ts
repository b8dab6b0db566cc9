// Turns for work that is heavy on the node: a few at a time, in the order in which they came. Who waits has a
// place in a queue that ends, and leaves it with the caller.

import { PatinaError } from '@patina/engine/base/errors.ts';

export interface TurnLimits {
  readonly runningMax: number;
  /** More are refused with PATINA_OVERLOADED. */
  readonly waitingMax: number;
}

export class Turns {
  readonly #limits: TurnLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Runs `work` when its turn has come; rejects with PATINA_STREAM_CLOSED when the signal is sooner. */
  async take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      // The turn goes straight to whoever is next, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(gone());
    if (this.#running < this.#limits.runningMax) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.#limits.waitingMax) {
      const hint = 'Try again in a moment.';
      const message = 'too many of these questions are waiting for their turn';
      return Promise.reject(new PatinaError('PATINA_OVERLOADED', message, { hint }));
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(gone());
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(begin);
    });
  }
}

function gone(): PatinaError {
  return new PatinaError('PATINA_STREAM_CLOSED', 'the caller went away');
}
