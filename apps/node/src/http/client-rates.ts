// Requests a second by client, where a limit is set: short bursts pass, a flood is turned away with the time
// after which it may go on.

import { PatinaError } from '@patina/engine/base/errors.ts';
import { TokenBucket } from '@patina/engine/broadcast/token-bucket.ts';

/** Clients that are counted; the one that was begun first is forgotten when there are more. */
const clientsMax = 10_000;

/** Seconds of the limit that may come at once. */
const burstSeconds = 2;

export class ClientRates {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** 0 is no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Counts a request; the refusal where there were too many. */
  refuse(client: string, nowMs: number): PatinaError | undefined {
    if (this.#perSecond === 0) return undefined;
    const bucket = this.#buckets.get(client) ?? this.#begin(client);
    if (bucket.spend(1, nowMs)) return undefined;
    return new PatinaError(
      'PATINA_TOO_MANY_REQUESTS',
      `more than ${this.#perSecond} requests a second`,
      {
        hint: 'Send fewer, or raise limits.requests_per_second.',
      },
    );
  }

  #begin(client: string): TokenBucket {
    if (this.#buckets.size >= clientsMax) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    const bucket = new TokenBucket(this.#perSecond, this.#perSecond * burstSeconds);
    this.#buckets.set(client, bucket);
    return bucket;
  }
}
