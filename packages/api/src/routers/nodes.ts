// One node at a time, this one or any other: what it is, how it fares, what it writes to its log.

import { tracked } from '@trpc/server';
import { z } from 'zod';
import {
  backupAnswerSchema,
  backupPathMax,
  checkpointAnswerSchema,
  logStateSchema,
  type Swim,
  swimSchema,
} from '../insights/cluster-shapes.ts';
import { questions } from '../insights/questions.ts';
import {
  aboutSchema,
  configEntrySchema,
  type Latency,
  latencySchema,
  logLineSchema,
  type QueueState,
  queueSchema,
  seriesInfoSchema,
  seriesSchema,
} from '../insights/shapes.ts';
import { pageInputSchema, pageSchema, placeOf } from '../paging.ts';
import { pause, pollPeriodMs } from '../poll.ts';
import { procedure, router } from '../procedures.ts';
import { healthSchema } from '../schemas.ts';
import { askAgain } from './ask-again.ts';
import { nodeInputSchema } from './node-input.ts';
import { perNodeSchema } from './per-node.ts';

/** Log lines that one poll takes, and those from before that a subscription begins with. */
const pollLinesMax = 500;
const pastLines = 50;

const levelSchema = logLineSchema.shape.level.default('trace');

export const nodesRouter = router({
  /** All nodes with their newest figures; those that do not answer with the reason. */
  list: procedure
    .output(z.array(perNodeSchema(aboutSchema)))
    .query(async ({ ctx, signal }) => [
      ...(await ctx.service.insights.askAll(questions.about, () => ({}), { signal })),
    ]),

  /** The health of this node. */
  health: procedure
    .output(healthSchema.extend({ actor_id: z.string() }))
    .query(async ({ ctx }) => ({
      actor_id: ctx.service.actorId(),
      ...(await ctx.service.health()),
    })),

  detail: procedure
    .input(nodeInputSchema.prefault({}))
    .output(aboutSchema)
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.about, {}, { signal }),
    ),

  /** Which series there are, with their units and meanings. */
  seriesNames: procedure
    .input(nodeInputSchema.prefault({}))
    .output(z.array(seriesInfoSchema))
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.seriesNames, {}, { signal }),
    ),

  /** Values of series: every second for 15 minutes, or every 10 seconds for a day. */
  series: procedure
    .input(nodeInputSchema.extend(questions.series.input.shape).prefault({}))
    .output(z.array(seriesSchema))
    .query(({ ctx, input: { node, ...asked }, signal }) =>
      ctx.service.insights.ask(node, questions.series, asked, { signal }),
    ),

  /** Durations as percentiles, and as sketches that can be added over nodes. */
  latencies: procedure
    .input(nodeInputSchema.prefault({}))
    .output(z.array(latencySchema))
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.latencies, {}, { signal }),
    ),

  queues: procedure
    .input(nodeInputSchema.prefault({}))
    .output(z.array(queueSchema))
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.queues, {}, { signal }),
    ),

  /** How it detects failures. */
  swim: procedure
    .input(nodeInputSchema.prefault({}))
    .output(swimSchema)
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.swim, {}, { signal }),
    ),

  onSwim: procedure
    .input(nodeInputSchema.prefault({}))
    .subscription(
      ({ ctx, input, signal }): AsyncGenerator<Swim> =>
        askAgain(ctx, input.node, questions.swim, signal),
    ),

  onQueues: procedure
    .input(nodeInputSchema.prefault({}))
    .subscription(
      ({ ctx, input, signal }): AsyncGenerator<QueueState[]> =>
        askAgain(ctx, input.node, questions.queues, signal),
    ),

  onLatencies: procedure
    .input(nodeInputSchema.prefault({}))
    .subscription(
      ({ ctx, input, signal }): AsyncGenerator<Latency[]> =>
        askAgain(ctx, input.node, questions.latencies, signal),
    ),

  /** The level that this node writes its log from, until it restarts. */
  setLogLevel: procedure
    .input(logStateSchema)
    .output(logStateSchema)
    .mutation(({ ctx, input }) => ctx.service.actions.setLogLevel(input.level)),

  /** Brings the write-ahead log of this node into its database file. */
  checkpoint: procedure
    .output(checkpointAnswerSchema)
    .mutation(({ ctx }) => ctx.service.actions.checkpoint()),

  /** Writes a copy of this node's database to a path at this node. */
  backup: procedure
    .input(z.object({ path: z.string().min(1).max(backupPathMax) }))
    .output(backupAnswerSchema)
    .mutation(({ ctx, input }) => ctx.service.actions.backup(input.path)),

  /** The configuration that is in force; secrets are masked. */
  config: procedure
    .input(nodeInputSchema.prefault({}))
    .output(z.array(configEntrySchema))
    .query(({ ctx, input, signal }) =>
      ctx.service.insights.ask(input.node, questions.config, {}, { signal }),
    ),

  /** The newest log lines, the newest first. */
  logs: procedure
    .input(
      nodeInputSchema.extend(pageInputSchema.shape).extend({ level: levelSchema }).prefault({}),
    )
    .output(pageSchema(logLineSchema))
    .query(async ({ ctx, input: { node, limit, cursor, level }, signal }) => {
      const before = cursor === undefined ? {} : { before: placeOf(cursor) };
      const asked = { limit, level, ...before };
      const items = await ctx.service.insights.ask(node, questions.logs, asked, { signal });
      const last = items.at(-1);
      const next = last === undefined || items.length < limit ? null : String(last.hlc);
      return { items, next_cursor: next };
    }),

  /** Log lines as they are written, in lists with the oldest first; resumes after the last id. */
  onLogs: procedure
    .input(
      nodeInputSchema
        .extend({ level: levelSchema, lastEventId: z.string().max(32).nullish() })
        .prefault({}),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { node, level, lastEventId } = input;
      let after = typeof lastEventId === 'string' ? placeOf(lastEventId) : undefined;
      const end = ctx.sessions.beginSubscription();
      try {
        do {
          const place = after === undefined ? { limit: pastLines } : { after, limit: pollLinesMax };
          const asked = { level, ...place };
          const lines = await ctx.service.insights.ask(node, questions.logs, asked, { signal });
          const ordered = lines.toSorted((a, b) => a.hlc - b.hlc);
          after = ordered.at(-1)?.hlc ?? after ?? 0;
          if (ordered.length > 0) yield tracked(String(after), ordered);
        } while (await pause(pollPeriodMs, signal));
      } finally {
        end();
      }
    }),

  /** New values of series, every second; resumes after the last id. */
  onMetrics: procedure
    .input(
      nodeInputSchema
        .extend({
          names: questions.series.input.shape.names,
          lastEventId: z.string().max(32).nullish(),
        })
        .prefault({}),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { node, names, lastEventId } = input;
      let afterMs = typeof lastEventId === 'string' ? placeOf(lastEventId) : undefined;
      const end = ctx.sessions.beginSubscription();
      try {
        do {
          const place = afterMs === undefined ? {} : { after_ms: afterMs };
          const asked = { names, tier: 'seconds' as const, ...place };
          const series = await ctx.service.insights.ask(node, questions.series, asked, { signal });
          const [first] = series;
          if (first !== undefined && first.values.length > 0) {
            afterMs = Math.round(first.start_ms + (first.values.length - 1) * first.step_ms);
            yield tracked(String(afterMs), series);
          }
        } while (await pause(pollPeriodMs, signal));
      } finally {
        end();
      }
    }),
});
