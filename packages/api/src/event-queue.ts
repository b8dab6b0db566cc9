// Between those who push and one who pulls: a queue that tells its pushers to wait while it is long, and
// its puller to wait while it is empty.

/** Entries that wait before pushers are held. */
const waitingMax = 64;

export class EventQueue<T> implements AsyncIterable<T> {
  readonly #entries: T[] = [];
  #ending: { readonly error: unknown } | undefined;
  #wakePuller: () => void = () => {};
  #wakePushers = Promise.withResolvers<void>();

  /** Adds an entry; the promise, where there is one, is pending while too many wait. */
  push(entry: T): void | Promise<void> {
    if (this.#ending !== undefined) return undefined;
    this.#entries.push(entry);
    this.#wakePuller();
    return this.#entries.length < waitingMax ? undefined : this.#wakePushers.promise;
  }

  /** Ends after what waits; with an error, or in order. */
  end(error?: unknown): void {
    this.#ending ??= { error };
    this.#wakePuller();
    this.#wakePushers.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.#entries.length > 0) {
          const entry = this.#entries.shift();
          if (this.#entries.length < waitingMax / 2) this.#releasePushers();
          if (entry !== undefined) yield entry;
        }
        if (this.#ending !== undefined) {
          if (this.#ending.error !== undefined) throw this.#ending.error;
          return;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wakePuller = resolve;
        await promise;
      }
    } finally {
      this.end();
    }
  }

  #releasePushers(): void {
    this.#wakePushers.resolve();
    this.#wakePushers = Promise.withResolvers<void>();
  }
}
