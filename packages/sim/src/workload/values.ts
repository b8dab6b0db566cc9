// Values that clients write: every kind that SQLite knows, with those at the edges that get lost first.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import { between, pick } from '../random.ts';

const texts = [
  '',
  ' ',
  "it's",
  '"quoted"',
  'a\u0000b',
  'żółć',
  'e\u0301',
  '\u00e9',
  '日本語',
  '🦀🧂',
  'Ⅷ',
  'NULL',
  '0',
  '1e3',
] as const;

const integers: readonly (number | bigint)[] = [
  0,
  -1,
  255,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
  9_007_199_254_740_993n,
  9_223_372_036_854_775_807n,
  -9_223_372_036_854_775_808n,
];

const reals = [0.1, -2.5, 1e300, 5e-324, 1e15 + 0.5] as const;

export function anyValue(rng: Rng): SqlValue {
  switch (rng.below(6)) {
    case 0:
      return null;
    case 1:
      return anyInteger(rng);
    case 2:
      return pick(rng, reals);
    case 3:
      return anyBlob(rng);
    default:
      return anyText(rng);
  }
}

export function anyInteger(rng: Rng): number | bigint {
  return rng.below(2) === 0 ? rng.below(1_000) : pick(rng, integers);
}

export function anyReal(rng: Rng): number {
  return rng.below(2) === 0 ? rng.float() : pick(rng, reals);
}

export function anyText(rng: Rng): string {
  return rng.below(2) === 0 ? `t${rng.below(100)}` : pick(rng, texts);
}

export function anyBlob(rng: Rng): Uint8Array {
  return Uint8Array.from({ length: between(rng, 0, 12) }, () => rng.below(256));
}
