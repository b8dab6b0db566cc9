// The JSON shapes of the HTTP API as zod schemas: types, documentation and checks for clients all
// come from here. Times in seconds are named `time`, as the reference names them.

import { z } from 'zod';
import { statementsMax } from './statement.ts';

/** A value for a parameter: arrays of bytes and {"blob": base64} are BLOBs, other JSON is text. */
export const paramSchema = z.union([
  z.null(),
  z.boolean(),
  z.number(),
  z.bigint(),
  z.string(),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
]);

const listSchema = z.array(paramSchema);
const namedSchema = z.record(z.string(), paramSchema);

/** A statement, in any of the shapes that all SQL routes take. */
export const statementSchema = z.union([
  z.string(),
  z.tuple([z.string()]),
  z.tuple([z.string(), z.union([listSchema, namedSchema, z.null()])]),
  z.looseObject({
    query: z.string(),
    params: listSchema.nullish(),
    named_params: z.null().optional(),
  }),
  z.looseObject({
    query: z.string(),
    params: z.null().optional(),
    named_params: namedSchema.nullish(),
  }),
]);

/** Body of POST /v1/transactions; an empty array is understood, and refused. */
export const transactionRequestSchema = z.array(statementSchema).max(statementsMax);

/** What every error body has, whatever else is beside it. */
export const errorSchema = z.looseObject({
  /** A sentence for people. */
  error: z.string(),
  /** PATINA_…; stable. */
  code: z.string(),
  /** What to do about it. */
  hint: z.string().optional(),
});

export const statementResultSchema = z.object({
  rows_affected: z.number().int().nonnegative(),
  time: z.number().nonnegative(),
});

export const transactionResponseSchema = z.object({
  results: z.array(statementResultSchema),
  time: z.number().nonnegative(),
  /** The version that the transaction made; null when it changed nothing that is replicated. */
  version: z.number().int().positive().nullable(),
  actor_id: z.string(),
});

/** The body of a transaction that failed: one result that says why. */
export const transactionErrorSchema = errorSchema.extend({
  results: z.tuple([z.looseObject({ error: z.string() })]),
  time: z.number().nonnegative(),
  version: z.null(),
  actor_id: z.string(),
});

/** A cell of a row: bigints beyond 2^53 when parsed exactly, BLOBs as arrays of byte numbers. */
export const cellSchema = z.union([
  z.null(),
  z.number(),
  z.bigint(),
  z.string(),
  z.array(z.number().int().min(0).max(255)),
]);

/** One line of the NDJSON that answers POST /v1/queries. */
export const queryEventSchema = z.union([
  z.object({ columns: z.array(z.string()) }),
  z.object({ row: z.tuple([z.number().int().positive(), z.array(cellSchema)]) }),
  z.object({ eoq: z.object({ time: z.number().nonnegative() }) }),
  errorSchema,
]);

export const tableStatsRequestSchema = z.object({ tables: z.array(z.string()).max(1_000) });

export const tableStatsResponseSchema = z.object({
  total_row_count: z.number().int().nonnegative(),
  /** Names that are no tables of the user. */
  invalid_tables: z.array(z.string()),
});

export const healthSchema = z.object({
  /** Versions that are known of and missing. */
  gaps: z.number().int().nonnegative(),
  members: z.number().int().nonnegative(),
  /** 99th percentile from commit elsewhere to commit here, seconds; null without samples. */
  p99_lag: z.number().nonnegative().nullable(),
  /** Changesets that wait to be applied. */
  queue_size: z.number().int().nonnegative(),
});

export const healthResponseSchema = z.object({ response: healthSchema });

export const memberSchema = z.object({
  actor_id: z.string(),
  /** host:port of the node's gossip. */
  address: z.string(),
  state: z.enum(['alive', 'suspect', 'down', 'left']),
  incarnation: z.number().int().nonnegative(),
  /** Smoothed round-trip time; null when not measured yet. */
  rtt_ms: z.number().nonnegative().nullable(),
  /** 0 is nearest; null when not known yet. */
  ring: z.number().int().nonnegative().nullable(),
  /** Whether this is the node that answers. */
  is_self: z.boolean(),
});

export const membersResponseSchema = z.object({ members: z.array(memberSchema) });

export const actorLagSchema = z.object({
  actor_id: z.string(),
  /** Highest version of this actor that is known of. */
  head: z.number().int().nonnegative(),
  /** Versions up to the head that are not here yet. */
  versions: z.number().int().nonnegative(),
  /** Age of the oldest version that is not here yet; 0 when nothing is missing. */
  ms: z.number().nonnegative(),
});

export const lagResponseSchema = z.object({ lag: z.array(actorLagSchema) });

export type StatementResult = z.infer<typeof statementResultSchema>;
export type TransactionResponse = z.infer<typeof transactionResponseSchema>;
export type QueryEvent = z.infer<typeof queryEventSchema>;
export type TableStats = z.infer<typeof tableStatsResponseSchema>;
export type Health = z.infer<typeof healthSchema>;
export type Member = z.infer<typeof memberSchema>;
export type ActorLag = z.infer<typeof actorLagSchema>;
export type ErrorBody = z.infer<typeof errorSchema>;
