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

type State =
  | 'plain'
  /** After a backslash: the next letter is data, also a line end. */
  | 'escaped'
  /** After a carriage return that a newline may follow. */
  | 'return'
  /** After the mark of the end, which only a line end may follow. */
  | 'mark'
  /** After the mark and the first half of its line end. */
  | 'mark-return';

export class TextLines implements LineReader {
  readonly #options: Pick<CopyOptions, 'delimiter' | 'nullText'>;
  /** Finds the next letter that may mean something to lines; its place is this reader's own. */
  readonly #special = /[\\\n\r]/g;
  #state: State = 'plain';
  /** Of a line that has not ended; joined when it does, so that each letter is looked at once. */
  #begun: string[] = [];
  /** All lines end as the first one does. */
  #lineEnd: LineEnd | undefined;
  #rows: (string | null)[][] = [];
  #isOver = false;

  constructor(options: Pick<CopyOptions, 'delimiter' | 'nullText'>) {
    this.#options = options;
  }

  push(text: string): (string | null)[][] {
    let start = 0;
    let at = 0;
    while (at < text.length && !this.#isOver) {
      if (this.#state === 'plain') {
        this.#special.lastIndex = at;
        const next = this.#special.exec(text)?.index;
        if (next === undefined) break;
        at = next;
      }
      const letter = text[at] ?? '';
      // The newline of a pair is passed over; any other letter begins the next line.
      const isPassed = this.#state !== 'return' || letter === '\n';
      const dropped = this.#step(letter);
      if (isPassed) at++;
      if (dropped === undefined) continue;
      this.#endLine(text.slice(start, at), isPassed ? dropped : dropped - 1);
      start = at;
    }
    if (!this.#isOver && start < text.length) this.#begun.push(text.slice(start));
    return this.#taken();
  }

  end(): (string | null)[][] {
    if (this.#isOver) return [];
    if (this.#state === 'mark' || this.#state === 'mark-return') throw corruptMark();
    if (this.#state === 'return') {
      this.#checkReturn();
      this.#endLine('', 1);
    } else if (this.#begun.length > 0) this.#endLine('', 0);
    return this.#taken();
  }

  #taken(): (string | null)[][] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** How many letters, this one among them, are not data at the end of a line; undefined within a line. */
  #step(letter: string): number | undefined {
    switch (this.#state) {
      case 'plain':
        return this.#plain(letter);
      case 'escaped':
        this.#state = letter === '.' ? 'mark' : 'plain';
        return undefined;
      case 'return':
        this.#state = 'plain';
        if (letter === '\n') this.#lineEnd = '\r\n';
        else this.#checkReturn();
        return 2;
      case 'mark':
        if (letter !== '\n' && letter !== '\r') throw corruptMark();
        if (this.#lineEnd === '\r\n' && letter === '\r') {
          this.#state = 'mark-return';
          return undefined;
        }
        if (this.#lineEnd !== undefined && letter !== this.#lineEnd) throw otherMarkEnd();
        this.#isOver = true;
        return 3;
      case 'mark-return':
        if (letter === '\r') throw otherMarkEnd();
        if (letter !== '\n') throw corruptMark();
        this.#isOver = true;
        return 4;
    }
  }

  /** A letter that may mean something; other line ends than the first line's are a sign of damage. */
  #plain(letter: string): number | undefined {
    if (letter === '\\') {
      this.#state = 'escaped';
      return undefined;
    }
    if (letter === '\n') {
      if (this.#lineEnd === '\r' || this.#lineEnd === '\r\n') throw literal('newline', 'n');
      this.#lineEnd = '\n';
      return 1;
    }
    if (this.#lineEnd === '\n') throw literal('carriage return', 'r');
    if (this.#lineEnd === '\r') return 1;
    this.#state = 'return';
    return undefined;
  }

  /** A carriage return that no newline followed. */
  #checkReturn(): void {
    if (this.#lineEnd === '\r\n') throw literal('carriage return', 'r');
    this.#lineEnd = '\r';
  }

  /** The line that ends with `last`, but for its last letters; before the mark only what is not empty is one. */
  #endLine(last: string, dropped: number): void {
    const all = this.#begun.length === 0 ? last : this.#begun.join('') + last;
    this.#begun = [];
    const line = all.slice(0, all.length - dropped);
    if (line !== '' || !this.#isOver) this.#rows.push(this.#fields(line));
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

function literal(name: string, letter: string): PgError {
  return new PgError('22P04', `literal ${name} found in data`, {
    hint: `Use "\\${letter}" to represent ${name}.`,
  });
}

function corruptMark(): PgError {
  return new PgError('22P04', 'end-of-copy marker corrupt');
}

function otherMarkEnd(): PgError {
  return new PgError('22P04', 'end-of-copy marker does not match previous newline style');
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
  const all = Buffer.concat(bytes);
  if (all.includes(0))
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  try {
    return utf8.decode(all);
  } catch {
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8"');
  }
}
