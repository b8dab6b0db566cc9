// The trace of a run: a line for everything that happens. Its hash tells whether two runs were the
// same, its lines tell what a failing run did.

import { createHash } from 'node:crypto';

/** Bytes that a digest looks at; of longer inputs it looks at every so-manieth. */
const digestBytesMax = 256;

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #print: ((line: string) => void) | undefined;
  #lines = 0;

  /** `print` gets every line; without it lines are hashed only. */
  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  get lines(): number {
    return this.#lines;
  }

  add(nowMs: number, text: string): void {
    const line = `${nowMs.toFixed(3)} ${text}`;
    this.#hash.update(`${line}\n`);
    this.#lines++;
    this.#print?.(line);
  }

  /** 16 hex digits over all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}

/** A short digest of bytes, for lines of the trace. */
export function bytesDigest(bytes: Uint8Array): string {
  const step = Math.max(1, Math.floor(bytes.length / digestBytesMax));
  let mixed = 0x811c9dc5 ^ bytes.length;
  for (let index = 0; index < bytes.length; index += step) {
    mixed = Math.imul(mixed ^ (bytes[index] ?? 0), 0x01000193);
  }
  return (mixed >>> 0).toString(16);
}
