// Asks the node again and again while the page is looked at.

import type { ActorLag, Health, Member } from '@patina/api/schemas.ts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fetchHealth, fetchLag, fetchMembers } from './node-api.ts';
import { type Reading, readingOf } from './reading.ts';

/** Between two polls of the same figure, milliseconds. */
const pollMs = 2_000;
/** How often ages are shown anew, milliseconds. */
const tickMs = 1_000;

export interface NodeReadings {
  readonly health: Reading<Health>;
  readonly members: Reading<Member[]>;
  readonly lag: Reading<ActorLag[]>;
}

/** All that the overview shows, kept up to date. */
export function useNode(): NodeReadings {
  const nowMs = useNow();
  return {
    health: usePolled('health', fetchHealth, nowMs),
    members: usePolled('members', fetchMembers, nowMs),
    lag: usePolled('lag', fetchLag, nowMs),
  };
}

function usePolled<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  nowMs: number,
): Reading<T> {
  const { data, dataUpdatedAt, error, isSuccess } = useQuery({
    queryKey: [key],
    queryFn: ({ signal }) => ask(signal),
    refetchInterval: pollMs,
    // A node on this machine answers whether or not the machine has a network.
    networkMode: 'always',
    retry: false,
  });
  const lastError = useLastError(error, isSuccess);
  return readingOf({ data, dataUpdatedAt, lastError }, nowMs);
}

/** The query forgets its error while it tries again; people should not see it come and go. */
function useLastError(error: Error | null, isSuccess: boolean): Error | null {
  const [lastError, setLastError] = useState<Error | null>(null);
  useEffect(() => {
    if (error !== null) setLastError(error);
    else if (isSuccess) setLastError(null);
  }, [error, isSuccess]);
  return lastError;
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(0);
  useEffect(() => {
    const tick = () => setNowMs(Date.now());
    tick();
    const timer = setInterval(tick, tickMs);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
