// The service as one principal may use it: whatever endpoint it comes through, tables are checked here.
// Whoever may touch all tables pays nothing for it.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { Insights } from '../insights/insights.ts';
import type { QuestionOf } from '../insights/questions.ts';
import type { PatinaService } from '../service.ts';
import type { Statement } from '../statement.ts';
import { questionTables } from './access-table.ts';
import { type Audit, audited } from './audit.ts';
import { GuardedLive } from './guarded-live.ts';
import { demand } from './policy.ts';
import type { Principal } from './principal.ts';
import { mayTouch } from './table-patterns.ts';
import type { TableVet } from './table-vet.ts';

/** What the guard needs of the node. */
export interface GuardParts {
  readonly vet: TableVet;
  readonly audit: Audit;
}

/** The service of `principal`. Its methods reject with PATINA_FORBIDDEN beside their own errors. */
export function guardService(
  service: PatinaService,
  principal: Principal,
  { vet, audit }: GuardParts,
): PatinaService {
  const live = new GuardedLive(service.live, principal, vet);
  const { tables } = principal;
  const { schema } = service;
  const guardedSchema: PatinaService['schema'] = {
    async plan(sql, allowDestructive) {
      demand(principal, { kind: 'schema', statement: sql });
      return schema.plan(sql, allowDestructive);
    },
    async apply(sql, allowDestructive) {
      demand(principal, { kind: 'schema', statement: sql });
      return audited(audit, { kind: 'schema', who: principal.name, what: sql }, () =>
        schema.apply(sql, allowDestructive),
      );
    },
  };
  if (tables === undefined) return { ...service, live, schema: guardedSchema };
  const demandWrites = async (statements: readonly Statement[]): Promise<void> => {
    for (const { sql } of statements) {
      const touched = await vet.tablesOf(sql, 'write');
      demand(principal, { kind: 'write', ...touched });
    }
  };
  return {
    ...service,
    live,
    schema: guardedSchema,
    async query(request, sink) {
      const { tablesRead } = await vet.tablesOf(request.statement.sql, 'read');
      demand(principal, { kind: 'read', tables: tablesRead });
      return service.query(request, sink);
    },
    async transact(statements, options) {
      await demandWrites(statements);
      return service.transact(statements, options);
    },
    async dryRun(statements, options) {
      await demandWrites(statements);
      return service.dryRun(statements, options);
    },
    async tableStats(names) {
      demand(principal, { kind: 'read', tables: names.filter((name) => !mayTouch(tables, name)) });
      return service.tableStats(names);
    },
    insights: guardInsights(service.insights, tables),
  };
}

/** Questions carry the patterns to the node that answers, which holds to them: it has the schema. */
function guardInsights(insights: Insights, tables: readonly string[]): Insights {
  return {
    ask: async (node, question, input, limits) =>
      insights.ask(node, question, limitInput(question, input, tables), limits),
    askAll: async (question, inputOf, limits) =>
      insights.askAll(question, (node) => limitInput(question, inputOf(node), tables), limits),
  };
}

const tablesByQuestion: ReadonlyMap<string, 'named' | 'none' | 'all'> = new Map(
  Object.entries(questionTables),
);

function limitInput<TAsked, TInput, TTold, TAnswer>(
  { name }: QuestionOf<TAsked, TInput, TTold, TAnswer>,
  input: TAsked,
  tables: readonly string[],
): TAsked {
  switch (tablesByQuestion.get(name)) {
    case 'none':
      return input;
    case 'named':
      return { ...input, access_tables: [...tables] };
    default:
      throw new PatinaError('PATINA_FORBIDDEN', `${name} needs access to all tables`, {
        hint: 'Use a token or a user that is not limited to some tables.',
      });
  }
}
