// What is told of the data itself: who wrote a cell last, checksums of tables, and what a transaction
// would do. Shapes of procedures and of the questions behind them.

import { z } from 'zod';
import { cellSchema } from '../schemas.ts';

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();

/** Names of tables are no longer than this. */
export const tableNameSchema = z.string().max(1_024);

/** Primary keys asked for at once. */
export const cellKeysMax = 200;

/** Values of one key; SQLite takes no more columns in an index by default. */
const keyValuesMax = 2_000;

/** The longest that one node may read a table for its checksum, milliseconds. */
export const checksumMsMax = 60_000;

/** The longest that a dry run may hold the writer, milliseconds. */
export const dryRunMsMax = 5_000;

export const cellsInputSchema = z.object({
  table: tableNameSchema,
  /** Primary keys: values in the order of the key columns. */
  keys: z.array(z.array(cellSchema).min(1).max(keyValuesMax)).max(cellKeysMax),
});

/** The last write to one cell. */
export const cellOriginSchema = z.object({
  /** Place in the list of actors. */
  actor: count,
  version: count,
  /** The wall clock of the actor then, as its hybrid clock has it. */
  at_ms: ms,
});

/** For each key, in their order: null where there is no row. */
const originRowsSchema = z
  .array(
    z
      .object({
        /** By column. A column is missing while its last write has not arrived here. */
        cells: z.record(z.string(), cellOriginSchema),
      })
      .nullable(),
  )
  .max(cellKeysMax);

/** Actors stand in a list of their own: many cells have the same one. */
export const cellOriginsSchema = z.object({
  actors: z.array(
    z.object({
      actor_id: z.string(),
      /** Where the node is that writes as this actor; null when none is known. */
      address: z.string().nullable(),
    }),
  ),
  rows: originRowsSchema,
});

export const tableChecksumSchema = z.object({
  rows: count,
  /** SHA-256, hex: equal where the columns and all rows are equal, value by value and type by type. */
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
  time_ms: ms,
});

/** How one statement of a dry run went. */
const dryRunResultSchema = z.union([
  z.object({ rows_affected: count }),
  z.object({ error: z.string(), code: z.string(), hint: z.string().optional() }),
]);

export const dryRunAnswerSchema = z.object({
  /** One for each statement, in order; the first that fails is the last, as in the real transaction. */
  results: z.array(dryRunResultSchema),
  time_ms: ms,
});

export type CellsInput = z.infer<typeof cellsInputSchema>;
export type CellOrigins = z.infer<typeof cellOriginsSchema>;
export type TableChecksum = z.infer<typeof tableChecksumSchema>;
export type DryRunAnswer = z.infer<typeof dryRunAnswerSchema>;
