// What a session's execution is given: its node, its principal, and where answers go.

import type { PgReaderPool } from '../reader/reader-pool.ts';
import type { PgAction, PgPrincipal } from '../server/pg-access.ts';
import type { MakeCopyDecoder } from './copy-in.ts';
import type { Listener, NotificationHub } from './notifications.ts';
import type { ExecutionLimits, PgBackend } from './ports.ts';
import type { Deliver } from './row-delivery.ts';

export interface SessionExecutionOptions {
  readonly backend: PgBackend;
  readonly readers: Pick<PgReaderPool, 'read'>;
  readonly hub: NotificationHub;
  readonly limits: ExecutionLimits;
  readonly principal: PgPrincipal;
  /** Throws PgError 42501. */
  readonly check: (principal: PgPrincipal, action: PgAction) => void;
  /** Whom to count live queries against. */
  readonly clientName: string;
  readonly processId: number;
  readonly listener: Listener;
  readonly deliver: Deliver;
  /** A reader found the database with this version of the schema. */
  readonly onSchemaVersion: (schemaVersion: number) => void;
  /** Waits until plans are made against the schema that was just changed. */
  readonly schemaChanged: () => Promise<void>;
  /** SQLite's plan of a write, which no reader may prepare. */
  readonly explainWrite: (sql: string) => readonly string[];
  readonly makeCopyDecoder: MakeCopyDecoder;
  readonly nowMs: () => number;
}
