// Events on their way to one loop of a program: a short queue that makes the sender wait when it is
// full.

export class EventChannel<Event> implements AsyncIterableIterator<Event> {
  readonly #eventsMax: number;
  readonly #onReturn: () => void;
  readonly #queue: Event[] = [];
  #hasEnded = false;
  #error: Error | undefined;
  #arrived: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  /** `onReturn` runs when the loop is left before the end. */
  constructor(eventsMax: number, onReturn: () => void) {
    this.#eventsMax = eventsMax;
    this.#onReturn = onReturn;
  }

  /** Adds an event; the promise, if any, resolves when there is room again. */
  push(event: Event): Promise<void> | undefined {
    if (this.#hasEnded) return undefined;
    this.#queue.push(event);
    this.#wake();
    if (this.#queue.length < this.#eventsMax) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** No more events: the loop ends after those that wait, with the error if there is one. */
  end(error: Error | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error = error;
    this.#wake();
    this.#letGoOn();
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    for (;;) {
      const event = this.#queue.shift();
      if (event !== undefined) {
        if (this.#queue.length < this.#eventsMax) this.#letGoOn();
        return { done: false, value: event };
      }
      if (this.#hasEnded) {
        const error = this.#error;
        this.#error = undefined;
        if (error !== undefined) throw error;
        return { done: true, value: undefined };
      }
      this.#arrived ??= Promise.withResolvers();
      await this.#arrived.promise;
    }
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.#queue.length = 0;
    this.#error = undefined;
    this.end(undefined);
    this.#onReturn();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    this.#arrived?.resolve();
    this.#arrived = undefined;
  }

  #letGoOn(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
