// How many subscriptions there may be, in all and for one client.

import { PatinaError } from '../../base/errors.ts';

export interface AdmissionLimits {
  readonly subscribersMax: number;
  readonly clientSubscribersMax: number;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #countByClient = new Map<string, number>();
  #count = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes a place for the client, to be given back once; throws PATINA_SUBSCRIPTION_LIMIT. */
  enter(client: string): () => void {
    const { subscribersMax, clientSubscribersMax } = this.#limits;
    const own = this.#countByClient.get(client) ?? 0;
    if (own >= clientSubscribersMax) {
      throw new PatinaError(
        'PATINA_SUBSCRIPTION_LIMIT',
        `this client has ${own} subscriptions, and may not have more`,
        { hint: 'End some of them, or raise subscriptions.per_client_max.' },
      );
    }
    if (this.#count >= subscribersMax) {
      throw new PatinaError(
        'PATINA_SUBSCRIPTION_LIMIT',
        `this node serves ${this.#count} subscriptions, and may not serve more`,
        { hint: 'Ask another node, or raise subscriptions.subscriptions_max.' },
      );
    }
    this.#count++;
    this.#countByClient.set(client, own + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#count--;
      const left = (this.#countByClient.get(client) ?? 1) - 1;
      if (left === 0) this.#countByClient.delete(client);
      else this.#countByClient.set(client, left);
    };
  }
}
