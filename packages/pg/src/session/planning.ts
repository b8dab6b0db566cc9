// From text to prepared statements, with the settings of the session.

import { PgError } from '../pg-error.ts';
import type { ParsedStatement, Planned, ResultColumn } from '../sql/planned.ts';
import type { Oid } from '../types/oids.ts';
import { checkSameColumns, type PreparedStatement } from './prepared-statements.ts';
import { columnsOf, type KnownColumns } from './result-shape.ts';
import type { SessionCore } from './session-core.ts';

/** Types that clients give for "you tell me": none, and unknown. */
const openTypes: ReadonlySet<Oid> = new Set([0, 705]);

const rowKinds: ReadonlySet<Planned['kind']> = new Set([
  'query',
  'write',
  'subscribe',
  'declare',
  'explain',
]);

export function knownColumns(core: SessionCore): KnownColumns {
  return {
    ofPortal: (name) => core.portals.get(name)?.columns,
    ofStatement: (name) => {
      const statement = core.statements.find(name);
      return statement === undefined ? undefined : currentColumns(core, statement);
    },
    settingName: (name) => core.settings.properName(name),
  };
}

export function plan(
  core: SessionCore,
  parsed: ParsedStatement,
  givenTypes: readonly Oid[],
): Planned {
  const types = givenTypes.map((oid) => (openTypes.has(oid) ? 0 : oid));
  return core.options.planner().plan(parsed, core.planOptions(types));
}

/** Plans a statement so that it can be bound; undefined text is an empty query. */
export function prepare(
  core: SessionCore,
  name: string,
  parsed: ParsedStatement | undefined,
  givenTypes: readonly Oid[],
): PreparedStatement {
  if (parsed === undefined) {
    return {
      name,
      parsed,
      givenTypes,
      paramTypes: givenTypes,
      columns: [],
      isIndirect: false,
      seesRows: false,
    };
  }
  const planned = plan(core, parsed, givenTypes);
  const columns = columnsOf(planned, knownColumns(core));
  return {
    name,
    parsed,
    givenTypes,
    paramTypes: paramTypesOf(planned),
    columns,
    isIndirect: planned.kind === 'execute' || planned.kind === 'fetch',
    seesRows: rowKinds.has(planned.kind),
  };
}

/** The columns of a statement if it ran now. Throws 54001 where it runs itself. */
export function currentColumns(
  core: SessionCore,
  statement: PreparedStatement,
): readonly ResultColumn[] {
  const { parsed, isIndirect, givenTypes, columns } = statement;
  if (!isIndirect || parsed === undefined) return columns;
  return core.nested(() => columnsOf(plan(core, parsed, givenTypes), knownColumns(core)));
}

/** The plan of today, for a schema that may have changed. Throws 0A000 where its columns did. */
export function replan(core: SessionCore, statement: PreparedStatement): Planned | undefined {
  const { parsed, givenTypes, columns, paramTypes } = statement;
  if (parsed === undefined) return undefined;
  const planned = plan(core, parsed, givenTypes);
  checkSameColumns(columns, planned);
  const now = paramTypesOf(planned);
  if (now.length !== paramTypes.length) {
    throw new PgError('0A000', 'cached plan must not change its parameters');
  }
  return planned;
}

/** Types of the parameters, of whatever the statement wraps. */
function paramTypesOf(planned: Planned): readonly Oid[] {
  switch (planned.kind) {
    case 'query':
    case 'write':
      return planned.params;
    case 'subscribe':
      return planned.query.params;
    case 'explain':
      return planned.statement.params;
    case 'declare':
    case 'copy-out':
      return paramTypesOf(planned.source);
    default:
      return [];
  }
}
