// Tokens of a text by PostgreSQL's scanner, for the few commands that its grammar lacks.

import { scanSync } from 'libpg-query';

export interface Token {
  /** As it was written. */
  readonly text: string;
  /** In lower case where it is a bare word; empty for everything else. */
  readonly word: string;
  /** UTF-16 units from the start of the text. */
  readonly start: number;
  readonly end: number;
  /** Where it starts, in UTF-8 bytes, as the parser's nodes count. */
  readonly location: number;
}

/** The tokens of a text without comments; undefined when the scanner refuses it. */
export function tokensOf(text: string): Token[] | undefined {
  let scanned: ReturnType<typeof scanSync>;
  try {
    scanned = scanSync(text);
  } catch {
    // The scanner's errors come as text that is no JSON; the parser tells them better.
    return undefined;
  }
  const unitOf = unitsOfBytes(text);
  return scanned.tokens
    .filter(({ tokenName }) => !tokenName.endsWith('COMMENT'))
    .map((token) => {
      const start = unitOf(token.start);
      const end = unitOf(token.end);
      const written = text.slice(start, end);
      return { text: written, word: bareWord(written), start, end, location: token.start };
    });
}

function bareWord(written: string): string {
  return /^[a-z_]\w*$/i.test(written) ? written.toLowerCase() : '';
}

/** Translates offsets in UTF-8 bytes, asked for in rising order, to UTF-16 units. */
function unitsOfBytes(text: string): (byte: number) => number {
  let unit = 0;
  let byte = 0;
  return (wanted) => {
    while (byte < wanted && unit < text.length) {
      const code = text.codePointAt(unit) ?? 0;
      byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      unit += code < 0x10000 ? 1 : 2;
    }
    return unit;
  };
}
