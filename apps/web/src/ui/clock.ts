// The one clock of the page: ages are shown anew every second, by one timer for all parts.

import { useSyncExternalStore } from 'react';

const tickMs = 1_000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function follow(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  nowMs = Date.now();
  for (const listener of listeners) listener();
}

/** The time, Unix milliseconds, up to a second old. */
export function useNowMs(): number {
  return useSyncExternalStore(
    follow,
    () => nowMs,
    () => nowMs,
  );
}
