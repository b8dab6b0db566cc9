// Values at the border between programs and SQLite: what may be bound to a statement and what a row
// may hold. JavaScript's one number type stands for two of SQLite's, hence the rules here.

/**
 * A value to bind. A number that is a safe integer binds as INTEGER, any other number as REAL; a
 * bigint binds as INTEGER and must fit 64 bits.
 */
export type SqlParam = null | number | bigint | string | Uint8Array;

/** Values by position, or by name; names include their prefix: `:a`, `@a`, `$a`. */
export type SqlParams = readonly SqlParam[] | ReadonlyMap<string, SqlParam>;

/** A value of a row. INTEGERs beyond 2^53 are bigints, all other INTEGERs and REALs are numbers. */
export type SqlCell = null | number | bigint | string | Uint8Array;

export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;

/** `value` as both SQLite bindings bind it rightly: they take every number for a REAL. */
export function bindable(value: SqlParam): SqlParam {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

/** `value` as a number when that is exact. */
export function narrowInteger(value: bigint): number | bigint {
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}
