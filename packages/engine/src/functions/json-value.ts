// JSON as PostgreSQL has it: `json` keeps the text as it was written, `jsonb` is in a normal form with sorted
// keys without doubles. Numbers are exact in both. So documents are read here, not by JSON.parse.

import { compare, formatDecimal, parseDecimal } from './decimal.ts';
import { sqlFault } from './function-error.ts';

interface Span {
  /** Where it stands in its source. */
  readonly start: number;
  readonly end: number;
}

export type JsonNode =
  | ({ readonly kind: 'null' | 'true' | 'false' } & Span)
  | ({ readonly kind: 'number'; readonly text: string } & Span)
  | ({ readonly kind: 'string'; readonly value: string } & Span)
  | ({ readonly kind: 'array'; readonly items: readonly JsonNode[] } & Span)
  | ({ readonly kind: 'object'; readonly entries: readonly JsonEntry[] } & Span);

export type JsonEntry = readonly [key: string, value: JsonNode];

/** Deeper documents are refused, as PostgreSQL's stack does. */
const depthMax = 2_000;

const nowhere: Span = { start: 0, end: 0 };

export const jsonNull: JsonNode = { kind: 'null', ...nowhere };

export function jsonBoolean(value: boolean): JsonNode {
  return { kind: value ? 'true' : 'false', ...nowhere };
}

export function jsonString(value: string): JsonNode {
  return { kind: 'string', value, ...nowhere };
}

export function jsonNumber(text: string): JsonNode {
  return { kind: 'number', text, ...nowhere };
}

export function jsonArray(items: readonly JsonNode[]): JsonNode {
  return { kind: 'array', items, ...nowhere };
}

export function jsonObject(entries: readonly JsonEntry[]): JsonNode {
  return { kind: 'object', entries, ...nowhere };
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings.
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const token = /[A-Za-z0-9_.+-]+|[^\s]/y;

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonNode {
    const node = this.#value(1, 'JSON value');
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('end of input');
    return node;
  }

  #value(depth: number, wanted: string): JsonNode {
    if (depth > depthMax) throw sqlFault('54001', 'stack depth limit exceeded');
    this.#skipSpace();
    const start = this.#at;
    const first = this.#text[start];
    if (first === '"') return { kind: 'string', value: this.#string(), start, end: this.#at };
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    for (const kind of ['true', 'false', 'null'] as const) {
      if (this.#text.startsWith(kind, start) && !/\w/.test(this.#text[start + kind.length] ?? '')) {
        this.#at += kind.length;
        return { kind, start, end: this.#at };
      }
    }
    number.lastIndex = start;
    const text = number.exec(this.#text)?.[0];
    if (text === undefined || /[\w.]/.test(this.#text[start + text.length] ?? '')) {
      throw this.#unexpected(wanted);
    }
    this.#at += text.length;
    return { kind: 'number', text, start, end: this.#at };
  }

  #string(): string {
    string.lastIndex = this.#at;
    const text = string.exec(this.#text)?.[0];
    if (text === undefined)
      throw malformedJson(`Token "${this.#text.slice(this.#at, this.#at + 64)}" is invalid.`);
    this.#at += text.length;
    return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1);
  }

  #array(depth: number): JsonNode {
    const start = this.#at++;
    const items: JsonNode[] = [];
    this.#skipSpace();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return { kind: 'array', items, start, end: this.#at };
    }
    for (;;) {
      items.push(
        this.#value(depth + 1, items.length === 0 ? 'array element or "]"' : 'JSON value'),
      );
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') throw this.#unexpected('"," or "]"');
      this.#at++;
      if (next === ']') return { kind: 'array', items, start, end: this.#at };
    }
  }

  #object(depth: number): JsonNode {
    const start = this.#at++;
    const entries: JsonEntry[] = [];
    this.#skipSpace();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return { kind: 'object', entries, start, end: this.#at };
    }
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected(entries.length === 0 ? 'string or "}"' : 'string');
      }
      const key = this.#string();
      this.#skipSpace();
      if (this.#text[this.#at] !== ':') throw this.#unexpected('":"');
      this.#at++;
      entries.push([key, this.#value(depth + 1, 'JSON value')]);
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== '}') throw this.#unexpected('"," or "}"');
      this.#at++;
      if (next === '}') return { kind: 'object', entries, start, end: this.#at };
    }
  }

  #skipSpace(): void {
    space.lastIndex = this.#at;
    space.exec(this.#text);
    this.#at = space.lastIndex;
  }

  #unexpected(wanted: string): Error {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found === undefined) return malformedJson('The input string ended unexpectedly.');
    const isToken = /^([{}[\],:]|true|false|null|-?\d+(\.\d+)?)$/.test(found) || found === '"';
    return malformedJson(
      isToken ? `Expected ${wanted}, but found "${found}".` : `Token "${found}" is invalid.`,
    );
  }
}

function malformedJson(detail: string): Error {
  return sqlFault('22P02', 'invalid input syntax for type json', detail);
}

/** Reads a document. Throws 22P02. */
export function parseJson(text: string): JsonNode {
  return new JsonReader(text).whole();
}

/** A document that stays as it is written. Throws 22P02. */
export function checkJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    parseJson(text);
    return text;
  }
}

/** The normal form of jsonb. Throws 22P02 and 22P05. */
export function jsonbOfText(text: string): string {
  return jsonbText(normalized(parseJson(text)));
}

/** Keys sorted by their length in bytes, then their bytes; of doubles the last stays; numbers plain. */
export function normalized(node: JsonNode): JsonNode {
  switch (node.kind) {
    case 'number':
      return jsonNumber(plainNumber(node.text));
    case 'string':
      checkNoZero(node.value);
      return node;
    case 'array':
      return jsonArray(node.items.map(normalized));
    case 'object': {
      const byKey = new Map<string, JsonNode>();
      for (const [key, value] of node.entries) {
        checkNoZero(key);
        byKey.set(key, normalized(value));
      }
      return jsonObject([...byKey].sort(([a], [b]) => compareKeys(a, b)));
    }
    default:
      return node;
  }
}

function checkNoZero(text: string): void {
  if (text.includes('\u0000')) {
    throw sqlFault(
      '22P05',
      'unsupported Unicode escape sequence',
      '\\u0000 cannot be converted to text.',
    );
  }
}

function plainNumber(text: string): string {
  if (/^-?\d+(\.\d+)?$/.test(text) && !/^-0(\.0+)?$/.test(text)) return text;
  const decimal = parseDecimal(text);
  return decimal === undefined ? text : formatDecimal(decimal);
}

/** Short keys come first. */
export function compareKeys(a: string, b: string): number {
  const sizes = Buffer.byteLength(a) - Buffer.byteLength(b);
  if (sizes !== 0) return sizes;
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** As jsonb is written: `{"a": 1, "b": [1, 2]}`. */
export function jsonbText(node: JsonNode): string {
  return written(node, ', ', ': ');
}

/** Without white space. */
export function compactText(node: JsonNode): string {
  return written(node, ',', ':');
}

function written(node: JsonNode, comma: string, colon: string): string {
  switch (node.kind) {
    case 'number':
      return node.text;
    case 'string':
      return JSON.stringify(node.value);
    case 'array':
      return `[${node.items.map((item) => written(item, comma, colon)).join(comma)}]`;
    case 'object': {
      const entries = node.entries.map(
        ([key, value]) => `${JSON.stringify(key)}${colon}${written(value, comma, colon)}`,
      );
      return `{${entries.join(comma)}}`;
    }
    default:
      return node.kind;
  }
}

/** The order of kinds in jsonb, lowest first. */
const rankByKind = {
  null: 0,
  string: 1,
  number: 2,
  false: 3,
  true: 3,
  array: 4,
  object: 5,
} as const;

/** How jsonb compares: kinds first, sizes of arrays and objects next, then what is in them. */
export function compareJsonb(a: JsonNode, b: JsonNode): number {
  // An empty array comes before all else, by an old mistake of PostgreSQL.
  const [isEmptyA, isEmptyB] = [isEmptyArray(a), isEmptyArray(b)];
  if (isEmptyA || isEmptyB) return Number(isEmptyB) - Number(isEmptyA);
  const ranks = rankByKind[a.kind] - rankByKind[b.kind];
  if (ranks !== 0) return ranks;
  if (a.kind === 'number' && b.kind === 'number') return compareNumbers(a.text, b.text);
  if (a.kind === 'string' && b.kind === 'string') {
    return Buffer.compare(Buffer.from(a.value), Buffer.from(b.value));
  }
  if (a.kind === 'array' && b.kind === 'array') return compareLists(a.items, b.items);
  if (a.kind === 'object' && b.kind === 'object') return compareObjects(a.entries, b.entries);
  return Number(a.kind === 'true') - Number(b.kind === 'true');
}

function isEmptyArray(node: JsonNode): boolean {
  return node.kind === 'array' && node.items.length === 0;
}

export function compareNumbers(a: string, b: string): number {
  const one = parseDecimal(a);
  const other = parseDecimal(b);
  return one === undefined || other === undefined ? 0 : compare(one, other);
}

function compareLists(a: readonly JsonNode[], b: readonly JsonNode[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (const [index, item] of a.entries()) {
    const order = compareJsonb(item, b[index] ?? jsonNull);
    if (order !== 0) return order;
  }
  return 0;
}

function compareObjects(a: readonly JsonEntry[], b: readonly JsonEntry[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (const [index, [key, value]] of a.entries()) {
    const [otherKey, otherValue] = b[index] ?? ['', jsonNull];
    const order = compareKeys(key, otherKey) || compareJsonb(value, otherValue);
    if (order !== 0) return order;
  }
  return 0;
}
