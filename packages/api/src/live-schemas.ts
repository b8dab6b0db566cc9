// The JSON shapes of live queries as zod schemas: the events of their streams, and what is told about
// the queries themselves.

import { z } from 'zod';
import { cellSchema, errorSchema } from './schemas.ts';

const changeIdSchema = z
  .number()
  .int()
  .nonnegative()
  .describe('Number of a change of this query at this node; ids rise by exactly 1.');

const cursorSchema = z
  .string()
  .max(256)
  .describe('Where to go on, at any node: give it as `from`, or as Last-Event-ID.')
  .meta({ examples: ['9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11:42'] });

const uuidSchema = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

const rowIdSchema = z.number().int().describe('The same for a row as long as the query lives.');

const reasonSchema = z.string().describe('A sentence for people.');

export const changeOriginSchema = z
  .object({
    actor_id: z.string().describe('The database that the transaction was committed at first.'),
    version: z.number().int().positive(),
    hlc: z.number().int().nonnegative().describe('When it was committed there, as a hybrid clock.'),
  })
  .meta({ id: 'ChangeOrigin', description: 'A committed transaction that made a change.' });

const originsSchema = z.array(changeOriginSchema);

export const subscriptionOpenedSchema = z.object({
  id: uuidSchema,
  hash: z.string().regex(/^[0-9a-f]{16}$/),
  ordered: z.boolean().describe('Whether rows have places, and changes positions.'),
  start: z
    .enum(['snapshot', 'resumed', 'restarted'])
    .describe('A snapshot as asked for; the changes after `from`; or a snapshot in their place.'),
  reason: reasonSchema.optional(),
  change_id: changeIdSchema.optional(),
});

/** [type, row id, cells, change id, position of the row where it has a new one]. */
const changeSchema = z
  .tuple([z.enum(['insert', 'update', 'delete']), rowIdSchema, z.array(cellSchema), changeIdSchema])
  .rest(z.number().int().nonnegative())
  .describe(
    'Type, row id, cells (of a deleted row its last ones), change id; with details and in ordered ' +
      'results also the new position of a row that was placed or moved.',
  );

export const subscriptionCommitSchema = z.object({
  change_id: changeIdSchema,
  cursor: cursorSchema,
  origins: originsSchema,
});

export const restartedSchema = z
  .object({ reason: reasonSchema })
  .describe('What follows is a whole snapshot: the changes after `from` cannot be told exactly.');

/** One line of the NDJSON of a subscription. */
export const subscriptionEventSchema = z
  .union([
    z.object({ opened: subscriptionOpenedSchema }),
    z.object({ restarted: restartedSchema }),
    z.object({ columns: z.array(z.string()) }),
    z.object({ row: z.tuple([rowIdSchema, z.array(cellSchema)]) }),
    z.object({ eoq: z.object({ time: z.number().nonnegative(), change_id: changeIdSchema }) }),
    z.object({ change: changeSchema }),
    z.object({ commit: subscriptionCommitSchema }),
    z.object({ heartbeat: z.object({ change_id: changeIdSchema.optional() }) }),
    z.object({ lagged: z.object({ change_id: changeIdSchema, cursor: cursorSchema }) }),
    errorSchema,
  ])
  .meta({
    id: 'SubscriptionEvent',
    description:
      'One line of the stream. Without details: columns, rows, eoq, then changes; an error or ' +
      'lagged is always the last line.',
    examples: [
      { columns: ['sandwich'] },
      { row: [1, ['shiitake']] },
      { eoq: { time: 8e-8, change_id: 0 } },
      { change: ['insert', 2, ['peanut butter'], 1] },
    ],
  });

export const updatesOpenedSchema = z.object({
  id: uuidSchema,
  key: z.array(z.string()).describe('Names of the columns of the key, in the order of `notify`.'),
  columns: z.array(z.string()).describe('Names of all columns, in the order of the row images.'),
  start: z.enum(['now', 'resumed', 'restarted']),
  reason: reasonSchema.optional(),
  cursor: cursorSchema,
});

/** One line of the NDJSON of the updates of a table. */
export const updatesEventSchema = z
  .union([
    z.object({ opened: updatesOpenedSchema }),
    z.object({
      restarted: z
        .object({ reason: reasonSchema })
        .describe('What happened after `from` is not known any more: read the table anew.'),
    }),
    z.object({
      notify: z
        .tuple([z.enum(['update', 'delete']), z.array(cellSchema)])
        .rest(z.array(cellSchema))
        .describe('Type, values of the key, and with images the whole row. Inserts are updates.'),
    }),
    z.object({ commit: z.object({ cursor: cursorSchema, origins: originsSchema }) }),
    z.object({ heartbeat: z.object({ cursor: cursorSchema.optional() }) }),
    z.object({ lagged: z.object({ cursor: cursorSchema }) }),
    errorSchema,
  ])
  .meta({
    id: 'UpdatesEvent',
    description: 'One line of the stream. An error or lagged is always the last one.',
    examples: [{ notify: ['update', [1]] }, { notify: ['delete', [2]] }],
  });

/** Body of POST /v1/updates/{table}; no body is one without fields. */
export const updatesRequestSchema = z
  .strictObject({
    filter: z
      .string()
      .max(64 * 1024)
      .nullish()
      .describe('An SQL expression over the columns; only rows for which it is true are told.'),
    images: z.boolean().nullish().describe('Send the rows too.'),
    from: cursorSchema.nullish(),
  })
  .meta({
    id: 'UpdatesRequest',
    description: 'What to be told of a table. Fields of the URL go before those of the body.',
    examples: [{ filter: "state = 'open'", images: true }],
  });

export const evaluationModeSchema = z
  .enum(['key-wise', 'group-wise', 're-run'])
  .describe('Kept by the keys that changed, by the groups that changed, or by running it again.');

export const subscriptionStatsSchema = z
  .object({
    id: uuidSchema,
    hash: z.string(),
    sql: z.string(),
    mode: evaluationModeSchema,
    state: z.enum(['filling', 'live', 'failed']),
    subscribers: z.number().int().nonnegative(),
    rows: z.number().int().nonnegative().describe('Rows kept for it.'),
    change_id: changeIdSchema,
    evaluations: z.number().int().nonnegative(),
    evaluation_ms: z.number().nonnegative().describe('Time spent on evaluations since it opened.'),
    ms_per_sec_cost: z.number().nonnegative().describe('The same per second, lately.'),
    lagged: z.number().int().nonnegative().describe('Subscribers that fell too far behind.'),
    created_ms: z.number().nonnegative().describe('Milliseconds since 1970.'),
  })
  .meta({ id: 'SubscriptionStats', description: 'One live query of this node.' });

export const subscriptionsResponseSchema = z
  .object({ subscriptions: z.array(subscriptionStatsSchema) })
  .meta({ id: 'Subscriptions', description: 'The live queries of this node.' });

export const explanationSchema = z
  .object({
    mode: evaluationModeSchema,
    sql: z.string(),
    columns: z.array(z.string()),
    ordered: z.boolean(),
    reasons: z.array(z.string()).describe('Sentences: which way, and why no better one.'),
    tables: z.array(
      z.object({
        table: z.string(),
        columns: z.union([z.literal('all'), z.array(z.string())]),
        reaction: z.enum(['keys', 're-run']),
      }),
    ),
    indexed_by: z.array(z.string()).describe('Columns whose constants find the queries to wake.'),
    query_plan: z.array(z.string()).describe('The plan of SQLite for a change, a line each.'),
  })
  .meta({ id: 'Explanation', description: 'How a query is kept, and why.' });

export const droppedSchema = z
  .object({ id: uuidSchema })
  .meta({ id: 'DroppedSubscription', description: 'The live query that was dropped.' });

export type SubscriptionEvent = z.infer<typeof subscriptionEventSchema>;
export type UpdatesEvent = z.infer<typeof updatesEventSchema>;
export type SubscriptionStats = z.infer<typeof subscriptionStatsSchema>;
export type Explanation = z.infer<typeof explanationSchema>;
