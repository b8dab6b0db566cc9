// Who asks: the one place that tells, from a request, whom limits count it against and what it may
// see.

import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface ClientAccess {
  /** Whom to count it against. */
  readonly client: string;
  /** Queries of different roles never share results. */
  readonly role: string;
}

const tokenDigitsShown = 16;

/**
 * The access of a request that was let in. A token names its client only where tokens are checked:
 * anybody could make up others. `remoteAddress` is of the connection.
 */
export function clientAccess(
  headers: IncomingHttpHeaders,
  remoteAddress: string | undefined,
  tokensAreChecked: boolean,
): ClientAccess {
  const { authorization } = headers;
  const client =
    tokensAreChecked && authorization !== undefined
      ? `token ${tokenDigest(authorization)}`
      : `address ${remoteAddress ?? 'unknown'}`;
  // Every token may do everything.
  return { client, role: 'admin' };
}

function tokenDigest(authorization: string): string {
  const token = authorization.replace(/^bearer +/i, '');
  return hash('sha256', token, 'hex').slice(0, tokenDigitsShown);
}
