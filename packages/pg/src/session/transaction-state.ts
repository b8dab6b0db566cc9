// Where a session stands between BEGIN and COMMIT, and what its statements may do there.

import { PgError } from '../pg-error.ts';
import type { TransactionStatus } from '../protocol/backend.ts';
import type { TransactionOptions } from '../utility/utility-statement.ts';

/** Savepoints of one transaction. */
const savepointsMax = 10_000;

/**
 * `implicit`: a query string of several statements, or a pipeline up to its Sync, which is a transaction by
 * itself; `open` and `failed`: between BEGIN and COMMIT.
 */
export type TransactionKind = 'none' | 'implicit' | 'open' | 'failed';

/** What began an implicit transaction. */
export type ImplicitOrigin = 'query' | 'pipeline';

export class TransactionState {
  #kind: TransactionKind = 'none';
  #origin: ImplicitOrigin = 'query';
  #savepoints: string[] = [];
  isReadOnly = false;
  isolation = 'read committed';
  isDeferrable = false;
  /** Whether a statement has run in it, after which its kind is settled. */
  hasRun = false;
  /** Whether the node has a transaction open for this session: not before an implicit one writes. */
  isAtNode = false;
  /** Whether an Execute of a pipeline has come to its end in it. */
  isPipelined = false;
  /** Whether a timer runs for it. */
  isTimed = false;

  get kind(): TransactionKind {
    return this.#kind;
  }

  /** As ReadyForQuery tells it. */
  get status(): TransactionStatus {
    if (this.#kind === 'failed') return 'E';
    return this.#kind === 'open' ? 'T' : 'I';
  }

  get isOpen(): boolean {
    return this.#kind !== 'none';
  }

  /** What commands mean that run in a transaction block only, or outside one only. */
  get isBlock(): boolean {
    return this.isOpen && !(this.#kind === 'implicit' && this.#origin === 'pipeline');
  }

  get savepointCount(): number {
    return this.#savepoints.length;
  }

  begin(kind: 'implicit' | 'open', isReadOnly: boolean, origin: ImplicitOrigin = 'query'): void {
    this.#kind = kind;
    this.#origin = origin;
    this.isReadOnly = isReadOnly;
    this.hasRun = false;
    this.isAtNode = false;
    this.isPipelined = false;
    this.#savepoints = [];
  }

  /** A query string of several statements goes on in a pipeline that was not synced. */
  makeBlock(): void {
    this.#origin = 'query';
  }

  /** Throws 25001 for a command that must be a transaction by itself. */
  forbidBlock(command: string): void {
    if (this.isBlock) {
      throw new PgError('25001', `${command} cannot run inside a transaction block`);
    }
    if (this.isPipelined) {
      throw new PgError('25001', `${command} cannot be executed within a pipeline`);
    }
  }

  /** BEGIN within an implicit transaction makes it one of the user's. */
  makeExplicit(): void {
    this.#kind = 'open';
  }

  apply(options: Partial<TransactionOptions>): void {
    this.isReadOnly = options.isReadOnly ?? this.isReadOnly;
    this.isolation = options.isolation ?? this.isolation;
    this.isDeferrable = options.isDeferrable ?? this.isDeferrable;
  }

  fail(): void {
    if (this.#kind === 'open') this.#kind = 'failed';
  }

  end(): void {
    this.#kind = 'none';
    this.#savepoints = [];
    this.isReadOnly = false;
    this.isDeferrable = false;
    this.isAtNode = false;
    this.isTimed = false;
    this.isPipelined = false;
  }

  addSavepoint(name: string): void {
    if (this.#savepoints.length >= savepointsMax) {
      throw new PgError('54000', `a transaction has at most ${savepointsMax} savepoints`);
    }
    this.#savepoints.push(name);
  }

  /** The place of the youngest savepoint of this name, from 0. Throws 3B001. */
  findSavepoint(name: string): number {
    const index = this.#savepoints.lastIndexOf(name);
    if (index < 0) throw new PgError('3B001', `savepoint "${name}" does not exist`);
    return index;
  }

  /** Savepoints from this place on are gone. */
  dropSavepoints(from: number): void {
    this.#savepoints.length = from;
  }

  /** Back at a savepoint, which stays. */
  rollBackTo(index: number): void {
    this.#savepoints.length = index + 1;
    this.#kind = 'open';
  }
}

/** 25P02: nothing but the end of the transaction is possible. */
export function abortedError(): PgError {
  return new PgError(
    '25P02',
    'current transaction is aborted, commands ignored until end of transaction block',
  );
}
