// A live query as a program has it: the rows as they are now, and what changes them, as callbacks or in
// a loop.

import type { RowOptions } from '../rows.ts';
import type { Feed, FeedOptions } from './feed.ts';
import type { LiveChange } from './result-rows.ts';
import type { LiveState } from './saved-state.ts';
import type { SubscriptionLine } from './server-lines.ts';
import type { StreamStatus } from './stream-machine.ts';
import type {
  ChangesEvent,
  LiveEvent,
  RestartedEvent,
  SnapshotEvent,
  SubscriptionFold,
} from './subscription-fold.ts';

export interface SubscribeOptions<Row> extends RowOptions<Row>, FeedOptions {
  /** What `save` gave: goes on there, whichever node answers. */
  readonly from?: LiveState | undefined;
  /** Rows that the client holds at most; beyond, the query fails with PATINA_ROWS_LIMIT. */
  readonly rowsMax?: number | undefined;
  /** The whole result, once, before anything else. While a promise is pending, nothing is read. */
  readonly onSnapshot?: ((event: SnapshotEvent<Row>) => void | Promise<void>) | undefined;
  /** Each change by itself. */
  readonly onChange?: ((change: LiveChange<Row>) => void) | undefined;
  /** All changes of one step of commits together. */
  readonly onTransaction?: ((event: ChangesEvent<Row>) => void | Promise<void>) | undefined;
  /** A node could not tell the changes one by one; the difference follows as changes. */
  readonly onRestarted?: ((event: RestartedEvent) => void | Promise<void>) | undefined;
}

/** Rows that a client holds of one query at most, where it does not say. */
export const rowsMaxDefault = 1_000_000;

export class LiveQuery<Row> implements AsyncIterable<LiveEvent<Row>>, Disposable {
  readonly #feed: Feed<SubscriptionLine, LiveEvent<Row>>;
  readonly #fold: SubscriptionFold<Row>;

  /** Made by `client.subscribe`. */
  constructor(feed: Feed<SubscriptionLine, LiveEvent<Row>>, fold: SubscriptionFold<Row>) {
    this.#feed = feed;
    this.#fold = fold;
  }

  /** The rows as they are now, in order where the query has one. A change makes a new array. */
  get rows(): readonly Row[] {
    return this.#fold.result.rows;
  }

  /** The ids of the rows, in the same order. */
  get rowIds(): readonly number[] {
    return this.#fold.result.held.map(({ id }) => id);
  }

  get columns(): readonly string[] {
    return this.#fold.result.columns;
  }

  /** The number of the last change. */
  get changeId(): number {
    return this.#fold.result.changeId;
  }

  /** Whether there is a result yet; an empty one counts. */
  get hasResult(): boolean {
    return this.#fold.hasResult;
  }

  get status(): StreamStatus {
    return this.#feed.status;
  }

  /** Why it failed, or why the connection is being made anew. */
  get error(): Error | undefined {
    return this.#feed.error;
  }

  /**
   * All that is needed to go on later, as plain JSON; undefined before the first snapshot. In `onSnapshot` and
   * `onTransaction` it is of just that event. In a loop it may hold events that wait for the loop: then
   * `changeId` is greater than the event's.
   */
  save(): LiveState | undefined {
    return this.#fold.save();
  }

  /** Calls `listener` whenever rows, status or error are others, until the function given back is called. */
  listen(listener: () => void): () => void {
    return this.#feed.listen(listener);
  }

  /**
   * The events from now on, beginning with a snapshot. Leaving the loop leaves the query open. A slow loop
   * makes the node wait, and nothing is lost.
   */
  events(): AsyncIterableIterator<LiveEvent<Row>> {
    return this.#open(() => undefined);
  }

  /** As {@link events}, but leaving the loop closes the query. */
  [Symbol.asyncIterator](): AsyncIterableIterator<LiveEvent<Row>> {
    return this.#open(() => this.close());
  }

  /** Ends it, its loops and its connection. */
  close(): void {
    this.#feed.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(onReturn: () => void): AsyncIterableIterator<LiveEvent<Row>> {
    const first = this.hasResult ? [this.#fold.snapshotEvent()] : [];
    return this.#feed.open(first, onReturn);
  }
}

/** The callback for all events that stands for those of the options; undefined where there is none. */
export function eventCallback<Row>(
  options: SubscribeOptions<Row>,
): ((event: LiveEvent<Row>) => void | Promise<void>) | undefined {
  const { onSnapshot, onChange, onTransaction, onRestarted } = options;
  if (!onSnapshot && !onChange && !onTransaction && !onRestarted) return undefined;
  return (event) => {
    switch (event.type) {
      case 'snapshot':
        return onSnapshot?.(event);
      case 'restarted':
        return onRestarted?.(event);
      case 'changes':
        if (onChange !== undefined) for (const change of event.changes) onChange(change);
        return onTransaction?.(event);
    }
  };
}
