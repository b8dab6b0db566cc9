// Messages on a two-way stream: each is its length (u32, little endian) and its bytes. A mark instead
// of a length says that the stream ends in order, another that it was aborted; a stream that stops
// without a mark was aborted too. This cuts the bytes of a stream, in whatever pieces they come, back
// into messages.

import { malformed } from '../base/bytes.ts';

/** Bytes of the length in front of each message. */
export const frameHeaderBytes = 4;

/** Stand where a length would stand: no message follows. */
const endMark = 0xffff_ffff;
const abortMark = 0xffff_fffe;

/** Messages up to this length get their memory at once; longer ones as their bytes arrive. */
const eagerBytesMax = 256 * 1024;

/** Writes the header of a message of `length` bytes. */
export function encodeFrameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(frameHeaderBytes);
  header.writeUInt32LE(length, 0);
  return header;
}

/** Writes what stands at the orderly end of a stream. */
export function encodeEndMark(): Buffer {
  return encodeFrameHeader(endMark);
}

/** Writes what stands where a stream is aborted between two messages. */
export function encodeAbortMark(): Buffer {
  return encodeFrameHeader(abortMark);
}

/** What {@link FrameReader.take} found. */
export interface Taken {
  /** Bytes of the input that were used. */
  readonly bytes: number;
  /** A whole message, copied out of the input. */
  readonly message: Uint8Array | undefined;
}

/** Reassembles length-prefixed messages. Memory follows the bytes received, not the length claimed. */
export class FrameReader {
  readonly #messageBytesMax: number;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerFilled = 0;
  /** Length of the message under way; undefined while its header is incomplete. */
  #length: number | undefined;
  #body = Buffer.alloc(0);
  #bodyFilled = 0;
  #mark: number | undefined;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** Whether the mark of an orderly end was read. */
  get isEnded(): boolean {
    return this.#mark === endMark;
  }

  /**
   * Takes bytes from `input` at `offset` up to the end of one message at most. Throws
   * PATINA_WIRE_MALFORMED for a length over the limit, before any memory is taken for it, and for
   * anything behind a mark.
   */
  take(input: Uint8Array, offset: number): Taken {
    if (this.#mark !== undefined) throw malformed('bytes behind the end of a stream');
    let at = offset;
    if (this.#length === undefined) {
      while (this.#headerFilled < frameHeaderBytes && at < input.length) {
        this.#header[this.#headerFilled++] = input[at++] ?? 0;
      }
      if (this.#headerFilled < frameHeaderBytes) return { bytes: at - offset, message: undefined };
      this.#begin(this.#header.readUInt32LE(0));
      if (this.#mark !== undefined) return { bytes: at - offset, message: undefined };
    }
    const length = this.#length ?? 0;
    const count = Math.min(length - this.#bodyFilled, input.length - at);
    this.#reserve(this.#bodyFilled + count, length);
    this.#body.set(input.subarray(at, at + count), this.#bodyFilled);
    this.#bodyFilled += count;
    at += count;
    if (this.#bodyFilled < length) return { bytes: at - offset, message: undefined };
    const message = this.#body.subarray(0, length);
    this.#headerFilled = 0;
    this.#length = undefined;
    this.#body = Buffer.alloc(0);
    return { bytes: at - offset, message };
  }

  #begin(length: number): void {
    if (length === endMark || length === abortMark) {
      this.#mark = length;
      return;
    }
    if (length > this.#messageBytesMax) {
      throw malformed(`message of ${length} bytes over the limit of ${this.#messageBytesMax}`);
    }
    this.#length = length;
    this.#bodyFilled = 0;
    this.#body = Buffer.allocUnsafe(Math.min(length, eagerBytesMax));
  }

  #reserve(needed: number, length: number): void {
    if (needed <= this.#body.length) return;
    const grown = Buffer.allocUnsafe(Math.min(length, Math.max(needed, this.#body.length * 2)));
    this.#body.copy(grown, 0, 0, this.#bodyFilled);
    this.#body = grown;
  }
}
