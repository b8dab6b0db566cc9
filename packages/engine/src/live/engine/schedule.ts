// Whole runs that are still to come: which, when, and what made them necessary. A query that is dear to
// run has its turn less often, so that it takes a share of the time at most.

import type { FeedOrigin, FeedReading } from './change-feed.ts';
import type { LiveQuery } from './live-query.ts';

/** A query is not run again before so many times its last duration have passed. */
const restFactor = 4;

/** How often a query that depends on more than tables is run. */
const periodMs = 1_000;

/** Versions that are remembered as origins of one run; of more, the latest. */
const originsMax = 1_000;

export class Schedule {
  readonly #overdue = new Set<LiveQuery>();
  readonly #periodic = new Set<LiveQuery>();

  /** From now on the query is run by itself where it needs that. */
  add(query: LiveQuery): void {
    const { dependsOnTime, readsNodeViews } = query.plan;
    if (dependsOnTime || readsNodeViews) this.#periodic.add(query);
    else this.#periodic.delete(query);
  }

  remove(query: LiveQuery): void {
    this.#overdue.delete(query);
    this.#periodic.delete(query);
  }

  /** The query has to be run whole, because of these versions. */
  makeOverdue(query: LiveQuery, origins: Iterable<FeedOrigin>): void {
    query.overdue ??= new Map();
    for (const { actorId, version, hlc } of origins) {
      const key = `${actorId}:${version}`;
      query.overdue.delete(key);
      query.overdue.set(key, { actorId, version, hlc });
      if (query.overdue.size > originsMax) {
        query.overdue.delete(query.overdue.keys().next().value ?? '');
      }
    }
    this.#overdue.add(query);
  }

  /** The query was run. */
  settle(query: LiveQuery): void {
    query.overdue = undefined;
    this.#overdue.delete(query);
  }

  /** Queries whose turn it is, those first that have waited longest; all of them without a limit. */
  due(nowMs: number, isUnlimited: boolean): LiveQuery[] {
    for (const query of this.#periodic) {
      if (isUnlimited || periodicAtMs(query) <= nowMs) this.makeOverdue(query, []);
    }
    return [...this.#overdue].filter((query) => isUnlimited || dueAtMs(query) <= nowMs);
  }

  /** When the next one has its turn; infinity for never. */
  nextAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const query of this.#overdue) atMs = Math.min(atMs, dueAtMs(query));
    for (const query of this.#periodic) atMs = Math.min(atMs, periodicAtMs(query));
    return atMs;
  }
}

/** Origins by their indexes, in the order of the log. */
export function pickOrigins(reading: FeedReading, indexes: Iterable<number>): FeedOrigin[] {
  const sorted = [...indexes].sort((a, b) => a - b);
  return sorted.flatMap((index) => reading.origins[index] ?? []);
}

function dueAtMs(query: LiveQuery): number {
  return query.ranAtMs + restFactor * query.ranForMs;
}

function periodicAtMs(query: LiveQuery): number {
  return query.ranAtMs + Math.max(periodMs, restFactor * query.ranForMs);
}
