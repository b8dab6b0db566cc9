// At most so many requests of one route at a time; more are turned away at once, so that overload shows
// as quick refusals and not as a growing queue.

import type { ServerResponse } from 'node:http';
import { PatinaError } from '@patina/engine/base/errors.ts';

export class ConcurrencyLimit {
  #running = 0;
  readonly #runningMax: number;

  constructor(runningMax: number) {
    this.#runningMax = runningMax;
  }

  /** Counts a request until its response ends, in whatever way; false when there are too many. */
  enter(response: ServerResponse): boolean {
    if (this.#running >= this.#runningMax) return false;
    this.#running++;
    response.once('close', this.#leave);
    return true;
  }

  readonly #leave = (): void => {
    this.#running--;
  };
}

/** The refusal, in the words of the reference. */
export function limitReached(): PatinaError {
  return new PatinaError('PATINA_OVERLOADED', 'max concurrency limit reached');
}
