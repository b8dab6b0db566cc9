// What the driver of a connection needs of the session machine: bytes and answers go in, and what is to be
// done comes out, in order.

import type { PgError } from '../pg-error.ts';
import type { Effect, TimerName } from '../session/effects.ts';
import type { SessionAnswer } from '../session/requests.ts';
import type { Planner } from '../sql/planned.ts';

export type SessionEffect = Effect;

export interface SessionPort {
  receive(bytes: Uint8Array): readonly SessionEffect[];
  answer(answer: SessionAnswer): readonly SessionEffect[];
  notify(processId: number, channel: string, payload: string): readonly SessionEffect[];
  /** Tells the client a fatal error, and closes. */
  end(error: PgError): readonly SessionEffect[];
  /** A timer that it set has run out. */
  timer(name: TimerName): readonly SessionEffect[];
  tlsStarted(): void;
  /** Whether so much waits to be looked at that the client must not send more. */
  readonly isFull: boolean;
}

/** What a machine is made of. */
export interface SessionMaterial {
  readonly processId: number;
  readonly secret: number;
  readonly databaseName: string;
  readonly isTlsOffered: boolean;
  readonly isEncrypted: boolean;
  /** Random bytes for SCRAM. */
  readonly nonce: Uint8Array;
  /** The planner of the schema as it is at the call. */
  readonly planner: () => Planner;
}

export type MakeSession = (material: SessionMaterial) => SessionPort;
