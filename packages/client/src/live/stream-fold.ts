// What a fold is: the part of a stream's state that the lines make, whichever node they come from.

import { ClientError } from '../client-error.ts';

/** Codes of a node that cannot do anything with a cursor. */
export const cursorCodes: ReadonlySet<string> = new Set([
  'PATINA_CURSOR_INVALID',
  'PATINA_CURSOR_TOO_OLD',
]);

/** What follows from a line. */
export interface Taken<Event> {
  /** For the program, in order. */
  readonly events: readonly Event[];
  /** `live`: what was held back is there; `progress`: it goes on from a later cursor, or lives. */
  readonly mark?: 'live' | 'progress';
  /** The stream is of no more use. */
  readonly lost?: LostReason;
}

export interface LostReason {
  readonly error: ClientError;
  /** Ask the same node again; another one; or another one without a cursor. */
  readonly next: 'same' | 'other' | 'fresh';
}

/** Folds the lines of one stream after the other into one state. */
export interface StreamFold<Line, Event> {
  /** Where to go on; undefined for a snapshot, or from now on. */
  readonly from: string | undefined;
  /** A new connection: what the last one left unfinished is discarded. */
  begin(): void;
  /** The cursor is of no use: the next connection begins anew. */
  forget(reason: string): void;
  /** Throws a ClientError where the stream breaks the protocol; then nothing has changed. */
  take(line: Line): Taken<Event>;
}

/** What a line that ends a stream means: a reader that fell behind asks again where it was. */
export function lostBy(
  line: { readonly kind: 'lagged' } | { readonly kind: 'failed'; readonly error: ClientError },
  cursor: string | undefined,
): LostReason {
  if (line.kind === 'lagged') {
    const error = new ClientError('PATINA_STREAM_CLOSED', 'the reader fell behind', {
      retry: true,
    });
    return { error, next: 'same' };
  }
  const isCursorLost = cursor !== undefined && cursorCodes.has(line.error.code);
  return { error: line.error, next: isCursorLost ? 'fresh' : 'other' };
}
