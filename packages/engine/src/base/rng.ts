// Randomness as a value: machines are handed an Rng, so that a simulation repeats from its seed.

/** A source of random numbers. */
export interface Rng {
  /** A float in [0, 1). */
  float(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
}

/** Builds an {@link Rng} over any source of floats in [0, 1). */
export function rngFrom(float: () => number): Rng {
  return { float, below: (bound) => Math.floor(float() * bound) };
}

/** A small seeded generator (mulberry32): fast and repeatable, not for secrets. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  return rngFrom(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  });
}

/** A new array with the items in random order (Fisher-Yates). */
export function shuffled<T>(rng: Rng, items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = rng.below(last + 1);
    const swap = result[last] as T;
    result[last] = result[other] as T;
    result[other] = swap;
  }
  return result;
}

/** Up to `count` different items, at random. */
export function sample<T>(rng: Rng, items: readonly T[], count: number): T[] {
  return shuffled(rng, items).slice(0, count);
}
