// Live queries as the rest of a node sees them: ask for one, and take its rows and changes.

import type { ActorId } from '../base/actor-id.ts';
import type { PatinaError } from '../base/errors.ts';
import type { Hlc } from '../base/hlc.ts';
import type { SqlParams } from '../storage/sql-value.ts';
import type { EvaluationMode } from '../subscriptions/plan.ts';

export interface LiveQueries {
  /**
   * Opens a query, or joins the evaluation of an equal one. Rejects before anything reached the sink:
   * PATINA_SQL_ERROR, PATINA_SQL_REFUSED, PATINA_SQL_NOT_READONLY, PATINA_SUBSCRIPTION_REFUSED,
   * PATINA_SUBSCRIPTION_LIMIT, PATINA_NOT_FOUND (an unknown id), PATINA_CURSOR_INVALID (a `from` that
   * cannot be), PATINA_OVERLOADED, PATINA_SHUTTING_DOWN.
   */
  open(request: OpenRequest, sink: LiveSink): Promise<LiveHandle>;
  /** Follows the rows of one table; rejects as `open`. */
  watch(request: WatchRequest, sink: WatchSink): Promise<WatchHandle>;
  list(): Promise<readonly LiveQueryStats[]>;
  /** Rejects with PATINA_NOT_FOUND. */
  info(id: string): Promise<LiveQueryStats>;
  /** How the query is kept and why; rejects with PATINA_NOT_FOUND. */
  explain(id: string): Promise<LiveExplanation>;
  /** The same for a query that nobody has opened. */
  explainSql(sql: string, params: SqlParams): Promise<LiveExplanation>;
  /** Ends all readers of a query and forgets it; rejects with PATINA_NOT_FOUND. */
  drop(id: string): Promise<void>;
  /** There may be new commits. Costs next to nothing. */
  wake(): void;
  stats(): LiveCounters;
  stop(): Promise<void>;
}

export interface OpenRequest {
  /** What to follow: SQL with its parameters, or the id of a query that somebody opened. */
  readonly query: { readonly sql: string; readonly params: SqlParams } | { readonly id: string };
  /**
   * Where to go on: a change id of this query at this node, or a cursor (`<query id>:<change id>`)
   * from any node. Undefined or 0: from a fresh snapshot.
   */
  readonly from?: number | string;
  /** No rows, only where the changes begin, as the end of a snapshot, and the changes. */
  readonly skipRows?: boolean;
  /** Only queries asked for with the same rights share an evaluation. */
  readonly role: string;
  /** Whom to count against the limit per client: an address, a token. */
  readonly client: string;
}

/** Takes one subscription, in order: opened, rows, end of snapshot, then groups; ended comes last. */
export interface LiveSink {
  onOpened(opened: LiveOpened): void;
  /**
   * Whole lines of `{"row":[row id,[cells]]}`, `count` of them. While a promise is pending, no more rows
   * are read for this subscriber.
   */
  onRows(lines: Uint8Array, count: number): void | Promise<void>;
  /** From here on changes are told: all rows were, or they are not wanted. */
  onSnapshotEnd(end: { readonly changeId: number; readonly timeMs: number }): void;
  /** While a promise is pending, groups are kept for it up to a limit; beyond, it is told `onLagged`. */
  onGroup(group: ChangeGroup): void | Promise<void>;
  /** It fell behind by too much: to be asked for again with `from: cursor`. Nothing follows. */
  onLagged(cursor: string, changeId: number): void;
  /** The query ended: an error (fatal for it), or undefined when it was closed by its holder. */
  onEnded(error: PatinaError | undefined): void;
}

export interface LiveOpened {
  /** UUID with dashes. */
  readonly id: string;
  /** 16 hexadecimal digits of the SQL. */
  readonly hash: string;
  readonly columns: readonly string[];
  readonly isOrdered: boolean;
  /**
   * What follows: a snapshot that was asked for; the changes after `from`; or a snapshot although changes
   * were asked for, because they cannot be told exactly (`reason` says why).
   */
  readonly start: 'snapshot' | 'resumed' | 'restarted';
  readonly reason: string | undefined;
  /** Where it goes on, or the change id of the snapshot, where that is known already. */
  readonly changeId?: number;
}

/** All changes that one step of commits made to a result. Applied whole, it is the query run afresh. */
export interface ChangeGroup {
  /** The versions that made it, in the order in which they became visible; one as a rule. */
  readonly origins: readonly ChangeOrigin[];
  /** Change ids rise by exactly 1 within and between groups. */
  readonly changes: readonly LiveChange[];
}

export interface ChangeOrigin {
  readonly actorId: ActorId;
  readonly version: number;
  /** When it was committed at its origin. */
  readonly hlc: Hlc;
}

export interface LiveChange {
  readonly type: 'insert' | 'update' | 'delete';
  readonly rowId: number;
  /** JSON text of the array of cells; of a deleted row its last ones. */
  readonly cells: string;
  readonly changeId: number;
  /**
   * In ordered results the place of the row after the whole group, from 0; absent for a delete and for an
   * update that moved nothing. To apply a group: take out the deleted and the moved rows, then put rows
   * in by rising position.
   */
  readonly position?: number;
}

export interface LiveHandle {
  readonly opened: LiveOpened;
  /** Takes no more; `onEnded` does not follow. */
  close(): void;
}

export interface WatchHandle {
  /** Takes no more; `onEnded` does not follow. */
  close(): void;
}

export interface WatchRequest {
  readonly table: string;
  /** Go on after this cursor; undefined: from now on. */
  readonly from?: number | string;
  /** An SQL expression over the table's columns; rows for which it is not true are left out. */
  readonly filter?: string;
  /** Send the rows too. */
  readonly images?: boolean;
  readonly client: string;
}

export interface WatchSink {
  onOpened(opened: WatchOpened): void;
  onGroup(group: WatchGroup): void | Promise<void>;
  onLagged(cursor: string): void;
  onEnded(error: PatinaError | undefined): void;
}

export interface WatchOpened {
  readonly id: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** `restarted`: what happened after `from` is not known any more; look at the table anew. */
  readonly start: 'now' | 'resumed' | 'restarted';
  readonly reason: string | undefined;
  readonly cursor: string;
}

export interface WatchGroup {
  readonly origins: readonly ChangeOrigin[];
  readonly notices: readonly RowNotice[];
  /** Where to go on after this group. */
  readonly cursor: string;
}

export interface RowNotice {
  readonly type: 'update' | 'delete';
  /** JSON text of the array of key values. */
  readonly key: string;
  /** JSON text of the array of all columns, where images were asked for and the row exists. */
  readonly row: string | undefined;
}

export interface LiveQueryStats {
  readonly id: string;
  readonly hash: string;
  readonly sql: string;
  readonly mode: EvaluationMode;
  readonly state: 'filling' | 'live' | 'failed';
  readonly subscribers: number;
  /** Rows kept for it, of the result and behind it. */
  readonly rows: number;
  readonly changeId: number;
  readonly evaluations: number;
  /** Time spent on evaluations since it was opened, ms, and per second lately (moving average). */
  readonly evaluationMs: number;
  readonly costMsPerSecond: number;
  readonly lagged: number;
  readonly createdMs: number;
}

export interface LiveExplanation {
  readonly mode: EvaluationMode;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly isOrdered: boolean;
  /** Sentences: which way, and why no better one. */
  readonly reasons: readonly string[];
  readonly tables: readonly {
    readonly table: string;
    readonly columns: readonly string[] | 'all';
    readonly reaction: 'keys' | 're-run';
  }[];
  /** Columns whose constants index the queries of the family. */
  readonly indexedBy: readonly string[];
  /** SQLite's plan of the statement that runs at a change, a line each. */
  readonly queryPlan: readonly string[];
}

export interface LiveCounters {
  readonly queries: number;
  readonly subscribers: number;
  readonly watches: number;
  readonly rows: number;
  readonly evaluations: number;
  readonly changes: number;
  readonly lagged: number;
  readonly restarts: number;
}
