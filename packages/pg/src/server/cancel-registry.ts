// Process ids and secrets of sessions, by which clients cancel statements over a second connection.

import { randomBytes, timingSafeEqual } from 'node:crypto';

/** What a session is known by. */
export interface BackendKey {
  readonly processId: number;
  /** 32 random bits. */
  readonly secret: number;
}

interface Entry {
  readonly secret: Buffer;
  readonly cancel: () => void;
}

/** Process ids are positive and fit what tools print for them. */
const processIdMax = 2 ** 31 - 1;

export class CancelRegistry {
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;

  /** Gives a session its key. */
  register(cancel: () => void): BackendKey {
    do this.#lastId = (this.#lastId % processIdMax) + 1;
    while (this.#entries.has(this.#lastId));
    const secret = randomBytes(4);
    this.#entries.set(this.#lastId, { secret, cancel });
    return { processId: this.#lastId, secret: secret.readInt32BE(0) };
  }

  unregister(processId: number): void {
    this.#entries.delete(processId);
  }

  /** Cancels what the session runs, if the secret is its own; nothing tells whether it was. */
  cancel({ processId, secret }: BackendKey): boolean {
    const given = Buffer.alloc(4);
    given.writeInt32BE(secret | 0, 0);
    const entry = this.#entries.get(processId);
    const isRight = timingSafeEqual(given, entry?.secret ?? randomBytes(4));
    if (entry === undefined || !isRight) return false;
    entry.cancel();
    return true;
  }
}
