// SQL from the console: rows collected up to limits, from any node; writes and what helps to type.

import { z } from 'zod';
import { dryRunAnswerSchema } from '../insights/data-shapes.ts';
import { questions } from '../insights/questions.ts';
import { procedure, router } from '../procedures.ts';
import { statementSchema, transactionResponseSchema } from '../schemas.ts';
import type { DryRunResult } from '../service.ts';
import { decodeStatement, decodeStatements, statementsMax } from '../statement.ts';
import { nodeInputSchema } from './node-input.ts';

/** A name that the caller gives to a query, to cancel it by. */
const queryIdSchema = z.string().min(8).max(64);

/** Longer than the query may take: the node that runs it keeps the time. */
const answerGraceMs = 5_000;

const timeoutMsDefault = 60_000;

const trialInputSchema = z.object({
  statements: z.array(statementSchema).min(1).max(statementsMax),
  timeout_ms: z.number().int().min(1).max(600_000).default(timeoutMsDefault),
});

const executeInputSchema = trialInputSchema
  .extend({
    /** How many rows each statement must touch, in their order; null where it doesn't matter. */
    rows_expected: z.array(z.number().int().nonnegative().nullable()).max(statementsMax).optional(),
  })
  .refine(
    ({ statements, rows_expected: rows }) =>
      rows === undefined || rows.length === statements.length,
    { path: ['rows_expected'], error: 'there is one number, or null, for each statement' },
  );

export const sqlRouter = router({
  /** Reads. The rows come at once: at most rows_max and bytes_max, `truncated` when there are more. */
  query: procedure
    .input(
      nodeInputSchema
        .extend(questions.query.input.shape)
        .extend({ query_id: queryIdSchema.optional() }),
    )
    .output(questions.query.output)
    .query(async ({ ctx, input, signal }) => {
      const { node, query_id: id, ...asked } = input;
      // Decoded here too, so that a wrong statement is refused before any node is asked.
      decodeStatement(asked.statement);
      const running = ctx.sessions.beginQuery(id, signal);
      try {
        return await ctx.service.insights.ask(node, questions.query, asked, {
          timeoutMs: asked.timeout_ms + answerGraceMs,
          signal: running.signal,
        });
      } finally {
        running.end();
      }
    }),

  /**
   * Writes: all statements as one transaction, at the node that answers. Nothing is kept, and
   * PATINA_TRANSACTION_CONFLICT is told, when one touches another number of rows than it must.
   */
  execute: procedure
    .input(executeInputSchema)
    .output(transactionResponseSchema)
    .mutation(({ ctx, input: { statements, timeout_ms: timeoutMs, rows_expected: rows } }) =>
      ctx.service.transact(decodeStatements(statements), {
        timeoutMs,
        ...(rows === undefined ? {} : { rowsExpected: rows }),
      }),
    ),

  /** What a transaction would do: it is run and rolled back, and nothing of it is kept. */
  dryRun: procedure
    .input(trialInputSchema)
    .output(dryRunAnswerSchema)
    .mutation(async ({ ctx, input, signal }) => {
      const { results, timeMs } = await ctx.service.dryRun(decodeStatements(input.statements), {
        timeoutMs: input.timeout_ms,
        ...(signal === undefined ? {} : { signal }),
      });
      return { results: results.map(dryRunResult), time_ms: timeMs };
    }),

  /** How SQLite would run a query, as a tree; nothing is run. */
  explain: procedure
    .input(nodeInputSchema.extend(questions.explain.input.shape))
    .output(questions.explain.output)
    .query(({ ctx, input: { node, ...asked }, signal }) =>
      ctx.service.insights.ask(node, questions.explain, asked, { signal }),
    ),

  /** Ends a query that was begun at this node with this id, wherever it runs. */
  cancel: procedure
    .input(z.object({ query_id: queryIdSchema }))
    .output(z.object({ canceled: z.boolean() }))
    .mutation(({ ctx, input }) => ({ canceled: ctx.sessions.cancelQuery(input.query_id) })),

  /** Names for completion: tables, columns, types, keys, indexes, views and functions. */
  schema: procedure
    .input(nodeInputSchema.prefault({}))
    .output(questions.completion.output)
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.completion, {}, { signal }),
    ),
});

function dryRunResult(result: DryRunResult): z.infer<typeof dryRunAnswerSchema>['results'][number] {
  if (result.ok) return { rows_affected: result.rowsAffected };
  const { code, message, hint } = result.error;
  return { error: message, code, ...(hint === undefined ? {} : { hint }) };
}
