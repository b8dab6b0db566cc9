// Arrays: JSON text in the database, `{…}` in PostgreSQL's text format.

import { sqlFault } from './function-error.ts';

/** What is in an array: integers beyond the safe ones are bigints. */
export type ArrayItem = string | number | bigint | boolean | null | ArrayValue;
/** An array as JSON holds it. */
export type ArrayValue = readonly ArrayItem[];
/** An item that is neither null nor an array. */
export type ArrayElement = string | number | bigint | boolean;

/** Undefined for text that is no JSON array. */
export function parseJsonArray(text: string): ArrayValue | undefined {
  try {
    // Only long numbers need to be looked at in the source.
    const value: unknown = /\d{16}/.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
    return Array.isArray(value) ? itemsOf(value) : undefined;
  } catch {
    return undefined;
  }
}

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Objects among the items, which arrays of PostgreSQL do not have, are taken as their text. */
function itemsOf(values: readonly unknown[]): ArrayValue {
  return values.map((value): ArrayItem => {
    if (Array.isArray(value)) return itemsOf(value);
    if (typeof value === 'object' && value !== null) return JSON.stringify(value);
    return value as ArrayElement | null;
  });
}

/** As the database holds it: without white space. */
export function arrayJson(value: ArrayValue): string {
  return `[${value.map(itemJson).join(',')}]`;
}

export function itemJson(item: ArrayItem): string {
  if (typeof item === 'string') return JSON.stringify(item);
  if (typeof item === 'object' && item !== null) return arrayJson(item);
  // JSON has no such numbers.
  if (typeof item === 'number' && !Number.isFinite(item)) return JSON.stringify(String(item));
  return String(item);
}

const plainElement = /^[^\s{}",\\]+$/;

/** `{1,NULL,"a b"}`; `elementText` writes an element as its type does. */
export function arrayLiteral(
  value: ArrayValue,
  elementText: (element: ArrayElement) => string,
): string {
  const items = value.map((item) => {
    if (item === null) return 'NULL';
    if (typeof item === 'object') return arrayLiteral(item, elementText);
    const text = elementText(item);
    return plainElement.test(text) && text.toUpperCase() !== 'NULL' ? text : quoted(text);
  });
  return `{${items.join(',')}}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Lengths of all dimensions; undefined where the parts differ, which PostgreSQL does not have. */
export function dimensionsOf(value: ArrayValue): number[] | undefined {
  if (value.length === 0) return [];
  const [first] = value;
  if (!Array.isArray(first))
    return value.some((item) => Array.isArray(item)) ? undefined : [value.length];
  const inner = dimensionsOf(first);
  const isEven = value.every((item) => {
    const other = Array.isArray(item) ? dimensionsOf(item) : undefined;
    return other !== undefined && inner !== undefined && String(other) === String(inner);
  });
  return isEven && inner !== undefined ? [value.length, ...inner] : undefined;
}

/** All elements in order. */
export function* elementsOf(value: ArrayValue): Generator<ArrayElement | null> {
  for (const item of value) {
    if (item !== null && typeof item === 'object') yield* elementsOf(item);
    else yield item;
  }
}

/** Nested arrays deeper than PostgreSQL's. */
const dimensionsMax = 6;

/** Reads `{…}`; `readElement` makes an item of an element's text. Throws 22P02. */
export function parseArrayLiteral(
  text: string,
  readElement: (text: string) => ArrayItem,
): ArrayValue {
  // Bounds of subscripts, as in [0:1]={1,2}, are not kept.
  const body = text.trim().replace(/^(\[[+-]?\d+:[+-]?\d+\])+\s*=\s*/, '');
  const reader = new LiteralReader(body, readElement, text);
  return reader.whole();
}

class LiteralReader {
  readonly #text: string;
  readonly #readElement: (text: string) => ArrayItem;
  readonly #shown: string;
  #at = 0;

  constructor(text: string, readElement: (text: string) => ArrayItem, shown: string) {
    this.#text = text;
    this.#readElement = readElement;
    this.#shown = shown;
  }

  whole(): ArrayValue {
    if (this.#text[0] !== '{') {
      throw this.#malformed('Array value must start with "{" or dimension information.');
    }
    const value = this.#array(1);
    if (this.#at < this.#text.length) throw this.#malformed('Junk after closing right brace.');
    if (dimensionsOf(value) === undefined) {
      throw this.#malformed(
        'Multidimensional arrays must have sub-arrays with matching dimensions.',
      );
    }
    return value.every((item) => Array.isArray(item) && item.length === 0) ? [] : value;
  }

  #array(depth: number): ArrayValue {
    if (depth > dimensionsMax) {
      throw sqlFault(
        '54000',
        `number of array dimensions (${depth}) exceeds the maximum allowed (${dimensionsMax})`,
      );
    }
    const items: ArrayItem[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      this.#skipSpace();
      return items;
    }
    for (;;) {
      this.#skipSpace();
      items.push(this.#text[this.#at] === '{' ? this.#array(depth + 1) : this.#element());
      this.#skipSpace();
      const next = this.#text[this.#at++];
      if (next === '}') {
        this.#skipSpace();
        return items;
      }
      if (next === undefined) throw this.#malformed('Unexpected end of input.');
      if (next !== ',') throw this.#malformed('Unexpected array element.');
    }
  }

  #element(): ArrayItem {
    const text = this.#text;
    if (text[this.#at] === '"') return this.#readElement(this.#quoted());
    let read = '';
    let hasEscape = false;
    for (; this.#at < text.length; this.#at++) {
      let unit = text[this.#at] ?? '';
      if (unit === ',' || unit === '}' || unit === '{' || unit === '"') break;
      if (unit === '\\') {
        hasEscape = true;
        unit = text[++this.#at] ?? '';
      }
      read += unit;
    }
    const trimmed = hasEscape ? read : read.trim();
    if (trimmed === '') {
      const found = text[this.#at];
      throw this.#malformed(
        found === undefined ? 'Unexpected end of input.' : `Unexpected "${found}" character.`,
      );
    }
    return !hasEscape && trimmed.toUpperCase() === 'NULL' ? null : this.#readElement(trimmed);
  }

  #quoted(): string {
    const text = this.#text;
    let read = '';
    for (this.#at++; this.#at < text.length; this.#at++) {
      let unit = text[this.#at] ?? '';
      if (unit === '"') {
        this.#at++;
        return read;
      }
      if (unit === '\\') unit = text[++this.#at] ?? '';
      read += unit;
    }
    throw this.#malformed('Unexpected end of input.');
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #malformed(detail: string): Error {
    return sqlFault('22P02', `malformed array literal: "${this.#shown}"`, detail);
  }
}
