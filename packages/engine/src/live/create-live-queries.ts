// Live queries of a node, on its main thread.

import { PatinaError } from '../base/errors.ts';
import type { LiveQueries } from './live-queries.ts';

export interface LiveQueriesOptions {
  readonly databasePath: string;
  /** A directory of its own; made when it is needed. */
  readonly stateDirectory: string;
}

export function createLiveQueries(_options: LiveQueriesOptions): LiveQueries {
  const refuse = (): Promise<never> =>
    Promise.reject(new PatinaError('PATINA_NOT_READY', 'live queries are not ready'));
  return {
    open: refuse,
    watch: refuse,
    list: async () => [],
    info: refuse,
    explain: refuse,
    explainSql: refuse,
    drop: refuse,
    wake: () => undefined,
    stats: () => ({
      queries: 0,
      subscribers: 0,
      watches: 0,
      rows: 0,
      evaluations: 0,
      changes: 0,
      lagged: 0,
      restarts: 0,
    }),
    stop: async () => undefined,
  };
}
