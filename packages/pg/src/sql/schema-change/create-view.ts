// CREATE VIEW over a translated query. The types of its columns, which SQLite does not keep, are noted in a
// comment of its text.

import type { ViewStmt } from 'libpg-query';
import { viewTypesComment } from '../../catalog/view-types.ts';
import { PgError } from '../../pg-error.ts';
import { names } from '../../utility/nodes.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import type { PlannedSchemaChange } from '../planned.ts';
import { alreadyExists, findIndex, quoteName, requirePublicSchema, unsupported } from './names.ts';

const tag = 'CREATE VIEW';

export function planCreateView(
  statement: ViewStmt,
  text: string,
  tools: PlanTools,
): PlannedSchemaChange {
  const range = statement.view ?? {};
  const name = range.relname ?? '';
  requirePublicSchema(range.schemaname, tools.positionOf(range.location));
  if (range.relpersistence === 't') throw unsupported('CREATE TEMPORARY VIEW');
  if ((statement.withCheckOption ?? 'NO_CHECK_OPTION') !== 'NO_CHECK_OPTION') {
    throw unsupported('WITH CHECK OPTION');
  }
  refuseTaken(name, statement.replace === true, tools);
  if (statement.query === undefined) throw new PgError('42601', 'CREATE VIEW has no query');
  const query = tools.planInner(statement.query, text);
  if (query.kind !== 'query') {
    throw new PgError('0A000', 'views must not contain data-modifying statements in WITH');
  }
  if (query.params.length > 0) throw new PgError('42P02', 'there is no parameter $1');
  const aliases = names(statement.aliases);
  if (aliases.length > query.columns.length) {
    throw new PgError('42601', 'CREATE VIEW specifies more column names than columns');
  }
  const columns = query.columns.map((column, index) => aliases[index] ?? column.name);
  refuseDuplicates(columns);
  const types = viewTypesComment(query.columns.map(({ type }) => type));
  const list = columns.map(quoteName).join(', ');
  const sql = `CREATE VIEW ${quoteName(name)} (${list}) AS ${types} ${query.sql}`;
  const change = { kind: 'declare', sql, isDestructive: false } as const;
  return { kind: 'schema', tag, change, notices: query.notices };
}

function refuseTaken(name: string, replaces: boolean, tools: PlanTools): void {
  if (findIndex(name, tools) !== undefined) throw alreadyExists(name);
  const known = tools.schema.find(name, 'public');
  if (known === undefined) return;
  if (!replaces) throw alreadyExists(name);
  if (known.kind === 'table') throw new PgError('42809', `"${name}" is not a view`);
}

function refuseDuplicates(columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of columns) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) throw new PgError('42701', `column "${name}" specified more than once`);
    seen.add(lower);
  }
}
