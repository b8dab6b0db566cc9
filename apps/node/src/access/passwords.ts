// Passwords are kept as SCRAM-SHA-256 verifiers, the same for the PostgreSQL protocol and for logging in at
// the console: who reads them cannot log in with them.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  formatScramVerifier,
  makeScramVerifier,
  scramSaltBytes,
} from '@patina/pg/auth/scram-verifier.ts';
import type { ScramVerifier } from '@patina/pg/session/requests.ts';

/** The text that is kept of a password. */
export function verifierText(password: string): string {
  return formatScramVerifier(makeScramVerifier(password, randomBytes(scramSaltBytes)));
}

/**
 * Whether the password fits; takes as long where it does not. Some milliseconds of work: the number of failures
 * is limited before it comes to this.
 */
export function passwordFits(password: string, verifier: ScramVerifier): boolean {
  const { salt, iterations, storedKey } = verifier;
  const given = makeScramVerifier(password, salt, iterations).storedKey;
  return given.length === storedKey.length && timingSafeEqual(given, storedKey);
}
