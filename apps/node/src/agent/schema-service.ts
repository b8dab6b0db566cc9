// Planning and applying a schema for callers of the API.

import type { SchemaPlanAnswer, SchemaService } from '@patina/api/insights/insights.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { SchemaPlan, SchemaStep } from '@patina/engine/schema/plan.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';

export function createSchemaService(
  storage: Pick<NodeStorage, 'planSchema' | 'applySchema'>,
): SchemaService {
  return {
    async plan(sql, allowDestructive) {
      const { plan } = await storage.planSchema({ texts: [sql], allowDestructive });
      return answerOf(plan.steps, plan.problems);
    },
    async apply(sql, allowDestructive) {
      const { plan, applied } = await storage.applySchema({ texts: [sql], allowDestructive });
      const [problem] = plan.problems;
      if (problem === undefined) return answerOf(applied, []);
      throw new PatinaError(problem.code, problem.message, { hint: problem.hint });
    },
  };
}

function answerOf(
  steps: readonly SchemaStep[],
  problems: SchemaPlan['problems'],
): SchemaPlanAnswer {
  return {
    steps: steps.map(({ kind, table, name, sql, destructive }) => ({
      kind,
      table: table ?? null,
      name,
      sql: sql ?? null,
      destructive,
    })),
    problems,
  };
}
