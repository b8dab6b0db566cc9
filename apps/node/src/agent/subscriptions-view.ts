// Shows live queries in SQL, as the view `patina_subscriptions`: saved when something about them changed,
// at most once a second, and less often where there are many.

import { asPatinaError } from '@patina/engine/base/errors.ts';
import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { Logger } from 'pino';

const periodMs = 1_000;

/** Queries that are shown: the dearest ones, where there are more. */
const shownMax = 1_000;

/** So many are asked for and written a second on average: it must not be felt. */
const savedPerPeriod = 50;

/** Begins to save; the answer stops it. */
export function showSubscriptions(
  live: LiveQueries,
  storage: Pick<NodeStorage, 'saveSubscriptions'>,
  log: Logger,
): () => void {
  let seen = '';
  let isSaving = false;
  let skips = 0;
  async function save(): Promise<void> {
    const queries = await live.list();
    skips = Math.floor(queries.length / savedPerPeriod);
    const dearest = queries.toSorted((a, b) => b.costMsPerSecond - a.costMsPerSecond);
    await storage.saveSubscriptions(dearest.slice(0, shownMax));
  }
  const timer = setInterval(() => {
    const now = JSON.stringify(live.stats());
    if (isSaving || now === seen) return;
    if (skips > 0) {
      skips--;
      return;
    }
    seen = now;
    isSaving = true;
    save()
      .catch((error: unknown) => log.debug({ err: asPatinaError(error) }, 'not shown in SQL'))
      .finally(() => {
        isSaving = false;
      });
  }, periodMs);
  return () => clearInterval(timer);
}
