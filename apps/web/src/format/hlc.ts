// Moments of the hybrid clocks of nodes: milliseconds since the beginning of 2024 with 4,096 ticks in each,
// so that what happens within one of them has an order too.

const epochMs = 1_704_067_200_000;
const ticksPerMs = 4_096;

/** The wall clock in such a moment, Unix milliseconds. */
export function hlcToUnixMs(hlc: number): number {
  return Math.floor(hlc / ticksPerMs) + epochMs;
}
