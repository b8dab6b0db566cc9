// CREATE TABLE with PostgreSQL's types and constraints, as the CREATE TABLE that the schema planner takes.

import type { Constraint, CreateStmt } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import { names } from '../../utility/nodes.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import type { PlannedSchemaChange } from '../planned.ts';
import {
  type ColumnContext,
  type ColumnPlan,
  columnSql,
  noteForeignKey,
  planColumn,
  referencesSql,
  uniqueRefused,
} from './columns.ts';
import { expressionSql } from './expressions.ts';
import {
  alreadyExists,
  isNameTaken,
  quoteName,
  requirePublicSchema,
  unsupported,
} from './names.ts';

const tag = 'CREATE TABLE';

export function planCreateTable(statement: CreateStmt, tools: PlanTools): PlannedSchemaChange {
  const range = statement.relation ?? {};
  const table = range.relname ?? '';
  requirePublicSchema(range.schemaname, tools.positionOf(range.location));
  refuseVariants(statement);
  const notices: string[] = [];
  if (isNameTaken(table, tools)) {
    if (statement.if_not_exists !== true) throw alreadyExists(table);
    notices.push(`relation "${table}" already exists, skipping`);
    return { kind: 'schema', tag, change: { kind: 'none' }, notices };
  }
  const sql = tableSql(statement, table, tools, notices);
  return { kind: 'schema', tag, change: { kind: 'declare', sql, isDestructive: false }, notices };
}

function refuseVariants(statement: CreateStmt): void {
  if (statement.relation?.relpersistence === 't') {
    throw unsupported('CREATE TEMPORARY TABLE', 'Every table is replicated to all nodes.');
  }
  if ((statement.inhRelations ?? []).length > 0) {
    throw unsupported(statement.partbound === undefined ? 'INHERITS' : 'PARTITION OF');
  }
  if (statement.partspec !== undefined) throw unsupported('PARTITION BY');
  if (statement.ofTypename !== undefined) throw unsupported('CREATE TABLE OF');
}

function tableSql(
  statement: CreateStmt,
  table: string,
  tools: PlanTools,
  notices: string[],
): string {
  const elements = statement.tableElts ?? [];
  const definitions = elements.flatMap((node) => ('ColumnDef' in node ? [node.ColumnDef] : []));
  const constraints = elements.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
  if (elements.some((node) => 'TableLikeClause' in node)) {
    throw unsupported('CREATE TABLE … LIKE', 'Write the columns out.');
  }
  const columns = definitions.map(({ colname }) => colname ?? '');
  refuseDuplicates(columns);
  const keys = constraints.filter(({ contype }) => contype === 'CONSTR_PRIMARY');
  const keyColumns = names(keys[0]?.keys);
  const context: ColumnContext = { tools, table, columns, keyColumns, notices };
  const plans = definitions.map((definition) => planColumn(definition, context));
  const ownKeys = plans.filter(({ declaresKey }) => declaresKey);
  if (keys.length + ownKeys.length > 1) {
    throw new PgError('42P16', `multiple primary keys for table "${table}" are not allowed`);
  }
  for (const name of keyColumns) {
    if (columns.includes(name)) continue;
    throw new PgError('42703', `column "${name}" named in key does not exist`);
  }
  const body = [
    ...plans.map((plan) => columnSql(plan, ownKeys[0] === plan)),
    ...(keyColumns.length === 0 ? [] : [`PRIMARY KEY (${keyColumns.map(quoteName).join(', ')})`]),
    ...constraints.flatMap((constraint) => constraintSql(constraint, plans, context)),
  ];
  return `CREATE TABLE ${quoteName(table)} (\n  ${body.join(',\n  ')}\n)`;
}

function refuseDuplicates(columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of columns) {
    // SQLite takes no note of case in names.
    const lower = name.toLowerCase();
    if (seen.has(lower)) throw new PgError('42701', `column "${name}" specified more than once`);
    seen.add(lower);
  }
}

/** Constraints of the table but for the primary key. */
function constraintSql(
  constraint: Constraint,
  columns: readonly ColumnPlan[],
  context: ColumnContext,
): string[] {
  const named =
    constraint.conname === undefined ? '' : `CONSTRAINT ${quoteName(constraint.conname)} `;
  switch (constraint.contype) {
    case 'CONSTR_CHECK': {
      if (constraint.raw_expr === undefined) return [];
      const scope = { tools: context.tools, columns: context.columns, place: 'CHECK' };
      return [`${named}CHECK (${expressionSql(constraint.raw_expr, scope)})`];
    }
    case 'CONSTR_FOREIGN': {
      noteForeignKey(constraint, context);
      const from = names(constraint.fk_attrs).map(quoteName).join(', ');
      return [`${named}FOREIGN KEY (${from}) ${referencesSql(constraint)}`];
    }
    case 'CONSTR_UNIQUE': {
      const key = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
      if (sameNames(names(constraint.keys), key)) return [];
      throw uniqueRefused(context.tools.positionOf(constraint.location));
    }
    case 'CONSTR_EXCLUSION':
      throw unsupported('EXCLUDE');
    default:
      return [];
  }
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
