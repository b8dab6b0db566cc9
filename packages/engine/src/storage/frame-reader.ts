// Puts frames together again from the pieces in which a pipe delivers them.

import { frameBytesMax, frameHeaderBytes } from './reader-protocol.ts';

/** One frame; the payload is a view into what was received. */
export interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

export class FrameReader {
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  readonly #onBroken: () => void;

  /** `onBroken` is told when a frame claims to be larger than any can be. */
  constructor(onBroken: () => void) {
    this.#onBroken = onBroken;
  }

  push(chunk: Buffer): void {
    this.#buffered.push(chunk);
    this.#bufferedBytes += chunk.length;
  }

  /** The next frame that is whole. */
  next(): Frame | undefined {
    if (this.#bufferedBytes < frameHeaderBytes) return undefined;
    let first = this.#buffered[0] ?? Buffer.alloc(0);
    if (first.length < frameHeaderBytes) first = this.#join();
    const length = first.readUInt32LE(0);
    if (length > frameBytesMax) {
      this.#onBroken();
      return undefined;
    }
    const end = frameHeaderBytes + length;
    if (this.#bufferedBytes < end) return undefined;
    if (first.length < end) first = this.#join();
    const rest = first.subarray(end);
    if (rest.length > 0) this.#buffered[0] = rest;
    else this.#buffered.shift();
    this.#bufferedBytes -= end;
    return { kind: first[4] ?? 0, payload: first.subarray(frameHeaderBytes, end) };
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#buffered, this.#bufferedBytes);
    this.#buffered = [joined];
    return joined;
  }
}
