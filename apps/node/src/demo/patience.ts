// Calls that outlast the crash of a node: whatever may succeed later is tried again for a while, since a
// killed node comes back after some seconds.

import { setTimeout as pause } from 'node:timers/promises';
import { errorKind, PatinaError } from '@patina/engine/base/errors.ts';

/** How long a call is tried again, milliseconds. */
const patienceMs = 60_000;

/** Between two attempts, milliseconds. */
const retryPeriodMs = 100;

export interface Patience {
  /** Whether there is no sense in trying again. */
  readonly isStopped: () => boolean;
}

/** Calls until it succeeds, fails for good, or patience is over. The call must bear being repeated. */
export async function patiently<T>(call: () => Promise<T>, { isStopped }: Patience): Promise<T> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const mayPass = error instanceof PatinaError && errorKind(error.code).retry;
      if (!mayPass || isStopped() || performance.now() > deadlineMs) throw error;
    }
    await pause(retryPeriodMs);
  }
}
