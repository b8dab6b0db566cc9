// One poll for all who follow it: it begins with the first of them and ends with the last. Each gets the newest
// reading whenever it is ready for one, so that whoever is slow misses some, and nothing queues up.

import { pause } from '../poll.ts';

/** Between the end of one reading and the beginning of the next at least, milliseconds. */
const restMsMin = 50;

export interface SharedPollOptions<T> {
  /** A rejection ends the poll for all who follow it now. */
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** From the beginning of one reading to that of the next; a late reading delays the next. */
  readonly periodMs: number;
}

export class SharedPoll<T> {
  readonly #options: SharedPollOptions<T>;
  #run: Run<T> | undefined;

  constructor(options: SharedPollOptions<T>) {
    this.#options = options;
  }

  /** How many follow it. */
  get followers(): number {
    return this.#run?.followers ?? 0;
  }

  /** Readings until the signal is aborted; the newest at once, where there is one. */
  async *follow(signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    const run = this.#join();
    try {
      let seen = 0;
      while (signal?.aborted !== true) {
        const { newest } = run;
        if (run.failure !== undefined) throw run.failure.error;
        if (newest === undefined || newest.serial === seen) {
          await run.change(signal);
          continue;
        }
        seen = newest.serial;
        yield newest.reading;
      }
    } finally {
      this.#leave(run);
    }
  }

  #join(): Run<T> {
    let run = this.#run;
    if (run === undefined) {
      run = new Run<T>();
      this.#run = run;
      void this.#poll(run);
    }
    run.followers++;
    return run;
  }

  #leave(run: Run<T>): void {
    run.followers--;
    if (run.followers > 0) return;
    if (this.#run === run) this.#run = undefined;
    run.stop();
  }

  async #poll(run: Run<T>): Promise<void> {
    const { read, periodMs } = this.#options;
    try {
      let restMs = 0;
      do {
        const startMs = performance.now();
        const reading = await read(run.signal);
        if (run.signal.aborted) return;
        run.publish(reading);
        restMs = Math.max(restMsMin, periodMs - (performance.now() - startMs));
      } while (await pause(restMs, run.signal));
    } catch (error) {
      // Who comes later begins anew.
      if (this.#run === run) this.#run = undefined;
      run.fail(error);
    }
  }
}

/** The poll from its first follower to its last. */
class Run<T> {
  followers = 0;
  newest: { readonly serial: number; readonly reading: T } | undefined;
  failure: { readonly error: unknown } | undefined;
  readonly #controller = new AbortController();
  readonly #waiting = new Set<() => void>();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  publish(reading: T): void {
    this.newest = { serial: (this.newest?.serial ?? 0) + 1, reading };
    this.#wake();
  }

  fail(error: unknown): void {
    this.failure = { error };
    this.#wake();
  }

  stop(): void {
    this.#controller.abort();
  }

  /** Resolves when something is new, or the signal is aborted. */
  change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
