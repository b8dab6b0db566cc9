// Follows what other nodes record by asking again and again: an answer that comes late delays the next
// question, so that a slow node is never asked for more at once.

/** Between two questions, milliseconds. */
export const pollPeriodMs = 1_000;

/** Resolves after this time, or at once when the signal is aborted; true while it is not. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(signal?.aborted !== true);
    }
    signal?.addEventListener('abort', end);
  });
}
