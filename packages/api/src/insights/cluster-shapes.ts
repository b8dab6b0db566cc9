// What is told of the cluster as it changes, and of how its nodes find each other and spread what they have:
// readings that come again and again, failure detection, lag of the last minutes. Answers of the actions at a
// node are here too.

import { z } from 'zod';
import { memberSchema } from '../schemas.ts';
import type { NodeAnswer } from './insights.ts';
import { aboutSchema, actorIdSchema, type LagCell } from './shapes.ts';

const count = z.number().int().nonnegative();
const unixMs = z.number().nonnegative();
const ms = z.number().nonnegative();

/** A member in a reading of the cluster. */
export const readingMemberSchema = memberSchema.omit({ ring: true }).extend({
  /** When something of it last arrived, by the clock of the node that answers; null for itself. */
  last_seen_ms: unixMs.nullable(),
  /** The origin of its HTTP API; the last one known where it does not answer. */
  api_url: z.string().nullable(),
  /** null while it does not answer; `error` says why. */
  about: aboutSchema.nullable(),
  error: z.string().nullable(),
});

/** The cluster as one node sees it at one moment. */
export const clusterReadingSchema = z.object({
  at_ms: unixMs,
  /** Empty where none is set. */
  cluster_name: z.string(),
  /** The node that answers. */
  actor_id: actorIdSchema,
  /** It first, then the others by address. */
  members: z.array(readingMemberSchema),
  /** From commit to visible everywhere, over all nodes that answer. */
  convergence: z.object({ p50_ms: ms.nullable(), p99_ms: ms.nullable() }),
});

/** A suspect has until the deadline to say that it is alive. */
export const suspicionSchema = z.object({
  actor_id: actorIdSchema,
  address: z.string(),
  since_ms: unixMs,
  deadline_ms: unixMs,
  /** Nodes that suspect it too; each brings the deadline nearer. */
  confirmations: count,
});

/** How one node detects failures. Moments are by its own wall clock. */
export const swimSchema = z.object({
  now_ms: unixMs,
  incarnation: count,
  /** 0 is well; more means that it misses answers, and waits longer before it suspects others. */
  local_health: count,
  local_health_max: count,
  /** As they are now: they grow with local health. */
  probe_period_ms: ms,
  probe_timeout_ms: ms,
  /** Counted since the start. */
  probes: z.object({ sent: count, acked: count, failed: count, indirect: count }),
  /** Pieces of news that wait to ride along on datagrams. */
  updates_backlog: count,
  suspicions: z.array(suspicionSchema).max(10_000),
});

/** Between two samples of the lag history, and how long they are kept, milliseconds. */
export const lagStepMs = 5_000;
export const lagHistoryMs = 15 * 60_000;
export const lagSamplesMax = lagHistoryMs / lagStepMs;

/** Actors whose lag one node keeps. */
export const lagActorsMax = 256;

const samples = z.array(count.nullable()).max(lagSamplesMax);

/** One value for each of the moments; null where the actor was not known then. */
export const actorHistorySchema = z.object({
  actor_id: actorIdSchema,
  heads: samples,
  versions: samples,
  ms: z.array(ms.nullable()).max(lagSamplesMax),
  gaps: samples,
  partials: samples,
});

/** What one node lacked of each actor in the last minutes, the oldest first. */
export const lagHistorySchema = z.object({
  times_ms: z.array(unixMs).max(lagSamplesMax),
  actors: z.array(actorHistorySchema).max(lagActorsMax),
});

/** Where a version has arrived so far. */
export const versionSpreadSchema = z.object({
  nodes: z.array(
    z.object({
      actor_id: actorIdSchema,
      address: z.string(),
      /** From the question to the answer that it can be read there; null until then. */
      ms: ms.nullable(),
      error: z.string().nullable(),
    }),
  ),
  is_done: z.boolean(),
});

/** Levels of the log. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const logStateSchema = z.object({ level: z.enum(logLevels) });

/** The longest path of a backup. */
export const backupPathMax = 4_096;

export const rejoinAnswerSchema = z.object({ incarnation: count });
export const backupAnswerSchema = z.object({ path: z.string(), bytes: count, time_ms: ms });
export const syncAnswerSchema = z.object({ asked: count });

/** Frames of the write-ahead log, and how many of them are in the database file now. */
export const checkpointAnswerSchema = z.object({
  /** Readers kept the log from being emptied. */
  busy: z.boolean(),
  wal_frames: count,
  checkpointed_frames: count,
});

export type ClusterReading = z.infer<typeof clusterReadingSchema>;
export type Swim = z.infer<typeof swimSchema>;
export type LagHistory = z.infer<typeof lagHistorySchema>;
export type VersionSpread = z.infer<typeof versionSpreadSchema>;
export type LogState = z.infer<typeof logStateSchema>;
export type BackupAnswer = z.infer<typeof backupAnswerSchema>;
export type CheckpointAnswer = z.infer<typeof checkpointAnswerSchema>;

/** What each node lacks of each actor, at one moment. */
export interface LagReading {
  readonly at_ms: number;
  readonly observers: readonly NodeAnswer<LagCell[]>[];
}
