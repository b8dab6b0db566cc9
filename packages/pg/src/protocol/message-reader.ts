// Reads the fields of one message, of which all bytes are here. What is not there is an error of the
// client, 08P01.

import { PgError } from '../pg-error.ts';
import { decodeUtf8 } from './utf8.ts';

export class MessageReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  /** Text up to a zero byte. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new PgError('08P01', 'invalid string in message');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return decodeUtf8(bytes);
  }

  /** A count in 16 bits, and as many elements. */
  list<T>(read: () => T): T[] {
    const count = this.#bytes.readUInt16BE(this.#advance(2));
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  /** A length in 32 bits, and as many bytes; -1 is NULL, undefined here. */
  value(): Uint8Array | undefined {
    const length = this.int32();
    if (length === -1) return undefined;
    if (length < 0) throw insufficient();
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#bytes.length;
    return this.#bytes.subarray(start);
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new PgError('08P01', 'invalid message format');
  }

  #advance(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw insufficient();
    this.#at = start + length;
    return start;
  }
}

function insufficient(): PgError {
  return new PgError('08P01', 'insufficient data left in message');
}
