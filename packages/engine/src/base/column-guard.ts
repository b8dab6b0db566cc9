// What one column of a table asks of the values that other nodes send for it.

/** What a column asks of each of its values (schema/column-guards.ts). */
export interface ColumnGuard {
  readonly column: string;
  readonly notNull: boolean;
  /** Type of a column of a STRICT table, in capitals; undefined where any type may be stored. */
  readonly strictType: string | undefined;
  /** Definitions of the column with one CHECK each. */
  readonly checked: readonly string[];
}
