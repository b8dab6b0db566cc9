// What is written down of those who log in, change the schema, or change who may do what.

import { asPatinaError } from '@patina/engine/base/errors.ts';

export const auditKinds = [
  'log-in',
  'log-in-failed',
  'log-out',
  'schema',
  'access',
  'admin',
] as const;

export interface AuditEvent {
  readonly kind: (typeof auditKinds)[number];
  /** The principal, or the name that somebody claimed. */
  readonly who: string;
  /** One sentence, or the statement; never a secret. */
  readonly what: string;
  /** Address of the client, where it came over a network. */
  readonly from?: string | undefined;
  /** Which endpoint: http, trpc, postgres, admin socket. */
  readonly through?: string | undefined;
  /** Why it failed; absent where it did not. */
  readonly error?: string | undefined;
}

/** Takes an event; never throws and never waits. */
export type Audit = (event: AuditEvent) => void;

/** Runs it, and writes down that it was done, or why it failed. */
export async function audited<T>(
  audit: Audit,
  event: AuditEvent,
  run: () => Promise<T>,
): Promise<T> {
  try {
    const result = await run();
    audit(event);
    return result;
  } catch (error) {
    audit({ ...event, error: asPatinaError(error).message });
    throw error;
  }
}
