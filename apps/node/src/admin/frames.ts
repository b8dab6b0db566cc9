// Frames of the admin socket: a length (unsigned, 32 bits, big endian), then that many bytes of
// JSON. The length is checked before anything is kept, so that a stray client cannot fill the
// memory.

import { PatinaError } from '@patina/engine/base/errors.ts';

/** Bytes of JSON that a request may have: room for the files of a large schema. */
export const requestBytesMax = 8 * 1024 * 1024;

/** Bytes of JSON that an answer may have. */
export const responseBytesMax = 64 * 1024 * 1024;

const headBytes = 4;

/** Encodes one value as one frame. Throws PATINA_WIRE_MALFORMED when it is over the limit. */
export function encodeFrame(value: unknown, bytesMax: number): Buffer {
  const body = Buffer.from(JSON.stringify(value), 'utf8');
  if (body.length > bytesMax) {
    throw malformedFrame(`a frame of ${body.length} bytes is over the limit of ${bytesMax}`);
  }
  const frame = Buffer.allocUnsafe(headBytes + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, headBytes);
  return frame;
}

/** Puts frames together from pieces in whatever sizes they arrive. */
export class FrameDecoder {
  readonly #bytesMax: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether a frame has begun to arrive and is not yet whole. */
  get isPartial(): boolean {
    return this.#bytes > 0;
  }

  /** Adds bytes and returns the values of all frames that are now whole. */
  push(piece: Buffer): unknown[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const values: unknown[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#bytes < headBytes + length) return values;
      values.push(parseJson(this.#take(headBytes + length).subarray(headBytes)));
    }
  }

  #nextLength(): number | undefined {
    if (this.#bytes < headBytes) return undefined;
    const first = this.#pieces[0];
    // A head can be split over pieces; joining them is rare and then cheap.
    const head = first !== undefined && first.length >= headBytes ? first : this.#joined();
    const length = head.readUInt32BE(0);
    if (length > this.#bytesMax) {
      throw malformedFrame(`a frame of ${length} bytes is over the limit of ${this.#bytesMax}`);
    }
    return length;
  }

  #take(bytes: number): Buffer {
    const joined = this.#joined();
    const rest = joined.subarray(bytes);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    return joined.subarray(0, bytes);
  }

  #joined(): Buffer {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}

/** The error of a frame that does not follow the format. */
export function malformedFrame(what: string, cause?: unknown): PatinaError {
  return new PatinaError('PATINA_WIRE_MALFORMED', `admin socket: ${what}`, { cause });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw malformedFrame('a frame is not JSON', error);
  }
}
