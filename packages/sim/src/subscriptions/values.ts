// Values that rows and queries draw from: few, so that they meet each other, and with those at the edges
// of what SQLite takes for equal, for greater, or for another type.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { SqlParam } from '@patina/engine/storage/sql-value.ts';
import { chance, pick } from '../random.ts';

/** What a column holds. Sums over `int` and `small` are exact in whatever order they are taken. */
export type Pool = 'id' | 'int' | 'small' | 'text' | 'blob' | 'any';

const ids = [1, 2, 3, 4, 5, 6, 7] as const;
const ints = [-2, -1, 0, 1, 2, 3, 10] as const;
const dyadic = [0.5, -0.25, 1.5, 2.75] as const;
const texts = [
  '',
  'a',
  'A',
  'b',
  'B',
  'ab',
  'aB',
  'é',
  'É',
  'z',
  'z ',
  '1',
  '10',
  '%',
  "it's",
] as const;
const extremes: readonly SqlParam[] = [
  9_223_372_036_854_775_807n,
  -9_223_372_036_854_775_808n,
  9_007_199_254_740_993n,
  2 ** 53,
  1e300,
  0.1,
  '日本',
  '\u{1F980}',
  'e\u0301',
];
const blobs = [[], [0], [97], [97, 98], [255, 0]] as const;

/** A value of a pool; NULL is for the caller to add. */
export function poolValue(rng: Rng, pool: Pool): SqlParam {
  switch (pool) {
    case 'id':
      return pick(rng, ids);
    case 'int':
      return pick(rng, ints);
    case 'small':
      return chance(rng, 0.6) ? pick(rng, ints) : pick(rng, dyadic);
    case 'text':
      return pick(rng, texts);
    case 'blob':
      return Uint8Array.from(pick(rng, blobs));
    case 'any':
      if (chance(rng, 0.15)) return pick(rng, extremes);
      return poolValue(rng, pick(rng, ['small', 'text', 'blob', 'int'] as const));
  }
}

/** The value as SQL text. */
export function literal(value: SqlParam): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  // The least integer is no literal: SQLite reads it as the negative of one that is too great.
  if (value === -9_223_372_036_854_775_808n) return '(-9223372036854775807 - 1)';
  return String(value);
}
