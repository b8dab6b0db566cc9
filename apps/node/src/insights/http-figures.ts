// Counts HTTP requests from outside the server, through the channels that Node.js offers for it: the routes
// know nothing of it.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';

export interface HttpFigures {
  readonly counts: {
    readonly requests: number;
    readonly clientErrors: number;
    readonly serverErrors: number;
    readonly running: number;
  };
  stop(): void;
}

/** Paths whose answers have no end of their own: their durations say nothing. */
const streamPath =
  /^\/(v1\/(subscriptions|updates)|trpc\/[^?]*\bon[A-Z]|trpc\/[^?]*live\.(open|updates))/;

const started = 'http.server.request.start';
const finished = 'http.server.response.finish';

/** Watches all HTTP servers of this process. */
export function watchHttp(onDuration: (durationMs: number) => void): HttpFigures {
  const counts = { requests: 0, clientErrors: 0, serverErrors: 0, running: 0 };
  const startMsByRequest = new WeakMap<IncomingMessage, number>();

  const onStart = (message: unknown): void => {
    const { request, response } = partsOf(message);
    if (request === undefined || response === undefined) return;
    startMsByRequest.set(request, performance.now());
    counts.running++;
    response.once('close', () => {
      counts.running--;
    });
  };
  const onFinish = (message: unknown): void => {
    const { request, response } = partsOf(message);
    if (request === undefined || response === undefined) return;
    counts.requests++;
    if (response.statusCode >= 500) counts.serverErrors++;
    else if (response.statusCode >= 400) counts.clientErrors++;
    const startMs = startMsByRequest.get(request);
    if (startMs === undefined || streamPath.test(request.url ?? '')) return;
    onDuration(performance.now() - startMs);
  };
  subscribe(started, onStart);
  subscribe(finished, onFinish);
  return {
    counts,
    stop() {
      unsubscribe(started, onStart);
      unsubscribe(finished, onFinish);
    },
  };
}

function partsOf(message: unknown): {
  readonly request: IncomingMessage | undefined;
  readonly response: ServerResponse | undefined;
} {
  if (typeof message !== 'object' || message === null) return none;
  const request = 'request' in message ? message.request : undefined;
  const response = 'response' in message ? message.response : undefined;
  return {
    request: request instanceof IncomingMessage ? request : undefined,
    response: response instanceof ServerResponse ? response : undefined,
  };
}

const none = { request: undefined, response: undefined };
