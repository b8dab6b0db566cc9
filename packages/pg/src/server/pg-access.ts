// What the PostgreSQL endpoint asks of the node's access model: who a user is, and what it may do. The
// node implements it with the same principals and the same policy as for every other endpoint.

import type { Identified } from '../session/requests.ts';

/** Someone who logged in; opaque to this package. */
export interface PgPrincipal {
  readonly name: string;
  /** Aborted when the principal is revoked, expires or loses a role: its sessions end with 57P01. */
  readonly revoked: AbortSignal;
  /** Queries of different roles never share results of live queries. */
  readonly role: string;
}

/** What a statement is about to do. */
export type PgAction =
  | { readonly kind: 'read'; readonly tables: readonly string[] }
  | {
      readonly kind: 'write';
      readonly tablesRead: readonly string[];
      readonly tablesWritten: readonly string[];
    }
  | { readonly kind: 'schema'; readonly statement: string }
  | { readonly kind: 'notify' };

export interface PgClient {
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
}

export interface PgAccess {
  /** How a user is to prove itself; unknown users are not told apart. Rejects with PgError 28000 or 53300 (too many failures). */
  identify(user: string, client: PgClient): Promise<Identified>;
  /** The user proved itself. Rejects with PgError where it may not log in here. */
  logIn(user: string, client: PgClient): Promise<PgPrincipal>;
  /** Counted, and written to the audit log. */
  logInFailed(user: string, client: PgClient, reason: string): void;
  /** A password in clear, over TLS or loopback; a token of the node may stand for it. */
  checkPassword(user: string, password: string, client: PgClient): Promise<boolean>;
  /** Throws PgError 42501 with the role or the table that lacks. */
  check(principal: PgPrincipal, action: PgAction): void;
}
