// Tokens and users of a node, as those who manage them see them: everything but the secrets.

import type { Role } from '../roles.ts';
import type { AuditEntry, TokenInfo, UserInfo } from './access-shapes.ts';

/** What a credential gives. */
export interface Grant {
  readonly roles: readonly Role[];
  /** Absent: all tables. */
  readonly tables?: readonly string[] | undefined;
  /** Unix time in milliseconds; absent: never. */
  readonly expiresMs?: number | undefined;
}

export interface AccessService {
  tokens(): Promise<readonly TokenInfo[]>;
  /** The token itself is told this once. */
  createToken(
    label: string,
    grant: Grant,
  ): Promise<{ readonly token: string; readonly info: TokenInfo }>;
  /** Rejects with PATINA_NOT_FOUND. */
  revokeToken(id: string): Promise<TokenInfo>;
  users(): Promise<readonly UserInfo[]>;
  /** Rejects with PATINA_BAD_REQUEST where the name is taken. */
  createUser(name: string, password: string, grant: Grant): Promise<UserInfo>;
  /** Changes what is given; rejects with PATINA_NOT_FOUND. */
  changeUser(name: string, change: UserChange): Promise<UserInfo>;
  removeUser(name: string): Promise<UserInfo>;
  /** The newest entries of the audit log, the newest first. */
  auditEntries(limit: number): Promise<readonly AuditEntry[]>;
}

export interface UserChange {
  readonly password?: string | undefined;
  readonly roles?: readonly Role[] | undefined;
  /** null: all tables. */
  readonly tables?: readonly string[] | null | undefined;
  /** null: never. */
  readonly expiresMs?: number | null | undefined;
}
