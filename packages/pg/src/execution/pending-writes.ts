// The writes of an open transaction: nothing of them is in the database before the commit. Savepoints are
// places in the list.

import { randomUUID } from 'node:crypto';
import type { SqlValue } from '@patina/engine/base/value.ts';
import type { TransactionMoment } from '@patina/engine/functions/moment.ts';
import type { LocalStatement } from '@patina/engine/ports.ts';
import { PgError } from '../pg-error.ts';
import type { ExecutionLimits } from './ports.ts';

interface Savepoint {
  readonly name: string;
  readonly length: number;
  readonly bytes: number;
}

export class PendingWrites {
  /** The same when it is tried and when it is committed. */
  readonly moment: TransactionMoment;
  readonly isReadOnly: boolean;
  readonly #limits: ExecutionLimits;
  readonly #statements: LocalStatement[] = [];
  readonly #savepoints: Savepoint[] = [];
  readonly #tables = new Set<string>();
  #bytes = 0;

  constructor(isReadOnly: boolean, nowMs: number, limits: ExecutionLimits) {
    this.isReadOnly = isReadOnly;
    this.moment = { nowMs, seed: randomUUID() };
    this.#limits = limits;
  }

  get statements(): readonly LocalStatement[] {
    return this.#statements;
  }

  /** Throws 54000 when a transaction may not hold one more. */
  makeRoom(): void {
    const { pendingStatementsMax, pendingBytesMax } = this.#limits;
    if (this.#statements.length >= pendingStatementsMax) {
      throw tooLarge(`${pendingStatementsMax} statements`);
    }
    if (this.#bytes >= pendingBytesMax) throw tooLarge(`${pendingBytesMax} bytes`);
  }

  /** `tables`: what the statement writes. */
  add(statement: LocalStatement, tables: readonly string[], bytes: number): void {
    this.#statements.push(statement);
    for (const table of tables) this.#tables.add(table);
    this.#bytes += bytes;
  }

  /** Whether one of these tables may hold rows that are not in the database yet. */
  hasWritten(tables: readonly string[]): boolean {
    return this.#statements.length > 0 && tables.some((table) => this.#tables.has(table));
  }

  savepoint(name: string): void {
    if (this.#savepoints.length >= this.#limits.pendingStatementsMax) {
      throw tooLarge(`${this.#limits.pendingStatementsMax} savepoints`);
    }
    this.#savepoints.push({ name, length: this.#statements.length, bytes: this.#bytes });
  }

  /** Forgets the savepoint and those after it; what was written stays. Throws 3B001. */
  release(name: string): void {
    this.#savepoints.length = this.#find(name);
  }

  /** Takes back what was written since; the savepoint stays. Throws 3B001. */
  rollbackTo(name: string): void {
    const place = this.#find(name);
    const savepoint = this.#savepoints[place];
    this.#savepoints.length = place + 1;
    this.#statements.length = savepoint?.length ?? 0;
    this.#bytes = savepoint?.bytes ?? 0;
  }

  #find(name: string): number {
    const place = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (place < 0) throw new PgError('3B001', `savepoint "${name}" does not exist`);
    return place;
  }
}

/** What values take, as it is counted here: eight for each, and the length of text and blobs. */
export function valuesBytes(values: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of values) {
    bytes += 8;
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}

function tooLarge(limit: string): PgError {
  return new PgError('54000', `the transaction is larger than ${limit}`, {
    hint: 'Commit more often, or load rows with COPY.',
  });
}
