// A figure as the console shows it: not here yet, failed, or here with its age. Deriving this in
// one place keeps every panel honest about old figures.

import { failureText } from './node-api.ts';

/** Figures older than this are marked as old, milliseconds: two polls and some patience. */
export const staleAfterMs = 6_000;

export type Reading<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly reason: string }
  | {
      readonly kind: 'here';
      readonly data: T;
      /** How old the figures are, milliseconds; undefined while they are fresh. */
      readonly staleMs: number | undefined;
      /** Why newer ones did not come; undefined while they come. */
      readonly reason: string | undefined;
    };

/** What is known of a figure that is asked for again and again. */
export interface Attempts<T> {
  readonly data: T | undefined;
  /** When the data arrived, milliseconds since 1970. */
  readonly dataUpdatedAt: number;
  /** What the last finished attempt failed with; null when it went well. */
  readonly lastError: Error | null;
}

/** What to show at `nowMs`, milliseconds since 1970. */
export function readingOf<T>(attempts: Attempts<T>, nowMs: number): Reading<T> {
  const { data, dataUpdatedAt, lastError } = attempts;
  const reason = lastError === null ? undefined : failureText(lastError);
  if (data === undefined) {
    return reason === undefined ? { kind: 'loading' } : { kind: 'failed', reason };
  }
  const ageMs = Math.max(0, nowMs - dataUpdatedAt);
  const staleMs = ageMs > staleAfterMs ? ageMs : undefined;
  return { kind: 'here', data, staleMs, reason };
}
