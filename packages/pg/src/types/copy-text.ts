// COPY's text format: a line for a row, a delimiter between fields, backslashes before what would mean
// something else (after PostgreSQL's copyfromparse.c).

import { PgError } from '../pg-error.ts';
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

type LineEnd = '\n' | '\r\n' | '\r';

export class TextLines implements LineReader {
  readonly #options: Pick<CopyOptions, 'delimiter' | 'nullText'>;
  /** Of a line that has not ended; joined when it does, so that long lines cost no more than short ones. */
  #begun: string[] = [];
  /** All lines end as the first one does. */
  #lineEnd: LineEnd | undefined;
  #isOver = false;

  constructor(options: Pick<CopyOptions, 'delimiter' | 'nullText'>) {
    this.#options = options;
  }

  push(text: string): (string | null)[][] {
    if (this.#isOver || text === '') return [];
    this.#begun.push(text);
    return /[\n\r]/.test(text) ? this.#read(false) : [];
  }

  end(): (string | null)[][] {
    return this.#read(true);
  }

  #read(isEnd: boolean): (string | null)[][] {
    const all = this.#begun.join('');
    const rows: (string | null)[][] = [];
    let start = 0;
    this.#lineEnd ??= firstLineEnd(all, isEnd);
    const lineEnd = this.#lineEnd;
    let at = lineEnd === undefined ? -1 : all.indexOf(lineEnd);
    for (; lineEnd !== undefined && at >= 0; at = all.indexOf(lineEnd, at + lineEnd.length)) {
      // A backslash before the end of a line makes it a part of the field.
      if (isEscaped(all, at, start)) continue;
      this.#take(all.slice(start, at), rows);
      start = at + lineEnd.length;
    }
    const rest = all.slice(start);
    if (isEnd && rest !== '') this.#take(rest, rows);
    this.#begun = isEnd || this.#isOver || rest === '' ? [] : [rest];
    return rows;
  }

  #take(line: string, rows: (string | null)[][]): void {
    if (line === '\\.') this.#isOver = true;
    if (this.#isOver) return;
    refuseLineEnds(line);
    rows.push(this.#fields(line));
  }

  #fields(line: string): (string | null)[] {
    const { delimiter, nullText } = this.#options;
    if (!line.includes('\\')) {
      return line.split(delimiter).map((field) => (field === nullText ? null : field));
    }
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

/** A carriage return at the end of what has come tells nothing yet: a newline may follow. */
function firstLineEnd(text: string, isEnd: boolean): LineEnd | undefined {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '\n') return '\n';
    else if (text[at] === '\r') {
      if (text[at + 1] === '\n') return '\r\n';
      return at + 1 < text.length || isEnd ? '\r' : undefined;
    }
  }
  return undefined;
}

/** Other line ends than the first line's are a sign of damage. */
function refuseLineEnds(line: string): void {
  for (const { 0: found, index } of line.matchAll(/[\n\r]/g)) {
    if (isEscaped(line, index, 0)) continue;
    const [name, letter] = found === '\n' ? ['newline', 'n'] : ['carriage return', 'r'];
    throw new PgError('22P04', `literal ${name} found in data`, {
      hint: `Use "\\${letter}" to represent ${name}.`,
    });
  }
}

function isEscaped(text: string, at: number, start: number): boolean {
  let count = 0;
  while (at - count - 1 >= start && text[at - count - 1] === '\\') count++;
  return count % 2 === 1;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `\t` and the like, `\101` and `\x41` for bytes, and any other character for itself. */
function unescaped(field: string): string {
  if (!field.includes('\\')) return field;
  if (!/\\[x0-7]/.test(field)) {
    return field.replace(/\\([\s\S]?)/g, (_all, what: string) => escapes[what] ?? what);
  }
  const bytes: Buffer[] = [];
  for (const [, octal, hex, other, plain] of field.matchAll(
    /\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2})|\\([\s\S]?)|([^\\]+)/g,
  )) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8) & 255]));
    else if (hex !== undefined) bytes.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (other !== undefined) bytes.push(Buffer.from(escapes[other] ?? other));
    else bytes.push(Buffer.from(plain ?? ''));
  }
  try {
    return utf8.decode(Buffer.concat(bytes));
  } catch {
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8"');
  }
}
