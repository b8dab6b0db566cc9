// Compact binary encoding: little machines for writing and reading varints, byte strings and text.
// Reading checks every length before it allocates; malformed input is PATINA_WIRE_MALFORMED.

import { type ActorId, actorIdBytes, actorIdFromBytes, actorIdToBytes } from './actor-id.ts';
import { assert } from './assert.ts';
import { PatinaError } from './errors.ts';

const growthBytesMin = 256;

/** Appends values to a growing buffer. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes: number = growthBytesMin) {
    this.#buffer = Buffer.allocUnsafe(Math.max(16, capacityBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far; a copy, so that the writer can go on or be reset. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, 0, this.#length);
  }

  /** Forgets everything written and keeps the buffer. */
  reset(): void {
    this.#length = 0;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Unsigned LEB128 of a safe integer. */
  varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varint is a safe non-negative integer');
    this.#reserve(8);
    const buffer = this.#buffer;
    let rest = value;
    while (rest >= 0x8000_0000) {
      buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.#length++] = rest;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  i64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigInt64LE(value, this.#length);
  }

  /** Bytes without a length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Length (varint), then bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** UTF-8 length in bytes (varint), then UTF-8. */
  text(text: string): void {
    if (text.length < 43) {
      // At most 3 bytes per UTF-16 unit: the length fits one byte, which is filled in afterwards.
      this.#reserve(1 + text.length * 3);
      const written = this.#buffer.write(text, this.#length + 1, 'utf8');
      this.#buffer[this.#length] = written;
      this.#length += 1 + written;
      return;
    }
    const size = Buffer.byteLength(text, 'utf8');
    this.varint(size);
    this.#reserve(size);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  actorId(actorId: ActorId): void {
    this.raw(actorIdToBytes(actorId));
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** Reads what {@link ByteWriter} wrote; throws PATINA_WIRE_MALFORMED instead of reading past the end. */
export class ByteReader {
  readonly #buffer: Buffer;
  #offset: number;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#offset = 0;
    this.#end = bytes.length;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(): number {
    if (this.#offset >= this.#end) throw malformed('unexpected end');
    return this.#buffer[this.#offset++] as number;
  }

  varint(): number {
    let result = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(result)) throw malformed('varint over 2^53');
        return result;
      }
      scale *= 128;
    }
    throw malformed('varint over 8 bytes');
  }

  /** A varint that must not exceed `max`; `what` names it in the error. */
  varintMax(max: number, what: string): number {
    const value = this.varint();
    if (value > max) throw malformed(`${what} ${value} over its limit of ${max}`);
    return value;
  }

  f64(): number {
    this.#need(8);
    const value = this.#buffer.readDoubleLE(this.#offset);
    this.#offset += 8;
    return value;
  }

  i64(): bigint {
    this.#need(8);
    const value = this.#buffer.readBigInt64LE(this.#offset);
    this.#offset += 8;
    return value;
  }

  /** `length` bytes, as a view into the input. */
  raw(length: number): Uint8Array {
    this.#need(length);
    const view = this.#buffer.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return view;
  }

  /** A length and that many bytes, as a view into the input. */
  bytes(max: number = this.remaining): Uint8Array {
    return this.raw(this.varintMax(Math.min(max, this.remaining), 'byte length'));
  }

  text(max: number = this.remaining): string {
    const length = this.varintMax(Math.min(max, this.remaining), 'text length');
    this.#need(length);
    const start = this.#offset;
    this.#offset += length;
    return length < 24
      ? shortText(this.#buffer, start, length)
      : this.#buffer.toString('utf8', start, start + length);
  }

  actorId(): ActorId {
    return actorIdFromBytes(this.raw(actorIdBytes));
  }

  /** Asserts that everything was read; trailing bytes mean a malformed message. */
  end(): void {
    if (this.remaining !== 0) throw malformed(`${this.remaining} bytes left over`);
  }

  #need(bytes: number): void {
    if (bytes > this.#end - this.#offset) throw malformed('unexpected end');
  }
}

/** Short ASCII is built in JavaScript: crossing into the engine's decoder costs more than the text. */
function shortText(buffer: Buffer, start: number, length: number): string {
  let text = '';
  for (let index = start; index < start + length; index++) {
    const byte = buffer[index] as number;
    if (byte >= 0x80) return buffer.toString('utf8', start, start + length);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The error that every decoder throws for input that does not follow the format. */
export function malformed(what: string): PatinaError {
  return new PatinaError('PATINA_WIRE_MALFORMED', `malformed message: ${what}`);
}
