// What the PostgreSQL endpoint needs of the node behind it. The node gives its own parts; tests give fakes.

import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { LocalOutcome, LocalTransaction } from '@patina/engine/ports.ts';
import type { TrialRunner } from '@patina/engine/storage/trial-runner.ts';
import type { PgPrincipal } from '../server/pg-access.ts';
import type { SchemaChange } from '../sql/planned.ts';

/** Tries statements of open transactions; see the engine's TrialRunner. */
export type PgTrials = Pick<TrialRunner, 'prepare' | 'run'>;

export interface PgBackend {
  /** CREATE statements of the database, as sqlite_schema has them. */
  schemaDdl(): Promise<readonly string[]>;
  /** Told after every change of the schema, whoever made it; returns how to be told no more. */
  onSchemaChange(handler: () => void): () => void;
  /** Runs a transaction as one version. */
  transact(transaction: LocalTransaction): Promise<LocalOutcome>;
  readonly trials: PgTrials;
  /** Changes the schema by the node's schema planner; rejects with its refusals. Resolves with notices. */
  applySchema(change: SchemaChange, principal: PgPrincipal): Promise<readonly string[]>;
  readonly live: Pick<LiveQueries, 'open' | 'watch'>;
}

/** Bounds of one session, and of what it keeps. */
export interface ExecutionLimits {
  /** Of a result that is kept for later: in memory, and beyond that in a file. Bytes. */
  readonly spoolMemoryBytesMax: number;
  readonly spoolFileBytesMax: number;
  /** Statements of one transaction that wait for its commit, and their parameters. */
  readonly pendingStatementsMax: number;
  readonly pendingBytesMax: number;
  /** Rows and bytes of one COPY FROM. */
  readonly copyRowsMax: number;
  readonly copyBytesMax: number;
  /** Rows of a query that is run together with pending writes. */
  readonly trialRowsMax: number;
  readonly trialBytesMax: number;
  /** Rows of a live query that are known to its session, to tell what an update replaced. */
  readonly subscribeRowsMax: number;
  /** A write is not begun after this time even if the session set no limit, milliseconds. */
  readonly writeMsMax: number;
  /** A statement that is tried in an open transaction holds the writer no longer, milliseconds. */
  readonly trialMsMax: number;
}

export const executionLimitsDefault: ExecutionLimits = {
  spoolMemoryBytesMax: 4 * 1024 * 1024,
  spoolFileBytesMax: 4 * 1024 ** 3,
  pendingStatementsMax: 10_000,
  pendingBytesMax: 64 * 1024 * 1024,
  copyRowsMax: 5_000_000,
  copyBytesMax: 256 * 1024 * 1024,
  trialRowsMax: 1_000_000,
  trialBytesMax: 64 * 1024 * 1024,
  subscribeRowsMax: 1_000_000,
  writeMsMax: 60_000,
  trialMsMax: 5_000,
};
