// BEGIN, COMMIT, ROLLBACK and savepoints, as the session and the node carry them out together.

import { PgError } from '../pg-error.ts';
import type { TransactionOptions, TransactionStatement } from '../utility/utility-statement.ts';
import type { Portal } from './portals.ts';
import type { Flow, SessionCore } from './session-core.ts';
import type { ImplicitOrigin } from './transaction-state.ts';

/** Carries out a command; returns the tag of its completion. */
export function* runTransactionStatement(
  core: SessionCore,
  statement: TransactionStatement,
): Flow<string> {
  const { transaction } = core;
  switch (statement.kind) {
    case 'begin':
      yield* begin(core, statement.options);
      return statement.tag;
    case 'commit':
      return yield* endTransaction(core, true, statement.chains);
    case 'rollback':
      return yield* endTransaction(core, false, statement.chains);
    case 'savepoint': {
      requireBlock(core, 'SAVEPOINT');
      yield* core.ask({ kind: 'savepoint', name: statement.name });
      transaction.addSavepoint(statement.name);
      core.settings.save();
      return 'SAVEPOINT';
    }
    case 'release': {
      requireBlock(core, 'RELEASE SAVEPOINT');
      const index = transaction.findSavepoint(statement.name);
      yield* core.ask({ kind: 'release', name: statement.name });
      transaction.dropSavepoints(index);
      core.settings.release(index + 1);
      core.portals.release(index);
      return 'RELEASE';
    }
    case 'rollback-to':
      yield* rollBackTo(core, statement.name);
      return 'ROLLBACK';
    default:
      setTransaction(core, statement.scope, statement.options);
      return 'SET';
  }
}

/** The transaction of a query string of several statements, or of a pipeline, if none is open. */
export function beginImplicit(
  { transaction, settings }: SessionCore,
  origin: ImplicitOrigin,
): void {
  if (origin === 'query') transaction.makeBlock();
  if (transaction.isOpen) return;
  transaction.begin('implicit', settings.isOn('default_transaction_read_only'), origin);
  transaction.isolation = settings.get('default_transaction_isolation') ?? 'read committed';
  settings.save();
}

/** The node opens the transaction too: there is something to keep until it ends. */
export function* beginAtNode(core: SessionCore): Flow<void> {
  const { transaction, settings } = core;
  yield* core.ask({ kind: 'begin', isReadOnly: transaction.isReadOnly });
  transaction.isAtNode = true;
  const afterMs = settings.timeMs('transaction_timeout');
  if (afterMs <= 0) return;
  core.effect({ kind: 'set-timer', name: 'transaction', afterMs });
  transaction.isTimed = true;
}

/** Commits what {@link beginImplicit} began, if it is still that. */
export function* endImplicit(core: SessionCore): Flow<void> {
  if (core.transaction.kind !== 'implicit') return;
  yield* finish(core, true);
}

/** An error came up: what is open fails, or is rolled back where nobody could do that. */
export function* failTransaction(core: SessionCore): Flow<void> {
  const { transaction, portals } = core;
  if (transaction.kind === 'open') {
    transaction.fail();
    core.settings.restore(transaction.savepointCount);
    letGo(core, portals.fail(transaction.savepointCount));
  } else if (transaction.kind === 'implicit') yield* finish(core, false);
  else if (transaction.kind === 'none') letGo(core, portals.remove(isOfTransaction));
}

/** Outside a transaction portals end with the statement that they were for. */
export function dropPortals(core: SessionCore): void {
  letGo(core, core.portals.remove(isOfTransaction));
}

/** Lets the node forget portals. */
export function letGo(core: SessionCore, portals: readonly Portal[]): void {
  for (const { id } of portals) core.tell({ kind: 'close-portal', portal: id });
}

function isOfTransaction(portal: Portal): boolean {
  return !(portal.isCursor && portal.isHoldable && portal.depth < 0);
}

function* begin(core: SessionCore, options: TransactionOptions): Flow<void> {
  const { transaction } = core;
  if (transaction.kind === 'open') {
    core.notice('WARNING', '25001', 'there is already a transaction in progress');
    changeOptions(core, options);
    return;
  }
  if (transaction.kind === 'implicit') {
    changeOptions(core, options);
    transaction.makeExplicit();
    if (!transaction.isAtNode) yield* beginAtNode(core);
    return;
  }
  yield* open(core, options);
}

function* open(core: SessionCore, options: Partial<TransactionOptions>): Flow<void> {
  const { transaction, settings } = core;
  transaction.begin('open', settings.isOn('default_transaction_read_only'));
  transaction.isolation = settings.get('default_transaction_isolation') ?? 'read committed';
  transaction.apply(options);
  settings.save();
  yield* beginAtNode(core);
}

function* endTransaction(core: SessionCore, commits: boolean, chains: boolean): Flow<string> {
  const { transaction } = core;
  const word = commits ? 'COMMIT' : 'ROLLBACK';
  if (transaction.kind === 'none' || transaction.kind === 'implicit') {
    if (chains) throw noBlock(`${word} AND CHAIN`);
    core.notice('WARNING', '25P01', 'there is no transaction in progress');
    // It ends what came before in the string of statements, or the pipeline, all the same.
    if (transaction.kind === 'implicit') yield* finish(core, commits);
    return word;
  }
  const isCommitted = commits && transaction.kind === 'open';
  const { isReadOnly, isolation, isDeferrable } = transaction;
  yield* finish(core, isCommitted);
  if (chains) yield* open(core, { isReadOnly, isolation, isDeferrable });
  return isCommitted ? 'COMMIT' : 'ROLLBACK';
}

/** Ends the transaction at the node and here. Throws what the commit failed with, having ended it. */
function* finish(core: SessionCore, isCommitted: boolean): Flow<void> {
  const { transaction, settings, portals } = core;
  const { isAtNode, isTimed } = transaction;
  let isDone = false;
  try {
    if (isAtNode) yield* core.ask({ kind: isCommitted ? 'commit' : 'rollback' });
    isDone = isCommitted;
  } finally {
    transaction.end();
    settings.end(isDone);
    letGo(core, isDone ? portals.hold() : portals.remove(isOfTransaction));
    if (isTimed) core.effect({ kind: 'clear-timer', name: 'transaction' });
    core.notifications.end(isDone);
  }
}

function* rollBackTo(core: SessionCore, name: string): Flow<void> {
  const { transaction, settings, portals } = core;
  requireBlock(core, 'ROLLBACK TO SAVEPOINT');
  const index = transaction.findSavepoint(name);
  yield* core.ask({ kind: 'rollback-to', name });
  settings.restore(index + 1);
  letGo(
    core,
    portals.remove((portal) => portal.depth > index),
  );
  transaction.rollBackTo(index);
}

function setTransaction(
  core: SessionCore,
  scope: 'transaction' | 'session',
  options: TransactionOptions,
): void {
  const { transaction, settings } = core;
  if (scope === 'session') {
    if (options.isolation !== undefined) {
      settings.set('default_transaction_isolation', options.isolation, false);
    }
    if (options.isReadOnly !== undefined) {
      settings.set('default_transaction_read_only', options.isReadOnly ? 'on' : 'off', false);
    }
    return;
  }
  if (!transaction.isBlock) {
    core.notice('WARNING', '25P01', 'SET TRANSACTION can only be used in transaction blocks');
  }
  // In a pipeline it holds until its end.
  if (transaction.isOpen) changeOptions(core, options);
}

/** Throws 25001 for what the statements before do not allow. */
function changeOptions({ transaction }: SessionCore, options: Partial<TransactionOptions>): void {
  const { isolation, isReadOnly } = options;
  const isNested = transaction.savepointCount > 0;
  if (isolation !== undefined && isolation !== transaction.isolation) {
    if (transaction.hasRun) throw tooLate('ISOLATION LEVEL must be called before any query');
    if (isNested) throw tooLate('ISOLATION LEVEL must not be called in a subtransaction');
  }
  if (isReadOnly === false && transaction.isReadOnly) {
    const sentence = isNested
      ? 'cannot set transaction read-write mode inside a read-only transaction'
      : 'transaction read-write mode must be set before any query';
    if (isNested || transaction.hasRun) throw new PgError('25001', sentence);
  }
  transaction.apply(options);
}

function tooLate(what: string): PgError {
  return new PgError('25001', `SET TRANSACTION ${what}`);
}

function requireBlock({ transaction }: SessionCore, what: string): void {
  if (transaction.kind === 'open' || transaction.kind === 'failed') return;
  throw noBlock(what);
}

function noBlock(what: string): PgError {
  return new PgError('25P01', `${what} can only be used in transaction blocks`);
}
