// Signals that stop the demo: the first in order, the second at once.

/**
 * Ctrl-C may reach the demo twice, from the terminal and from a launcher that passes it on. Within this
 * time the second one is taken as an echo, milliseconds.
 */
const echoMs = 300;

export interface StopRequest {
  /** Resolves with the first signal. */
  readonly requested: Promise<void>;
  readonly isRequested: boolean;
}

/** Listens for signals; `atOnce` is called for every one after the first. */
export function listenForStop(atOnce: () => void): StopRequest {
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      resolve();
    } else if (nowMs - firstMs > echoMs) atOnce();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return {
    requested: promise,
    get isRequested() {
      return firstMs !== undefined;
    },
  };
}
