// What a session machine asks of the node around it, and what it is told back. The machine asks for one
// thing at a time: the next request comes after `completed` or `failed` of the one before; `close-portal`,
// `listen` and the like, which cannot fail, are not answered.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { PgError } from '../pg-error.ts';
import type { PlannedQuery, PlannedSchemaChange, PlannedWrite } from '../sql/planned.ts';
import type { Oid } from '../types/oids.ts';
import type { CopyOptions, FetchDirection, SubscribeSource } from '../utility/utility-statement.ts';

/** 0 text, 1 binary. */
export type Format = 0 | 1;

/** How rows are written for the client. */
export type RowOutput =
  /** DataRow messages. */
  | { readonly kind: 'rows'; readonly formats: readonly Format[] }
  /** CopyData messages; the header and trailer of the format are included. */
  | { readonly kind: 'copy'; readonly options: CopyOptions }
  /** Nothing is written: MOVE, and statements run for their effect. */
  | { readonly kind: 'none' };

/** Settings of the session that the work depends on. */
export interface RunSettings {
  /** 0 is no limit; milliseconds. */
  readonly statementTimeoutMs: number;
  readonly timeZone: string;
  readonly byteaOutput: 'hex' | 'escape';
  readonly extraFloatDigits: number;
  readonly intervalStyle: string;
  readonly dateStyle: string;
}

export type SessionRequest =
  /** Who is this, and how is it to show that? Answered by `identified`. */
  | {
      readonly kind: 'identify';
      readonly user: string;
      readonly database: string;
      readonly applicationName: string;
      readonly isEncrypted: boolean;
    }
  /** A password in clear. Answered by `completed` or `failed` (28P01). */
  | { readonly kind: 'check-password'; readonly password: string }
  /** The password was right, or none was needed. Answered by `completed` or `failed` (53300). */
  | { readonly kind: 'logged-in' }
  /** Not answered; the machine ends the connection after telling the client. */
  | { readonly kind: 'log-in-failed'; readonly user: string; readonly reason: string }
  /**
   * Runs a statement. `portal` names it for `fetch` and `close-portal`; with `rowsMax` above 0 the rest is kept
   * for those. `autocommit`: it is a transaction of its own; otherwise one is open (`begin`).
   */
  | {
      readonly kind: 'run';
      readonly portal: number;
      readonly statement: PlannedQuery | PlannedWrite | SubscribeSource;
      readonly params: readonly SqlValue[];
      readonly output: RowOutput;
      readonly rowsMax: number;
      readonly autocommit: boolean;
      readonly isReadOnly: boolean;
      readonly settings: RunSettings;
    }
  /** Opens a cursor: its result is kept whole, also backward, until `close-portal`. Answered by `completed`. */
  | {
      readonly kind: 'open-cursor';
      readonly portal: number;
      readonly statement: PlannedQuery | SubscribeSource;
      readonly params: readonly SqlValue[];
      readonly settings: RunSettings;
    }
  | {
      readonly kind: 'fetch';
      readonly portal: number;
      readonly direction: FetchDirection;
      readonly output: RowOutput;
      readonly waitMs: number | undefined;
      readonly settings: RunSettings;
    }
  | { readonly kind: 'close-portal'; readonly portal: number }
  /** Rows of EXPLAIN, as lines of text. Answered by `lines`. */
  | {
      readonly kind: 'explain';
      readonly statement: PlannedQuery | PlannedWrite;
      readonly params: readonly SqlValue[];
      readonly runsIt: boolean;
      readonly settings: RunSettings;
    }
  /** Takes effect at once, also in a transaction. */
  | {
      readonly kind: 'change-schema';
      readonly statement: PlannedSchemaChange;
      readonly isReadOnly: boolean;
    }
  | { readonly kind: 'begin'; readonly isReadOnly: boolean }
  /** Applies everything as one version. Answered by `completed`, or `failed` (40001 and others). */
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'savepoint'; readonly name: string }
  | { readonly kind: 'release'; readonly name: string }
  | { readonly kind: 'rollback-to'; readonly name: string }
  /** Begins COPY FROM STDIN; then come `copy-data`, each answered by `completed`, and one of the two ends. */
  | {
      readonly kind: 'copy-in';
      readonly insert: PlannedWrite;
      readonly columnNames: readonly string[];
      readonly options: CopyOptions;
      readonly autocommit: boolean;
      readonly isReadOnly: boolean;
      readonly settings: RunSettings;
    }
  | { readonly kind: 'copy-data'; readonly bytes: Uint8Array }
  /** Answered by `completed` with the number of rows, or `failed`. */
  | { readonly kind: 'copy-done' }
  /** Answered by `completed`; nothing of the COPY stays. */
  | { readonly kind: 'copy-abort' }
  | { readonly kind: 'listen'; readonly channel: string }
  | { readonly kind: 'unlisten'; readonly channel: string | '*' }
  /** Told when the transaction commits; the machine asks only then. */
  | { readonly kind: 'notify'; readonly channel: string; readonly payload: string };

/** How a role proves itself. */
export type Identified =
  | { readonly method: 'trust'; readonly isReadOnly: boolean }
  | {
      readonly method: 'scram-sha-256';
      readonly verifier: ScramVerifier;
      /** There is no such user: the exchange goes on with a made-up verifier and fails at its end. */
      readonly isUnknown: boolean;
      readonly isReadOnly: boolean;
    }
  /** A token of the access model, given as password in clear; only over TLS or loopback. */
  | { readonly method: 'password'; readonly check: 'by-node'; readonly isReadOnly: boolean };

/** What is kept of a password (RFC 5802, section 3; RFC 7677). */
export interface ScramVerifier {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** How a request went, told to the machine by its driver. */
export type SessionAnswer =
  | { readonly kind: 'identified'; readonly identified: Identified }
  /** Messages ready for the client, before `completed`; the driver waits while the client is slow. */
  | { readonly kind: 'rows'; readonly bytes: Uint8Array; readonly count: number }
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | {
      readonly kind: 'completed';
      /** Rows that were sent, or changed by a write. */
      readonly rows: number;
      /** `fetch` and `close-portal` find more of it. */
      readonly hasMore: boolean;
      readonly notices: readonly string[];
    }
  | { readonly kind: 'failed'; readonly error: PgError };

/** Parameters of a client that gave no types are those that the plan found. */
export type ParamTypes = readonly Oid[];
