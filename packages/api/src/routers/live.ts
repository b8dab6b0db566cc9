// Live queries over server-sent events, and what is known of them.

import type { LiveExplanation } from '@patina/engine/live/live-queries.ts';
import { z } from 'zod';
import { rightsOf } from '../access/principal.ts';
import type { NodeAnswer } from '../insights/insights.ts';
import { questions } from '../insights/questions.ts';
import {
  explanationSchema,
  type SubscriptionStats,
  subscriptionStatsSchema,
} from '../live-schemas.ts';
import { statsAnswer } from '../live-stats.ts';
import { followQuery, followTable } from '../live-subscription.ts';
import { pageInputSchema, pageOf, pageSchema } from '../paging.ts';
import { pause, pollPeriodMs } from '../poll.ts';
import { procedure, router } from '../procedures.ts';
import { statementSchema } from '../schemas.ts';
import { decodeStatement } from '../statement.ts';
import { nodeInputSchema } from './node-input.ts';

const idSchema = z.object({ id: z.string().max(64) });

const cursorSchema = z.string().max(256);

/** A node that is slower than this is told as one that does not answer, milliseconds. */
const listMsMax = 1_500;

/** Where to go on; a client that reconnects sets lastEventId by itself, and it goes first. */
const resumeSchema = z.object({
  from: z.union([z.number().int().nonnegative(), cursorSchema]).optional(),
  lastEventId: cursorSchema.nullish(),
});

function resumePoint(input: z.infer<typeof resumeSchema>): { from?: number | string } {
  const from = input.lastEventId ?? input.from;
  return from === undefined ? {} : { from };
}

export const liveRouter = router({
  list: procedure
    .input(nodeInputSchema.extend(pageInputSchema.shape).prefault({}))
    .output(pageSchema(subscriptionStatsSchema))
    .query(async ({ ctx, input, signal }) => {
      const all = await ctx.service.insights.ask(input.node, questions.live, {}, { signal });
      return pageOf(
        all.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        input,
      );
    }),

  /** The live queries of all nodes, each second. */
  onList: procedure.subscription(async function* ({
    ctx,
    signal,
  }): AsyncGenerator<readonly NodeAnswer<SubscriptionStats[]>[]> {
    const end = ctx.sessions.beginSubscription();
    try {
      do {
        const limits = { timeoutMs: listMsMax, signal };
        yield await ctx.service.insights.askAll(questions.live, () => ({}), limits);
      } while (await pause(pollPeriodMs, signal));
    } finally {
      end();
    }
  }),

  info: procedure
    .input(idSchema)
    .output(subscriptionStatsSchema)
    .query(async ({ ctx, input }) => statsAnswer(await ctx.service.live.info(input.id))),

  /** How a query is kept and why: one that runs by its id, or any by its SQL. */
  explain: procedure
    .input(z.union([idSchema, z.object({ statement: statementSchema })]))
    .output(explanationSchema)
    .query(async ({ ctx, input }) => {
      if ('id' in input) return explanationAnswer(await ctx.service.live.explain(input.id));
      const { sql, params } = decodeStatement(input.statement);
      return explanationAnswer(await ctx.service.live.explainSql(sql, params));
    }),

  /** The result and then its changes; see live-subscription.ts for the events and their ids. */
  open: procedure
    .input(
      resumeSchema.extend({
        query: z.union([idSchema, z.object({ statement: statementSchema })]),
        skip_rows: z.boolean().default(false),
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { query } = input;
      const end = ctx.sessions.beginSubscription();
      try {
        yield* followQuery(
          ctx.service.live,
          {
            query: 'id' in query ? query : decodeStatement(query.statement),
            ...resumePoint(input),
            skipRows: input.skip_rows,
            role: rightsOf(ctx.principal),
            client: ctx.client,
          },
          signal,
        );
      } finally {
        end();
      }
    }),

  /** Which rows of a table change. */
  updates: procedure
    .input(
      resumeSchema.extend({
        table: z.string().max(1_024),
        filter: z
          .string()
          .max(64 * 1024)
          .optional(),
        images: z.boolean().default(false),
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { table, filter, images } = input;
      const end = ctx.sessions.beginSubscription();
      try {
        yield* followTable(
          ctx.service.live,
          {
            table,
            images,
            ...resumePoint(input),
            ...(filter === undefined ? {} : { filter }),
            client: ctx.client,
          },
          signal,
        );
      } finally {
        end();
      }
    }),

  /** Ends all readers of a query and forgets it. */
  close: procedure
    .input(idSchema)
    .output(idSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.service.live.drop(input.id);
      return input;
    }),
});

function explanationAnswer(told: LiveExplanation): z.infer<typeof explanationSchema> {
  return {
    mode: told.mode,
    sql: told.sql,
    columns: [...told.columns],
    ordered: told.isOrdered,
    reasons: [...told.reasons],
    tables: told.tables.map(({ table, columns, reaction }) => ({
      table,
      columns: columns === 'all' ? columns : [...columns],
      reaction,
    })),
    indexed_by: [...told.indexedBy],
    query_plan: [...told.queryPlan],
  };
}
