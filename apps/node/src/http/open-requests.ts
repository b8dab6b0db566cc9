// All requests under way with who sent them, so that what somebody has open ends with his rights.

import type { ServerResponse } from 'node:http';
import type { Principal } from '@patina/api/access/principal.ts';

/** What is open is first told why by its own; what still is after this is cut off, milliseconds. */
const graceMs = 200;

export class OpenRequests {
  readonly #principals = new Map<ServerResponse, Principal>();

  add(response: ServerResponse, principal: Principal): void {
    this.#principals.set(response, principal);
    response.once('close', this.#forget(response));
  }

  /** Ends everything of a principal whose rights have ended. */
  cut(revoked: Principal): void {
    const theirs = [...this.#principals].filter(([, principal]) => principal === revoked);
    if (theirs.length === 0) return;
    const timer = setTimeout(() => {
      for (const [response] of theirs) response.destroy();
    }, graceMs);
    timer.unref();
  }

  #forget(response: ServerResponse): () => void {
    return () => this.#principals.delete(response);
  }
}
