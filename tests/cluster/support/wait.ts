// Waiting for conditions: with a deadline, never for a fixed time, and with a message that says what was
// seen last.

import { setTimeout as pause } from 'node:timers/promises';

/** How often a condition is looked at, milliseconds. */
const lookPeriodMs = 25;

export interface WaitOptions {
  readonly withinMs: number;
  /** Added to the message of a failure, such as the ends of logs. */
  readonly describe?: () => string;
}

/**
 * Resolves once `check` returns without throwing, with what it returned. Rejects after the deadline with
 * the last thing that it threw.
 */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  { withinMs, describe }: WaitOptions,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (cause) {
      if (performance.now() > deadlineMs) {
        const last = cause instanceof Error ? cause.message : String(cause);
        const told = describe === undefined ? '' : `\n${describe()}`;
        throw new Error(`${what}: not within ${withinMs} ms: ${last}${told}`, { cause });
      }
    }
    await pause(lookPeriodMs);
  }
}

/** Rejects when the promise takes longer. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  { withinMs, describe }: WaitOptions,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const told = describe === undefined ? '' : `\n${describe()}`;
    late.reject(new Error(`${what}: not within ${withinMs} ms${told}`));
  }, withinMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
