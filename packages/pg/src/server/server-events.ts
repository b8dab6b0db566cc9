// What the PostgreSQL endpoint tells of itself, for logs, metrics and the audit log.

import type { PgError } from '../pg-error.ts';

export type PgServerEvent =
  | { readonly kind: 'session-started'; readonly user: string; readonly remoteAddress: string }
  | { readonly kind: 'session-ended'; readonly user: string; readonly remoteAddress: string }
  | { readonly kind: 'schema-changed'; readonly user: string; readonly statement: string }
  /** An error that is nobody's fault but ours: XX000 and the like. */
  | { readonly kind: 'internal-error'; readonly user: string; readonly error: PgError }
  | { readonly kind: 'tls-failed'; readonly remoteAddress: string; readonly error: unknown }
  | { readonly kind: 'watch-failed'; readonly table: string; readonly error: unknown }
  | { readonly kind: 'listen-failed'; readonly error: unknown };
