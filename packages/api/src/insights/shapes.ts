// What a node tells of itself, as zod schemas: the answers to the questions of the console.

import { z } from 'zod';
import { actorLagSchema, cellSchema, memberSchema } from '../schemas.ts';

export const actorIdSchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'an actor id has 32 lowercase hexadecimal digits');

const count = z.number().int().nonnegative();
const unixMs = z.number().nonnegative();
const ms = z.number().nonnegative();

/** A moment of the node's hybrid clock: rises strictly within a node, so that it is a cursor too. */
const hlcSchema = z.number().int().nonnegative();

export const aboutSchema = z.object({
  actor_id: actorIdSchema,
  address: z.string(),
  /** The origin of its HTTP API, for browsers; null where it is not known. */
  api_url: z.string().nullable(),
  software_version: z.string(),
  runtime_version: z.string(),
  pid: count,
  started_at_ms: unixMs,
  uptime_ms: ms,
  /** The wall clock of the node when it answered. */
  now_ms: unixMs,
  incarnation: count,
  /** The newest value of every series; null where nothing was measured. */
  latest: z.record(z.string(), z.number().nullable()),
});

/** A member as one node sees it. */
export const opinionSchema = memberSchema.extend({
  rtt_min_ms: ms.nullable(),
  /** When something of it last arrived, by the clock of the observer. */
  last_seen_ms: unixMs.nullable(),
});

export const connectionSchema = z.object({
  actor_id: actorIdSchema,
  address: z.string(),
  rtt_ms: ms,
  bytes_sent: count,
  bytes_received: count,
  packets_lost: count,
});

export const lagCellSchema = actorLagSchema.extend({
  /** Versions below the head that are missing wholly, and how many runs of them there are. */
  gap_versions: count,
  gaps: count,
  partials: count,
});

export const gapSchema = z.object({ actor_id: actorIdSchema, start: count, end: count });

export const partialSchema = z.object({
  actor_id: actorIdSchema,
  version: count,
  last_seq: count,
  /** Runs of seqs that are here; only the first ones of very many. */
  seqs: z.array(z.object({ start: count, end: count })),
  seqs_here: count,
});

export const syncSessionSchema = z.object({
  /** When it ended, by the node's hybrid clock. */
  hlc: hlcSchema,
  at_ms: unixMs,
  role: z.enum(['client', 'server']),
  address: z.string(),
  result: z.enum(['agreed', 'complete', 'rejected', 'broken', 'timeout', 'malformed', 'stopped']),
  reason: z.string().nullable(),
  requests: count,
  chunks: count,
  bytes: count,
  gained_versions: count,
  duration_ms: ms,
});

/** Counts of durations by size, so that those of several nodes can be added. */
export const sketchSchema = z.object({
  /** Bucket numbers, rising, and how many durations each holds. */
  buckets: z.array(count).max(2_048),
  counts: z.array(count).max(2_048),
  max: ms,
  sum: ms,
});

export const latencySchema = z.object({
  name: z.string(),
  count,
  p50_ms: ms.nullable(),
  p90_ms: ms.nullable(),
  p99_ms: ms.nullable(),
  max_ms: ms.nullable(),
  sketch: sketchSchema,
});

export const convergenceRoundSchema = z.object({
  hlc: hlcSchema,
  at_ms: unixMs,
  /** Whether a real write was followed, or the way of one, because there was none. */
  kind: z.enum(['write', 'path']),
  version: count,
  /** Until every member that was asked had it; null when one never answered. */
  ms: ms.nullable(),
  asked: count,
  reached: count,
});

export const convergencePeerSchema = z.object({
  actor_id: actorIdSchema,
  address: z.string(),
  last_ms: ms.nullable(),
  p50_ms: ms.nullable(),
  p99_ms: ms.nullable(),
  reached: count,
  missed: count,
});

export const convergenceSchema = z.object({
  /** 0 when the node does not probe. */
  period_ms: ms,
  rounds: count,
  p50_ms: ms.nullable(),
  p99_ms: ms.nullable(),
  sketch: sketchSchema,
  peers: z.array(convergencePeerSchema).max(10_000),
  /** The newest first. */
  recent: z.array(convergenceRoundSchema).max(1_000),
});

export const eventKinds = [
  'member-up',
  'member-suspect',
  'member-down',
  'member-left',
  'member-removed',
  'rejoined',
  'left',
  'identity-changed',
  'identity-conflict',
  'clock-drift',
  'sync-session',
  'gap-opened',
  'gap-closed',
  'quarantined',
  'malformed',
  'schema-changed',
  'conflict',
  'slow-query',
  'live-query-failed',
  'storage-error',
  'started',
] as const;

export const eventKindSchema = z.enum(eventKinds);
export type EventKind = (typeof eventKinds)[number];

/** A field of an event: exact text, numbers and flags, nothing nested. */
const fieldSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const nodeEventSchema = z.object({
  /** Strictly rising within a node, also over restarts: with the node it is the event's name. */
  hlc: hlcSchema,
  at_ms: unixMs,
  /** The node that recorded it. */
  actor_id: actorIdSchema,
  kind: eventKindSchema,
  /** A sentence for people. */
  text: z.string(),
  fields: z.record(z.string(), fieldSchema),
});

export const logLineSchema = z.object({
  hlc: hlcSchema,
  at_ms: unixMs,
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  component: z.string().nullable(),
  message: z.string(),
  /** JSON text of the other fields, cut where it is very long. */
  fields: z.string(),
});

export const seriesTierSchema = z.enum(['seconds', 'ten-seconds']);

export const seriesSchema = z.object({
  name: z.string(),
  unit: z.string(),
  /** Unix time of the first value. */
  start_ms: unixMs,
  step_ms: ms,
  values: z.array(z.number().nullable()),
});

export const seriesInfoSchema = z.object({
  name: z.string(),
  unit: z.string(),
  about: z.string(),
});

export const queueSchema = z.object({
  name: z.string(),
  about: z.string(),
  unit: z.string(),
  length: z.number().nonnegative(),
  limit: z.number().nonnegative().nullable(),
});

export const configEntrySchema = z.object({
  key: z.string(),
  /** As the configuration file would have it; secrets are masked; null where nothing is set. */
  value: z.string().nullable(),
});

export const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  not_null: z.boolean(),
  default: z.string().nullable(),
  /** Place in the primary key, from 1; 0 for other columns. */
  key: count,
  is_generated: z.boolean(),
});

export const tableSummarySchema = z.object({
  name: z.string(),
  kind: z.enum(['table', 'view']),
  is_replicated: z.boolean(),
  columns: z.array(columnSchema),
});

export const indexSchema = z.object({
  name: z.string(),
  is_unique: z.boolean(),
  columns: z.array(z.string()),
  sql: z.string().nullable(),
});

export const tableDetailSchema = tableSummarySchema.extend({
  sql: z.string(),
  indexes: z.array(indexSchema),
  /** null when counting takes too long. */
  rows: count.nullable(),
});

export const schemaHashSchema = z.object({
  /** SHA-256 of the replicated schema, in a form without order: equal schemas have equal ones. */
  hash: z.string(),
  tables: count,
});

export const completionSchema = z.object({
  tables: z.array(tableSummarySchema),
  indexes: z.array(indexSchema.extend({ table: z.string() })),
  functions: z.array(z.string()),
});

const rowSchema = z.array(cellSchema);

export const queryResultSchema = z.object({
  columns: z.array(z.string()),
  /** Looked at lightly: a node wrote them itself, and there may be very many. */
  rows: z.custom<z.infer<typeof rowSchema>[]>((value) => Array.isArray(value)),
  /** There is more than the limits on rows or bytes let through. */
  truncated: z.boolean(),
  time_ms: ms,
  /** Bytes of the rows as JSON. */
  bytes: count,
});

export interface PlanNode {
  readonly id: number;
  readonly detail: string;
  readonly children: PlanNode[];
}

export const planNodeSchema: z.ZodType<PlanNode> = z.object({
  id: z.number().int(),
  detail: z.string(),
  get children() {
    return z.array(planNodeSchema);
  },
});

export type About = z.infer<typeof aboutSchema>;
export type Opinion = z.infer<typeof opinionSchema>;
export type LagCell = z.infer<typeof lagCellSchema>;
export type NodeEventEntry = z.infer<typeof nodeEventSchema>;
export type LogLine = z.infer<typeof logLineSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type SeriesTier = z.infer<typeof seriesTierSchema>;
export type SyncSession = z.infer<typeof syncSessionSchema>;
export type SketchData = z.infer<typeof sketchSchema>;
export type Latency = z.infer<typeof latencySchema>;
export type Convergence = z.infer<typeof convergenceSchema>;
export type ConvergenceRound = z.infer<typeof convergenceRoundSchema>;
export type TableSummary = z.infer<typeof tableSummarySchema>;
export type TableDetail = z.infer<typeof tableDetailSchema>;
export type QueryResult = z.infer<typeof queryResultSchema>;
export type QueueState = z.infer<typeof queueSchema>;
