// Figures that keep coming: one subscription for as long as a part is shown, as a reading.

import { useEffect, useRef, useState } from 'react';
import { useConnection } from './connection-provider.tsx';
import { type Fault, faultOf } from './faults.ts';
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

type Open<T> = (api: Api, to: FeedObserver<T>) => FeedHandle;

export interface EventHandlers<T> {
  readonly onData: (data: T) => void;
  readonly onFault: (fault: Fault) => void;
}

/**
 * Tells the events of a subscription for as long as a part is shown. One that ends is opened again, unless the
 * caller may not have it.
 * @param open Opens it; it is opened anew when the key changes.
 * @param key What it depends on; null follows nothing.
 */
export function useSubscription<T>(
  open: Open<T>,
  key: string | null,
  handlers: EventHandlers<T>,
): void {
  const { api } = useConnection();
  const latest = useRef({ open, handlers });
  useEffect(() => {
    latest.current = { open, handlers };
  });
  useEffect(() => {
    if (key === null) return;
    let handle: FeedHandle | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const again = () => {
      if (!isOver) timer = setTimeout(start, retryMs);
    };
    const start = () => {
      handle = latest.current.open(api, {
        onData: (data) => latest.current.handlers.onData(data),
        onError: (error) => {
          const fault = faultOf(error);
          latest.current.handlers.onFault(fault);
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
}

/**
 * Follows a subscription, such as `useFeed<Swim>((api, to) => api.nodes.onSwim.subscribe({ node }, to), node)`.
 * @param open Opens it; it is opened anew when the key changes.
 * @param key What it depends on; null follows nothing.
 */
export function useFeed<T>(open: Open<T>, key: string | null = ''): Reading<T> {
  const { api } = useConnection();
  const [attempts, setAttempts] = useState<Attempts<T>>(none);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what came from another question is forgotten.
  useEffect(() => setAttempts(none), [api, key]);
  useSubscription<T>(open, key, {
    onData: (data) => setAttempts({ data, atMs: Date.now(), fault: undefined }),
    onFault: (fault) => setAttempts((before) => ({ ...before, fault })),
  });
  return readingOf(attempts);
}

const none = { data: undefined, atMs: 0, fault: undefined };
