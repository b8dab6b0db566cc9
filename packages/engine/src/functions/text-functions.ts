// Functions of text. Those whose names SQLite has with another meaning begin with pg_.

import { bytesOf, integerOf, numberOf, textOf } from './cells.ts';
import { characterAtIndex, characterCount, hasPairs, sliceCharacters } from './characters.ts';
import { sqlFault } from './function-error.ts';
import { type Answer, type Cell, type SqlFunction, scalar } from './function-types.ts';

/** Texts beyond PostgreSQL's 1 GB are refused before they are made; ours may be a quarter of it. */
const bytesMax = 256 * 1024 * 1024;

function checkSize(characters: number): void {
  if (characters > bytesMax) throw sqlFault('54000', 'requested length too large');
}

function initcap(text: string): string {
  return text.replaceAll(/[\p{L}\p{Nd}]+/gu, (word) => {
    const [first = ''] = word;
    return first.toUpperCase() + word.slice(first.length).toLowerCase();
  });
}

function padding(fill: string, count: number): string {
  if (fill === '' || count <= 0) return '';
  return sliceCharacters(fill.repeat(Math.ceil(count / characterCount(fill))), 0, count);
}

/** To so many characters; what is too long is cut at its end in both. */
function padded(text: string, length: number, fill: string, isLeft: boolean): string {
  checkSize(length);
  const count = characterCount(text);
  if (count >= length) return sliceCharacters(text, 0, Math.max(0, length));
  const pad = padding(fill, length - count);
  return isLeft ? pad + text : text + pad;
}

/** substr(text or bytea, start [, length]): what lies before the start counts. */
function substr(value: Cell, start: number, length?: number): Answer {
  const end = length === undefined ? undefined : start + length;
  if (length !== undefined && length < 0)
    throw sqlFault('22011', 'negative substring length not allowed');
  const from = Math.max(start, 1) - 1;
  const to = end === undefined ? undefined : Math.max(end, 1) - 1;
  if (value instanceof Uint8Array) return value.slice(from, to);
  return sliceCharacters(textOf(value), from, to === undefined ? undefined : Math.max(from, to));
}

function translate(text: string, from: string, to: string): string {
  const wanted = [...to];
  const table = new Map<string, string>();
  for (const [index, character] of [...from].entries()) {
    if (!table.has(character)) table.set(character, wanted[index] ?? '');
  }
  return [...text].map((character) => table.get(character) ?? character).join('');
}

/** Each occurrence; unlike SQLite's replace() an empty one is none. */
function replaceAll(text: string, from: string, to: string): string {
  return from === '' ? text : text.replaceAll(from, () => to);
}

function overlay(text: string, by: string, start: number, length: number): string {
  if (start < 1) throw sqlFault('22011', 'negative substring length not allowed');
  const before = sliceCharacters(text, 0, start - 1);
  return before + by + sliceCharacters(text, Math.max(0, start - 1 + length));
}

/** A field of text, counted from 1, or from the end where it is negative. */
function splitPart(text: string, separator: string, number: number): string {
  if (number === 0) throw sqlFault('22023', 'field position must not be zero');
  const parts = separator === '' ? [text] : text.split(separator);
  return parts.at(number > 0 ? number - 1 : number) ?? '';
}

function trimmed(text: string, characters: string, side: 'both' | 'start' | 'end'): string {
  const set = new Set(characters);
  const all = [...text];
  let start = 0;
  let end = all.length;
  if (side !== 'end') while (start < end && set.has(all[start] ?? '')) start++;
  if (side !== 'start') while (end > start && set.has(all[end - 1] ?? '')) end--;
  return all.slice(start, end).join('');
}

function chr(code: number): string {
  if (code === 0) throw sqlFault('54000', 'null character not permitted');
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    throw sqlFault('54000', `requested character too large for encoding: ${code}`);
  }
  return String.fromCodePoint(code);
}

function position(text: string, part: string): bigint {
  const index = text.indexOf(part);
  return index < 0 ? 0n : BigInt(characterAtIndex(text, index) + 1);
}

/** \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX and \\. */
function unistr(text: string): string {
  return text.replaceAll(
    /\\(?:([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(\\)|)/g,
    (_all, four?: string, plus?: string, small?: string, large?: string, slash?: string) => {
      if (slash !== undefined) return '\\';
      const digits = four ?? plus ?? small ?? large;
      if (digits === undefined) throw sqlFault('22P02', 'invalid Unicode escape');
      const code = Number.parseInt(digits, 16);
      if (code > 0x10ffff) throw sqlFault('22P02', 'invalid Unicode escape value');
      return String.fromCodePoint(code);
    },
  );
}

const normalForms = new Set(['NFC', 'NFD', 'NFKC', 'NFKD']);

function normalize(text: string, form: string): string {
  const name = form.toUpperCase();
  if (!normalForms.has(name)) throw sqlFault('22023', `invalid normalization form: ${form}`);
  return text.normalize(name);
}

function joined(separator: string, values: readonly Cell[]): string {
  return values
    .filter((value) => value !== null)
    .map(textOf)
    .join(separator);
}

/** Of bytes or of text: characters. */
function lengthOf(value: Cell): bigint {
  return BigInt(value instanceof Uint8Array ? value.length : characterCount(textOf(value)));
}

export const textFunctions: readonly SqlFunction[] = [
  scalar('initcap', 1, (text = null) => initcap(textOf(text))),
  scalar('pg_lower', 1, (text = null) => textOf(text).toLowerCase()),
  scalar('pg_upper', 1, (text = null) => textOf(text).toUpperCase()),
  scalar('pg_length', 1, (value = null) => lengthOf(value)),
  scalar('lpad', [2, 3], (text = null, length = 0, fill = ' ') =>
    padded(textOf(text), integerOf(length), textOf(fill), true),
  ),
  scalar('rpad', [2, 3], (text = null, length = 0, fill = ' ') =>
    padded(textOf(text), integerOf(length), textOf(fill), false),
  ),
  scalar('pg_left', 2, (text = null, count = 0) =>
    sliceCharacters(textOf(text), 0, integerOf(count)),
  ),
  scalar('pg_right', 2, (text = null, count = 0) => {
    const number = integerOf(count);
    return number === 0 ? '' : sliceCharacters(textOf(text), -number);
  }),
  scalar('pg_reverse', 1, (text = null) =>
    hasPairs(textOf(text))
      ? [...textOf(text)].reverse().join('')
      : textOf(text).split('').reverse().join(''),
  ),
  scalar('repeat', 2, (text = null, count = 0) => {
    const times = Math.max(0, integerOf(count));
    checkSize(times * textOf(text).length);
    return textOf(text).repeat(times);
  }),
  scalar('strpos', 2, (text = null, part = null) => position(textOf(text), textOf(part))),
  scalar('pg_position', 2, (part = null, text = null) => position(textOf(text), textOf(part))),
  scalar('pg_substr', [2, 3], (value = null, start = 1, length) =>
    substr(value, integerOf(start), length === undefined ? undefined : integerOf(length)),
  ),
  scalar('translate', 3, (text = null, from = null, to = null) =>
    translate(textOf(text), textOf(from), textOf(to)),
  ),
  scalar('pg_replace', 3, (text = null, from = null, to = null) =>
    replaceAll(textOf(text), textOf(from), textOf(to)),
  ),
  scalar('overlay', [3, 4], (text = null, by = null, start = 1, length) =>
    overlay(
      textOf(text),
      textOf(by),
      integerOf(start),
      length === undefined ? characterCount(textOf(by)) : integerOf(length),
    ),
  ),
  scalar('split_part', 3, (text = null, separator = null, number = 0) =>
    splitPart(textOf(text), textOf(separator), integerOf(number)),
  ),
  scalar('btrim', [1, 2], (text = null, characters = ' ') =>
    trimmed(textOf(text), textOf(characters), 'both'),
  ),
  scalar('pg_ltrim', [1, 2], (text = null, characters = ' ') =>
    trimmed(textOf(text), textOf(characters), 'start'),
  ),
  scalar('pg_rtrim', [1, 2], (text = null, characters = ' ') =>
    trimmed(textOf(text), textOf(characters), 'end'),
  ),
  scalar('ascii', 1, (text = null) => BigInt(textOf(text).codePointAt(0) ?? 0)),
  scalar('chr', 1, (code = 0) => chr(integerOf(code))),
  scalar('starts_with', 2, (text = null, prefix = null) => textOf(text).startsWith(textOf(prefix))),
  scalar('unistr', 1, (text = null) => unistr(textOf(text))),
  scalar('normalize', [1, 2], (text = null, form = 'NFC') => normalize(textOf(text), textOf(form))),
  scalar('pg_concat', 'any', (...values) => joined('', values), { isStrict: false }),
  scalar(
    'pg_concat_ws',
    'any',
    (separator = null, ...values) =>
      separator === null ? null : joined(textOf(separator), values),
    { isStrict: false },
  ),
  scalar('bit_length', 1, (value = null) => BigInt(bytesOf(value).length * 8)),
  scalar('to_hex', 1, (value = 0) => {
    const number = typeof value === 'bigint' ? value : BigInt(Math.trunc(numberOf(value)));
    if (number >= 0n) return number.toString(16);
    return BigInt.asUintN(number >= -0x8000_0000n ? 32 : 64, number).toString(16);
  }),
];
