// How the rows of a query are written into a file: CSV by RFC 4180, a JSON array of objects, or an object a line.
// Cells pass from the text of the result into the file without becoming values: no digit is lost, and
// no cell is held that is larger than a few kilobytes. All text is Latin-1 here, a character for each byte.

import type { exportFormats } from '@patina/api/schemas.ts';
import { type CellKind, type CellSink, RowScanner } from './row-scanner.ts';

export type ExportFormatName = (typeof exportFormats)[number];

export interface ExportFormat {
  readonly contentType: string;
  /** Writes one file. */
  write(): ExportWriter;
}

export interface ExportWriter {
  /** What the file begins with. */
  head(columns: readonly string[]): Buffer;
  /** Some bytes of the result, cut anywhere. */
  rows(bytes: Uint8Array): Buffer;
  /** What it ends with. */
  end(): Buffer;
}

export const exportFormatByName: Readonly<Record<ExportFormatName, ExportFormat>> = {
  csv: { contentType: 'text/csv; charset=utf-8; header=present', write: () => writer(new Csv()) },
  json: {
    contentType: 'application/json; charset=utf-8',
    write: () =>
      writer(new JsonObjects({ opening: '[', before: '\n', between: ',\n', closing: '\n]\n' })),
  },
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    write: () => writer(new JsonObjects({ opening: '', before: '', between: '\n', closing: '\n' })),
  },
};

/** Gathers what it is told of as the text of a file. */
interface FileText extends CellSink {
  text: string;
  begin(columns: readonly string[]): void;
  finish(): void;
}

function writer(file: FileText): ExportWriter {
  const scanner = new RowScanner(file);
  const take = (): Buffer => {
    const bytes = Buffer.from(file.text, 'latin1');
    file.text = '';
    return bytes;
  };
  return {
    head(columns) {
      file.begin(columns);
      return take();
    },
    rows(bytes) {
      scanner.push(bytes);
      return take();
    },
    end() {
      file.finish();
      return take();
    },
  };
}

/** The bytes of a text as characters. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Longer text is quoted whether it needs it or not, so that it need not be kept to find out. */
const unquotedLengthMax = 4_096;

/** What readers would take for the end of a cell, or leave away; empty text is not NULL. */
const needsQuotes = /^$|^\s|[",\r\n]|\s$/;

class Csv implements FileText {
  text = '';
  #kind: CellKind = 'plain';
  #cell = '';
  #isQuoted = false;
  #isFirst = true;
  readonly #unescape = new JsonUnescaper((part) => this.#add(part));
  readonly #hex = new HexWriter((part) => {
    this.text += part;
  });

  begin(columns: readonly string[]): void {
    this.text += `${columns.map((name) => quoted(bytesOf(name))).join(',')}\r\n`;
  }

  startCell(kind: CellKind): void {
    if (!this.#isFirst) this.text += ',';
    this.#isFirst = false;
    this.#kind = kind;
  }

  addToCell(part: string): void {
    if (this.#kind === 'text') this.#unescape.push(part);
    else if (this.#kind === 'blob') this.#hex.push(part);
    else this.#cell += part;
  }

  endCell(): void {
    if (this.#kind === 'blob') this.#hex.end();
    else if (this.#kind === 'plain') this.text += this.#cell === 'null' ? '' : this.#cell;
    else if (this.#isQuoted) this.text += '"';
    else this.text += quoted(this.#cell);
    this.#cell = '';
    this.#isQuoted = false;
  }

  endRow(): void {
    this.text += '\r\n';
    this.#isFirst = true;
  }

  finish(): void {
    // Each line has its end already.
  }

  #add(part: string): void {
    if (this.#isQuoted) {
      this.text += doubled(part);
      return;
    }
    this.#cell += part;
    if (this.#cell.length <= unquotedLengthMax) return;
    this.text += `"${doubled(this.#cell)}`;
    this.#cell = '';
    this.#isQuoted = true;
  }
}

function quoted(text: string): string {
  return needsQuotes.test(text) ? `"${doubled(text)}"` : text;
}

function doubled(text: string): string {
  return text.replaceAll('"', '""');
}

/** Turns the inside of a JSON string, cut anywhere, into what it says. */
class JsonUnescaper {
  readonly #write: (text: string) => void;
  /** An escape of which the rest is to come. */
  #cut = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  push(part: string): void {
    const text = this.#cut + part;
    const end = wholeLength(text);
    this.#cut = text.slice(end);
    if (end > 0) this.#write(unescaped(text.slice(0, end)));
  }
}

const unicodeEscapeLength = 6;

/** The length without an escape that is cut off at the end. */
function wholeLength(text: string): number {
  const last = text.lastIndexOf('\\');
  if (last === -1) return text.length;
  let first = last;
  while (first > 0 && text[first - 1] === '\\') first--;
  // A backslash is one itself where another one stands before it.
  if ((last - first) % 2 === 1) return text.length;
  const end = last + (text[last + 1] === 'u' ? unicodeEscapeLength : 2);
  return end > text.length ? last : text.length;
}

const surrogates = /[\ud800-\udfff]/g;
const replacement = bytesOf('\ufffd');

/**
 * Only ASCII and halves of surrogates stand as escapes in a result, so that all other characters are bytes still.
 * The halves, which UTF-8 has not, become U+FFFD.
 */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const value: unknown = JSON.parse(`"${text}"`);
  return String(value).replaceAll(surrogates, replacement);
}

/** Turns the inside of an array of bytes, cut anywhere, into hexadecimal digits. */
class HexWriter {
  readonly #write: (text: string) => void;
  #digits = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  push(part: string): void {
    const numbers = (this.#digits + part).split(',');
    // The last one may go on.
    this.#digits = numbers.pop() ?? '';
    this.#write(numbers.map(hexOf).join(''));
  }

  end(): void {
    if (this.#digits !== '') this.#write(hexOf(this.#digits));
    this.#digits = '';
  }
}

function hexOf(digits: string): string {
  return Number(digits).toString(16).padStart(2, '0');
}

/** What stands around rows. */
interface JsonFrame {
  readonly opening: string;
  readonly before: string;
  readonly between: string;
  readonly closing: string;
}

const brackets: Readonly<Record<CellKind, readonly [opening: string, closing: string]>> = {
  text: ['"', '"'],
  blob: ['[', ']'],
  plain: ['', ''],
};

class JsonObjects implements FileText {
  text = '';
  readonly #frame: JsonFrame;
  #keys: readonly string[] = [];
  #index = 0;
  #kind: CellKind = 'plain';
  #hasRows = false;

  constructor(frame: JsonFrame) {
    this.#frame = frame;
  }

  begin(columns: readonly string[]): void {
    this.#keys = uniqueNames(columns).map((name) => `${bytesOf(JSON.stringify(name))}:`);
    this.text += this.#frame.opening;
  }

  startCell(kind: CellKind): void {
    if (this.#index === 0) {
      const { before, between } = this.#frame;
      this.text += `${this.#hasRows ? between : before}{`;
      this.#hasRows = true;
    } else this.text += ',';
    this.#kind = kind;
    this.text += `${this.#keys[this.#index] ?? ''}${brackets[kind][0]}`;
    this.#index++;
  }

  addToCell(part: string): void {
    this.text += part;
  }

  endCell(): void {
    this.text += brackets[this.#kind][1];
  }

  endRow(): void {
    this.text += '}';
    this.#index = 0;
  }

  finish(): void {
    const { opening, closing } = this.#frame;
    if (this.#hasRows) this.text += closing;
    else if (opening !== '') this.text += ']\n';
  }
}

/** An object has each name once: the second of `a`, `a` is `a_2`. */
function uniqueNames(columns: readonly string[]): string[] {
  const taken = new Set<string>(columns);
  const seen = new Set<string>();
  return columns.map((name) => {
    let unique = name;
    for (let count = 2; seen.has(unique) || (unique !== name && taken.has(unique)); count++) {
      unique = `${name}_${count}`;
    }
    seen.add(unique);
    return unique;
  });
}
