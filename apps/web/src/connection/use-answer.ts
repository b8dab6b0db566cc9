// Figures that are asked for: a TanStack query over the connection, as a reading.

import { type QueryKey, useQuery } from '@tanstack/react-query';
import { useConnection } from './connection-provider.tsx';
import { faultOf } from './faults.ts';
import type { Api } from './node-connection.ts';
import { type Reading, readingOf } from './reading.ts';

export interface AnswerOptions {
  /** Asks again and again with this time between, milliseconds. */
  readonly everyMs?: number;
  readonly isEnabled?: boolean;
  /** An answer may be shown again for so long without asking anew, milliseconds. */
  readonly freshMs?: number;
}

export interface Answer<T> {
  readonly reading: Reading<T>;
  readonly askAgain: () => void;
  readonly isAsking: boolean;
}

/** Asks, such as `useAnswer(['gaps', node], (api, signal) => api.replication.gaps.query({ node }, { signal }))`. */
export function useAnswer<T>(
  key: QueryKey,
  ask: (api: Api, signal: AbortSignal) => Promise<T>,
  { everyMs, isEnabled = true, freshMs = 0 }: AnswerOptions = {},
): Answer<T> {
  const { api } = useConnection();
  const { data, dataUpdatedAt, error, refetch, isFetching } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(api, signal),
    enabled: isEnabled,
    staleTime: freshMs,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
  const fault = error === null ? undefined : faultOf(error);
  return {
    reading: readingOf({ data, atMs: dataUpdatedAt, fault }),
    askAgain: () => void refetch(),
    isAsking: isFetching,
  };
}
