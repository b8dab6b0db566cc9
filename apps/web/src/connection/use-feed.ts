// Figures that keep coming: one subscription for as long as a part is shown, as a reading.

import { useEffect, useState } from 'react';
import { useConnection } from './connection-provider.tsx';
import { faultOf } from './faults.ts';
import type { Api } from './node-connection.ts';
import { type Attempts, type Reading, readingOf } from './reading.ts';

/** A feed that ended with an error is opened again after this time, milliseconds. */
const retryMs = 2_000;

export interface FeedObserver<T> {
  readonly onData: (data: T) => void;
  readonly onError: (error: unknown) => void;
  readonly onComplete: () => void;
}

export interface FeedHandle {
  unsubscribe(): void;
}

/**
 * Follows a subscription, such as `useFeed<Swim>((api, to) => api.nodes.onSwim.subscribe({ node }, to), node)`.
 * @param open Opens it; it is opened anew when the key changes.
 * @param key What it depends on; null follows nothing.
 */
export function useFeed<T>(
  open: (api: Api, to: FeedObserver<T>) => FeedHandle,
  key: string | null = '',
): Reading<T> {
  const { api } = useConnection();
  const [attempts, setAttempts] = useState<Attempts<T>>(none);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what `open` depends on.
  useEffect(() => {
    setAttempts(none);
    if (key === null) return;
    let handle: FeedHandle | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const again = () => {
      if (!isOver) timer = setTimeout(start, retryMs);
    };
    const start = () => {
      handle = open(api, {
        onData: (data) => setAttempts({ data, atMs: Date.now(), fault: undefined }),
        onError: (error) => {
          const fault = faultOf(error);
          setAttempts((before) => ({ ...before, fault }));
          if (!fault.isForbidden) again();
        },
        onComplete: again,
      });
    };
    start();
    return () => {
      isOver = true;
      clearTimeout(timer);
      handle?.unsubscribe();
    };
  }, [api, key]);
  return readingOf(attempts);
}

const none = { data: undefined, atMs: 0, fault: undefined };
