// What the main thread and the live process say to each other. Questions carry a number that comes back
// with their answer; streams are snapshots, which the parent pays for page by page.

import type { PatinaError } from '../../base/errors.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import type { EngineLimits, EngineQuery } from '../engine/engine-types.ts';
import type {
  ChangeGroup,
  LiveExplanation,
  LiveQueryStats,
  WatchGroup,
  WatchOpened,
} from '../live-queries.ts';

/** First of all messages: what the process works on. */
export interface LiveConfiguration {
  readonly databasePath: string;
  readonly statePath: string;
  readonly limits: EngineLimits;
  /** A statement that runs for longer ends the process, milliseconds. */
  readonly statementMsMax: number;
}

/** A question, answered by a {@link FromLive} message with the same `request`. */
export type LiveQuestion =
  | { readonly kind: 'subscribe' | 'lookup'; readonly query: QueryText }
  /** Have the groups of this query sent; answered with the query. */
  | { readonly kind: 'attach'; readonly id: string }
  | { readonly kind: 'since'; readonly id: string; readonly changeId: number }
  | { readonly kind: 'watch'; readonly watch: WatchText }
  | { readonly kind: 'explain'; readonly query: Pick<QueryText, 'sql' | 'params'> }
  | { readonly kind: 'explain-query'; readonly id: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'drop'; readonly id: string };

export interface QueryText {
  readonly sql: string;
  readonly params: SqlParams;
  readonly role: string;
}

export interface WatchText {
  readonly watchId: string;
  readonly table: string;
  readonly from: string | undefined;
  readonly filter: string | undefined;
  readonly images: boolean;
}

export type ToLive =
  | { readonly kind: 'configure'; readonly configuration: LiveConfiguration }
  /** Evaluation may begin: what must not be evaluated any more was dropped before. */
  | { readonly kind: 'begin' }
  /** There may be new commits. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'question'; readonly request: number; readonly question: LiveQuestion }
  /** Nobody takes the groups of this query any more. */
  | { readonly kind: 'detach'; readonly id: string }
  | { readonly kind: 'unwatch'; readonly watchId: string }
  | { readonly kind: 'open-snapshot'; readonly stream: number; readonly id: string }
  /** So many more pages of the snapshot may be sent. */
  | { readonly kind: 'credit'; readonly stream: number; readonly pages: number }
  | { readonly kind: 'close-snapshot'; readonly stream: number }
  | { readonly kind: 'close' };

export type LiveAnswer =
  | { readonly kind: 'query'; readonly query: EngineQuery | undefined }
  | { readonly kind: 'since'; readonly since: ChangesSince }
  | {
      readonly kind: 'watching';
      readonly opened: WatchOpened;
      readonly backlog: readonly WatchGroup[];
    }
  | { readonly kind: 'explanation'; readonly explanation: LiveExplanation | undefined }
  | { readonly kind: 'list'; readonly queries: readonly LiveQueryStats[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly error: PatinaError };

export type ChangesSince =
  | { readonly kind: 'groups'; readonly groups: readonly ChangeGroup[] }
  | { readonly kind: 'too-old'; readonly minChangeId: number }
  | { readonly kind: 'future'; readonly changeId: number };

export type FromLive =
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: PatinaError }
  /** The first pass since `begin` is done: it works. */
  | { readonly kind: 'working' }
  | { readonly kind: 'answer'; readonly request: number; readonly answer: LiveAnswer }
  | { readonly kind: 'group'; readonly id: string; readonly group: ChangeGroup }
  | { readonly kind: 'watch-group'; readonly watchId: string; readonly group: WatchGroup }
  | { readonly kind: 'filled'; readonly id: string; readonly changeId: number }
  | { readonly kind: 'query-failed'; readonly id: string; readonly error: PatinaError }
  | { readonly kind: 'watch-ended'; readonly watchId: string; readonly error: PatinaError }
  | { readonly kind: 'snapshot'; readonly stream: number; readonly changeId: number }
  | {
      readonly kind: 'rows';
      readonly stream: number;
      readonly count: number;
      /** Whole NDJSON lines; a view into what was received. */
      readonly lines: Uint8Array;
    }
  | { readonly kind: 'snapshot-end'; readonly stream: number }
  | { readonly kind: 'snapshot-failed'; readonly stream: number; readonly error: PatinaError }
  | { readonly kind: 'totals'; readonly totals: LiveTotals };

/** Counts of the process, sent now and then. */
export interface LiveTotals {
  readonly queries: number;
  readonly watches: number;
  readonly rows: number;
  readonly evaluations: number;
}
