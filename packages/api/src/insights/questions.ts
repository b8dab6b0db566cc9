// What any node can be asked about itself, by itself or by another one over the cluster: each question
// with the shapes of its input and of its answer. All but `access` only read. A node that is asked does not
// check roles: who asks is a node of the cluster, and has checked the role of whoever asked it. It does
// hold to the tables that the asker is limited to.

import { z } from 'zod';
import { tablesSchema } from '../access/access-shapes.ts';
import { subscriptionStatsSchema } from '../live-schemas.ts';
import { pageInputSchema, pageSchema } from '../paging.ts';
import { statementSchema } from '../schemas.ts';
import { lagHistorySchema, swimSchema } from './cluster-shapes.ts';
import {
  cellOriginsSchema,
  cellsInputSchema,
  tableChecksumSchema,
  tableNameSchema,
} from './data-shapes.ts';
import {
  aboutSchema,
  actorIdSchema,
  completionSchema,
  configEntrySchema,
  connectionSchema,
  convergenceRoundSchema,
  convergenceSchema,
  eventKindSchema,
  gapSchema,
  lagCellSchema,
  latencySchema,
  logLineSchema,
  nodeEventSchema,
  opinionSchema,
  partialSchema,
  planNodeSchema,
  queryResultSchema,
  queueSchema,
  schemaHashSchema,
  seriesInfoSchema,
  seriesSchema,
  seriesTierSchema,
  syncSessionSchema,
  tableDetailSchema,
  tableSummarySchema,
} from './shapes.ts';

export interface Question<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly input: I;
  readonly output: O;
}

/** Limits of a query whose rows are collected. */
export const queryRowsMax = 100_000;
export const queryRowsDefault = 1_000;
export const queryBytesDefault = 8 * 1024 * 1024;
/** An answer of another node has 16 MiB, with what is around the rows. */
export const queryBytesMax = 15 * 1024 * 1024;
export const queryTimeoutMsMax = 600_000;
export const queryTimeoutMsDefault = 10_000;

/** Series asked for at once. */
const seriesMax = 100;

const nothing = z.object({});

/**
 * Patterns of the tables that the asker may see, where it is limited to some: the node that answers, which
 * has the schema, holds to them.
 */
const limitedSchema = z.object({ access_tables: tablesSchema.optional() });
const hlcSchema = z.number().int().nonnegative();

/** Where to look in a log of things that happened: before a moment (newest first), or after one. */
const momentsInputSchema = pageInputSchema.omit({ cursor: true }).extend({
  before: hlcSchema.optional(),
  /** Oldest first, for those who follow. */
  after: hlcSchema.optional(),
});

/** JSON of records, as the node keeps them. */
const accessToldSchema = z.object({
  digest: z.string().max(64),
  records: z.string().max(1_000_000),
});

function question<I extends z.ZodType, O extends z.ZodType>(
  name: string,
  input: I,
  output: O,
): Question<I, O> {
  return { name, input, output };
}

function list<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z.array(item).max(10_000);
}

export const questions = {
  about: question('about', nothing, aboutSchema),
  opinions: question('opinions', nothing, list(opinionSchema)),
  connections: question('connections', nothing, list(connectionSchema)),
  swim: question('swim', nothing, swimSchema),
  lag: question('lag', nothing, list(lagCellSchema)),
  lagHistory: question('lagHistory', nothing, lagHistorySchema),
  gaps: question(
    'gaps',
    pageInputSchema.extend({ actor_id: actorIdSchema.optional() }),
    pageSchema(gapSchema),
  ),
  partials: question(
    'partials',
    pageInputSchema.extend({ actor_id: actorIdSchema.optional() }),
    pageSchema(partialSchema),
  ),
  sessions: question('sessions', momentsInputSchema, list(syncSessionSchema)),
  convergence: question('convergence', nothing, convergenceSchema),
  latencies: question('latencies', nothing, list(latencySchema)),
  events: question(
    'events',
    momentsInputSchema.extend({ kinds: z.array(eventKindSchema).max(100).optional() }),
    list(nodeEventSchema),
  ),
  logs: question(
    'logs',
    momentsInputSchema.extend({ level: logLineSchema.shape.level.default('trace') }),
    list(logLineSchema),
  ),
  seriesNames: question('seriesNames', nothing, list(seriesInfoSchema)),
  series: question(
    'series',
    z.object({
      /** All of them where none is named. */
      names: z.array(z.string().max(64)).max(seriesMax).optional(),
      tier: seriesTierSchema.default('seconds'),
      /** Only values after this Unix time. */
      after_ms: z.number().nonnegative().optional(),
    }),
    list(seriesSchema),
  ),
  queues: question('queues', nothing, list(queueSchema)),
  config: question('config', nothing, list(configEntrySchema)),
  live: question('live', limitedSchema, list(subscriptionStatsSchema)),
  schemaHash: question('schemaHash', nothing, schemaHashSchema),
  tables: question('tables', limitedSchema, list(tableSummarySchema)),
  table: question(
    'table',
    limitedSchema.extend({ name: z.string().max(1_024) }),
    tableDetailSchema,
  ),
  checksum: question(
    'checksum',
    limitedSchema.extend({ table: tableNameSchema }),
    tableChecksumSchema,
  ),
  cells: question('cells', limitedSchema.extend(cellsInputSchema.shape), cellOriginsSchema),
  completion: question('completion', limitedSchema, completionSchema),
  query: question(
    'query',
    limitedSchema.extend({
      statement: statementSchema,
      rows_max: z.number().int().min(1).max(queryRowsMax).default(queryRowsDefault),
      bytes_max: z.number().int().min(1).max(queryBytesMax).default(queryBytesDefault),
      timeout_ms: z.number().int().min(1).max(queryTimeoutMsMax).default(queryTimeoutMsDefault),
    }),
    queryResultSchema,
  ),
  explain: question(
    'explain',
    limitedSchema.extend({ statement: statementSchema }),
    z.array(planNodeSchema).max(10_000),
  ),
  /**
   * Tokens and users, between the nodes of a cluster that share them: what the asker tells is taken in. This is
   * the one question that changes something; no procedure asks it.
   */
  access: question('access', accessToldSchema, accessToldSchema),
  /** Answered once the version, and all of its actor's before it, can be read at the node. */
  visible: question(
    'visible',
    z.object({
      actor_id: actorIdSchema,
      version: z.number().int().nonnegative(),
      kind: convergenceRoundSchema.shape.kind,
    }),
    nothing,
  ),
} as const satisfies Readonly<Record<string, Question>>;

/** A question by the types of its input and answer, each before and after the check by its schema. */
export interface QuestionOf<TAsked, TInput, TTold, TAnswer> {
  readonly name: string;
  readonly input: z.ZodType<TInput, TAsked>;
  readonly output: z.ZodType<TAnswer, TTold>;
}
