// CREATE INDEX: the table's text with one more index.

import type { IndexElem, IndexStmt } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import type { RelationInfo } from '../../schema-view.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import type { PlannedSchemaChange } from '../planned.ts';
import { uniqueRefused } from './columns.ts';
import { expressionSql } from './expressions.ts';
import { alreadyExists, isNameTaken, quoteName, requireTable, unsupported } from './names.ts';
import { indexTexts, joinStatements } from './table-text.ts';

const tag = 'CREATE INDEX';

/** Longest name that PostgreSQL gives an index, bytes. */
const nameBytesMax = 63;

export function planCreateIndex(statement: IndexStmt, tools: PlanTools): PlannedSchemaChange {
  const table = requireTable(statement.relation ?? {}, tools);
  if (statement.unique === true) throw uniqueRefused(undefined);
  const method = statement.accessMethod ?? 'btree';
  if (method !== 'btree' && method !== 'hash') {
    throw unsupported(`access method "${method}"`, 'Indexes are b-trees.');
  }
  const elements = (statement.indexParams ?? []).flatMap((node) => {
    return 'IndexElem' in node ? [node.IndexElem] : [];
  });
  const name = statement.idxname ?? generatedName(table, elements, tools);
  const notices: string[] = [];
  if (isNameTaken(name, tools)) {
    if (statement.if_not_exists !== true) throw alreadyExists(name);
    notices.push(`relation "${name}" already exists, skipping`);
    return { kind: 'schema', tag, change: { kind: 'none' }, notices };
  }
  const columns = table.columns.map((column) => column.name);
  const scope = { tools, columns, place: 'index' };
  // Columns of INCLUDE stand behind the others: they serve the same queries.
  const included = (statement.indexIncludingParams ?? []).flatMap((node) => {
    return 'IndexElem' in node ? [node.IndexElem] : [];
  });
  const parts = [...elements, ...included].map((element) => elementSql(element, table, tools));
  const where =
    statement.whereClause === undefined
      ? ''
      : ` WHERE ${expressionSql(statement.whereClause, scope)}`;
  const index = `CREATE INDEX ${quoteName(name)} ON ${quoteName(table.name)} (${parts.join(', ')})${where}`;
  const sql = joinStatements([table.sql, ...indexTexts(table), index]);
  return { kind: 'schema', tag, change: { kind: 'declare', sql, isDestructive: false }, notices };
}

function elementSql(element: IndexElem, table: RelationInfo, tools: PlanTools): string {
  const direction = element.ordering === 'SORTBY_DESC' ? ' DESC' : '';
  if (element.name === undefined) {
    if (element.expr === undefined) throw unsupported('this index');
    const columns = table.columns.map((column) => column.name);
    return expressionSql(element.expr, { tools, columns, place: 'index' }) + direction;
  }
  const wanted = element.name.toLowerCase();
  const column = table.columns.find((known) => known.name.toLowerCase() === wanted);
  if (column === undefined) {
    throw new PgError('42703', `column "${element.name}" does not exist`);
  }
  return quoteName(column.name) + direction;
}

/** The name that PostgreSQL gives: table_column_idx, with a number where it is taken. */
function generatedName(
  table: RelationInfo,
  elements: readonly IndexElem[],
  tools: PlanTools,
): string {
  const parts = elements.map(({ name, expr }) => {
    if (name !== undefined) return name;
    if (expr !== undefined && 'FuncCall' in expr) {
      const last = expr.FuncCall.funcname?.at(-1);
      if (last !== undefined && 'String' in last) return last.String.sval ?? 'expr';
    }
    return 'expr';
  });
  const stem = [table.name, ...parts].join('_').slice(0, nameBytesMax - '_idx'.length);
  for (let number = 0; ; number++) {
    const name = `${stem}_idx${number === 0 ? '' : number}`;
    if (!isNameTaken(name, tools)) return name;
  }
}
