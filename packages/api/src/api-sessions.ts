// What callers have under way: queries that they can cancel by an id of their own choice, and
// subscriptions, of which a node holds only so many.

import { PatinaError } from '@patina/engine/base/errors.ts';

/** Queries with an id that run at once, and subscriptions of all callers. */
const queriesMax = 1_000;
const subscriptionsMax = 2_000;

/** Versions followed to all nodes at once: each holds one of the few questions that may wait at a peer. */
const versionsMax = 6;

/** What procedures need to know of what is under way. */
export type Sessions = Pick<ApiSessions, keyof ApiSessions>;

export class ApiSessions {
  readonly #queries = new Map<string, AbortController>();
  #subscriptions = 0;
  #versions = 0;

  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** Begins a query; it is over when `end` is called. An id that is in use is refused. */
  beginQuery(
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): {
    readonly signal: AbortSignal;
    readonly isCanceled: () => boolean;
    readonly end: () => void;
  } {
    const controller = new AbortController();
    if (id !== undefined) {
      if (this.#queries.has(id)) {
        throw new PatinaError('PATINA_BAD_REQUEST', `a query with the id ${id} is running`, {
          hint: 'Choose a new id for each query.',
        });
      }
      if (this.#queries.size >= queriesMax) throw tooMany('queries');
      this.#queries.set(id, controller);
    }
    return {
      signal:
        signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]),
      isCanceled: () => controller.signal.aborted,
      end: () => {
        if (id !== undefined) this.#queries.delete(id);
      },
    };
  }

  /** Cancels a running query; false when none has this id. */
  cancelQuery(id: string): boolean {
    const controller = this.#queries.get(id);
    controller?.abort();
    return controller !== undefined;
  }

  /** Counts a subscription until the returned function is called. */
  beginSubscription(): () => void {
    if (this.#subscriptions >= subscriptionsMax) throw tooMany('subscriptions');
    this.#subscriptions++;
    let isOver = false;
    return () => {
      if (!isOver) this.#subscriptions--;
      isOver = true;
    };
  }

  /** A subscription that follows a version, counted as both until the returned function is called. */
  beginVersion(): () => void {
    if (this.#versions >= versionsMax) throw tooMany('versions');
    const end = this.beginSubscription();
    this.#versions++;
    let isOver = false;
    return () => {
      if (!isOver) this.#versions--;
      isOver = true;
      end();
    };
  }
}

/** The same for one connection that carries many questions: what is under way ends with it. */
export class ConnectionSessions implements Sessions {
  readonly #all: Sessions;
  readonly #limits: { readonly subscriptionsMax: number; readonly gone: AbortSignal };
  #subscriptions = 0;

  /** `gone` is aborted when the connection is. */
  constructor(
    all: Sessions,
    limits: { readonly subscriptionsMax: number; readonly gone: AbortSignal },
  ) {
    this.#all = all;
    this.#limits = limits;
  }

  get subscriptions(): number {
    return this.#subscriptions;
  }

  beginQuery(
    id: string | undefined,
    signal: AbortSignal | undefined,
  ): ReturnType<Sessions['beginQuery']> {
    const { gone } = this.#limits;
    return this.#all.beginQuery(id, signal === undefined ? gone : AbortSignal.any([gone, signal]));
  }

  cancelQuery(id: string): boolean {
    return this.#all.cancelQuery(id);
  }

  beginVersion(): () => void {
    return this.#all.beginVersion();
  }

  beginSubscription(): () => void {
    if (this.#subscriptions >= this.#limits.subscriptionsMax) {
      throw tooMany('subscriptions of one connection');
    }
    const end = this.#all.beginSubscription();
    this.#subscriptions++;
    let isOver = false;
    return () => {
      if (!isOver) this.#subscriptions--;
      isOver = true;
      end();
    };
  }
}

function tooMany(what: string): PatinaError {
  return new PatinaError('PATINA_OVERLOADED', `too many ${what} are under way at this node`, {
    hint: 'End some, or use another node.',
  });
}
