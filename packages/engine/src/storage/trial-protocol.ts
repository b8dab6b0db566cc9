// What the trial runner and its process say to each other: frames over pipes, whose payloads are values
// in V8's own serialisation, since both ends are the same build. Answers come in the order of the requests.

import { deserialize, serialize } from 'node:v8';
import type { SqlValue } from '../base/value.ts';
import type { LocalStatement, TransactionMoment } from '../ports.ts';
import type { PlainError } from './plain-error.ts';

/** Statements that are run in one transaction, which is then rolled back. */
export interface TrialInput {
  /** Writes of the transaction so far; each with what its client was told of it. */
  readonly pending: readonly LocalStatement[];
  /** The new statement: a write, or a query that is to see what the writes before it did. */
  readonly statement: LocalStatement;
  /** Whether the new statement is a query. */
  readonly isQuery: boolean;
  /** By which the commit later sees the same time and chance. */
  readonly moment: TransactionMoment | undefined;
  /** Bounds of the rows that are handed back; beyond them the trial fails. */
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** How the new statement went. */
export interface TrialResult {
  readonly rowsAffected: number;
  /** Of the query, or of RETURNING where the statement keeps them; integers beyond 2^53 are bigints. */
  readonly rows: readonly (readonly SqlValue[])[] | undefined;
}

/** Writes that would be a transaction of their own: run one after the other until one fails. */
export interface DryRunInput {
  readonly statements: readonly LocalStatement[];
}

/** How one statement of a dry run went. */
export type DryRunStep =
  | { readonly ok: true; readonly rowsAffected: number }
  | { readonly ok: false; readonly error: PlainError };

/** What the process is sent. */
export type TrialTask =
  | ({ readonly kind: 'trial' } & TrialInput)
  | ({ readonly kind: 'dry-run' } & DryRunInput);

/** What came out of a task that was carried out. */
export type TrialDone =
  | ({ readonly kind: 'trial' } & TrialResult)
  | { readonly kind: 'dry-run'; readonly steps: readonly DryRunStep[] };

export type TrialAnswer =
  | ({ readonly ok: true } & TrialDone)
  | { readonly ok: false; readonly error: PlainError };

export const trialFrames = { ready: 1, failed: 2, trial: 3, answer: 4 } as const;

export function encodeTrial(task: TrialTask): Uint8Array {
  return serialize(task);
}

export function decodeTrial(payload: Uint8Array): TrialTask {
  return deserialize(payload) as TrialTask;
}

export function encodeTrialAnswer(answer: TrialAnswer): Uint8Array {
  return serialize(answer);
}

export function decodeTrialAnswer(payload: Uint8Array): TrialAnswer {
  return deserialize(payload) as TrialAnswer;
}

export function encodeTrialFailure(error: PlainError): Uint8Array {
  return serialize(error);
}

export function decodeTrialFailure(payload: Uint8Array): PlainError {
  return deserialize(payload) as PlainError;
}
