// The commands of the admin socket: what each takes and answers, in one table from which the types
// of the handlers are derived. Keys are in snake_case because `--json` prints these answers as they
// are.

import {
  auditEntrySchema,
  grantSchema,
  labelSchema,
  passwordSchema,
  tokenInfoSchema,
  userChangeSchema,
  userInfoSchema,
  userNameSchema,
} from '@patina/api/access/access-shapes.ts';
import { backupPathMax, logStateSchema } from '@patina/api/insights/cluster-shapes.ts';
import { isActorId } from '@patina/engine/base/actor-id.ts';
import { z } from 'zod';

const actorId = z.custom<string & { readonly __brand: 'ActorId' }>(
  (value) => typeof value === 'string' && isActorId(value),
  'must be 32 lowercase hex digits',
);

const count = z.number().int().nonnegative();
const interval = z.object({ start: count, end: count });
const actorCounts = z.record(z.string(), count);
const nothing = z.strictObject({});

/** Entries of the audit log that are told at once. */
const auditEntriesMax = 1_000;

/** Schema files as text, where they are not the ones of the agent's configuration. */
const schemaFiles = z.array(z.strictObject({ name: z.string(), sql: z.string() })).max(1_024);

const schemaStep = z.object({
  /** What the step does, such as `create-table`. */
  kind: z.string(),
  /** The table that it is about; null for a view. */
  table: z.string().nullable(),
  /** The table, column, index or view. */
  name: z.string(),
  /** The SQL that does it; null where it takes more than one statement. */
  sql: z.string().nullable(),
  /** Whether data is lost. */
  destructive: z.boolean(),
});

/** Why a plan cannot be run; a plan with problems runs not even in part. */
const schemaProblem = z.object({ code: z.string(), message: z.string(), hint: z.string() });

const schemaResult = z.object({
  steps: z.array(schemaStep),
  problems: z.array(schemaProblem),
});

const schemaParams = z.strictObject({
  files: schemaFiles.optional(),
  allow_destructive: z.boolean(),
});

const member = z.looseObject({
  actor_id: z.string(),
  address: z.string(),
  /** `alive`, `suspect`, `down` or `left`. */
  state: z.string(),
  incarnation: count,
  /** Smoothed round-trip time in milliseconds; null when not known. */
  rtt_ms: z.number().nullable(),
  /** 0 is nearest; null when not known. */
  ring: count.nullable(),
});

const ping = z.object({
  actor_id: z.string(),
  pid: count,
  /** The database file. */
  db_path: z.string(),
  /** Version of the software. */
  version: z.string(),
  uptime_seconds: z.number(),
});

const syncState = z.object({
  actor_id: z.string(),
  /** Highest version known, by actor. */
  heads: actorCounts,
  /** Versions that are missing wholly, by actor. */
  need: z.record(z.string(), z.array(interval)),
  /** Seqs that are missing, by actor and version. */
  partial_need: z.record(z.string(), z.record(z.string(), z.array(interval))),
});

const consistency = z.object({
  /** Whether the bookkeeping in memory equals that on disk. */
  ok: z.boolean(),
  in_memory_actors: count,
  db_actors: count,
  value_mismatch_actors: z.array(z.string()),
  only_in_memory_actors: z.array(z.string()),
  only_in_db_actors: z.array(z.string()),
});

const versionState = z.object({
  actor_id: z.string(),
  version: count,
  /**
   * `current`: changes of it are in the tables. `cleared`: later versions overwrote all of it.
   * `quarantined`: here, but not applied, for a reason that a change of the schema can mend.
   * `partial`: some seqs are here. `needed`: known of, not here. `unknown`: above the head.
   */
  state: z.enum(['current', 'cleared', 'quarantined', 'partial', 'needed', 'unknown']),
  /** The greatest seq; null where it is not known. */
  last_seq: count.nullable(),
  /** Seqs that are here, of a partial version. */
  seqs: z.array(interval),
});

const certificate = z.object({ cert_file: z.string(), not_after_ms: count });

const userName = z.string().min(1).max(64);

/** All commands: the parameters that an agent accepts, and the shape of its answer. */
export const adminCommands = {
  ping: { params: nothing, result: ping },
  reload: { params: nothing, result: schemaResult },
  clusterMembers: { params: nothing, result: z.object({ members: z.array(member) }) },
  clusterStates: {
    params: nothing,
    result: z.object({
      states: z.array(
        z.looseObject({
          actor_id: z.string(),
          address: z.string(),
          state: z.string(),
          incarnation: count,
        }),
      ),
    }),
  },
  clusterRejoin: { params: nothing, result: z.object({ incarnation: count }) },
  clusterLeave: { params: nothing, result: z.object({}) },
  syncState: { params: nothing, result: syncState },
  syncVerify: { params: nothing, result: consistency },
  actorVersion: {
    params: z.strictObject({ actor_id: actorId, version: count.min(1) }),
    result: versionState,
  },
  schemaPlan: { params: schemaParams, result: schemaResult },
  schemaApply: { params: schemaParams, result: schemaResult },
  backup: {
    params: z.strictObject({ path: z.string().min(1).max(backupPathMax) }),
    result: z.object({ path: z.string(), bytes: count }),
  },
  logSet: { params: logStateSchema, result: logStateSchema },
  logReset: { params: nothing, result: logStateSchema },
  tlsReload: { params: nothing, result: z.object({ certificates: z.array(certificate) }) },
  tokenCreate: {
    params: grantSchema.extend({ label: labelSchema.default('') }).strict(),
    result: z.object({ token: z.string(), info: tokenInfoSchema }),
  },
  tokenList: { params: nothing, result: z.object({ tokens: z.array(tokenInfoSchema) }) },
  tokenRevoke: { params: z.strictObject({ id: z.string().max(64) }), result: tokenInfoSchema },
  userCreate: {
    params: grantSchema.extend({ name: userNameSchema, password: passwordSchema }).strict(),
    result: userInfoSchema,
  },
  userChange: {
    params: userChangeSchema.extend({ name: userName }).strict(),
    result: userInfoSchema,
  },
  userList: { params: nothing, result: z.object({ users: z.array(userInfoSchema) }) },
  userRemove: { params: z.strictObject({ name: userName }), result: userInfoSchema },
  audit: {
    params: z.strictObject({ limit: count.min(1).max(auditEntriesMax) }),
    result: z.object({ entries: z.array(auditEntrySchema) }),
  },
};

type Commands = typeof adminCommands;

export type AdminCommand = keyof Commands;

/** Parameters by command, parsed. */
export type AdminParams = { [C in AdminCommand]: z.output<Commands[C]['params']> };

/** Answers by command. */
export type AdminResults = { [C in AdminCommand]: z.output<Commands[C]['result']> };

/**
 * What an agent does for each command. A rejection with a PatinaError reaches the caller as it is.
 */
export type AdminHandlers = {
  readonly [C in AdminCommand]: (params: AdminParams[C]) => Promise<AdminResults[C]>;
};

/** How the parameters and the answer of a command are parsed, with their types tied together. */
export type AdminShapes = {
  readonly [C in AdminCommand]: {
    readonly params: z.ZodType<AdminParams[C]>;
    readonly result: z.ZodType<AdminResults[C]>;
  };
};

/** {@link adminCommands} in the form that generic code can use. */
export const adminShapes: AdminShapes = adminCommands;

/** One request: a command and its parameters. */
export const adminRequest = z.strictObject({
  command: z.string().max(64),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** One answer: a result, or an error of base/errors.ts. */
export const adminResponse = z.union([
  z.strictObject({ ok: z.unknown() }),
  z.strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
    }),
  }),
]);

/** Whether the text names a command. */
export function isAdminCommand(text: string): text is AdminCommand {
  return Object.hasOwn(adminCommands, text);
}
