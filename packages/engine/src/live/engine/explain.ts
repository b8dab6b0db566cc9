// How a query is kept, for people.

import type { LiveExplanation } from '../live-queries.ts';
import type { EngineParts } from './engine-parts.ts';
import type { CompiledQuery } from './query-compiler.ts';

export function explainCompiled(
  parts: EngineParts,
  sql: string,
  compiled: CompiledQuery,
): LiveExplanation {
  const { plan } = compiled;
  const constants = plan.keyed?.constants ?? [];
  return {
    mode: plan.mode,
    sql,
    columns: plan.columns,
    isOrdered: plan.isOrdered,
    reasons: plan.reasons,
    tables: plan.tables.map(({ table, columns, reaction }) => ({
      table,
      columns: columns === 'all' ? 'all' : [...columns].sort(),
      reaction,
    })),
    indexedBy: constants.map(({ source, column }) => {
      const alias = plan.keyed?.sources[source]?.alias ?? '';
      return alias === '' ? column : `${alias}.${column}`;
    }),
    queryPlan: statementsOf(compiled).flatMap((statement) => queryPlan(parts, statement)),
  };
}

/** The statements that run at a change. */
function statementsOf({ plan }: CompiledQuery): string[] {
  if (plan.mode === 're-run' || plan.keyed === undefined) return [plan.full.sql];
  const byKey = plan.keyed.sources.map(({ rowsByKey }) => rowsByKey);
  return plan.grouped === undefined ? byKey : [...byKey, plan.grouped.rowByGroup];
}

function queryPlan({ reader }: EngineParts, sql: string): string[] {
  const rows = reader.statement(`EXPLAIN QUERY PLAN ${sql}`).all([]);
  return rows.map((row) => String(row[3]));
}
