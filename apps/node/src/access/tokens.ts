// Tokens: `patina_<id>_<secret>`, the secret 256 random bits. The id finds the record; of the whole token
// only the SHA-256 is kept, which is enough for something that nobody can guess.

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const idChars = '0123456789abcdefghijklmnopqrstuvwxyz';
const idLength = 12;
const secretBytes = 32;

const form = /^patina_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/;

export interface NewToken {
  readonly id: string;
  readonly token: string;
  readonly digest: string;
}

export function newToken(): NewToken {
  const id = newCredentialId();
  const token = `patina_${id}_${randomBytes(secretBytes).toString('base64url')}`;
  return { id, token, digest: tokenDigest(token) };
}

/** A random id; 62 bits, so that no two nodes make the same. */
export function newCredentialId(): string {
  let id = '';
  // Bytes that would make some characters likelier than others are passed over.
  const fairMax = 256 - (256 % idChars.length);
  while (id.length < idLength) {
    for (const byte of randomBytes(idLength)) {
      if (byte < fairMax && id.length < idLength) id += idChars[byte % idChars.length];
    }
  }
  return id;
}

/** The id in a token; undefined where the text has not the form of one. */
export function tokenId(token: string): string | undefined {
  return form.exec(token)?.[1];
}

/** What is kept of a token: hex. */
export function tokenDigest(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Compares two digests in hex; takes as long for a near miss as for a far one. */
export function digestsAreEqual(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return first.length === second.length && timingSafeEqual(first, second);
}
