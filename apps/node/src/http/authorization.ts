// Bearer tokens. Only hashes of the accepted tokens are kept, and hashes are compared in constant time,
// so that neither memory nor timing tells a token.

import { hash, timingSafeEqual } from 'node:crypto';

/** Whether the value of an Authorization header lets a request pass. */
export type Authorize = (header: string | undefined) => boolean;

const scheme = /^bearer +/i;

/** Accepts any of `tokens`; without tokens everything passes. */
export function createAuthorize(tokens: readonly string[]): Authorize {
  if (tokens.length === 0) return () => true;
  const accepted = tokens.map(digest);
  return (header) => {
    const prefix = header === undefined ? null : scheme.exec(header);
    if (header === undefined || prefix === null) return false;
    const given = digest(header.slice(prefix[0].length));
    // All are compared, so that time does not tell which one was near.
    let matches = 0;
    for (const token of accepted) matches += timingSafeEqual(token, given) ? 1 : 0;
    return matches > 0;
  };
}

function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
