// The JSON shapes of the HTTP API as zod schemas: types, documentation and checks for clients all
// come from here. Times in seconds are named `time`, as the reference names them.

import { z } from 'zod';
import { statementsMax } from './statement.ts';

/** A value for a parameter: arrays of bytes and {"blob": base64} are BLOBs, other JSON is text. */
export const paramSchema = z
  .union([
    z.null(),
    z.boolean(),
    z.number(),
    z.bigint(),
    z.string(),
    z.array(z.unknown()),
    z.record(z.string(), z.unknown()),
  ])
  .meta({
    id: 'Param',
    description:
      'A value for a parameter. true and false are 1 and 0; integers have up to 64 bits; an array ' +
      'of bytes and {"blob": base64} are BLOBs; any other array or object is stored as JSON text.',
  });

const listSchema = z.array(paramSchema);
const namedSchema = z.record(z.string(), paramSchema);

/** A statement, in any of the shapes that all SQL routes take. */
export const statementSchema = z
  .union([
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
  ])
  .meta({
    id: 'Statement',
    description:
      'One SQL statement: its text, alone or with its parameters in order or by name. Names have ' +
      'their first character: :id, @id or $id.',
    examples: [
      ['SELECT * FROM sandwiches WHERE pk = ?', ['blt']],
      'SELECT * FROM sandwiches',
      { query: 'SELECT * FROM sandwiches WHERE pk = :pk', named_params: { ':pk': 'blt' } },
    ],
  });

/** Body of POST /v1/transactions; an empty array is understood, and refused. */
export const transactionRequestSchema = z
  .array(statementSchema)
  .max(statementsMax)
  .meta({
    id: 'Transaction',
    description: 'The statements of one transaction, at least one.',
    examples: [[['INSERT INTO sandwiches (pk, sandwich) VALUES (?, ?)', ['blt', 'bacon']]]],
  });

/** What every error body has, whatever else is beside it. */
export const errorSchema = z
  .looseObject({
    error: z.string().describe('A sentence for people.'),
    code: z.string().describe('PATINA_…; stable, for programs.'),
    hint: z.string().optional().describe('What to do about it.'),
  })
  .meta({
    id: 'Error',
    description: 'What went wrong.',
    examples: [{ error: 'no such table: sandwich', code: 'PATINA_SQL_ERROR' }],
  });

export const statementResultSchema = z.object({
  rows_affected: z.number().int().nonnegative(),
  time: z.number().nonnegative(),
});

export const transactionResponseSchema = z
  .object({
    results: z.array(statementResultSchema).describe('One for each statement, in order.'),
    time: z.number().nonnegative().describe('Seconds for all of it.'),
    version: z
      .number()
      .int()
      .positive()
      .nullable()
      .describe('The version that it made; null when it changed nothing that is replicated.'),
    actor_id: z.string().describe('Who made the version: 32 hex digits.'),
  })
  .meta({
    id: 'TransactionResult',
    description: 'What a transaction did.',
    examples: [
      {
        results: [{ rows_affected: 1, time: 0.000027 }],
        time: 0.00046,
        version: 3,
        actor_id: '5a1e0d6c3b2f4e8d9a7c6b5a4f3e2d1c',
      },
    ],
  });

/** The body of a transaction that failed: one result that says why. */
export const transactionErrorSchema = errorSchema
  .extend({
    results: z.tuple([z.looseObject({ error: z.string() })]),
    time: z.number().nonnegative(),
    version: z.null(),
    actor_id: z.string(),
  })
  .meta({
    id: 'TransactionError',
    description: 'Why a transaction failed; nothing of it is kept.',
    examples: [
      {
        results: [{ error: 'no such table: sandwich', code: 'PATINA_SQL_ERROR' }],
        time: 0.0001,
        version: null,
        actor_id: '5a1e0d6c3b2f4e8d9a7c6b5a4f3e2d1c',
        error: 'no such table: sandwich',
        code: 'PATINA_SQL_ERROR',
      },
    ],
  });

/** A cell of a row: bigints beyond 2^53 when parsed exactly, BLOBs as arrays of byte numbers. */
export const cellSchema = z
  .union([z.null(), z.number(), z.bigint(), z.string(), z.array(z.number().int().min(0).max(255))])
  .meta({
    id: 'Cell',
    description:
      'A value of a row. Integers have up to 64 bits: parse them exactly. A BLOB is an array of bytes.',
  });

/** One line of the NDJSON that answers POST /v1/queries. */
export const queryEventSchema = z
  .union([
    z.object({ columns: z.array(z.string()) }),
    z.object({ row: z.tuple([z.number().int().positive(), z.array(cellSchema)]) }),
    z.object({ eoq: z.object({ time: z.number().nonnegative() }) }),
    errorSchema,
  ])
  .meta({
    id: 'QueryEvent',
    description:
      'One line: the columns first, then rows with their number, then eoq with the seconds that it ' +
      'took, or an error in its place.',
    examples: [{ columns: ['sandwich'] }, { row: [1, ['shiitake']] }, { eoq: { time: 8e-8 } }],
  });

/** How the rows of a query can be written into a file. */
export const exportFormats = ['csv', 'json', 'ndjson'] as const;

const exportFields = {
  sql: z.string().describe('One statement that reads.'),
  format: z.enum(exportFormats),
  file_name: z.string().optional().describe('What the file is to be called. Default: export.'),
};

/** Body of POST /v1/export. */
export const exportRequestSchema = z
  .strictObject({
    ...exportFields,
    params: z.union([listSchema, namedSchema, z.null()]).optional(),
  })
  .meta({
    id: 'ExportRequest',
    description: 'A query, and the file that its rows are written into.',
    examples: [{ sql: 'SELECT * FROM sandwiches WHERE pk = ?', params: ['blt'], format: 'csv' }],
  });

/** The same as the fields of a form. */
export const exportFormSchema = z
  .strictObject({
    ...exportFields,
    params: z.string().optional().describe('The parameters, as JSON.'),
  })
  .meta({
    id: 'ExportForm',
    description: 'The same as a form sends it; its line breaks, which are CR LF, are read as LF.',
    examples: [{ sql: 'SELECT * FROM sandwiches WHERE pk = ?', params: '["blt"]', format: 'csv' }],
  });

export const exportedRowSchema = z.record(z.string(), cellSchema).meta({
  id: 'ExportedRow',
  description: 'A row by the names of its columns.',
  examples: [{ sandwich: 'BLT, large', price: 4.5 }],
});

export const tableStatsRequestSchema = z
  .object({ tables: z.array(z.string()).max(1_000) })
  .meta({ id: 'TableStatsRequest', examples: [{ tables: ['sandwiches', 'nope'] }] });

export const tableStatsResponseSchema = z
  .object({
    total_row_count: z.number().int().nonnegative(),
    invalid_tables: z.array(z.string()).describe('Names that are no tables of the user.'),
  })
  .meta({
    id: 'TableStats',
    examples: [{ total_row_count: 12, invalid_tables: ['nope'] }],
  });

export const healthSchema = z
  .object({
    gaps: z.number().int().nonnegative().describe('Versions that are known of and missing.'),
    members: z.number().int().nonnegative(),
    p99_lag: z
      .number()
      .nonnegative()
      .nullable()
      .describe(
        '99th percentile from commit elsewhere to commit here, seconds; null without samples.',
      ),
    queue_size: z.number().int().nonnegative().describe('Changesets that wait to be applied.'),
  })
  .meta({ id: 'Health', examples: [{ gaps: 0, members: 3, p99_lag: 0.01, queue_size: 0 }] });

export const healthResponseSchema = z.object({ response: healthSchema });

export const healthErrorSchema = errorSchema.extend({ response: healthSchema.optional() });

export const memberSchema = z
  .object({
    actor_id: z.string(),
    address: z.string().describe("host:port of the node's gossip."),
    state: z.enum(['alive', 'suspect', 'down', 'left']),
    incarnation: z.number().int().nonnegative(),
    rtt_ms: z
      .number()
      .nonnegative()
      .nullable()
      .describe('Smoothed round-trip time; null when not measured yet.'),
    ring: z
      .number()
      .int()
      .nonnegative()
      .nullable()
      .describe('0 is nearest; null when not known yet.'),
    is_self: z.boolean().describe('Whether this is the node that answers.'),
  })
  .meta({ id: 'Member' });

export const membersResponseSchema = z.object({ members: z.array(memberSchema) });

export const actorLagSchema = z
  .object({
    actor_id: z.string(),
    head: z
      .number()
      .int()
      .nonnegative()
      .describe('Highest version of this actor that is known of.'),
    versions: z.number().int().nonnegative().describe('Versions up to the head, not here yet.'),
    ms: z
      .number()
      .nonnegative()
      .describe('Age of the oldest version that is not here yet; 0 when nothing is missing.'),
  })
  .meta({ id: 'ActorLag' });

export const lagResponseSchema = z.object({ lag: z.array(actorLagSchema) });

export type StatementResult = z.infer<typeof statementResultSchema>;
export type TransactionResponse = z.infer<typeof transactionResponseSchema>;
export type QueryEvent = z.infer<typeof queryEventSchema>;
export type TableStats = z.infer<typeof tableStatsResponseSchema>;
export type Health = z.infer<typeof healthSchema>;
export type Member = z.infer<typeof memberSchema>;
export type ActorLag = z.infer<typeof actorLagSchema>;
export type ErrorBody = z.infer<typeof errorSchema>;
