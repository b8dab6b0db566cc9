// DECLARE, FETCH, MOVE and CLOSE.

import { PgError } from '../pg-error.ts';
import { commandComplete } from '../protocol/backend.ts';
import type { CursorStatement, FetchDirection } from '../utility/utility-statement.ts';
import { sendOwnRows, splitMessages } from './own-rows.ts';
import { noPortal, ofNoTransaction, type Portal } from './portals.ts';
import type { Format } from './requests.ts';
import { cannotRun, rowsOnlyTag, rowsTag, tagWithoutRows } from './result-shape.ts';
import type { RunContext } from './run-context.ts';
import type { Flow, SessionCore } from './session-core.ts';
import { letGo } from './transaction-flow.ts';

/** The portal of the context runs the command, which takes its parameters and formats. */
export function* runCursorStatement(
  core: SessionCore,
  statement: CursorStatement,
  context: RunContext,
): Flow<'done' | 'suspended'> {
  const { portal: own, rowsMax } = context;
  switch (statement.kind) {
    case 'declare':
      yield* declare(core, statement, own);
      core.send(commandComplete('DECLARE CURSOR'));
      return 'done';
    case 'fetch': {
      if (rowsMax > 0 && !statement.isMove) {
        const rows = yield* core.capture(fetch(core, statement, own));
        return sendOwnRows(core, context, splitMessages(rows));
      }
      const count = yield* fetch(core, statement, own);
      core.send(commandComplete(rowsOnlyTag(own, count)));
      return 'done';
    }
    default:
      close(core, statement.name, own);
      core.send(
        commandComplete(statement.name === undefined ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR'),
      );
      return 'done';
  }
}

function* declare(
  core: SessionCore,
  statement: Extract<CursorStatement, { kind: 'declare' }>,
  own: Portal,
): Flow<void> {
  const { transaction, portals, settings } = core;
  const { name, source, isHoldable, isBinary } = statement;
  if (!isHoldable && !transaction.isBlock) {
    throw new PgError('25P01', 'DECLARE CURSOR can only be used in transaction blocks');
  }
  portals.checkName(name);
  const id = portals.newId();
  yield* core.ask({
    kind: 'open-cursor',
    portal: id,
    statement: source,
    params: own.params,
    settings: settings.forRun(),
  });
  portals.add({
    name,
    id,
    planned: source,
    params: own.params,
    formats: source.columns.map(() => 0),
    columns: source.columns,
    isCursor: true,
    isBinary,
    isHoldable,
    ownRows: [],
    state: 'kept',
    depth: transaction.isOpen ? transaction.savepointCount : ofNoTransaction,
  });
}

function* fetch(
  core: SessionCore,
  statement: Extract<CursorStatement, { kind: 'fetch' }>,
  own: Portal,
): Flow<number> {
  const { name, direction, isMove, waitMs } = statement;
  const cursor = core.portals.get(name);
  if (cursor === undefined) throw noPortal(name, 'cursor');
  if (cursor.state === 'failed' || cursor.state === 'aborted') throw cannotRun(cursor);
  if (cursor.state === 'new') yield* openPortal(core, cursor);
  if (cursor.state !== 'kept') {
    tagWithoutRows(cursor);
    core.sendHeading();
    return 0;
  }
  const answer = yield* core.ask({
    kind: 'fetch',
    portal: cursor.id,
    direction,
    output: isMove ? { kind: 'none' } : { kind: 'rows', formats: formatsOf(cursor, own) },
    waitMs,
    settings: core.settings.forRun(),
  });
  core.sendHeading();
  return answer.rows;
}

/** FETCH and MOVE go for portals of the protocol too, also before their first Execute. */
function* openPortal(core: SessionCore, portal: Portal): Flow<void> {
  const { planned, id, params } = portal;
  if (planned?.kind !== 'query' && planned?.kind !== 'subscribe') {
    throw cannotRun(portal);
  }
  core.transaction.hasRun = true;
  const settings = core.settings.forRun();
  yield* core.ask({ kind: 'open-cursor', portal: id, statement: planned, params, settings });
  portal.state = 'kept';
}

/** As the client wants the rows of FETCH; text where the cursor came after the FETCH was prepared. */
function formatsOf({ columns }: Portal, own: Portal): readonly Format[] {
  return own.formats.length === columns.length ? own.formats : columns.map(() => 0);
}

/** CLOSE ALL closes portals of the protocol too, but for the one that it runs in. */
function close(core: SessionCore, name: string | undefined, own: Portal): void {
  const { portals } = core;
  if (name !== undefined) {
    const portal = portals.get(name);
    if (portal === undefined) throw noPortal(name, 'cursor');
    if (portal.id === own.id) throw new PgError('24000', `cannot drop active portal "${name}"`);
  }
  letGo(
    core,
    name === undefined ? portals.remove(({ id }) => id !== own.id) : portals.removeNamed(name),
  );
}

/** Rows of a suspended portal of the protocol. */
export function* fetchMore(core: SessionCore, portal: Portal, rowsMax: number): Flow<boolean> {
  const direction: FetchDirection = { kind: 'forward', count: rowsMax > 0 ? rowsMax : 'all' };
  const answer = yield* core.ask({
    kind: 'fetch',
    portal: portal.id,
    direction,
    output: { kind: 'rows', formats: portal.formats },
    waitMs: undefined,
    settings: core.settings.forRun(),
  });
  if (answer.hasMore && rowsMax > 0) return true;
  core.send(commandComplete(tagOf(portal, answer.rows)));
  return false;
}

function tagOf({ planned }: Portal, rows: number): string {
  return planned?.kind === 'write' ? rowsTag(planned, rows) : `SELECT ${rows}`;
}
