// All answers of the server that stay open: how many there may be, and their common end when the
// server stops.

import type { ServerResponse } from 'node:http';
import { PatinaError } from '@patina/engine/base/errors.ts';

/**
 * Streams at a time. They are idle as a rule, so that there may be many more than requests of another
 * kind; how many a client may have is a matter of the live queries.
 */
export const streamsMax = 16_384;

type End = (error: PatinaError) => void;

export class OpenStreams {
  readonly #endByResponse = new Map<ServerResponse, End>();
  readonly #streamsMax: number;
  #isStopping = false;

  constructor(max: number) {
    this.#streamsMax = max;
  }

  get count(): number {
    return this.#endByResponse.size;
  }

  /** Counts a stream until its response closes; throws when there are too many, or the end is near. */
  add(response: ServerResponse, end: End): void {
    if (this.#isStopping) throw shuttingDown();
    if (this.#endByResponse.size >= this.#streamsMax) {
      const message = `this node has ${this.#streamsMax} streams open, and no more are taken`;
      const hint = 'end streams that nobody reads, or ask another node';
      throw new PatinaError('PATINA_OVERLOADED', message, { hint });
    }
    this.#endByResponse.set(response, end);
    response.once('close', () => this.#endByResponse.delete(response));
  }

  /** Ends all streams with an error that says so, and takes no more. */
  stop(): void {
    this.#isStopping = true;
    for (const end of [...this.#endByResponse.values()]) end(shuttingDown());
  }
}

function shuttingDown(): PatinaError {
  return new PatinaError('PATINA_SHUTTING_DOWN', 'this node is shutting down', {
    hint: 'connect again, here in a moment or to another node now',
  });
}
