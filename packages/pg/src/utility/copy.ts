// COPY between a client and a table or query. Files and programs of the server are out of reach.

import type { CopyStmt, Node, RangeVar } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import type { ColumnInfo, RelationInfo } from '../schema-view.ts';
import { copyOptions } from './copy-options.ts';
import { names, rangeName } from './nodes.ts';
import type { PlanTools } from './plan-tools.ts';
import type { CopyStatement } from './utility-statement.ts';

/** Throws PgError as PostgreSQL does, and 42501 for files and programs. */
export function planCopy(statement: CopyStmt, text: string, tools: PlanTools): CopyStatement {
  refuseServerFiles(statement);
  if (statement.query !== undefined) return planCopyQuery(statement, statement.query, text, tools);
  const range = statement.relation ?? {};
  const relation = findRelation(range, tools);
  if (relation.kind === 'view') throw viewRefused(relation, statement.is_from === true);
  const columns = chosenColumns(relation, statement.attlist);
  const columnNames = columns.map(({ name }) => name);
  const isFrom = statement.is_from === true;
  const options = copyOptions(statement.options, {
    isFrom,
    columns: columnNames,
    table: { name: relation.name, columns: relation.columns.map(({ name }) => name) },
    positionOf: tools.positionOf,
  });
  if (!isFrom) {
    const source = tools.planInner(selectOf(range, columnNames), text);
    return { kind: 'copy-out', source, options };
  }
  if (statement.whereClause !== undefined) {
    throw new PgError('0A000', 'COPY FROM with WHERE is not supported', {
      hint: 'Leave lines out before they are sent.',
    });
  }
  const insert = tools.planInner(insertOf(range, columnNames), text);
  if (insert.kind !== 'write') throw new PgError('XX000', 'COPY FROM did not become an INSERT');
  return { kind: 'copy-in', insert, columnNames, options };
}

/** Whether COPY goes to or from the client; throws where it does not. */
export function refuseServerFiles(statement: CopyStmt): void {
  const hint =
    "Use COPY … TO STDOUT or FROM STDIN; psql's \\copy does that with a file of the client.";
  if (statement.is_program === true) {
    throw new PgError('42501', 'COPY to or from an external program is not allowed', { hint });
  }
  if (statement.filename !== undefined) {
    throw new PgError('42501', 'COPY to or from a file of the server is not allowed', { hint });
  }
}

function planCopyQuery(
  statement: CopyStmt,
  query: Node,
  text: string,
  tools: PlanTools,
): CopyStatement {
  const source = tools.planInner(query, text);
  if (source.kind === 'write' && source.columns.length === 0) {
    throw new PgError('0A000', 'COPY query must have a RETURNING clause');
  }
  const options = copyOptions(statement.options, {
    isFrom: false,
    columns: source.columns.map(({ name }) => name),
    table: undefined,
    positionOf: tools.positionOf,
  });
  return { kind: 'copy-out', source, options };
}

function findRelation(range: RangeVar, tools: PlanTools): RelationInfo {
  const relation = tools.schema.find(range.relname ?? '', range.schemaname);
  if (relation !== undefined) return relation;
  throw new PgError('42P01', `relation "${rangeName(range)}" does not exist`, {
    position: tools.positionOf(range.location),
  });
}

function viewRefused(relation: RelationInfo, isFrom: boolean): PgError {
  return isFrom
    ? new PgError('42809', `cannot copy to view "${relation.name}"`)
    : new PgError('42809', `cannot copy from view "${relation.name}"`, {
        hint: 'Try the COPY (SELECT ...) TO variant.',
      });
}

/** The columns that were named, or all but generated ones. */
function chosenColumns(
  relation: RelationInfo,
  list: readonly Node[] | undefined,
): readonly ColumnInfo[] {
  if (list === undefined) return relation.columns.filter(({ isGenerated }) => !isGenerated);
  const chosen = new Set<ColumnInfo>();
  for (const name of names(list)) {
    const column = relation.columns.find((candidate) => {
      return candidate.name.toLowerCase() === name.toLowerCase();
    });
    if (column === undefined) {
      const message = `column "${name}" of relation "${relation.name}" does not exist`;
      throw new PgError('42703', message);
    }
    if (chosen.has(column)) {
      throw new PgError('42701', `column "${name}" specified more than once`);
    }
    if (column.isGenerated) {
      throw new PgError('42P10', `column "${name}" is a generated column`, {
        detail: 'Generated columns cannot be used in COPY.',
      });
    }
    chosen.add(column);
  }
  return [...chosen];
}

function selectOf(range: RangeVar, columns: readonly string[]): Node {
  const targets = columns.map((name): Node => {
    const fields: Node[] = [{ String: { sval: range.relname ?? '' } }, { String: { sval: name } }];
    return { ResTarget: { val: { ColumnRef: { fields } } } };
  });
  return {
    SelectStmt: {
      targetList: targets,
      fromClause: [{ RangeVar: { ...range, inh: true } }],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  };
}

function insertOf(range: RangeVar, columns: readonly string[]): Node {
  const items = columns.map((_, index): Node => ({ ParamRef: { number: index + 1 } }));
  return {
    InsertStmt: {
      relation: range,
      cols: columns.map((name): Node => ({ ResTarget: { name } })),
      selectStmt: {
        SelectStmt: {
          valuesLists: [{ List: { items } }],
          limitOption: 'LIMIT_OPTION_DEFAULT',
          op: 'SETOP_NONE',
        },
      },
      override: 'OVERRIDING_NOT_SET',
    },
  };
}
