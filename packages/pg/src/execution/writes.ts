// Writes of a session: each a transaction of its own, or parts of an open one. Those are tried together with
// what is pending, which tells the client counts, rows and errors, and are all applied at the commit.

import { randomUUID } from 'node:crypto';
import type { PatinaError } from '@patina/engine/base/errors.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import type { LocalStatement } from '@patina/engine/ports.ts';
import { PgError } from '../pg-error.ts';
import type { RunSettings } from '../session/requests.ts';
import type { PlannedQuery } from '../sql/planned.ts';
import { PendingWrites } from './pending-writes.ts';
import type { ExecutionLimits, PgBackend } from './ports.ts';
import type { Running } from './running.ts';

export type Rows = readonly (readonly SqlValue[])[];

export interface WriteResult {
  readonly rowsAffected: number;
  readonly rows?: Rows | undefined;
}

export class Writes {
  readonly #backend: Pick<PgBackend, 'transact' | 'trials'>;
  readonly #limits: ExecutionLimits;
  readonly #nowMs: () => number;
  #transaction: PendingWrites | undefined;

  constructor(
    backend: Pick<PgBackend, 'transact' | 'trials'>,
    limits: ExecutionLimits,
    nowMs: () => number,
  ) {
    this.#backend = backend;
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Statements that wait for the commit. */
  get pending(): number {
    return this.#transaction?.statements.length ?? 0;
  }

  /** When the open transaction began, for now(); Unix milliseconds. */
  get nowMs(): number | undefined {
    return this.#transaction?.moment.nowMs;
  }

  /** Whether the query reads what the open transaction has written: then it is run with those writes. */
  isSeenBy({ readsCatalog, tablesRead }: PlannedQuery): boolean {
    return !readsCatalog && this.#transaction?.hasWritten(tablesRead) === true;
  }

  begin(isReadOnly: boolean): void {
    this.#transaction = new PendingWrites(isReadOnly, this.#nowMs(), this.#limits);
    if (!isReadOnly) this.#backend.trials.prepare();
  }

  rollback(): void {
    this.#transaction = undefined;
  }

  /** Throws 3B001, or 54000 when there are too many; 25P01 outside a transaction. */
  savepoint(act: 'savepoint' | 'release' | 'rollback-to', name: string): void {
    const transaction = this.#transaction;
    if (transaction === undefined)
      throw new PgError('25P01', 'there is no transaction in progress');
    if (act === 'savepoint') transaction.savepoint(name);
    else if (act === 'release') transaction.release(name);
    else transaction.rollbackTo(name);
  }

  /** Applies everything as one version. Rejects with PATINA_TRANSACTION_CONFLICT and others. */
  async commit(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    if (transaction === undefined || transaction.statements.length === 0) return;
    const outcome = await this.#backend.transact({
      statements: transaction.statements,
      moment: transaction.moment,
      timeoutMs: this.#limits.writeMsMax,
    });
    if (!outcome.ok) throw conflictOf(outcome.error);
  }

  /**
   * Writes for good, or tries as a part of the open transaction; resolves with the result of the last one.
   * `tables` are those that they write, `bytes` counts their parameters.
   */
  async write(
    statements: readonly LocalStatement[],
    tables: readonly string[],
    bytes: number,
    autocommit: boolean,
    settings: RunSettings,
    running: Running,
  ): Promise<WriteResult> {
    const transaction = this.#transaction;
    if (autocommit || transaction === undefined) {
      const timeoutMs = settings.statementTimeoutMs || this.#limits.writeMsMax;
      const moment = { nowMs: this.#nowMs(), seed: randomUUID() };
      const outcome = await this.#backend.transact({ statements, moment, timeoutMs });
      if (!outcome.ok) throw outcome.error;
      return outcome.results.at(-1) ?? { rowsAffected: 0 };
    }
    let result: WriteResult = { rowsAffected: 0 };
    for (const statement of statements) {
      transaction.makeRoom();
      result = await this.#try(transaction, statement, false, settings, running);
      const { rowsAffected, rows } = result;
      transaction.add({ ...statement, expected: { rowsAffected, rows } }, tables, bytes);
    }
    return result;
  }

  /** Runs a query that sees the pending writes. */
  async query(
    query: PlannedQuery,
    params: readonly SqlValue[],
    settings: RunSettings,
    running: Running,
  ): Promise<Rows> {
    const transaction = this.#transaction;
    if (transaction === undefined) return [];
    const statement = { sql: query.sql, params, keepsRows: true };
    return (await this.#try(transaction, statement, true, settings, running)).rows ?? [];
  }

  #try(
    transaction: PendingWrites,
    statement: LocalStatement,
    isQuery: boolean,
    settings: RunSettings,
    running: Running,
  ): Promise<WriteResult> {
    const { trialMsMax, trialRowsMax, trialBytesMax } = this.#limits;
    return this.#backend.trials.run({
      pending: transaction.statements,
      statement,
      isQuery,
      moment: transaction.moment,
      rowsMax: trialRowsMax,
      bytesMax: trialBytesMax,
      timeoutMs: Math.min(settings.statementTimeoutMs || trialMsMax, trialMsMax),
      signal: running.signal,
    });
  }
}

/**
 * A constraint that held when the statement was tried and fails now: others have written meanwhile, and the
 * client, which was told of success, is to run the transaction again.
 */
function conflictOf(error: PatinaError): PatinaError | PgError {
  if (error.code !== 'PATINA_SQL_CONSTRAINT') return error;
  return new PgError('40001', 'could not serialize access due to concurrent update', {
    detail: error.message,
    hint: 'The transaction might succeed if retried.',
    cause: error,
  });
}
