// Gathers the frames that a child process answers with, so that a small answer is one write and wakes the
// parent once. Writing blocks while the parent does not read.

import { writeSync } from 'node:fs';

export class FrameOutput {
  readonly #fd: number;
  readonly #gatherBytesMax: number;
  #frames: Uint8Array[] = [];
  #bytes = 0;

  /** Frames are written to `fd` once `gatherBytesMax` bytes of them have gathered, or at a flush. */
  constructor(fd: number, gatherBytesMax: number) {
    this.#fd = fd;
    this.#gatherBytesMax = gatherBytesMax;
  }

  add(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes >= this.#gatherBytesMax) this.flush();
  }

  flush(): void {
    const [first] = this.#frames;
    if (first === undefined) return;
    const whole = this.#frames.length === 1 ? first : Buffer.concat(this.#frames, this.#bytes);
    this.#frames = [];
    this.#bytes = 0;
    for (let written = 0; written < whole.length; ) {
      written += writeSync(this.#fd, whole, written, whole.length - written);
    }
  }
}
