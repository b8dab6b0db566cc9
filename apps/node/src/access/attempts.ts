// Failed log-ins are counted by address and by name; whoever fails too often waits. Only failures count:
// a program that logs in again and again is not held up.

/** Names and addresses that are remembered; the oldest are forgotten first. */
const keysMax = 10_000;

const windowMs = 60_000;

interface Failures {
  count: number;
  sinceMs: number;
}

export class FailedAttempts {
  readonly #max: number;
  readonly #nowMs: () => number;
  readonly #byKey = new Map<string, Failures>();

  /** `max` failures a minute; `nowMs` is monotonic. */
  constructor(max: number, nowMs: () => number) {
    this.#max = max;
    this.#nowMs = nowMs;
  }

  /** Milliseconds until this may be tried again; 0: now. */
  waitMs(...keys: readonly string[]): number {
    return Math.max(0, ...keys.map((key) => this.#waitMsOf(key)));
  }

  fail(...keys: readonly string[]): void {
    const nowMs = this.#nowMs();
    for (const key of keys) {
      const known = this.#byKey.get(key);
      if (known !== undefined && nowMs - known.sinceMs < windowMs) {
        known.count++;
        continue;
      }
      this.#byKey.delete(key);
      if (this.#byKey.size >= keysMax) {
        const oldest = this.#byKey.keys().next();
        if (oldest.done !== true) this.#byKey.delete(oldest.value);
      }
      this.#byKey.set(key, { count: 1, sinceMs: nowMs });
    }
  }

  #waitMsOf(key: string): number {
    const known = this.#byKey.get(key);
    if (known === undefined || known.count < this.#max) return 0;
    return Math.max(0, known.sinceMs + windowMs - this.#nowMs());
  }
}
