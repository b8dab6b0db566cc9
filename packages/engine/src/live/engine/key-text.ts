// Keys and identities as text: equal texts for values that SQLite takes for equal, so that they can be
// looked up. Each value says where it ends, so that texts can be joined, cut and read back.

import type { RawCell } from '../../storage/row-encoder.ts';

/** Upper-case name of a collation of SQLite. */
export type Collation = string;

/** JavaScript puts it where text is no UTF-8: different texts may then look the same. */
const replacementCharacter = '\uFFFD';

const int64Limit = 2 ** 63;

/** The text of values under their collations (BINARY where none is given): 1 and 1.0 are one key. */
export function keyTextOf(
  values: readonly RawCell[],
  from: number,
  to: number,
  collations: readonly Collation[],
): string {
  let text = '';
  for (let index = from; index < to; index++) {
    text += valueText(comparable(values[index] ?? null, collations[index - from]));
  }
  return text;
}

/** The text of values that keeps their types and letters apart. */
export function exactTextOf(values: readonly RawCell[], from: number): string {
  let text = '';
  for (let index = from; index < values.length; index++) text += valueText(values[index] ?? null);
  return text;
}

/** Cuts a text into those of its values. */
export function splitKeyText(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = endOfValue(text, start);
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

/** The values of a text. */
export function parseKeyText(text: string): RawCell[] {
  return splitKeyText(text).map(parseValue);
}

/** Whether a text may stand for several keys, because JavaScript cannot hold what they are. */
export function isUncertainText(text: string): boolean {
  return text.includes(replacementCharacter);
}

function comparable(value: RawCell, collation: Collation | undefined): RawCell {
  if (typeof value === 'number') {
    const isInteger = Number.isInteger(value) && value >= -int64Limit && value < int64Limit;
    return isInteger ? BigInt(value) : value;
  }
  if (typeof value !== 'string' || collation === undefined) return value;
  // SQLite folds the letters of ASCII alone.
  if (collation === 'NOCASE') return value.replace(/[A-Z]+/g, (run) => run.toLowerCase());
  return collation === 'RTRIM' ? value.replace(/ +$/, '') : value;
}

function valueText(value: RawCell): string {
  if (typeof value === 'bigint') return integerText(value);
  if (typeof value === 'string') return `s${value.length}:${value}`;
  if (value === null) return 'n;';
  if (typeof value === 'number') return Object.is(value, -0) ? 'r-0;' : `r${value};`;
  return `b${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')};`;
}

/**
 * A letter that rises with the number of digits stands before those of integers from 0 on, so that
 * their texts are in their order: rows come by rising keys, which then go to the end of an index.
 */
function integerText(value: bigint): string {
  if (value < 0n) return `i${value};`;
  const digits = String(value);
  return `i${String.fromCharCode(letterBase + digits.length)}${digits};`;
}

const letterBase = 'a'.charCodeAt(0) - 1;

function endOfValue(text: string, start: number): number {
  if (text[start] !== 's') return text.indexOf(';', start) + 1;
  const colon = text.indexOf(':', start);
  return colon + 1 + Number(text.slice(start + 1, colon));
}

function parseValue(text: string): RawCell {
  const body = text.slice(1, -1);
  switch (text[0]) {
    case 'i':
      return BigInt(body.replace(/^[a-z]/, ''));
    case 's':
      return text.slice(text.indexOf(':') + 1);
    case 'r':
      return Number(body);
    case 'b':
      return Buffer.from(body, 'hex');
    default:
      return null;
  }
}
