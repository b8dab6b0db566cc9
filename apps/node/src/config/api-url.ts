// By which origin browsers reach the HTTP API of a node: as configured, or as it listens where that is one
// address that others can dial.

import { formatHostPort, isUnspecified } from './host-port.ts';
import type { Config } from './options.ts';

/** null where only whoever runs the node could say. */
export function apiUrlOf(api: Pick<Config['api'], 'addr' | 'publicUrl' | 'tls'>): string | null {
  if (api.publicUrl !== undefined) return api.publicUrl;
  const [first] = api.addr;
  if (first === undefined || first.port === 0 || isUnspecified(first.host)) return null;
  const scheme = api.tls.certFile === undefined ? 'http' : 'https';
  // As browsers write it: without the usual port.
  return new URL(`${scheme}://${formatHostPort(first)}`).origin;
}
