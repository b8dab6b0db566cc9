// Hybrid logical clock: wall-clock milliseconds and a counter in one JavaScript-safe integer, so that
// timestamps follow real time, never go backwards on a node, and compare with `<`.
// After Kulkarni et al., "Logical Physical Clocks" (2014), section 3, with the counter packed into the
// low bits of the physical part.

import { assert } from './assert.ts';

/** (milliseconds since 2024-01-01Z) * 4096 + counter. */
export type Hlc = number;

/** 2024-01-01T00:00:00Z in Unix milliseconds. */
export const hlcEpochMs = 1_704_067_200_000;

/** Counter values per millisecond; when they run out the physical part runs ahead of the clock. */
export const hlcTicksPerMs = 4096;

/** The smallest HLC of a Unix time in milliseconds; times before the epoch count as the epoch. */
export function hlcFromUnixMs(unixMs: number): Hlc {
  return Math.max(0, Math.floor(unixMs) - hlcEpochMs) * hlcTicksPerMs;
}

/** The Unix time in milliseconds that an HLC stands for, without its counter. */
export function hlcToUnixMs(hlc: Hlc): number {
  return Math.floor(hlc / hlcTicksPerMs) + hlcEpochMs;
}

/** The next timestamp after `last` at wall-clock time `unixMs`: greater than `last`, near real time. */
export function hlcNext(last: Hlc, unixMs: number): Hlc {
  const next = Math.max(last + 1, hlcFromUnixMs(unixMs));
  assert(Number.isSafeInteger(next), 'an HLC is a safe integer');
  return next;
}
