// A secret as a type: it can be passed around and compared, but every way of printing it gives
// `***`, so that a log line, an error or a dump of the configuration cannot leak it.

import { timingSafeEqual } from 'node:crypto';

const masked = '***';

/** Text that must not be shown. Only {@link Secret.reveal} gives it back. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Every caller is a place where a secret leaves Patina. */
  reveal(): string {
    return this.#text;
  }

  /** Whether `candidate` is the secret; takes as long for a near miss as for a far one. */
  equals(candidate: string): boolean {
    const mine = Buffer.from(this.#text, 'utf8');
    const theirs = Buffer.from(candidate, 'utf8');
    // Buffers of unequal length cannot be compared: compare with ourselves, for the same time.
    const sameLength = mine.length === theirs.length;
    return timingSafeEqual(mine, sameLength ? theirs : mine) && sameLength;
  }

  toString(): string {
    return masked;
  }

  toJSON(): string {
    return masked;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return masked;
  }
}
