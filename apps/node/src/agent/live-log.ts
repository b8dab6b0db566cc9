// What live queries have to tell operators, as lines of the log.

import type { LiveEvent } from '@patina/engine/live/hub/live-hub.ts';
import type { Logger } from 'pino';

/** Writes one event to the log. */
export function logLiveEvent(log: Logger, event: LiveEvent): void {
  switch (event.kind) {
    case 'process-lost':
      if (event.exit.kind === 'stuck') {
        log.warn({ query: event.exit.queryId }, 'a live query took too long and was ended');
      } else if (event.exit.kind === 'crashed') {
        log.error({ err: event.exit.error }, 'the live process ended and is started anew');
      }
      break;
    case 'given-up':
      log.error({ err: event.error }, 'the live process ends again and again');
      break;
    case 'query-failed':
      log.warn({ query: event.id, err: event.error }, 'a live query cannot be kept any more');
      break;
    case 'lagged':
      log.debug({ query: event.id }, 'a subscriber fell behind');
      break;
    case 'sink-fault':
      log.error({ err: event.error }, 'a subscriber failed to take what it was given');
      break;
  }
}
