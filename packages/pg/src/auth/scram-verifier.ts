// What is kept of a password instead of the password: RFC 5802, section 3, with SHA-256 (RFC 7677), in
// the text form of PostgreSQL's pg_authid.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { ScramVerifier } from '../session/requests.ts';

/** PostgreSQL's default. */
export const scramIterations = 4_096;

export const scramSaltBytes = 16;

const keyBytes = 32;

/** Iterations of a verifier from outside: more would keep a client, and this node, busy. */
const iterationsMax = 1_000_000;

/** Derives a verifier; `salt` is random, {@link scramSaltBytes} long. */
export function makeScramVerifier(
  password: string,
  salt: Uint8Array,
  iterations = scramIterations,
): ScramVerifier {
  const salted = pbkdf2Sync(preparePassword(password), salt, iterations, keyBytes, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  return { salt, iterations, storedKey: sha256(clientKey), serverKey: hmac(salted, 'Server Key') };
}

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, in base64. */
export function formatScramVerifier(verifier: ScramVerifier): string {
  const { salt, iterations, storedKey, serverKey } = verifier;
  const keys = `${base64(storedKey)}:${base64(serverKey)}`;
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${keys}`;
}

const pattern = /^SCRAM-SHA-256\$(\d{1,7}):([\w+/=]+)\$([\w+/=]{44}):([\w+/=]{44})$/;

/** Undefined for text that is no verifier. */
export function parseScramVerifier(text: string): ScramVerifier | undefined {
  const [, count, salt, storedKey, serverKey] = pattern.exec(text) ?? [];
  if (salt === undefined || storedKey === undefined || serverKey === undefined) return undefined;
  const iterations = Number(count);
  if (iterations < 1 || iterations > iterationsMax) return undefined;
  return {
    iterations,
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  };
}

/**
 * SASLprep (RFC 4013) as far as it changes what people type: compatibility forms are made one, blanks are
 * blanks. Clients that prepare nothing, and those that do, then agree on all passwords in plain ASCII.
 */
function preparePassword(password: string): string {
  return password
    .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replaceAll(
      /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g,
      '',
    )
    .normalize('NFKC');
}

export function hmac(key: Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data, 'utf8').digest();
}

export function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
