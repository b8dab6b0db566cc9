// What live queries and the updates of a table have in common: a status, callbacks and loops, and an
// end.

import { EventHub, reportFault } from './event-hub.ts';
import type { StreamDriver } from './stream-driver.ts';
import type { StreamStatus } from './stream-machine.ts';

export interface FeedOptions {
  /** Ends the feed as `close` does. */
  readonly signal?: AbortSignal | undefined;
  /** The feed has ended for good. */
  readonly onError?: ((error: Error) => void) | undefined;
  /** With the error that broke the connection, where it is being made anew. */
  readonly onState?: ((status: StreamStatus, error: Error | undefined) => void) | undefined;
}

export class Feed<Line, Event> {
  readonly #options: FeedOptions;
  readonly #hub: EventHub<Event>;
  readonly #onEnd: () => void;
  readonly #listeners = new Set<() => void>();
  readonly #onAbort = (): void => this.close();
  #driver: StreamDriver<Line, Event> | undefined;
  #status: StreamStatus = 'connecting';
  #error: Error | undefined;

  constructor(
    options: FeedOptions,
    callback: ((event: Event) => void | Promise<void>) | undefined,
    onEnd: () => void,
  ) {
    this.#options = options;
    this.#onEnd = onEnd;
    this.#hub = new EventHub(callback, (error) => this.#driver?.fail(error));
  }

  get status(): StreamStatus {
    return this.#status;
  }

  /** Why it failed, or why the connection is being made anew. */
  get error(): Error | undefined {
    return this.#error;
  }

  get hasEnded(): boolean {
    return this.#status === 'closed' || this.#status === 'failed';
  }

  start(driver: StreamDriver<Line, Event>): void {
    this.#driver = driver;
    const { signal } = this.#options;
    if (signal?.aborted === true) {
      this.close();
    } else {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      driver.start();
    }
  }

  close(): void {
    this.#driver?.close();
  }

  deliver(events: readonly Event[]): Promise<void> | undefined {
    const taken = this.#hub.deliver(events);
    this.#changed();
    return taken;
  }

  setStatus(status: StreamStatus, error: Error | undefined): void {
    this.#status = status;
    this.#error = error;
    if (this.hasEnded) {
      this.#options.signal?.removeEventListener('abort', this.#onAbort);
      this.#hub.end(error);
      this.#onEnd();
    }
    this.#guarded(() => this.#options.onState?.(status, error));
    if (status === 'failed' && error !== undefined) {
      this.#guarded(() => this.#options.onError?.(error));
    }
    this.#changed();
  }

  /** A new loop over the events, after `first`. */
  open(first: readonly Event[], onReturn: () => void): AsyncIterableIterator<Event> {
    return this.#hub.open(first, onReturn);
  }

  /** Calls `listener` after every event and change of status, until the function given back is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) this.#guarded(listener);
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (cause) {
      reportFault(cause instanceof Error ? cause : new Error(String(cause)));
    }
  }
}
