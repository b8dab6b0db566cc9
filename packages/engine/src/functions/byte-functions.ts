// Bytes: digests, encodings, single bytes, and PostgreSQL's hash of text.

import { createHash } from 'node:crypto';
import { bytesOf, integerOf, textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';
import { readHex } from './input.ts';

function digest(value: Cell, algorithm: string): Uint8Array {
  const name = algorithm.toLowerCase();
  if (!/^(md5|sha1|sha224|sha256|sha384|sha512)$/.test(name)) {
    throw sqlFault('22023', `Cannot use "${algorithm}": No such hash algorithm`);
  }
  return Uint8Array.from(createHash(name).update(bytesOf(value)).digest());
}

/** MIME: lines of 76 characters. */
const base64LineLength = 76;

function encode(bytes: Uint8Array, format: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (format.toLowerCase()) {
    case 'hex':
      return buffer.toString('hex');
    case 'base64':
      return buffer
        .toString('base64')
        .replaceAll(new RegExp(`.{${base64LineLength}}(?=.)`, 'g'), '$&\n');
    case 'escape': {
      let text = '';
      for (const byte of buffer) {
        if (byte === 0x5c) text += '\\\\';
        else if (byte === 0 || byte >= 0x80) text += `\\${byte.toString(8).padStart(3, '0')}`;
        else text += String.fromCharCode(byte);
      }
      return text;
    }
    default:
      throw unknownEncoding(format);
  }
}

function unknownEncoding(format: string): Error {
  return sqlFault('22023', `unrecognized encoding: "${format}"`);
}

function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return readHex(text);
    case 'base64': {
      const packed = text.replaceAll(/[ \t\r\n]/g, '');
      const wrong = /[^A-Za-z0-9+/=]/u.exec(packed)?.[0];
      if (wrong !== undefined) {
        throw sqlFault('22023', `invalid symbol "${wrong}" found while decoding base64 sequence`);
      }
      if (packed.length % 4 !== 0) {
        throw sqlFault('22023', 'invalid base64 end sequence');
      }
      return Uint8Array.from(Buffer.from(packed, 'base64'));
    }
    case 'escape':
      return Uint8Array.from(
        Buffer.from(
          Buffer.from(text)
            .toString('latin1')
            .replaceAll(/\\([0-3][0-7]{2})|\\(\\)/g, (_all, octal?: string) =>
              octal === undefined ? '\\' : String.fromCharCode(Number.parseInt(octal, 8)),
            ),
          'latin1',
        ),
      );
    default:
      throw unknownEncoding(format);
  }
}

function checkIndex(bytes: Uint8Array, index: number): void {
  if (index >= 0 && index < bytes.length) return;
  throw sqlFault('2202E', `index ${index} out of valid range, 0..${bytes.length - 1}`);
}

function bitCount(bytes: Uint8Array): bigint {
  let count = 0n;
  for (const byte of bytes) for (let left = byte; left > 0; left &= left - 1) count++;
  return count;
}

/** PostgreSQL's hash_bytes(), Bob Jenkins' lookup3 for little-endian machines. */
export function hashBytes(bytes: Uint8Array): number {
  const state = new Uint32Array(3).fill(0x9e37_79b9 + bytes.length + 3_923_095);
  const word = (at: number): number =>
    ((bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)) >>>
    0;
  const rotate = (value: number, by: number): number =>
    ((value << by) | (value >>> (32 - by))) >>> 0;
  let [a = 0, b = 0, c = 0] = state;
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    a = (a + word(at)) >>> 0;
    b = (b + word(at + 4)) >>> 0;
    c = (c + word(at + 8)) >>> 0;
    for (const by of [4, 6, 8, 16, 19, 4]) {
      a = ((a - c) ^ rotate(c, by)) >>> 0;
      c = (c + b) >>> 0;
      [a, b, c] = [b, c, a];
    }
  }
  // The last bytes; the lowest of c is kept for the length.
  a = (a + word(at)) >>> 0;
  b = (b + word(at + 4)) >>> 0;
  c = (c + ((word(at + 8) << 8) >>> 0)) >>> 0;
  for (const by of [14, 11, 25, 16, 4, 14, 24]) {
    c = ((c ^ b) - rotate(b, by)) >>> 0;
    [a, b, c] = [b, c, a];
  }
  // Seven steps have turned the three once and a third around.
  return b | 0;
}

export const byteFunctions: readonly SqlFunction[] = [
  scalar('md5', 1, (value = null) => Buffer.from(digest(value, 'md5')).toString('hex')),
  ...['sha224', 'sha256', 'sha384', 'sha512'].map((name) =>
    scalar(name, 1, (value = null) => digest(value, name)),
  ),
  scalar('digest', 2, (value = null, name = null) => digest(value, textOf(name))),
  scalar('encode', 2, (bytes = null, name = null) => encode(bytesOf(bytes), textOf(name))),
  scalar('decode', 2, (text = null, name = null) => decode(textOf(text), textOf(name))),
  scalar('get_byte', 2, (value = null, index = 0) => {
    const bytes = bytesOf(value);
    checkIndex(bytes, integerOf(index));
    return BigInt(bytes[integerOf(index)] ?? 0);
  }),
  scalar('set_byte', 3, (value = null, index = 0, byte = 0) => {
    const bytes = bytesOf(value).slice();
    checkIndex(bytes, integerOf(index));
    bytes[integerOf(index)] = integerOf(byte);
    return bytes;
  }),
  scalar('get_bit', 2, (value = null, index = 0) => {
    const bytes = bytesOf(value);
    const bit = integerOf(index);
    if (bit < 0 || bit >= bytes.length * 8) {
      throw sqlFault('2202E', `index ${bit} out of valid range, 0..${bytes.length * 8 - 1}`);
    }
    return BigInt(((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
  }),
  scalar('bit_count', 1, (value = null) => bitCount(bytesOf(value))),
  scalar('hashtext', 1, (text = null) => BigInt(hashBytes(bytesOf(text)))),
];
