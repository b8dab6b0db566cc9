// Cells of COPY's lines: what was written as it is gets the escapes or quotes that its format asks for, in
// place. Most cells need none, so they are written first and looked over afterwards.

import type { CopyOptions } from '../utility/utility-statement.ts';
import type { WireBuffer } from './wire-buffer.ts';

const backslash = 0x5c;

/** Letters after the backslash, by the byte that they stand for. */
const controlLetters: ReadonlyMap<number, number> = new Map([
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0b, 0x76],
  [0x0c, 0x66],
  [0x0d, 0x72],
]);

/** What stands after the backslash for a byte, 0 where the byte needs none. */
function textEscapes(delimiter: string): Uint8Array {
  const escapes = new Uint8Array(256);
  for (const [byte, letter] of controlLetters) escapes[byte] = letter;
  escapes[backslash] = backslash;
  const delimiterByte = delimiter.charCodeAt(0);
  if (!controlLetters.has(delimiterByte)) escapes[delimiterByte] = delimiterByte;
  return escapes;
}

export class TextCells {
  readonly #escapes: Uint8Array;
  readonly #nullText: string;

  constructor({ delimiter, nullText }: CopyOptions) {
    this.#escapes = textEscapes(delimiter);
    this.#nullText = nullText;
  }

  null(out: WireBuffer): void {
    out.text(this.#nullText);
  }

  name(out: WireBuffer, name: string): void {
    const start = out.length;
    out.text(name);
    this.escapeFrom(out, start);
  }

  /** Escapes what was written since `start`. */
  escapeFrom(out: WireBuffer, start: number): void {
    const escapes = this.#escapes;
    const written = out.view(start);
    let first = 0;
    while (first < written.length && escapes[written[first] ?? 0] === 0) first++;
    if (first === written.length) return;
    const rest = Buffer.from(written.subarray(first));
    out.truncate(start + first);
    for (const byte of rest) {
      const letter = escapes[byte] ?? 0;
      if (letter === 0) out.u8(byte);
      else {
        out.u8(backslash);
        out.u8(letter);
      }
    }
  }
}

/** Alone on a line it would end the data. */
const endOfData = Buffer.from('\\.');

export class CsvCells {
  readonly #quote: number;
  readonly #escape: number;
  readonly #nullText: Buffer;
  readonly #forcesQuote: (index: number) => boolean;
  readonly #isAlone: boolean;
  /** Marks the bytes that make quotes necessary. */
  readonly #special: Uint8Array;

  constructor(options: CopyOptions, columns: number) {
    this.#quote = options.quote.charCodeAt(0);
    this.#escape = options.escape.charCodeAt(0);
    this.#nullText = Buffer.from(options.nullText);
    const { forceQuote } = options;
    const forced = new Set(forceQuote === 'all' ? [] : forceQuote);
    this.#forcesQuote = forceQuote === 'all' ? () => true : (index) => forced.has(index);
    this.#isAlone = columns === 1;
    this.#special = new Uint8Array(256);
    for (const byte of [options.delimiter.charCodeAt(0), this.#quote, 0x0a, 0x0d]) {
      this.#special[byte] = 1;
    }
  }

  null(out: WireBuffer): void {
    out.bytes(this.#nullText);
  }

  name(out: WireBuffer, name: string): void {
    const start = out.length;
    out.text(name);
    this.#quoteFrom(out, start, false);
  }

  /** Quotes what was written since `start`, where that is necessary or asked for. */
  escapeFrom(out: WireBuffer, start: number, index: number): void {
    this.#quoteFrom(out, start, this.#forcesQuote(index));
  }

  #quoteFrom(out: WireBuffer, start: number, isForced: boolean): void {
    const written = out.view(start);
    if (!isForced && !this.#needsQuote(written)) return;
    const cell = Buffer.from(written);
    out.truncate(start);
    out.u8(this.#quote);
    for (const byte of cell) {
      if (byte === this.#quote || byte === this.#escape) out.u8(this.#escape);
      out.u8(byte);
    }
    out.u8(this.#quote);
  }

  #needsQuote(cell: Buffer): boolean {
    if (cell.equals(this.#nullText)) return true;
    if (this.#isAlone && cell.equals(endOfData)) return true;
    const special = this.#special;
    for (let at = 0; at < cell.length; at++) if (special[cell[at] ?? 0] === 1) return true;
    return false;
  }
}
