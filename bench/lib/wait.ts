// Waiting for a condition, with a deadline.

import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly deadlineMs: number;
  /** Between two looks, milliseconds. */
  readonly everyMs: number;
  /** What is waited for, for the error. */
  readonly what: string;
}

/** Resolves with the first defined value of `look`; rejects when the deadline has passed. */
export async function waitFor<T>(
  look: () => Promise<T | undefined>,
  { deadlineMs, everyMs, what }: WaitOptions,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs / 1000} s: ${what}`);
    await sleep(everyMs);
  }
}
