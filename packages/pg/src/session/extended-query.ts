// The extended query protocol: Parse, Bind, Describe, Execute, Close. What runs between two Syncs is one
// transaction; a statement that is alone before its Sync is left to itself.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { PgError } from '../pg-error.ts';
import {
  bindComplete,
  closeComplete,
  commandComplete,
  emptyQueryResponse,
  noData,
  parameterDescription,
  parseComplete,
  portalSuspended,
  rowDescription,
} from '../protocol/backend.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import type { Oid } from '../types/oids.ts';
import { fetchMore } from './cursor-flow.ts';
import { sendMoreOwnRows } from './own-rows.ts';
import { currentColumns, prepare, replan } from './planning.ts';
import { noPortal, type Portal } from './portals.ts';
import type { PreparedStatement } from './prepared-statements.ts';
import type { Format } from './requests.ts';
import { cannotRun, tagWithoutRows } from './result-shape.ts';
import { endsFailure, runPlanned } from './run-planned.ts';
import type { Flow, SessionCore } from './session-core.ts';
import { checkMayRun, mayEndFailure } from './simple-query.ts';
import { letGo } from './transaction-flow.ts';
import { abortedError } from './transaction-state.ts';

type Message<Kind extends FrontendMessage['kind']> = Extract<FrontendMessage, { kind: Kind }>;

export function parseStatement(core: SessionCore, message: Message<'parse'>): void {
  const { name, text, paramTypes } = message;
  if (name === '') core.statements.delete('');
  const parsed = core.options.planner().parse(text);
  if (parsed.length > 1) {
    throw new PgError('42601', 'cannot insert multiple commands into a prepared statement');
  }
  const [statement] = parsed;
  if (statement !== undefined) checkMayRun(core, statement);
  const prepared = prepare(core, name, statement, paramTypes);
  core.statements.add(prepared);
  if (prepared.seesRows) core.transaction.hasRun = true;
  core.send(parseComplete);
}

export function bind(core: SessionCore, message: Message<'bind'>): void {
  const statement = core.statements.get(message.statement);
  checkParamCounts(message, statement);
  const { parsed, paramTypes } = statement;
  const { portals, transaction } = core;
  if (transaction.kind === 'failed') {
    const ends = parsed !== undefined && mayEndFailure(parsed);
    if (!ends || paramTypes.length > 0) throw abortedError();
  }
  portals.checkName(message.portal);
  letGo(core, portals.removeNamed(message.portal));
  const portal: Portal = {
    name: message.portal,
    id: portals.newId(),
    planned: undefined,
    params: [],
    formats: [],
    columns: [],
    isCursor: false,
    isBinary: false,
    isHoldable: false,
    ownRows: [],
    state: 'failed',
    depth: transaction.savepointCount,
  };
  if (statement.seesRows || paramTypes.length > 0) transaction.hasRun = true;
  // What fails below leaves a portal of this name that does nothing, as in PostgreSQL.
  portals.add(portal);
  const params = decodeParams(core, message, paramTypes);
  const planned = replan(core, statement);
  const columns = currentColumns(core, statement);
  portals.add({ ...portal, planned, params, columns });
  checkResultFormats(message, columns.length);
  const formats = columns.map((_, index) => formatAt(message.resultFormats, index));
  portals.add({ ...portal, planned, params, formats, columns, state: 'new' });
  core.send(bindComplete);
}

function decodeParams(
  core: SessionCore,
  { params, paramFormats }: Message<'bind'>,
  types: readonly Oid[],
): SqlValue[] {
  if (params.length === 0) return [];
  const settings = core.settings.forRun();
  return params.map((bytes, index) => {
    const format = formatAt(paramFormats, index);
    return core.options.decodeParam(types[index] ?? 0, format, bytes, settings);
  });
}

function checkParamCounts(message: Message<'bind'>, statement: PreparedStatement): void {
  const given = message.params.length;
  const { paramFormats } = message;
  if (paramFormats.length > 1 && paramFormats.length !== given) {
    const sentence = `bind message has ${paramFormats.length} parameter formats but ${given} parameters`;
    throw new PgError('08P01', sentence);
  }
  const needed = statement.paramTypes.length;
  if (given !== needed) {
    const sentence = `bind message supplies ${given} parameters, but prepared statement "${message.statement}" requires ${needed}`;
    throw new PgError('08P01', sentence);
  }
}

function checkResultFormats({ resultFormats }: Message<'bind'>, columns: number): void {
  if (columns === 0 || resultFormats.length <= 1 || resultFormats.length === columns) return;
  const sentence = `bind message has ${resultFormats.length} result formats but query has ${columns} columns`;
  throw new PgError('08P01', sentence);
}

/** None is text for all, one is for all, else each has its own. Throws 22023. */
function formatAt(formats: readonly number[], index: number): Format {
  const format = (formats.length === 1 ? formats[0] : formats[index]) ?? 0;
  if (format === 0 || format === 1) return format;
  throw new PgError('22023', `unsupported format code: ${format}`);
}

export function describe(core: SessionCore, message: Message<'describe' | 'close'>): void {
  const isFailed = core.transaction.kind === 'failed';
  const { sizeOf } = core.options;
  if (message.what === 'statement') {
    const { paramTypes, columns } = core.statements.get(message.name);
    if (isFailed && columns.length > 0) throw abortedError();
    core.send(parameterDescription(paramTypes));
    core.send(
      columns.length === 0
        ? noData
        : rowDescription(
            columns,
            columns.map(() => 0),
            sizeOf,
          ),
    );
    return;
  }
  const portal = core.portals.get(message.name);
  if (portal === undefined) throw noPortal(message.name, 'portal');
  const { columns, formats } = portal;
  if (isFailed && columns.length > 0) throw abortedError();
  core.send(columns.length === 0 ? noData : rowDescription(columns, formats, sizeOf));
}

export function close(core: SessionCore, message: Message<'describe' | 'close'>): void {
  if (message.what === 'statement') core.statements.delete(message.name);
  else letGo(core, core.portals.removeNamed(message.name));
  core.send(closeComplete);
}

/** `isAlone`: nothing ran since the last Sync, and the next message is one. */
export function* execute(
  core: SessionCore,
  message: Message<'execute'>,
  isAlone: boolean,
): Flow<void> {
  const portal = core.portals.get(message.portal);
  if (portal === undefined) throw noPortal(message.portal, 'portal');
  const { planned, state } = portal;
  const rowsMax = Math.max(0, message.rowsMax);
  if (planned === undefined) {
    core.send(emptyQueryResponse);
    return;
  }
  if (core.transaction.kind === 'failed') {
    if (state === 'aborted' || !endsFailure(planned)) throw abortedError();
  }
  if (state === 'failed' || state === 'aborted') throw cannotRun(portal);
  if (state === 'kept') {
    const hasMore = yield* fetchMore(core, portal, rowsMax);
    if (hasMore) core.send(portalSuspended);
    else if (!portal.isCursor) finishPortal(core, portal);
    return;
  }
  if (state === 'own-rows') {
    if (sendMoreOwnRows(core, portal, rowsMax) === 'suspended') core.send(portalSuspended);
    else portal.state = 'done';
    return;
  }
  if (state === 'done') {
    core.send(commandComplete(tagWithoutRows(portal)));
    return;
  }
  const context = { portal, heading: undefined, rowsMax, isAlone };
  // Unless it comes to its end.
  portal.state = 'failed';
  const outcome = yield* runPlanned(core, context);
  if (outcome === 'suspended') core.send(portalSuspended);
  else portal.state = 'done';
}

function finishPortal(core: SessionCore, portal: Portal): void {
  core.tell({ kind: 'close-portal', portal: portal.id });
  portal.state = 'done';
}
