// Statements that are no SQL for SQLite: transactions, settings, prepared statements, cursors, COPY, live
// queries, notifications. The session machine carries them out, with the node's help for some.

import type { PlannedQuery, PlannedWrite, ResultColumn } from '../sql/planned.ts';

export type UtilityStatement =
  | TransactionStatement
  | SettingStatement
  | PreparedStatementCommand
  | CursorStatement
  | CopyStatement
  | NotificationStatement
  | ExplainStatement
  /** SUBSCRIBE by itself: rows that go on coming, as DataRow messages. */
  | SubscribeSource
  /** Accepted and without effect here, with the tag that PostgreSQL answers: VACUUM, ANALYZE, LOCK TABLE. */
  | { readonly kind: 'nothing'; readonly tag: string; readonly notices: readonly string[] };

export type TransactionStatement =
  | { readonly kind: 'begin'; readonly tag: string; readonly options: TransactionOptions }
  | { readonly kind: 'commit'; readonly chains: boolean }
  | { readonly kind: 'rollback'; readonly chains: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback-to'; readonly name: string }
  /** SET TRANSACTION and SET SESSION CHARACTERISTICS AS TRANSACTION. */
  | {
      readonly kind: 'set-transaction';
      readonly scope: 'transaction' | 'session';
      readonly options: TransactionOptions;
    };

export interface TransactionOptions {
  /** As it was written, in lower case: `repeatable read`; undefined where it was not. */
  readonly isolation: string | undefined;
  readonly isReadOnly: boolean | undefined;
  readonly isDeferrable: boolean | undefined;
}

export type SettingStatement =
  /** A value of undefined is DEFAULT. */
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly value: string | undefined;
      readonly isLocal: boolean;
    }
  | { readonly kind: 'reset'; readonly name: string | 'all' }
  | { readonly kind: 'show'; readonly name: string | 'all' }
  | { readonly kind: 'discard'; readonly what: 'all' | 'plans' | 'sequences' | 'temp' };

export type PreparedStatementCommand =
  | {
      readonly kind: 'prepare';
      readonly name: string;
      /** The statement's own text and type names as written; planned when it is prepared. */
      readonly text: string;
      readonly paramTypes: readonly number[];
    }
  /** Arguments are constant expressions, as a SELECT that yields them in one row. */
  | { readonly kind: 'execute'; readonly name: string; readonly args: PlannedQuery | undefined }
  | { readonly kind: 'deallocate'; readonly name: string | undefined };

export type CursorStatement =
  | {
      readonly kind: 'declare';
      readonly name: string;
      readonly source: PlannedQuery | SubscribeSource;
      readonly isHoldable: boolean;
      /** undefined: scrollable where it costs nothing, which is always here. */
      readonly isScrollable: boolean | undefined;
      readonly isBinary: boolean;
    }
  | {
      readonly kind: 'fetch';
      readonly name: string;
      readonly direction: FetchDirection;
      /** MOVE: rows are passed over and not sent. */
      readonly isMove: boolean;
      /** How long FETCH waits for changes of a live query, milliseconds; undefined as written by default. */
      readonly waitMs: number | undefined;
    }
  | { readonly kind: 'close'; readonly name: string | undefined };

export type FetchDirection =
  | { readonly kind: 'forward' | 'backward'; readonly count: number | 'all' }
  | { readonly kind: 'absolute' | 'relative'; readonly row: number };

/** `SUBSCRIBE (SELECT …) WITH (SNAPSHOT, PROGRESS)`, in Materialize's grammar. */
export interface SubscribeSource {
  readonly kind: 'subscribe';
  readonly query: PlannedQuery;
  /** mz_timestamp, mz_progressed where it was asked for, mz_diff, then the columns of the query. */
  readonly columns: readonly ResultColumn[];
  readonly withSnapshot: boolean;
  readonly withProgress: boolean;
}

export interface CopyOptions {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly nullText: string;
  readonly hasHeader: boolean;
  /** HEADER MATCH: the header must be the names of the columns. */
  readonly matchesHeader: boolean;
  readonly quote: string;
  readonly escape: string;
  /** Columns by number from 0, or all. */
  readonly forceQuote: readonly number[] | 'all';
  readonly forceNotNull: readonly number[];
  readonly forceNull: readonly number[];
}

export type CopyStatement =
  | {
      readonly kind: 'copy-out';
      readonly source: PlannedQuery | PlannedWrite | SubscribeSource;
      readonly options: CopyOptions;
    }
  | {
      readonly kind: 'copy-in';
      /** The INSERT that takes one line; its parameters are the columns in the order of the lines. */
      readonly insert: PlannedWrite;
      readonly columnNames: readonly string[];
      readonly options: CopyOptions;
    };

export type NotificationStatement =
  | { readonly kind: 'listen'; readonly channel: string }
  | { readonly kind: 'unlisten'; readonly channel: string | '*' }
  | { readonly kind: 'notify'; readonly channel: string; readonly payload: string };

export interface ExplainStatement {
  readonly kind: 'explain';
  readonly statement: PlannedQuery | PlannedWrite;
  readonly format: 'text' | 'json';
  readonly runsIt: boolean;
}
