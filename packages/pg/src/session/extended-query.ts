// The extended query protocol: Parse, Bind, Describe, Execute, Close. What runs between two Syncs is one
// transaction; a statement that is alone before its Sync is left to itself.

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
import { fetchMore } from './cursor-flow.ts';
import { prepare, replan } from './planning.ts';
import { noPortal, type Portal } from './portals.ts';
import type { PreparedStatement } from './prepared-statements.ts';
import type { Format } from './requests.ts';
import { rowsTag } from './result-shape.ts';
import { runPlanned } from './run-planned.ts';
import type { Flow, SessionCore } from './session-core.ts';
import { mayEndFailure } from './simple-query.ts';
import { letGo } from './transaction-flow.ts';
import { abortedError } from './transaction-state.ts';

type Message<Kind extends FrontendMessage['kind']> = Extract<FrontendMessage, { kind: Kind }>;

export function parseStatement(core: SessionCore, message: Message<'parse'>): void {
  const { name, text, paramTypes } = message;
  const parsed = core.options.planner().parse(text);
  if (parsed.length > 1) {
    throw new PgError('42601', 'cannot insert multiple commands into a prepared statement');
  }
  const [statement] = parsed;
  if (core.transaction.kind === 'failed' && statement !== undefined && !mayEndFailure(statement)) {
    throw abortedError();
  }
  core.statements.add(prepare(core, name, statement, paramTypes));
  core.send(parseComplete);
}

export function bind(core: SessionCore, message: Message<'bind'>): void {
  const statement = core.statements.get(message.statement);
  checkCounts(message, statement);
  const { parsed, paramTypes, columns } = statement;
  const ends = parsed === undefined || mayEndFailure(parsed);
  if (core.transaction.kind === 'failed' && (!ends || paramTypes.length > 0)) throw abortedError();
  const { portals, transaction, settings } = core;
  portals.checkName(message.portal);
  letGo(
    core,
    portals.remove(({ name }) => name === message.portal),
  );
  const run = settings.forRun();
  const params = message.params.map((bytes, index) => {
    const format = formatAt(message.paramFormats, index);
    return core.options.decodeParam(paramTypes[index] ?? 0, format, bytes, run);
  });
  const formats = columns.map((_, index) => formatAt(message.resultFormats, index));
  portals.add({
    name: message.portal,
    id: portals.newId(),
    planned: replan(core, statement),
    params,
    formats,
    columns,
    isCursor: false,
    isHoldable: false,
    state: 'new',
    depth: transaction.savepointCount,
  });
  core.send(bindComplete);
}

function checkCounts(message: Message<'bind'>, statement: PreparedStatement): void {
  const given = message.params.length;
  const { paramFormats, resultFormats } = message;
  if (paramFormats.length > 1 && paramFormats.length !== given) {
    const sentence = `bind message has ${paramFormats.length} parameter formats but ${given} parameters`;
    throw new PgError('08P01', sentence);
  }
  const needed = statement.paramTypes.length;
  if (given !== needed) {
    const sentence = `bind message supplies ${given} parameters, but prepared statement "${message.statement}" requires ${needed}`;
    throw new PgError('08P01', sentence);
  }
  const columns = statement.columns.length;
  if (resultFormats.length > 1 && resultFormats.length !== columns) {
    const sentence = `bind message has ${resultFormats.length} result formats but query has ${columns} columns`;
    throw new PgError('08P01', sentence);
  }
  for (const format of [...paramFormats, ...resultFormats]) {
    if (format !== 0 && format !== 1)
      throw new PgError('22023', `unsupported format code: ${format}`);
  }
}

/** None is text for all, one is for all, else each has its own. */
function formatAt(formats: readonly number[], index: number): Format {
  const format = formats.length === 1 ? formats[0] : formats[index];
  return format === 1 ? 1 : 0;
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
  else {
    letGo(
      core,
      core.portals.remove(({ name }) => name === message.name),
    );
  }
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
  if (core.transaction.kind === 'failed' && state !== 'new') throw abortedError();
  if (state === 'failed') throw cannotRun(portal);
  if (state === 'kept') {
    const hasMore = yield* fetchMore(core, portal, rowsMax);
    if (hasMore) core.send(portalSuspended);
    else if (!portal.isCursor) finishPortal(core, portal);
    return;
  }
  if (state === 'done') {
    if (planned.kind !== 'query') throw cannotRun(portal);
    core.send(commandComplete(rowsTag(planned, 0)));
    return;
  }
  const outcome = yield* runPlanned(core, { portal, rowsMax, isAlone, protocol: 'extended' });
  if (outcome === 'suspended') core.send(portalSuspended);
  else portal.state = 'done';
}

function finishPortal(core: SessionCore, portal: Portal): void {
  core.tell({ kind: 'close-portal', portal: portal.id });
  portal.state = 'done';
}

function cannotRun({ name }: Portal): PgError {
  return new PgError('55000', `portal "${name}" cannot be run`);
}
