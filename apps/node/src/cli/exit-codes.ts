// What the exit code of `patina` says, so that scripts can act without reading text.

import type { ErrorCode } from '@patina/engine/base/errors.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';

/** Exit codes and their meanings, for `patina --help` and the documentation. */
export const exitCodes = {
  ok: { code: 0, meaning: 'it worked' },
  failed: { code: 1, meaning: 'it failed; the message says why' },
  usage: { code: 2, meaning: 'the command line is wrong' },
  unreachable: { code: 3, meaning: 'the node could not be reached' },
  refused: { code: 4, meaning: 'the node refused it: not authorised, or not allowed' },
  timedOut: { code: 5, meaning: 'it took longer than its time limit' },
  later: { code: 6, meaning: 'the node cannot do it now; the same call may work later' },
} as const;

const exitNames: Partial<Record<ErrorCode, keyof typeof exitCodes>> = {
  PATINA_PEER_UNREACHABLE: 'unreachable',
  PATINA_STREAM_CLOSED: 'unreachable',
  PATINA_UNAUTHORIZED: 'refused',
  PATINA_FORBIDDEN: 'refused',
  PATINA_PEER_REFUSED: 'refused',
  PATINA_SQL_REFUSED: 'refused',
  PATINA_SQL_NOT_READONLY: 'refused',
  PATINA_SUBSCRIPTION_REFUSED: 'refused',
  PATINA_SCHEMA_REFUSED: 'refused',
  PATINA_SCHEMA_DESTRUCTIVE: 'refused',
  PATINA_SQL_TIMEOUT: 'timedOut',
  PATINA_WAIT_TIMEOUT: 'timedOut',
  PATINA_OVERLOADED: 'later',
  PATINA_TOO_MANY_REQUESTS: 'later',
  PATINA_SUBSCRIPTION_LIMIT: 'later',
  PATINA_CLOCK_DRIFT: 'later',
  PATINA_NOT_READY: 'later',
  PATINA_SHUTTING_DOWN: 'later',
  PATINA_DISK_FULL: 'later',
  PATINA_DB_READ_ONLY: 'later',
};

/** The exit code for an error. Whatever is not listed is a plain failure. */
export function exitCodeOf(error: unknown): number {
  const name = error instanceof PatinaError ? (exitNames[error.code] ?? 'failed') : 'failed';
  return exitCodes[name].code;
}
