// The cluster as a whole: who is there, what each node thinks of each other one, how far apart they are,
// and what happened.

import { tracked } from '@trpc/server';
import { z } from 'zod';
import { type ClusterReading, rejoinAnswerSchema } from '../insights/cluster-shapes.ts';
import { questions } from '../insights/questions.ts';
import {
  aboutSchema,
  connectionSchema,
  eventKindSchema,
  nodeEventSchema,
  opinionSchema,
} from '../insights/shapes.ts';
import { pageInputSchema, pageSchema } from '../paging.ts';
import { pause, pollPeriodMs } from '../poll.ts';
import { procedure, router } from '../procedures.ts';
import { healthSchema, memberSchema } from '../schemas.ts';
import {
  decodePositions,
  encodePositions,
  type Moment,
  momentOf,
  momentText,
  positionsCharsMax,
} from './moments.ts';
import { nodeIdSchema } from './node-input.ts';
import { perNodeSchema } from './per-node.ts';

/** Whose events: of all nodes, merged by time, where none is named. */
const sourceSchema = nodeIdSchema.optional();

const kindsSchema = z.array(eventKindSchema).max(100).optional();

/** Events of one node that one poll takes, and those from before that a subscription begins with. */
const pollEventsMax = 500;
const pastEvents = 50;

export const clusterRouter = router({
  /** The figures of the first page: health of this node, counts of members, newest values of all. */
  summary: procedure
    .output(
      z.object({
        health: healthSchema,
        members: z.record(memberSchema.shape.state, z.number().int()),
        nodes: z.array(perNodeSchema(aboutSchema)),
      }),
    )
    .query(async ({ ctx, signal }) => {
      const [health, members, nodes] = await Promise.all([
        ctx.service.health(),
        ctx.service.members(),
        ctx.service.insights.askAll(questions.about, noInput, { signal }),
      ]);
      const counts = { alive: 0, suspect: 0, down: 0, left: 0 };
      for (const { state } of members) counts[state]++;
      return { health, members: counts, nodes: [...nodes] };
    }),

  /** The members with their newest figures, each second: one poll of this node serves all who watch. */
  watch: procedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<ClusterReading> {
    const end = ctx.sessions.beginSubscription();
    try {
      yield* ctx.service.readings.cluster(signal);
    } finally {
      end();
    }
  }),

  /** Announces this node anew. */
  rejoin: procedure.output(rejoinAnswerSchema).mutation(({ ctx }) => ctx.service.actions.rejoin()),

  /** This node says goodbye to the others, and goes on serving. */
  leave: procedure.output(z.object({})).mutation(async ({ ctx }) => {
    await ctx.service.actions.leave();
    return {};
  }),

  members: procedure
    .output(z.array(memberSchema))
    .query(async ({ ctx }) => [...(await ctx.service.members())]),

  /** What each node thinks of each other one: a row for each observer. */
  opinions: procedure
    .output(z.array(perNodeSchema(z.array(opinionSchema))))
    .query(async ({ ctx, signal }) => [
      ...(await ctx.service.insights.askAll(questions.opinions, noInput, { signal })),
    ]),

  /** Round trips by connection: a row for each node, with whom it is connected to. */
  rttMatrix: procedure
    .output(z.array(perNodeSchema(z.array(connectionSchema))))
    .query(async ({ ctx, signal }) => [
      ...(await ctx.service.insights.askAll(questions.connections, noInput, { signal })),
    ]),

  /** What happened, the newest first; `unreachable` names the nodes whose events are missing. */
  events: procedure
    .input(pageInputSchema.extend({ node: sourceSchema, kinds: kindsSchema }).prefault({}))
    .output(pageSchema(nodeEventSchema).extend({ unreachable: z.array(z.string()) }))
    .query(async ({ ctx, input, signal }) => {
      const { limit, kinds, node, cursor } = input;
      const before = cursor === undefined ? undefined : momentOf(cursor);
      // Asked for one moment more: others may have events of the very same one.
      const asked =
        before === undefined ? { limit, kinds } : { limit, kinds, before: before.hlc + 1 };
      const answers = await ctx.service.insights.askAll(questions.events, () => asked, {
        signal,
        nodes: node === undefined ? undefined : [node],
      });
      const all = answers
        .flatMap((each) => (each.ok ? each.answer : []))
        .filter((event) => before === undefined || newestFirst(before, event) < 0)
        .toSorted(newestFirst);
      const items = all.slice(0, limit);
      const last = items.at(-1);
      return {
        items,
        next_cursor: last === undefined || all.length < limit ? null : momentText(last),
        unreachable: answers.flatMap((each) => (each.ok ? [] : [each.actor_id])),
      };
    }),

  /**
   * Events as they happen, in lists with the oldest first. It begins with some from before, unless
   * it resumes: then with what came after the last id.
   */
  onEvents: procedure
    .input(
      z
        .object({
          node: sourceSchema,
          kinds: kindsSchema,
          lastEventId: z.string().max(positionsCharsMax).nullish(),
        })
        .prefault({}),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { kinds, node } = input;
      const positions = decodePositions(input.lastEventId ?? '');
      const nodes = node === undefined ? undefined : [node];
      const end = ctx.sessions.beginSubscription();
      try {
        do {
          const answers = await ctx.service.insights.askAll(
            questions.events,
            (actorId) => {
              const after = positions.get(actorId);
              return after === undefined
                ? { limit: pastEvents, kinds }
                : { limit: pollEventsMax, kinds, after };
            },
            { signal, nodes },
          );
          const fresh = answers
            .flatMap((each) => (each.ok ? each.answer : []))
            .toSorted((a, b) => newestFirst(b, a));
          for (const { actor_id: actorId, hlc } of fresh) {
            positions.set(actorId, Math.max(hlc, positions.get(actorId) ?? 0));
          }
          if (fresh.length > 0) yield tracked(encodePositions(positions), fresh);
        } while (await pause(pollPeriodMs, signal));
      } finally {
        end();
      }
    }),
});

function noInput(): Record<string, never> {
  return {};
}

function newestFirst(a: Moment, b: Moment): number {
  return b.hlc - a.hlc || (a.actor_id < b.actor_id ? -1 : a.actor_id > b.actor_id ? 1 : 0);
}
