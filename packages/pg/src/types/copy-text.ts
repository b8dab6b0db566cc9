// COPY's text format: a line for a row, a delimiter between fields, backslashes before what would mean
// something else.

import type { CopyOptions } from '../utility/utility-statement.ts';
import type { LineReader } from './copy-decoder.ts';

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

export class TextLines implements LineReader {
  readonly #options: Pick<CopyOptions, 'delimiter' | 'nullText'>;
  #rest = '';
  #isOver = false;

  constructor(options: Pick<CopyOptions, 'delimiter' | 'nullText'>) {
    this.#options = options;
  }

  push(text: string): (string | null)[][] {
    const all = this.#rest + text;
    const rows: (string | null)[][] = [];
    let start = 0;
    for (let at = all.indexOf('\n'); at >= 0; at = all.indexOf('\n', at + 1)) {
      // A backslash before the end of a line makes it a part of the field.
      if (isEscaped(all, at, start)) continue;
      this.#take(all.slice(start, at), rows);
      start = at + 1;
    }
    this.#rest = all.slice(start);
    return rows;
  }

  end(): (string | null)[][] {
    const rows: (string | null)[][] = [];
    if (this.#rest !== '') this.#take(this.#rest, rows);
    this.#rest = '';
    return rows;
  }

  #take(given: string, rows: (string | null)[][]): void {
    const line = given.endsWith('\r') ? given.slice(0, -1) : given;
    if (line === '\\.') this.#isOver = true;
    if (!this.#isOver) rows.push(this.#fields(line));
  }

  #fields(line: string): (string | null)[] {
    const { delimiter, nullText } = this.#options;
    const raw: string[] = [];
    let start = 0;
    for (let at = 0; at < line.length; at++) {
      if (line[at] === '\\') at++;
      else if (line[at] === delimiter) {
        raw.push(line.slice(start, at));
        start = at + 1;
      }
    }
    raw.push(line.slice(start));
    return raw.map((field) => (field === nullText ? null : unescaped(field)));
  }
}

function isEscaped(text: string, at: number, start: number): boolean {
  let count = 0;
  while (at - count - 1 >= start && text[at - count - 1] === '\\') count++;
  return count % 2 === 1;
}

/** `\t` and the like, `\101` and `\x41` for bytes, and any other character for itself. */
function unescaped(field: string): string {
  if (!field.includes('\\')) return field;
  const bytes: Buffer[] = [];
  for (const [, octal, hex, other, plain] of field.matchAll(
    /\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2})|\\([\s\S]?)|([^\\]+)/g,
  )) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8) & 255]));
    else if (hex !== undefined) bytes.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (other !== undefined) bytes.push(Buffer.from(escapes[other] ?? other));
    else bytes.push(Buffer.from(plain ?? ''));
  }
  return Buffer.concat(bytes).toString('utf8');
}
