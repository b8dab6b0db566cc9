// Text of clients, which is UTF-8 and says where it is not.

import { PgError } from '../pg-error.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws PgError 22021 with the bytes that are no character. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const shown = [...wrongBytes(bytes)].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
    const sentence = `invalid byte sequence for encoding "UTF8": ${shown.join(' ')}`;
    throw new PgError('22021', sentence, { cause });
  }
}

/** The first character that is none: as many bytes as its first one announces, as PostgreSQL shows it. */
function wrongBytes(bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; ) {
    const length = announcedLength(bytes[at] ?? 0);
    const character = bytes.subarray(at, at + length);
    if (character.length < length || !isCharacter(character)) return character;
    at += length;
  }
  return bytes.subarray(0, 1);
}

function announcedLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf8 ? 4 : 1;
}

function isCharacter(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
