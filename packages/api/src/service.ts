// What a node can do for programs, whatever protocol they speak: HTTP, tRPC and the command line stand
// on this one interface. Methods reject with PatinaError.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import type { PatinaError } from '@patina/engine/base/errors.ts';
import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { Insights, SchemaService } from './insights/insights.ts';
import type { ClusterReadings, NodeActions } from './node-control.ts';
import type { ActorLag, Health, Member, TableStats, TransactionResponse } from './schemas.ts';
import type { Statement } from './statement.ts';

export interface TransactOptions {
  /** From the call to the commit, milliseconds; 0 leaves it to the node's own limit. */
  readonly timeoutMs: number;
  /** How many rows each statement must touch; null, or none given, where it doesn't matter. */
  readonly rowsExpected?: readonly (number | null)[];
}

export interface DryRunOptions {
  /** From the call to the answer, milliseconds; the node's own limit goes first where it is shorter. */
  readonly timeoutMs: number;
  /** Aborted when the client has gone away. */
  readonly signal?: AbortSignal;
}

/** How one statement of a dry run went. */
export type DryRunResult =
  | { readonly ok: true; readonly rowsAffected: number }
  | { readonly ok: false; readonly error: PatinaError };

export interface DryRun {
  /** In the order of the statements; one that fails is the last. */
  readonly results: readonly DryRunResult[];
  readonly timeMs: number;
}

export interface QueryRequest {
  readonly statement: Statement;
  /** From the call to the last row taken, milliseconds; 0 is no limit. */
  readonly timeoutMs: number;
  /** Write integers beyond 2^53 as strings. */
  readonly intsAsStrings: boolean;
  /** Aborted when the client has gone away. */
  readonly signal?: AbortSignal;
}

/** Takes the rows of a query as NDJSON. */
export interface QuerySink {
  /** Called once, before any rows. */
  onHead(columns: readonly string[]): void;
  /** Bytes of `{"row":[n,[…]]}` lines; they may end anywhere. A pending promise holds the query. */
  onRows(bytes: Uint8Array): void | Promise<void>;
}

export interface QuerySummary {
  readonly rows: number;
  /** Milliseconds from the start of the query to its last row. */
  readonly timeMs: number;
}

export interface PatinaService {
  /** The actor that this node writes as; it changes when a restored database gets a new one. */
  actorId(): ActorId;
  /**
   * Runs the statements, at least one, as one transaction; nothing is kept when one fails. Rejects with
   * PATINA_TRANSACTION_CONFLICT where one touches another number of rows than it must.
   */
  transact(
    statements: readonly Statement[],
    options: TransactOptions,
  ): Promise<TransactionResponse>;
  /**
   * Runs the statements as {@link transact} does and takes everything back. A statement that fails is told
   * as a result; rejects with PATINA_SQL_TIMEOUT, PATINA_OVERLOADED.
   */
  dryRun(statements: readonly Statement[], options: DryRunOptions): Promise<DryRun>;
  /** Streams the rows of one read-only statement. */
  query(request: QueryRequest, sink: QuerySink): Promise<QuerySummary>;
  /** Queries whose changes are told as they happen. */
  readonly live: LiveQueries;
  /** What nodes tell of themselves. */
  readonly insights: Insights;
  readonly schema: SchemaService;
  readonly readings: ClusterReadings;
  readonly actions: NodeActions;
  tableStats(tables: readonly string[]): Promise<TableStats>;
  health(): Promise<Health>;
  members(): Promise<readonly Member[]>;
  lag(): Promise<readonly ActorLag[]>;
  /**
   * Resolves with true once this node has the version and all of its actor's before it, with false
   * when `waitMs` pass without.
   */
  waitFor(
    actorId: ActorId,
    version: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<boolean>;
  /** All metrics in the Prometheus text format. */
  metricsText(): Promise<string>;
}
