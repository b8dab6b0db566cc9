// PREPARE, EXECUTE and DEALLOCATE: prepared statements by SQL.

import { PgError } from '../pg-error.ts';
import { commandComplete } from '../protocol/backend.ts';
import type { PreparedStatementCommand } from '../utility/utility-statement.ts';
import { captureRows } from './capture-rows.ts';
import { currentColumns, prepare, replan } from './planning.ts';
import { readTextRow } from './row-text.ts';
import type { RunContext, RunStatement } from './run-context.ts';
import type { Flow, SessionCore } from './session-core.ts';

export function* runPreparedCommand(
  core: SessionCore,
  command: PreparedStatementCommand,
  context: RunContext,
  run: RunStatement,
): Flow<'done' | 'suspended'> {
  switch (command.kind) {
    case 'prepare': {
      const parsed = core.options.planner().parse(command.text);
      core.statements.add(prepare(core, command.name, parsed[0], command.paramTypes));
      core.send(commandComplete('PREPARE'));
      return 'done';
    }
    case 'deallocate':
      if (command.name === undefined) core.statements.clear();
      else {
        core.statements.get(command.name);
        core.statements.delete(command.name);
      }
      core.send(commandComplete(command.name === undefined ? 'DEALLOCATE ALL' : 'DEALLOCATE'));
      return 'done';
    default:
      return yield* execute(core, command, context, run);
  }
}

function* execute(
  core: SessionCore,
  command: Extract<PreparedStatementCommand, { kind: 'execute' }>,
  context: RunContext,
  run: RunStatement,
): Flow<'done' | 'suspended'> {
  const { portal } = context;
  const prepared = core.statements.get(command.name);
  const { paramTypes } = prepared;
  // Where nothing is asked for, PostgreSQL does not look at what is given.
  const args = paramTypes.length === 0 ? undefined : command.args;
  const texts = args === undefined ? [] : yield* argumentTexts(core, args);
  if (texts.length !== paramTypes.length) {
    throw new PgError(
      '42601',
      `wrong number of parameters for prepared statement "${command.name}"`,
      { detail: `Expected ${paramTypes.length} parameters but got ${texts.length}.` },
    );
  }
  const planned = replan(core, prepared);
  if (planned === undefined) {
    core.send(commandComplete('EXECUTE'));
    return 'done';
  }
  const settings = core.settings.forRun();
  const params = texts.map((bytes, index) =>
    core.options.decodeParam(paramTypes[index] ?? 0, 0, bytes, settings),
  );
  const columns = currentColumns(core, prepared);
  const formats = columns.map((_, index) => portal.formats[index] ?? portal.formats[0] ?? 0);
  const inner = { ...portal, planned, params, formats, columns };
  const outcome = yield* core.nestedFlow(() =>
    run(core, { ...context, portal: inner, isNested: true }),
  );
  portal.state = inner.state;
  return outcome;
}

/** Values of the arguments as text, as the protocol has them. */
function* argumentTexts(
  core: SessionCore,
  args: Parameters<typeof captureRows>[1],
): Flow<(Uint8Array | undefined)[]> {
  const rows = yield* captureRows(core, args);
  return readTextRow(Buffer.concat(rows), args.columns.length);
}
