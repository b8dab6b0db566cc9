// The simple query protocol: a string of statements. Several of them are one transaction, unless they say
// otherwise; a single one is left to itself.

import { asPgError, PgError } from '../pg-error.ts';
import { emptyQueryResponse, rowDescription } from '../protocol/backend.ts';
import type { ParsedStatement } from '../sql/planned.ts';
import { knownColumns, plan } from './planning.ts';
import type { Portal } from './portals.ts';
import type { Format } from './requests.ts';
import { columnsOf } from './result-shape.ts';
import { endsFailure, runPlanned } from './run-planned.ts';
import type { Flow, SessionCore } from './session-core.ts';
import { beginImplicit, dropPortals, endImplicit, letGo } from './transaction-flow.ts';
import { abortedError } from './transaction-state.ts';

/** Runs a query string; throws the first error, having told of everything before it. */
export function* runQueryString(core: SessionCore, text: string): Flow<void> {
  // A simple query takes the place of the unnamed statement, as in PostgreSQL.
  core.statements.delete('');
  const parsed = core.options.planner().parse(text);
  if (parsed.length === 0) core.send(emptyQueryResponse);
  if (parsed.length > 1) checkSyntax(core, parsed);
  for (const statement of parsed) {
    // After COMMIT within the string another transaction begins.
    if (parsed.length > 1) beginImplicit(core, 'query');
    yield* runOne(core, statement);
  }
  yield* endImplicit(core);
  if (!core.transaction.isOpen) dropPortals(core);
}

function* runOne(core: SessionCore, statement: ParsedStatement): Flow<void> {
  checkMayRun(core, statement);
  const planned = plan(core, statement, []);
  if (core.transaction.kind === 'failed' && !endsFailure(planned)) throw abortedError();
  const columns = columnsOf(planned, knownColumns(core));
  const paramCount = 'params' in planned ? planned.params.length : 0;
  if (paramCount > 0) throw new PgError('42P02', 'there is no parameter $1');
  const isBinary = planned.kind === 'fetch' && core.portals.get(planned.name)?.isBinary === true;
  const formats = columns.map((): Format => (isBinary ? 1 : 0));
  const heading =
    columns.length > 0 ? rowDescription(columns, formats, core.options.sizeOf) : undefined;
  const isAlone = !core.transaction.isOpen;
  const portal: Portal = {
    name: '',
    id: core.portals.newId(),
    planned,
    params: [],
    formats,
    columns,
    isCursor: false,
    isBinary: false,
    isHoldable: false,
    ownRows: [],
    state: 'failed',
    depth: core.transaction.savepointCount,
  };
  // It is the unnamed portal while it runs, and stays that where it fails in a transaction, as in PostgreSQL.
  letGo(core, core.portals.removeNamed(''));
  core.portals.add(portal);
  yield* runPlanned(core, { portal, heading, rowsMax: 0, isAlone });
  core.portals.removeNamed('');
}

/**
 * What PostgreSQL's parser does not know is looked at when it is planned. In a string of several statements
 * nothing runs if one of them is nothing at all: throws 42601.
 */
function checkSyntax(core: SessionCore, parsed: readonly ParsedStatement[]): void {
  for (const statement of parsed) {
    if (statement.node !== undefined) continue;
    try {
      plan(core, statement, []);
    } catch (error) {
      if (asPgError(error).sqlState === '42601') throw error;
    }
  }
}

/** Throws 25P02 in a failed transaction, but for its end; 42601 goes first, as in PostgreSQL. */
export function checkMayRun(core: SessionCore, statement: ParsedStatement): void {
  if (core.transaction.kind !== 'failed' || mayEndFailure(statement)) return;
  checkSyntax(core, [statement]);
  throw abortedError();
}

const exits: ReadonlySet<unknown> = new Set([
  'TRANS_STMT_COMMIT',
  'TRANS_STMT_ROLLBACK',
  'TRANS_STMT_ROLLBACK_TO',
  'TRANS_STMT_PREPARE',
]);

/** Before anything is looked up: in a failed transaction only its end is planned. */
export function mayEndFailure({ node }: ParsedStatement): boolean {
  const statement = node?.['TransactionStmt'];
  if (typeof statement !== 'object' || statement === null) return false;
  return 'kind' in statement && exits.has(statement.kind);
}
