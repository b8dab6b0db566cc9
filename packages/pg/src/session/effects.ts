// What a session machine wants done. Its driver carries the effects out in order.

import type { SessionRequest } from './requests.ts';

export type TimerName = 'idle-in-transaction' | 'transaction' | 'idle-session';

export type Effect =
  /** Bytes for the client. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'request'; readonly request: SessionRequest }
  /** After what was sent so far, the connection goes on encrypted. */
  | { readonly kind: 'start-tls' }
  /** Another connection asks to cancel what a session runs. */
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: number }
  /** `timer` is to be called after this time, unless it is set again or cleared before. */
  | { readonly kind: 'set-timer'; readonly name: TimerName; readonly afterMs: number }
  | { readonly kind: 'clear-timer'; readonly name: TimerName }
  /** Ends the connection once everything is sent. */
  | { readonly kind: 'close' };
