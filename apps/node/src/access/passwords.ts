// Passwords are kept as SCRAM-SHA-256 verifiers, the same for the PostgreSQL protocol and for logging in at
// the console: who reads them cannot log in with them.

import {
  createHash,
  createHmac,
  pbkdf2,
  pbkdf2Sync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramVerifier } from '@patina/pg/session/requests.ts';

/** Rounds of PBKDF2: what PostgreSQL takes, and clients expect to wait for. */
export const iterations = 4_096;
const saltBytes = 16;
const keyBytes = 32;

const derive = promisify(pbkdf2);

/** The text that is kept of a password. */
export function verifierText(password: string): string {
  return formatScramVerifier(makeScramVerifier(password, randomBytes(saltBytes), iterations));
}

export function readVerifier(text: string): ScramVerifier | undefined {
  return parseScramVerifier(text);
}

/** A verifier that no password fits, the same for the same name: unknown users look like known ones. */
export function madeUpVerifier(name: string, nodeSecret: Uint8Array): ScramVerifier {
  const bytesOf = (what: string): Buffer =>
    createHmac('sha256', nodeSecret).update(`${what}\0${name}`).digest();
  return {
    salt: bytesOf('salt').subarray(0, saltBytes),
    iterations,
    storedKey: bytesOf('stored'),
    serverKey: bytesOf('server'),
  };
}

/** Whether the password fits; takes as long for a made-up verifier. */
export async function passwordFits(password: string, verifier: ScramVerifier): Promise<boolean> {
  const { salt, storedKey } = verifier;
  const salted = await derive(
    normalisePassword(password),
    salt,
    verifier.iterations,
    keyBytes,
    'sha256',
  );
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const given = createHash('sha256').update(clientKey).digest();
  return given.length === storedKey.length && timingSafeEqual(given, storedKey);
}

function makeScramVerifier(password: string, salt: Buffer, rounds: number): ScramVerifier {
  const salted = pbkdf2Sync(normalisePassword(password), salt, rounds, keyBytes, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return {
    salt,
    iterations: rounds,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: createHmac('sha256', salted).update('Server Key').digest(),
  };
}

function normalisePassword(password: string): string {
  return password.normalize('NFKC');
}

function formatScramVerifier({
  salt,
  iterations: rounds,
  storedKey,
  serverKey,
}: ScramVerifier): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return `SCRAM-SHA-256$${rounds}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`;
}

function parseScramVerifier(text: string): ScramVerifier | undefined {
  const parts =
    /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/.exec(text);
  if (parts === null) return undefined;
  const [, rounds, salt = '', storedKey = '', serverKey = ''] = parts;
  const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
  return {
    salt: bytes(salt),
    iterations: Number(rounds),
    storedKey: bytes(storedKey),
    serverKey: bytes(serverKey),
  };
}
