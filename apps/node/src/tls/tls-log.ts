// What becomes of the certificates of listeners, as lines of the log.

import type { Logger } from 'pino';
import type { TlsEvent } from './tls-provider.ts';

export function logTlsEvent(log: Logger, event: TlsEvent): void {
  const { certFile } = event;
  switch (event.kind) {
    case 'reloaded':
      log.info({ certFile, not_after: timeText(event.notAfterMs) }, 'took a new certificate');
      break;
    case 'not-reloaded':
      log.error({ certFile, reason: event.error.message }, 'kept the old certificate');
      break;
    case 'expiring':
      log.warn({ certFile, not_after: timeText(event.notAfterMs) }, 'the certificate ends soon');
      break;
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
