// The evaluation of live queries as one synchronous object: it has two files, no timers and no sockets.
// The live process drives it in production, the fuzzer directly.

import type { PatinaError } from '../../base/errors.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import type {
  ChangeGroup,
  LiveExplanation,
  LiveQueryStats,
  WatchGroup,
  WatchOpened,
} from '../live-queries.ts';

export interface LiveEngineOptions {
  /** The node's database; opened read-only. */
  readonly databasePath: string;
  /**
   * What is kept of results and changes, so that they survive a crash. Made when it is not there; a
   * damaged one is replaced by an empty one (its queries are then unknown).
   */
  readonly statePath: string;
  readonly limits: EngineLimits;
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
  readonly newId: () => string;
  /** Told before and after each statement that may take long, so that a watchdog can end the process. */
  readonly onEvaluating?: (id: string | undefined) => void;
}

export interface EngineLimits {
  /** Queries at once. */
  readonly queriesMax: number;
  /** Rows kept for one query, and for all. */
  readonly queryRowsMax: number;
  readonly rowsMax: number;
  /** Rows of a query that is re-run: its old and new result are held in memory at once. */
  readonly rerunRowsMax: number;
  /** Changes kept of one query for those who resume. */
  readonly changesMax: number;
  /** Rows that may change while one subscriber reads a snapshot. */
  readonly snapshotChangesMax: number;
}

export interface LiveEngine {
  /**
   * Finds the query of the same normalised SQL, parameters and role, or makes it. Throws PatinaError as
   * LiveQueries.open. A new one is `filling` until {@link work} has filled it.
   */
  subscribe(request: { sql: string; params: SqlParams; role: string }): EngineQuery;
  /** The query that `subscribe` would join; undefined where it would make one. Throws as `subscribe`. */
  lookup(request: { sql: string; params: SqlParams; role: string }): EngineQuery | undefined;
  /** The query of this id, also one kept from before a restart. */
  find(id: string): EngineQuery | undefined;
  /** What it would do with a query; throws as `subscribe`. */
  explain(sql: string, params: SqlParams): LiveExplanation;
  explainQuery(id: string): LiveExplanation | undefined;
  /** Forgets the query and everything that is kept of it. */
  drop(id: string): void;
  stats(): LiveQueryStats[];

  /**
   * One pass: takes one snapshot of the database, finds what was committed since the last pass, brings
   * all live queries and watches there, and goes on filling new ones for about `budgetMs`. Queries that
   * are re-run whole may be put off, so that dear ones do not hold up the others; with an infinite
   * budget nothing is put off. Everything returned is already kept on disk.
   */
  work(budgetMs: number): EnginePass;

  /** A snapshot of the query's rows at its present change id, read in pages. Throws when it is filling. */
  openSnapshot(id: string): SnapshotReader;
  /**
   * Groups after `changeId`, at least one if there is any, and no more than that once they hold
   * `changesMax` changes; `too-old` when they are not all kept any more (with the lowest id to ask for),
   * `future` when the query has not come so far.
   */
  changesSince(
    id: string,
    changeId: number,
    changesMax?: number,
  ):
    | { readonly kind: 'groups'; readonly groups: readonly ChangeGroup[] }
    | { readonly kind: 'too-old'; readonly minChangeId: number }
    | { readonly kind: 'future'; readonly changeId: number };

  /** Follows a table. Groups come with `work`. Throws PatinaError for an unknown table or a bad filter. */
  watch(request: {
    readonly watchId: string;
    readonly table: string;
    readonly from: string | undefined;
    readonly filter: string | undefined;
    readonly images: boolean;
  }): WatchOpened & { readonly backlog: readonly WatchGroup[] };
  unwatch(watchId: string): void;
  close(): void;
}

export interface EngineQuery {
  readonly id: string;
  readonly hash: string;
  readonly columns: readonly string[];
  readonly isOrdered: boolean;
  readonly state: 'filling' | 'live';
  readonly changeId: number;
}

export interface EnginePass {
  /** What changed, a group a query. */
  readonly groups: readonly { readonly id: string; readonly group: ChangeGroup }[];
  readonly watchGroups: readonly { readonly watchId: string; readonly group: WatchGroup }[];
  /** Queries that are live since this pass. */
  readonly filled: readonly {
    readonly id: string;
    readonly changeId: number;
    readonly timeMs: number;
  }[];
  /** Queries that cannot be kept any more (an error of SQL at run time, a changed schema, a limit). */
  readonly failed: readonly { readonly id: string; readonly error: PatinaError }[];
  /** Watches that cannot go on: their table changed, or more was written than can be told. */
  readonly endedWatches?: readonly { readonly watchId: string; readonly error: PatinaError }[];
  /** When there is something left to do without a new commit; 0: at once. Undefined: nothing. */
  readonly againInMs: number | undefined;
}

export interface SnapshotReader {
  readonly changeId: number;
  /** About `rowsMax` more rows as `{"row":[id,[cells]]}` lines; undefined at the end. */
  next(rowsMax: number): { readonly lines: string; readonly count: number } | undefined;
  /** More rows changed since it was opened than snapshotChangesMax: what is left cannot be told. */
  readonly isLost: boolean;
  close(): void;
}
