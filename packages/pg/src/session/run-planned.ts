// Runs one planned statement, in either protocol: what the client sees of it is its rows, if it has any, and
// the tag at its end. Whether a RowDescription comes first is for the caller to say.

import { PgError } from '../pg-error.ts';
import { commandComplete, copyDone, copyResponse, textRow } from '../protocol/backend.ts';
import type { CallArgument, Planned, PlannedSchemaChange } from '../sql/planned.ts';
import type { CopyStatement, ExplainStatement } from '../utility/utility-statement.ts';
import { runCopyIn } from './copy-in-flow.ts';
import { runCursorStatement } from './cursor-flow.ts';
import { sendOwnRows } from './own-rows.ts';
import type { Portal } from './portals.ts';
import { runPreparedCommand } from './prepared-flow.ts';
import type { RowOutput } from './requests.ts';
import { rowsTag } from './result-shape.ts';
import type { RunContext } from './run-context.ts';
import type { Flow, SessionCore } from './session-core.ts';
import { runSettingStatement, setConfig, shownSettings } from './setting-flow.ts';
import { beginAtNode, endImplicit, runTransactionStatement } from './transaction-flow.ts';
import { abortedError } from './transaction-state.ts';

/** Whether the statement may run in a transaction that has failed: only its end may. */
export function endsFailure(planned: Planned | undefined): boolean {
  switch (planned?.kind) {
    case undefined:
    case 'commit':
    case 'rollback':
    case 'rollback-to':
      return true;
    default:
      return false;
  }
}

/** Kinds of statements after which SET TRANSACTION is not too late: they see no rows. */
const leavesTransactionOpen: ReadonlySet<Planned['kind']> = new Set([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'rollback-to',
  'set-transaction',
  'set',
  'reset',
  'show',
  'fetch',
  'listen',
  'unlisten',
  'notify',
  'nothing',
]);

/** Runs the statement of a portal that was not run yet; returns whether all of it is done. */
export function* runPlanned(core: SessionCore, context: RunContext): Flow<'done' | 'suspended'> {
  const { portal } = context;
  const { planned } = portal;
  if (planned === undefined) throw new PgError('XX000', 'an empty query has nothing to run');
  if (core.transaction.kind === 'failed' && !endsFailure(planned)) throw abortedError();
  if (planned.kind === 'nothing') checkPlace(core, planned.tag);
  if ('notices' in planned) core.notices(planned.notices);
  core.heading = context.heading;
  if (!leavesTransactionOpen.has(planned.kind)) core.transaction.hasRun = true;
  switch (planned.kind) {
    case 'query':
    case 'subscribe':
    case 'write':
      return yield* runRows(core, context);
    case 'explain':
      return sendOwnRows(core, context, yield* explainedRows(core, planned, portal));
    case 'schema':
      yield* changeSchema(core, planned);
      return 'done';
    case 'nothing':
      core.send(commandComplete(planned.tag));
      if (planned.tag === 'VACUUM') yield* endImplicit(core);
      return 'done';
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'release':
    case 'rollback-to':
    case 'set-transaction': {
      const tag = yield* runTransactionStatement(core, planned);
      core.send(commandComplete(tag));
      return 'done';
    }
    case 'set':
    case 'reset':
    case 'discard':
      runSettingStatement(core, planned);
      // In a pipeline it is not undone by what comes after it.
      if (planned.kind === 'discard' && planned.what === 'all') yield* endImplicit(core);
      return 'done';
    case 'show':
      return sendOwnRows(core, context, shownSettings(core, planned.name));
    case 'prepare':
    case 'execute':
    case 'deallocate':
      return yield* runPreparedCommand(core, planned, context, runPlanned);
    case 'declare':
    case 'fetch':
    case 'close':
      return yield* runCursorStatement(core, planned, context);
    case 'copy-in':
      yield* needTransaction(core, planned.insert, context.isAlone);
      yield* runCopyIn(core, planned);
      return 'done';
    case 'copy-out':
      yield* runCopyOut(core, planned, context);
      return 'done';
    case 'listen':
    case 'unlisten':
    case 'notify':
      runNotification(core, planned);
      return 'done';
    default:
      return planned satisfies never;
  }
}

/** Commands without effect are allowed where PostgreSQL allows them. */
function checkPlace({ transaction }: SessionCore, tag: string): void {
  if (tag === 'VACUUM') transaction.forbidBlock(tag);
  if (tag === 'LOCK TABLE' && !transaction.isBlock) {
    throw new PgError('25P01', 'LOCK TABLE can only be used in transaction blocks');
  }
}

function* explainedRows(
  core: SessionCore,
  planned: ExplainStatement,
  portal: Portal,
): Flow<Uint8Array[]> {
  const answer = yield* core.askFor({
    kind: 'explain',
    statement: planned.statement,
    params: portal.params,
    runsIt: planned.runsIt,
    settings: core.settings.forRun(),
  });
  return answer.kind === 'lines' ? answer.lines.map((line) => textRow([line])) : [];
}

function* changeSchema(core: SessionCore, planned: PlannedSchemaChange): Flow<void> {
  if (core.transaction.kind === 'open') {
    const sentence = `${planned.tag} takes effect at once, and is not undone by ROLLBACK`;
    core.notice('WARNING', '01000', sentence);
  }
  yield* core.ask({ kind: 'change-schema', statement: planned, isReadOnly: core.isReadOnly });
  core.send(commandComplete(planned.tag));
}

/** A write that shares its transaction with other statements needs one at the node. */
export function* needTransaction(
  core: SessionCore,
  statement: { readonly kind: string },
  isAlone: boolean,
): Flow<void> {
  if (statement.kind === 'write' && !isAlone && !core.transaction.isAtNode)
    yield* beginAtNode(core);
}

function* runRows(core: SessionCore, context: RunContext): Flow<'done' | 'suspended'> {
  const { portal, rowsMax, isAlone } = context;
  const { planned } = portal;
  if (planned?.kind !== 'query' && planned?.kind !== 'write' && planned?.kind !== 'subscribe') {
    throw new PgError('XX000', 'the statement has no rows');
  }
  yield* needTransaction(core, planned, isAlone);
  const output: RowOutput =
    portal.columns.length === 0 && planned.kind === 'write'
      ? { kind: 'none' }
      : { kind: 'rows', formats: portal.formats };
  // Rows may be long in coming; but a write that fails has none.
  if (planned.kind !== 'write' && context.isNested !== true) core.sendHeading();
  const answer = yield* core.ask({
    kind: 'run',
    portal: portal.id,
    statement: planned,
    params: portal.params,
    output,
    rowsMax: portal.columns.length === 0 ? 0 : rowsMax,
    autocommit: !core.transaction.isAtNode,
    isReadOnly: core.isReadOnly,
    settings: core.settings.forRun(),
  });
  core.sendHeading();
  if (answer.hasMore) {
    portal.state = 'kept';
    return 'suspended';
  }
  if (planned.kind === 'query' && planned.notify !== undefined) {
    const { channel, payload } = planned.notify;
    core.notifications.notify(
      argumentText(portal, channel),
      argumentText(portal, payload),
      core.transaction.isOpen,
    );
  }
  if (planned.kind === 'query' && planned.setting !== undefined) {
    const { name, value, isLocal } = planned.setting;
    setConfig(core, argumentText(portal, name), argumentText(portal, value), isLocal);
  }
  core.send(commandComplete(rowsTag(planned, answer.rows)));
  return 'done';
}

function argumentText(portal: Portal, argument: CallArgument): string {
  return 'text' in argument ? argument.text : String(portal.params[argument.param - 1] ?? '');
}

function* runCopyOut(
  core: SessionCore,
  statement: Extract<CopyStatement, { kind: 'copy-out' }>,
  { portal, isAlone }: RunContext,
): Flow<void> {
  const { source, options } = statement;
  yield* needTransaction(core, source, isAlone);
  core.send(copyResponse('out', options.format === 'binary', source.columns.length));
  const answer = yield* core.ask({
    kind: 'run',
    portal: portal.id,
    statement: source,
    params: portal.params,
    output: { kind: 'copy', options },
    rowsMax: 0,
    autocommit: !core.transaction.isAtNode,
    isReadOnly: core.isReadOnly,
    settings: core.settings.forRun(),
  });
  core.send(copyDone, commandComplete(`COPY ${answer.rows}`));
}

function runNotification(
  core: SessionCore,
  planned: Extract<Planned, { kind: 'listen' | 'unlisten' | 'notify' }>,
): void {
  const { isOpen } = core.transaction;
  if (planned.kind === 'notify') {
    core.notifications.notify(planned.channel, planned.payload, isOpen);
  } else core.notifications.listen(planned, isOpen);
  core.send(commandComplete(planned.kind.toUpperCase()));
}
