// Events, effects and outcomes of the two sync session machines. A driver feeds events into `step` and
// carries out the effects in order; `timer` asks for a timer event at a time and replaces the one asked for before.

import type { PatinaError } from '../base/errors.ts';
import type { Hlc } from '../base/hlc.ts';
import type { ActorState, Chunk, EmptyVersions, NeedSlice, SyncNeed } from '../ports.ts';
import type { RejectionReason } from './wire.ts';

/** Effects that both sides have. After `end`, `abort` or `closed` nothing more is sent. */
export type SessionEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Ends our direction after everything sent. */
  | { readonly kind: 'end' }
  /** Ends the stream at once. */
  | { readonly kind: 'abort' }
  | { readonly kind: 'timer'; readonly atMs: number }
  /** The peer's clock, to be merged into ours within the drift limit. */
  | { readonly kind: 'clock'; readonly hlc: Hlc }
  /** The peer's whole bookkeeping: shows lag, and our own head as others know it. */
  | { readonly kind: 'peer-state'; readonly states: readonly ActorState[] }
  /** The session is over and wants no more events. Always the last effect, exactly once. */
  | { readonly kind: 'closed'; readonly outcome: SessionOutcome };

export type SessionResult =
  /** The digests were equal: nothing to exchange. */
  | 'agreed'
  /** Client: nothing more to ask this peer for. Server: the client ended the session. */
  | 'complete'
  | 'rejected'
  /** The stream broke or the peer went away in the middle. */
  | 'broken'
  | 'timeout'
  | 'malformed'
  | 'stopped';

export interface SessionOutcome {
  readonly result: SessionResult;
  readonly rejection: RejectionReason | undefined;
  readonly error: PatinaError | undefined;
  /** Client: received and delivered. Server: sent. */
  readonly chunks: number;
  readonly bytes: number;
  /** Client only: versions learnt to be empty. */
  readonly emptyVersions: number;
  /** Client only: versions asked for that are known now, or known in a larger part than before. */
  readonly gainedVersions: number;
  readonly requests: number;
  /** From its opening to its end, milliseconds. */
  readonly durationMs: number;
}

export type ClientEvent =
  | { readonly kind: 'open' }
  /** One message from the stream, in order. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** The peer's direction ended, orderly or (with an error) not. */
  | { readonly kind: 'ended'; readonly error: Error | undefined }
  /** The applier is done with a delivery: applied, buffered, set aside or dropped. */
  | { readonly kind: 'applied'; readonly deliveryId: number }
  | { readonly kind: 'timer' }
  /** The node stops: nothing will be applied any more. Closes at once. */
  | { readonly kind: 'stop' };

export type ClientEffect =
  | SessionEffect
  /** To the applier; answered by `applied`, whatever became of it and also after the stream ended. */
  | {
      readonly kind: 'deliver';
      readonly deliveryId: number;
      readonly chunks: readonly Chunk[];
      readonly empty: readonly EmptyVersions[];
    }
  /** `isHeld` is false again: resolve the promise that holds the stream back. */
  | { readonly kind: 'resume' };

export type ServerEvent =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'ended'; readonly error: Error | undefined }
  /** The answer of the storage to the last `read`. */
  | { readonly kind: 'slice'; readonly slice: NeedSlice }
  | { readonly kind: 'read-failed'; readonly error: Error }
  /** The promise of one `send` resolved: once for each, in order. A rejected one is `ended`. */
  | { readonly kind: 'sent' }
  | { readonly kind: 'timer' }
  | { readonly kind: 'stop' };

export type ServerEffect =
  | SessionEffect
  /** To the storage: at most one is unanswered at a time. `bytesMax` bounds the slice, but for one chunk. */
  | { readonly kind: 'read'; readonly need: SyncNeed; readonly bytesMax: number };
