// Retry tokens: a dialler shows that it receives at the address it claims by sending back a token that
// only went there. Stateless: the token itself carries what must be remembered, under a MAC.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { formatAddress, type HostPort } from './address.ts';

/** How long a token is good, milliseconds. */
const tokenLifeMs = 10_000;

const macBytes = 16;
const expiryBytes = 8;
const connectionIdBytesMax = 20;

/** Mints and checks tokens with a key that lives as long as the process. */
export class RetryTokens {
  readonly #key = randomBytes(32);

  /** A token for the dialler at `from`, whose first packet went to `originalId`. */
  mint(from: HostPort, originalId: Uint8Array, retryId: Uint8Array, nowMs: number): Buffer {
    const head = Buffer.alloc(expiryBytes + originalId.length);
    head.writeDoubleBE(nowMs + tokenLifeMs, 0);
    head.set(originalId, expiryBytes);
    return Buffer.concat([head, this.#mac(head, from, retryId)]);
  }

  /** The original connection id inside a valid token; undefined for any other. */
  check(token: Uint8Array, from: HostPort, retryId: Uint8Array, nowMs: number): Buffer | undefined {
    const headBytes = token.length - macBytes;
    if (headBytes <= expiryBytes || headBytes > expiryBytes + connectionIdBytesMax)
      return undefined;
    const head = Buffer.from(token.subarray(0, headBytes));
    if (!timingSafeEqual(this.#mac(head, from, retryId), token.subarray(headBytes)))
      return undefined;
    return head.readDoubleBE(0) >= nowMs ? head.subarray(expiryBytes) : undefined;
  }

  #mac(head: Buffer, from: HostPort, retryId: Uint8Array): Buffer {
    const mac = createHmac('sha256', this.#key).update(head).update(formatAddress(from));
    return mac.update('\0').update(retryId).digest().subarray(0, macBytes);
  }
}
