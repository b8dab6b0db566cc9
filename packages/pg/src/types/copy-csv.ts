// COPY's CSV format: fields may stand in quotes, and then hold delimiters, line ends and doubled quotes (after
// PostgreSQL's copyfromparse.c). Every letter is looked at once, however the data is cut.

import { PgError } from '../pg-error.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import type { LineReader } from './copy-decoder.ts';

type CsvOptions = Pick<
  CopyOptions,
  'delimiter' | 'nullText' | 'quote' | 'escape' | 'forceNotNull' | 'forceNull'
>;

type State =
  | 'plain'
  | 'quoted'
  /** After a quote within quotes that is the escape too: the end of the quotes, or a quote as data. */
  | 'after-quote'
  /** After an escape, within quotes, that is no quote. */
  | 'after-escape';

type LineEnd = '\n' | '\r\n' | '\r';

export class CsvLines implements LineReader {
  readonly #options: CsvOptions;
  /** Finds the next letter that may mean something. */
  readonly #special: RegExp;
  #state: State = 'plain';
  #rows: (string | null)[][] = [];
  #fields: (string | null)[] = [];
  #field = '';
  #wasQuoted = false;
  /** Nothing of the row has come, not even an empty field. */
  #isBetweenRows = true;
  /** After a carriage return, which a newline may follow. */
  #sawReturn = false;
  /** All lines end as the first one does. */
  #lineEnd: LineEnd | undefined;
  #isOver = false;

  constructor(options: CsvOptions) {
    this.#options = options;
    const letters = [options.delimiter, options.quote, options.escape, '\n', '\r'];
    const codes = letters.map((letter) => letter.charCodeAt(0).toString(16).padStart(4, '0'));
    this.#special = new RegExp(`[${codes.map((code) => `\\u${code}`).join('')}]`, 'g');
  }

  push(text: string): (string | null)[][] {
    let at = 0;
    while (at < text.length && !this.#isOver) {
      if (this.#sawReturn) {
        const isPair = text[at] === '\n';
        this.#endRow(isPair ? '\r\n' : '\r');
        if (isPair) at++;
      } else {
        const next = this.#passPlain(text, at);
        if (next < text.length) this.#step(text[next] ?? '');
        at = next + 1;
      }
    }
    return this.#taken();
  }

  end(): (string | null)[][] {
    if (this.#sawReturn) this.#endRow('\r');
    if (this.#isOver) return this.#taken();
    if (this.#state === 'quoted' || this.#state === 'after-escape') {
      throw new PgError('22P04', 'unterminated CSV quoted field');
    }
    if (!this.#isBetweenRows) this.#endRow(undefined);
    return this.#taken();
  }

  #taken(): (string | null)[][] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** Takes letters that are only data; where the next one stands that may be more. */
  #passPlain(text: string, at: number): number {
    if (this.#state === 'after-quote' || this.#state === 'after-escape') return at;
    this.#special.lastIndex = at;
    const next = this.#special.exec(text)?.index ?? text.length;
    if (next > at) {
      this.#field += text.slice(at, next);
      this.#isBetweenRows = false;
    }
    return next;
  }

  #step(letter: string): void {
    const { quote, escape: escaping } = this.#options;
    switch (this.#state) {
      case 'plain':
        this.#plain(letter);
        return;
      case 'quoted':
        if (letter === escaping) this.#state = escaping === quote ? 'after-quote' : 'after-escape';
        else if (letter === quote) this.#state = 'plain';
        else this.#field += letter;
        return;
      case 'after-escape':
        this.#state = 'quoted';
        if (letter === quote || letter === escaping) this.#field += letter;
        else {
          this.#field += escaping;
          this.#step(letter);
        }
        return;
      case 'after-quote':
        this.#state = letter === quote ? 'quoted' : 'plain';
        if (letter === quote) this.#field += quote;
        else this.#plain(letter);
        return;
    }
  }

  #plain(letter: string): void {
    if (letter === '\n') {
      this.#endRow('\n');
      return;
    }
    if (letter === '\r') {
      if (this.#lineEnd === '\r') this.#endRow('\r');
      else this.#sawReturn = true;
      return;
    }
    this.#isBetweenRows = false;
    if (letter === this.#options.delimiter) this.#endField();
    else if (letter === this.#options.quote) {
      this.#wasQuoted = true;
      this.#state = 'quoted';
    } else this.#field += letter;
  }

  #endRow(lineEnd: LineEnd | undefined): void {
    this.#sawReturn = false;
    if (lineEnd !== undefined) this.#checkLineEnd(lineEnd);
    const isMark = this.#fields.length === 0 && this.#field === '\\.' && !this.#wasQuoted;
    // Without a line end it is data.
    if (isMark && lineEnd !== undefined) {
      this.#isOver = true;
      return;
    }
    this.#endField();
    this.#rows.push(this.#fields);
    this.#fields = [];
    this.#isBetweenRows = true;
  }

  /** Other line ends than the first line's are a sign of damage. */
  #checkLineEnd(lineEnd: LineEnd): void {
    this.#lineEnd ??= lineEnd;
    if (lineEnd === this.#lineEnd) return;
    const name = lineEnd === '\n' ? 'newline' : 'carriage return';
    throw new PgError('22P04', `unquoted ${name} found in data`, {
      hint: `Use quoted CSV field to represent ${name}.`,
    });
  }

  #endField(): void {
    this.#fields.push(this.#value(this.#field, this.#wasQuoted, this.#fields.length));
    this.#field = '';
    this.#wasQuoted = false;
  }

  #value(text: string, wasQuoted: boolean, column: number): string | null {
    const { nullText, forceNotNull, forceNull } = this.#options;
    if (text !== nullText) return text;
    if (wasQuoted) return forceNull.includes(column) ? null : text;
    return forceNotNull.includes(column) ? text : null;
  }
}
