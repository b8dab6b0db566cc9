// COPY's CSV format: fields may stand in quotes, and then hold delimiters, line ends and doubled quotes.

import { PgError } from '../pg-error.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import type { LineReader } from './copy-decoder.ts';

type CsvOptions = Pick<
  CopyOptions,
  'delimiter' | 'nullText' | 'quote' | 'escape' | 'forceNotNull' | 'forceNull'
>;

export class CsvLines implements LineReader {
  readonly #options: CsvOptions;
  #rest = '';
  #isOver = false;

  constructor(options: CsvOptions) {
    this.#options = options;
  }

  push(text: string): (string | null)[][] {
    return this.#read(this.#rest + text, false);
  }

  end(): (string | null)[][] {
    return this.#read(this.#rest, true);
  }

  #read(text: string, isEnd: boolean): (string | null)[][] {
    const rows: (string | null)[][] = [];
    let start = 0;
    while (start < text.length && !this.#isOver) {
      const end = this.#lineEnd(text, start);
      if (end < 0) {
        if (!isEnd) break;
        if (this.#isQuoteOpen(text.slice(start))) {
          throw new PgError('22P04', 'unterminated CSV quoted field');
        }
      }
      const until = end < 0 ? text.length : end;
      const line = text.slice(start, until).replace(/\r$/, '');
      start = until + 1;
      if (line === '\\.') this.#isOver = true;
      else rows.push(this.#fields(line));
    }
    this.#rest = this.#isOver ? '' : text.slice(start);
    return rows;
  }

  /** The end of a line outside quotes; -1 where it has not come yet. */
  #lineEnd(text: string, start: number): number {
    const { quote, escape: escaping } = this.#options;
    let isQuoted = false;
    for (let at = start; at < text.length; at++) {
      const character = text[at];
      if (isQuoted && character === escaping && escaping !== quote) at++;
      else if (character === quote) isQuoted = !isQuoted;
      else if (character === '\n' && !isQuoted) return at;
    }
    return -1;
  }

  #isQuoteOpen(line: string): boolean {
    return this.#lineEnd(`${line}\n`, 0) < 0;
  }

  #fields(line: string): (string | null)[] {
    const { delimiter, quote, escape: escaping } = this.#options;
    const fields: (string | null)[] = [];
    let text = '';
    let wasQuoted = false;
    let isQuoted = false;
    const finish = (): void => {
      fields.push(this.#value(text, wasQuoted, fields.length));
      text = '';
      wasQuoted = false;
    };
    for (let at = 0; at < line.length; at++) {
      const character = line[at] ?? '';
      const next = line[at + 1];
      if (isQuoted && character === escaping && (next === quote || next === escaping)) {
        text += next;
        at++;
      } else if (character === quote) {
        isQuoted = !isQuoted;
        wasQuoted = true;
      } else if (character === delimiter && !isQuoted) finish();
      else text += character;
    }
    finish();
    return fields;
  }

  #value(text: string, wasQuoted: boolean, column: number): string | null {
    const { nullText, forceNotNull, forceNull } = this.#options;
    if (text !== nullText) return text;
    if (wasQuoted) return forceNull.includes(column) ? null : text;
    return forceNotNull.includes(column) ? text : null;
  }
}
