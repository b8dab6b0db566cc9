// How far data has spread: what each node lacks of each other one, what it did about it, and how long a
// write takes to be visible everywhere.

import { tracked } from '@trpc/server';
import { z } from 'zod';
import {
  type LagReading,
  lagHistorySchema,
  lagStepMs,
  syncAnswerSchema,
  type VersionSpread,
} from '../insights/cluster-shapes.ts';
import { questions } from '../insights/questions.ts';
import {
  actorIdSchema,
  convergenceSchema,
  gapSchema,
  lagCellSchema,
  type nodeEventSchema,
  partialSchema,
  syncSessionSchema,
} from '../insights/shapes.ts';
import { mergeSketches, sketchQuantile } from '../insights/sketch.ts';
import { pageInputSchema, pageSchema, placeOf } from '../paging.ts';
import { pause, pollPeriodMs } from '../poll.ts';
import { procedure, router } from '../procedures.ts';
import { actorLagSchema } from '../schemas.ts';
import { nodeInputSchema } from './node-input.ts';
import { perNodeSchema } from './per-node.ts';
import { followVersion, versionInputSchema } from './version-spread.ts';

/** A page of what one node lacks, of all actors or of one. */
const lackingInputSchema = nodeInputSchema
  .extend(pageInputSchema.shape)
  .extend({ actor_id: actorIdSchema.optional() });

const tailKinds = ['sync-session', 'gap-opened', 'gap-closed', 'quarantined', 'malformed'] as const;

const tailEventsMax = 500;

/** A node that is slower than this is told as one that does not answer, milliseconds. */
const historyMsMax = 2_000;

export const replicationRouter = router({
  /** What this node lacks of each actor. */
  lag: procedure
    .output(z.array(actorLagSchema))
    .query(async ({ ctx }) => [...(await ctx.service.lag())]),

  /** Observer by actor: what each node lacks of each actor, in versions and milliseconds. */
  lagMatrix: procedure
    .output(z.array(perNodeSchema(z.array(lagCellSchema))))
    .query(async ({ ctx, signal }) => [
      ...(await ctx.service.insights.askAll(questions.lag, noInput, { signal })),
    ]),

  /** The same, each second: one poll of this node serves all who watch. */
  onLag: procedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<LagReading> {
    const end = ctx.sessions.beginSubscription();
    try {
      yield* ctx.service.readings.lag(signal);
    } finally {
      end();
    }
  }),

  /** What each node lacked in the last 15 minutes, as it recorded it itself. */
  lagHistory: procedure
    .input(z.object({}).prefault({}))
    .output(z.object({ step_ms: z.number(), observers: z.array(perNodeSchema(lagHistorySchema)) }))
    .query(async ({ ctx, signal }) => {
      const limits = { timeoutMs: historyMsMax, signal };
      const observers = await ctx.service.insights.askAll(questions.lagHistory, noInput, limits);
      return { step_ms: lagStepMs, observers: [...observers] };
    }),

  /** Where a version has arrived, until it is everywhere or the time is over. */
  onVersion: procedure.input(versionInputSchema).subscription(async function* ({
    ctx,
    input,
    signal,
  }): AsyncGenerator<VersionSpread> {
    const end = ctx.sessions.beginVersion();
    try {
      yield* followVersion(ctx.service, input, signal);
    } finally {
      end();
    }
  }),

  /** This node begins sync sessions with its peers now. */
  requestSync: procedure
    .input(z.object({}).prefault({}))
    .output(syncAnswerSchema)
    .mutation(({ ctx }) => ctx.service.actions.requestSync()),

  /** Versions below the heads that are missing wholly. */
  gaps: procedure
    .input(lackingInputSchema.prefault({}))
    .output(pageSchema(gapSchema))
    .query(({ ctx, input: { node, ...asked }, signal }) =>
      ctx.service.insights.ask(node, questions.gaps, asked, { signal }),
    ),

  /** Versions of which a part is there. */
  partials: procedure
    .input(lackingInputSchema.prefault({}))
    .output(pageSchema(partialSchema))
    .query(({ ctx, input: { node, ...asked }, signal }) =>
      ctx.service.insights.ask(node, questions.partials, asked, { signal }),
    ),

  /** Sync sessions that ended lately, of both sides; the newest first. */
  sessions: procedure
    .input(nodeInputSchema.extend(pageInputSchema.shape).prefault({}))
    .output(pageSchema(syncSessionSchema))
    .query(async ({ ctx, input: { node, limit, cursor }, signal }) => {
      const before = cursor === undefined ? {} : { before: placeOf(cursor) };
      const asked = { limit, ...before };
      const items = await ctx.service.insights.ask(node, questions.sessions, asked, { signal });
      const last = items.at(-1);
      const next = last === undefined || items.length < limit ? null : String(last.hlc);
      return { items, next_cursor: next };
    }),

  /**
   * From commit to visible everywhere, measured by each node with its own clock; over all nodes, and
   * for each.
   */
  convergence: procedure
    .output(
      z.object({
        p50_ms: z.number().nullable(),
        p99_ms: z.number().nullable(),
        nodes: z.array(perNodeSchema(convergenceSchema)),
      }),
    )
    .query(async ({ ctx, signal }) => {
      const nodes = await ctx.service.insights.askAll(questions.convergence, noInput, { signal });
      const merged = mergeSketches(nodes.flatMap((each) => (each.ok ? [each.answer.sketch] : [])));
      return {
        p50_ms: sketchQuantile(merged, 0.5),
        p99_ms: sketchQuantile(merged, 0.99),
        nodes: [...nodes],
      };
    }),

  /** What replication does at one node, as it happens; resumes after the last id. */
  tail: procedure
    .input(nodeInputSchema.extend({ lastEventId: z.string().max(32).nullish() }).prefault({}))
    .subscription(async function* ({ ctx, input, signal }) {
      const { lastEventId } = input;
      let after = typeof lastEventId === 'string' ? placeOf(lastEventId) : undefined;
      const end = ctx.sessions.beginSubscription();
      try {
        do {
          const place = after === undefined ? { limit: 1 } : { after, limit: tailEventsMax };
          const asked = { kinds: [...tailKinds], ...place };
          const events = await ctx.service.insights.ask(input.node, questions.events, asked, {
            signal,
          });
          const list: z.infer<typeof nodeEventSchema>[] = events;
          for (const { hlc } of list) after = Math.max(after ?? 0, hlc);
          after ??= 0;
          if (list.length > 0) yield tracked(String(after), list);
        } while (await pause(pollPeriodMs, signal));
      } finally {
        end();
      }
    }),
});

function noInput(): Record<string, never> {
  return {};
}
