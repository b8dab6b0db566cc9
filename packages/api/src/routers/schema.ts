// The schema: what there is, whether all nodes agree on it, and changes to it.

import { z } from 'zod';
import { checksumMsMax, tableChecksumSchema, tableNameSchema } from '../insights/data-shapes.ts';
import { questions } from '../insights/questions.ts';
import { schemaHashSchema, tableDetailSchema, tableSummarySchema } from '../insights/shapes.ts';
import { pageInputSchema, pageOf, pageSchema } from '../paging.ts';
import { procedure, router } from '../procedures.ts';
import { nodeInputSchema } from './node-input.ts';
import { perNodeSchema } from './per-node.ts';

const sqlBytesMax = 1024 * 1024;

const changeInputSchema = z.object({
  /** The whole schema as it shall be: CREATE statements, as in a schema file. */
  sql: z.string().max(sqlBytesMax),
  allow_destructive: z.boolean().default(false),
});

const planAnswerSchema = z.object({
  steps: z.array(
    z.object({
      kind: z.string(),
      table: z.string().nullable(),
      name: z.string(),
      sql: z.string().nullable(),
      destructive: z.boolean(),
    }),
  ),
  problems: z.array(z.object({ code: z.string(), message: z.string(), hint: z.string() })),
});

type PlanAnswer = z.infer<typeof planAnswerSchema>;

export const schemaRouter = router({
  tables: procedure
    .input(nodeInputSchema.extend(pageInputSchema.shape).prefault({}))
    .output(pageSchema(tableSummarySchema))
    .query(async ({ ctx, input, signal }) => {
      const all = await ctx.service.insights.ask(input.node, questions.tables, {}, { signal });
      return pageOf(all, input);
    }),

  /** One table: its statement, columns, indexes and number of rows. */
  table: procedure
    .input(nodeInputSchema.extend(questions.table.input.shape))
    .output(tableDetailSchema)
    .query(({ ctx, input: { node, ...asked }, signal }) =>
      ctx.service.insights.ask(node, questions.table, asked, { signal, timeoutMs: tableMsMax }),
    ),

  /** Nodes with equal hashes have the same replicated schema. */
  hashPerNode: procedure
    .output(z.array(perNodeSchema(schemaHashSchema)))
    .query(async ({ ctx, signal }) => [
      ...(await ctx.service.insights.askAll(questions.schemaHash, () => ({}), { signal })),
    ]),

  /** One table at all nodes: equal checksums where its contents are equal. */
  checksums: procedure
    .input(z.object({ table: tableNameSchema }))
    .output(z.array(perNodeSchema(tableChecksumSchema)))
    .query(async ({ ctx, input: { table }, signal }) => [
      ...(await ctx.service.insights.askAll(questions.checksum, () => ({ table }), {
        timeoutMs: checksumMsMax + answerGraceMs,
        signal,
      })),
    ]),

  /** What would be done to reach this schema; nothing is done. */
  plan: procedure
    .input(changeInputSchema)
    .output(planAnswerSchema)
    .mutation(async ({ ctx, input }) =>
      answerOf(await ctx.service.schema.plan(input.sql, input.allow_destructive)),
    ),

  /** Runs the plan. (tRPC keeps the name `apply` for itself.) */
  applySchema: procedure
    .input(changeInputSchema)
    .output(planAnswerSchema)
    .mutation(async ({ ctx, input }) =>
      answerOf(await ctx.service.schema.apply(input.sql, input.allow_destructive)),
    ),
});

/** The node that reads keeps the time; its answer takes a little longer. */
const answerGraceMs = 5_000;

/** Counting the rows of a large table takes its time. */
const tableMsMax = 15_000;

function answerOf(plan: {
  readonly steps: readonly Readonly<PlanAnswer['steps'][number]>[];
  readonly problems: readonly Readonly<PlanAnswer['problems'][number]>[];
}): PlanAnswer {
  return { steps: [...plan.steps], problems: [...plan.problems] };
}
