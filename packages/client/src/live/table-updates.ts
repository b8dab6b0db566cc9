// The updates of a table as a program has them: which rows changed, as callbacks or in a loop.

import type { RowOptions } from '../rows.ts';
import type { Feed, FeedOptions } from './feed.ts';
import type { UpdatesLine } from './server-lines.ts';
import type { StreamStatus } from './stream-machine.ts';
import type {
  TableEvent,
  UpdatesEvent,
  UpdatesFold,
  UpdatesOpenedEvent,
  UpdatesRestartedEvent,
} from './updates-fold.ts';

export interface UpdatesOptions<Row> extends RowOptions<Row>, FeedOptions {
  /** An SQL expression over the columns; rows for which it is not true are left out. */
  readonly filter?: string | undefined;
  /** Tell the rows too, and not only their keys. */
  readonly images?: boolean | undefined;
  /** A cursor of an event before; without it: from now on. */
  readonly from?: string | undefined;
  readonly onOpened?: ((event: UpdatesOpenedEvent) => void | Promise<void>) | undefined;
  /** All rows that one step of commits touched. While a promise is pending, nothing is read. */
  readonly onUpdates?: ((event: UpdatesEvent<Row>) => void | Promise<void>) | undefined;
  /** What happened meanwhile is not known: read the table anew. */
  readonly onRestarted?: ((event: UpdatesRestartedEvent) => void | Promise<void>) | undefined;
}

export class TableUpdates<Row> implements AsyncIterable<TableEvent<Row>>, Disposable {
  readonly #feed: Feed<UpdatesLine, TableEvent<Row>>;
  readonly #fold: UpdatesFold<Row>;

  /** Made by `client.updates`. */
  constructor(feed: Feed<UpdatesLine, TableEvent<Row>>, fold: UpdatesFold<Row>) {
    this.#feed = feed;
    this.#fold = fold;
  }

  get status(): StreamStatus {
    return this.#feed.status;
  }

  /** Why it failed, or why the connection is being made anew. */
  get error(): Error | undefined {
    return this.#feed.error;
  }

  /** Where to go on, after the last event that was told; undefined before the first connection. */
  get cursor(): string | undefined {
    return this.#fold.from;
  }

  /** Events from now on. Leaving the loop closes the feed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TableEvent<Row>> {
    return this.#feed.open([], () => this.close());
  }

  /** Ends it, its loops and its connection. */
  close(): void {
    this.#feed.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The callback for all events that stands for those of the options; undefined where there is none. */
export function updatesCallback<Row>(
  options: UpdatesOptions<Row>,
): ((event: TableEvent<Row>) => void | Promise<void>) | undefined {
  const { onOpened, onUpdates, onRestarted } = options;
  if (!onOpened && !onUpdates && !onRestarted) return undefined;
  return (event) => {
    if (event.type === 'opened') return onOpened?.(event);
    if (event.type === 'restarted') return onRestarted?.(event);
    return onUpdates?.(event);
  };
}
