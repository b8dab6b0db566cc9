// Where we answer otherwise than PostgreSQL, one by one, and why. docs/postgres.md shows this list; the
// corpus holds that each of them still differs, so that the list can't grow old.

export interface KnownDifference {
  readonly theme: string;
  readonly query: string;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [];
