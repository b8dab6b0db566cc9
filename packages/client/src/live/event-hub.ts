// Hands the events of one stream to the program's callback and loops, and says when all of them are
// ready for more.

import { EventChannel } from './event-channel.ts';

/** Events that wait for one loop at most; then the stream is not read on. */
export const eventsWaitingMax = 256;

export class EventHub<Event> {
  readonly #callback: ((event: Event) => void | Promise<void>) | undefined;
  readonly #onFault: (error: Error) => void;
  readonly #channels = new Set<EventChannel<Event>>();
  /** Callbacks run one after the other, in the order of the events. */
  #running: Promise<void> | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  /** `onFault` is told what the callback throws. */
  constructor(
    callback: ((event: Event) => void | Promise<void>) | undefined,
    onFault: (error: Error) => void,
  ) {
    this.#callback = callback;
    this.#onFault = onFault;
  }

  /** Hands out events; the promise, if any, resolves when more can be taken. */
  deliver(events: readonly Event[]): Promise<void> | undefined {
    const waits: Promise<void>[] = [];
    for (const event of events) {
      for (const channel of this.#channels) {
        const room = channel.push(event);
        if (room !== undefined) waits.push(room);
      }
      this.#call(event);
    }
    if (this.#running !== undefined) waits.push(this.#running);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** A new loop that begins with `first`; `onReturn` runs when it is left before the end. */
  open(first: readonly Event[], onReturn: () => void): EventChannel<Event> {
    const channel = new EventChannel<Event>(eventsWaitingMax, () => {
      this.#channels.delete(channel);
      onReturn();
    });
    for (const event of first) void channel.push(event);
    if (this.#end === undefined) this.#channels.add(channel);
    else channel.end(this.#end.error);
    return channel;
  }

  /** Ends all loops, after what waits for them. */
  end(error: Error | undefined): void {
    this.#end ??= { error };
    for (const channel of this.#channels) channel.end(error);
    this.#channels.clear();
  }

  #call(event: Event): void {
    const callback = this.#callback;
    if (callback === undefined) return;
    if (this.#running === undefined) {
      const result = this.#guarded(() => callback(event));
      if (result !== undefined) this.#wait(result);
    } else {
      this.#wait(this.#running.then(() => this.#guarded(() => callback(event))));
    }
  }

  #wait(promise: Promise<void>): void {
    const running = promise.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
  }

  #guarded(call: () => void | Promise<void>): Promise<void> | undefined {
    const fault = (cause: unknown): void => {
      this.#onFault(cause instanceof Error ? cause : new Error(String(cause)));
    };
    try {
      const result = call();
      return result instanceof Promise ? result.catch(fault) : undefined;
    } catch (cause) {
      fault(cause);
      return undefined;
    }
  }
}

/** Throws outside of everything, as an event listener does: a fault of the program, not of a stream. */
export function reportFault(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}
