// The changes of one version as values: rows that began, rows that ended, and single cells.

import type { SqlValue } from '../base/value.ts';
import type { ChunkHeader } from '../ports.ts';

/**
 * One block holds changes of one kind to one table, so that names are sent once.
 * - `row`: rows that began to exist, as images of all columns but those in `superseded`, which a later
 *   version has overwritten (that version carries them).
 * - `delete`: rows that ceased to exist.
 * - `cell`: writes to one column, `columns[0]`.
 */
export interface ChangeBlock {
  readonly kind: 'row' | 'delete' | 'cell';
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly superseded: readonly string[];
  readonly changes: readonly Change[];
}

export interface Change {
  /** Causal length of the row: odd while it exists, even once deleted. */
  readonly cl: number;
  readonly seq: number;
  /** Key values, then column values, in the order of the block's names. */
  readonly values: SqlValue[];
}

/** A decoded chunk. */
export interface ChangesetChunk {
  readonly header: ChunkHeader;
  readonly blocks: readonly ChangeBlock[];
}
