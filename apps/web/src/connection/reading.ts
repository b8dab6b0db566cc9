// A figure as the console shows it: not here yet, failed, not allowed, or here with its age. Deriving this
// in one place keeps every panel honest about old figures.

import type { Fault } from './faults.ts';

/** Figures older than this are marked as old, and then as very old, milliseconds. */
export const staleAfterMs = 5_000;
export const lostAfterMs = 30_000;

export type Reading<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly fault: Fault }
  | { readonly kind: 'forbidden'; readonly fault: Fault }
  | {
      readonly kind: 'here';
      readonly data: T;
      /** When it arrived, by the clock of the browser, Unix milliseconds. */
      readonly atMs: number;
      /** Why newer ones do not come; undefined while they come. */
      readonly fault: Fault | undefined;
    };

/** What is known of a figure that keeps coming, or is asked for again and again. */
export interface Attempts<T> {
  readonly data: T | undefined;
  readonly atMs: number;
  readonly fault: Fault | undefined;
}

export function readingOf<T>({ data, atMs, fault }: Attempts<T>): Reading<T> {
  if (fault?.isForbidden === true) return { kind: 'forbidden', fault };
  if (data !== undefined) return { kind: 'here', data, atMs, fault };
  return fault === undefined ? { kind: 'loading' } : { kind: 'failed', fault };
}

/** The same reading of a part of the figures. */
export function mapReading<T, U>(reading: Reading<T>, map: (data: T) => U): Reading<U> {
  return reading.kind === 'here' ? { ...reading, data: map(reading.data) } : reading;
}

/** How fresh a figure is that should come every second. */
export function freshnessOf(ageMs: number): 'fresh' | 'stale' | 'lost' {
  if (ageMs < staleAfterMs) return 'fresh';
  return ageMs < lostAfterMs ? 'stale' : 'lost';
}
