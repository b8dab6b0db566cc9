// Whole runs that are still to come: which, when, and what made them necessary. A query that is dear to
// run has its turn less often, so that it takes a share of the time at most.

import type { FeedOrigin, FeedReading, TouchedKey } from './change-feed.ts';
import type { LiveQuery } from './live-query.ts';

/** A query is not run again before so many times its last duration have passed. */
const restFactor = 4;

/** How often a query that depends on more than tables is run. */
const periodMs = 1_000;

/** Versions that are remembered as origins of one run; of more, the latest. */
const originsMax = 1_000;

export function makeOverdue(query: LiveQuery, origins: Iterable<FeedOrigin>, nowMs: number): void {
  query.overdue ??= { origins: new Map(), sinceMs: nowMs };
  const known = query.overdue.origins;
  for (const { actorId, version, hlc } of origins) {
    const key = `${actorId}:${version}`;
    known.delete(key);
    known.set(key, { actorId, version, hlc });
    if (known.size > originsMax) known.delete(known.keys().next().value ?? '');
  }
}

/** The versions of a reading that touched tables of a query in a way that can matter to it. */
export function originsFor(query: LiveQuery, reading: FeedReading): FeedOrigin[] {
  const indexes = new Set<number>();
  for (const { table, columns } of query.plan.tables) {
    const touched = reading.tablesByName.get(table);
    if (touched === undefined) continue;
    if (touched.isWhole || columns === 'all') {
      for (const index of touched.origins) indexes.add(index);
      continue;
    }
    for (const key of touched.keysByText.values()) {
      if (!concerns(key, columns)) continue;
      for (const index of key.origins) indexes.add(index);
    }
  }
  return pickOrigins(reading, indexes);
}

/** Whether a touched key can matter to who looks at these columns. */
export function concerns(key: TouchedKey, columns: ReadonlySet<string> | 'all'): boolean {
  if (key.isLife || columns === 'all') return true;
  for (const column of key.columns) if (columns.has(column)) return true;
  return false;
}

/** Origins by their indexes, in the order of the log. */
export function pickOrigins(reading: FeedReading, indexes: Iterable<number>): FeedOrigin[] {
  const sorted = [...indexes].sort((a, b) => a - b);
  return sorted.flatMap((index) => reading.origins[index] ?? []);
}

/** Whether the result may change without a commit. */
export function changesByItself(query: LiveQuery): boolean {
  return query.plan.dependsOnTime || query.plan.readsNodeViews;
}

/** When an overdue query may be run. */
export function dueAtMs(query: LiveQuery): number {
  return query.ranAtMs + restFactor * query.ranForMs;
}

/** When a query that changes by itself is to be looked at again. */
export function periodicAtMs(query: LiveQuery): number {
  return query.ranAtMs + Math.max(periodMs, restFactor * query.ranForMs);
}
