// Lines of text out of a stream of bytes, however the bytes were cut up on their way.

import { protocolError } from './client-error.ts';

/** Characters of one line at most: beyond is no row that a node sends. */
export const lineCharsMax = 256 * 1024 * 1024;

/** Takes pieces of a stream and gives whole lines; what follows the last newline waits. */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: false });
  #rest = '';

  /** The lines that are whole now, without those that are empty. */
  push(bytes: Uint8Array): string[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (!text.includes('\n')) {
      this.#rest += text;
      if (this.#rest.length > lineCharsMax) throw protocolError('a line that does not end');
      return [];
    }
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line !== '');
  }

  /** Whether the stream ended in the middle of a line. */
  get hasRest(): boolean {
    return this.#rest !== '';
  }
}
