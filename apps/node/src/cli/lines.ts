// Splits a stream of bytes into lines of text, one JSON document each, with a limit on their
// length.

import { malformed } from '@patina/engine/base/bytes.ts';

/** Characters that one line may have. */
export const lineCharsMax = 128 * 1024 * 1024;

/** The lines of a body, without their ends; empty lines are left out. */
export async function* linesOf(
  body: AsyncIterable<Uint8Array>,
  charsMax: number = lineCharsMax,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let chars = 0;
  for await (const bytes of body) {
    const parts = decoder.decode(bytes, { stream: true }).split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      const line = pieces.join('') + part;
      pieces = [];
      chars = 0;
      if (line !== '') yield line;
    }
    pieces.push(last);
    chars += last.length;
    if (chars > charsMax) throw malformed(`a line of over ${charsMax} characters`);
  }
  const rest = pieces.join('') + decoder.decode();
  if (rest !== '') yield rest;
}
