// Live queries of a page: components that show the same query share one subscription, which writes what it
// is told into the query cache and ends a little after the last of them has gone.

import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type { LiveQuery } from '../live/live-query.ts';
import type { RowObject } from '../rows.ts';

/** `reconnecting`: the rows are the last that were seen. `error`: it gave up; the rows stay. */
export type LiveStatus = 'pending' | 'live' | 'reconnecting' | 'error';

/** What the query cache holds of a live query. */
export interface LiveEntry {
  /** Undefined while nothing was seen yet. */
  readonly rows: readonly RowObject[] | undefined;
  readonly rowIds: readonly number[];
  readonly status: LiveStatus;
  /** Why it gave up, or why the connection is being made anew. */
  readonly error: Error | undefined;
}

export const pendingEntry: LiveEntry = {
  rows: undefined,
  rowIds: [],
  status: 'pending',
  error: undefined,
};

/**
 * How long a subscription that no component shows stays open: going from one page to another, or strict
 * mode, must not open it again. Milliseconds.
 */
export const lingerMs = 1_000;

export interface SharedQuery {
  readonly key: QueryKey;
  open(): LiveQuery<RowObject>;
}

interface Shared {
  users: number;
  live: LiveQuery<RowObject>;
  unlisten: () => void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The subscriptions of one query cache. */
export class SharedLiveQueries {
  readonly #cache: QueryClient;
  readonly #sharedByHash = new Map<string, Shared>();

  constructor(cache: QueryClient) {
    this.#cache = cache;
  }

  /** Shows a query until the function given back is called. */
  acquire(query: SharedQuery): () => void {
    const hash = JSON.stringify(query.key);
    const known = this.#sharedByHash.get(hash);
    const shared = known ?? this.#open(query);
    if (known === undefined) this.#sharedByHash.set(hash, shared);
    else if (known.live.status === 'failed') this.#reopen(known, query);
    clearTimeout(shared.timer);
    shared.users++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      shared.users--;
      if (shared.users > 0) return;
      shared.timer = setTimeout(() => this.#close(hash, shared, query.key), lingerMs);
    };
  }

  /** Begins anew where it gave up. */
  retry(query: SharedQuery): void {
    const shared = this.#sharedByHash.get(JSON.stringify(query.key));
    if (shared?.live.status === 'failed') this.#reopen(shared, query);
  }

  #open(query: SharedQuery): Shared {
    const live = query.open();
    return { users: 0, live, unlisten: this.#follow(live, query.key), timer: undefined };
  }

  #reopen(shared: Shared, query: SharedQuery): void {
    shared.unlisten();
    shared.live = query.open();
    shared.unlisten = this.#follow(shared.live, query.key);
  }

  /** What comes in one turn is written once. */
  #follow(live: LiveQuery<RowObject>, key: QueryKey): () => void {
    let isPlanned = false;
    let isOver = false;
    const write = (): void => {
      isPlanned = false;
      if (isOver) return;
      this.#cache.setQueryData<LiveEntry>(key, (before) => entryOf(live, before));
    };
    const unlisten = live.listen(() => {
      if (isPlanned) return;
      isPlanned = true;
      queueMicrotask(write);
    });
    write();
    return () => {
      isOver = true;
      unlisten();
    };
  }

  #close(hash: string, shared: Shared, key: QueryKey): void {
    this.#sharedByHash.delete(hash);
    shared.unlisten();
    shared.live.close();
    // Whoever shows it next sees rows that nobody keeps up to date, until it is live again.
    this.#cache.setQueryData<LiveEntry>(key, (before) =>
      before?.rows === undefined ? before : { ...before, status: 'reconnecting' },
    );
  }
}

function entryOf(live: LiveQuery<RowObject>, before: LiveEntry | undefined): LiveEntry {
  const held = live.hasResult
    ? { rows: live.rows, rowIds: live.rowIds }
    : { rows: before?.rows, rowIds: before?.rowIds ?? [] };
  return { ...held, status: statusOf(live, held.rows !== undefined), error: live.error };
}

function statusOf(live: LiveQuery<RowObject>, hasRows: boolean): LiveStatus {
  if (live.status === 'failed') return 'error';
  if (live.status === 'live' && live.hasResult) return 'live';
  return hasRows ? 'reconnecting' : 'pending';
}
