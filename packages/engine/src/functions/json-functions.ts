// Functions of json and jsonb that read: operators, paths of keys, elements, records.

import { type ArrayItem, arrayJson, itemJson } from './array-form.ts';
import { numberOf, textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type ScalarFunction, type SqlFunction, scalar } from './function-types.ts';
import { itemOfStored, readText } from './input.ts';
import { jsonKey } from './json-key.ts';
import { typeName } from './json-path.ts';
import {
  compactText,
  compareJsonb,
  type JsonEntry,
  type JsonNode,
  jsonArray,
  jsonbText,
  jsonObject,
  normalized,
  parseJson,
} from './json-value.ts';
import { elementOf, kindOf } from './pg-types.ts';
import { textArrayOf } from './text-array.ts';

/** Longer documents are read again each time. */
const keptLengthMax = 1_000_000;

let keptText: string | undefined;
let keptNode: JsonNode | undefined;

/** An argument that is a document; the last one is kept, for queries that take several things out of one. */
export function documentOf(cell: Cell): JsonNode {
  const text = textOf(cell);
  if (text === keptText && keptNode !== undefined) return keptNode;
  const node = parseJson(text);
  if (text.length <= keptLengthMax) {
    keptText = text;
    keptNode = node;
  }
  return node;
}

/** How a part of a document is written: `json` as it stands in its source, `jsonb` in its normal form. */
type Writer = (node: JsonNode, source: string) => string;

const asJson: Writer = (node, source) => source.slice(node.start, node.end);
export const asJsonb: Writer = (node) => jsonbText(normalized(node));

/** What ->> gives: strings without quotes, null as NULL. */
function textOfNode(node: JsonNode, source: string, write: Writer): string | null {
  if (node.kind === 'null') return null;
  return node.kind === 'string' ? node.value : write(node, source);
}

/** A member by key, or an item by number from 0, or from the end where it is negative. */
function partOf(node: JsonNode, key: string | number): JsonNode | undefined {
  if (typeof key === 'string') {
    return node.kind === 'object'
      ? node.entries.findLast(([name]) => name === key)?.[1]
      : undefined;
  }
  return node.kind === 'array' ? node.items.at(key) : undefined;
}

function keyOf(cell: Cell): string | number {
  return typeof cell === 'string' ? cell : numberOf(cell);
}

/** Along a path of texts; items of arrays by their number. */
function along(node: JsonNode, path: readonly (string | null)[]): JsonNode | undefined {
  let at: JsonNode | undefined = node;
  for (const step of path) {
    if (at === undefined || step === null) return undefined;
    if (at.kind === 'array') at = /^\s*[+-]?\d+$/.test(step) ? partOf(at, Number(step)) : undefined;
    else at = partOf(at, step);
  }
  return at;
}

function getters(prefix: 'pg_json' | 'pg_jsonb', write: Writer): ScalarFunction[] {
  const get = (
    name: string,
    isText: boolean,
    find: (node: JsonNode, by: Cell) => JsonNode | undefined,
  ) =>
    scalar(`${prefix}_${name}`, 2, (json = null, by = null) => {
      const part = find(documentOf(json), by);
      if (part === undefined) return null;
      return isText ? textOfNode(part, textOf(json), write) : write(part, textOf(json));
    });
  // A scalar of jsonb is an array of one item, when asked by number.
  const isList = (node: JsonNode): boolean =>
    prefix === 'pg_jsonb' && node.kind !== 'array' && node.kind !== 'object';
  const byKey = (node: JsonNode, by: Cell): JsonNode | undefined => {
    const key = keyOf(by);
    return isList(node) && (key === 0 || key === -1) ? node : partOf(node, key);
  };
  const byPath = (node: JsonNode, by: Cell): JsonNode | undefined => along(node, textArrayOf(by));
  return [
    get('get', false, byKey),
    get('get_text', true, byKey),
    get('path', false, byPath),
    get('path_text', true, byPath),
  ];
}

function elementsOf(node: JsonNode, prefix = 'pg_jsonb'): readonly JsonNode[] {
  if (node.kind === 'array') return node.items;
  if (prefix === 'pg_json') {
    const kind = node.kind === 'object' ? 'a non-array' : 'a scalar';
    throw sqlFault('22023', `cannot call json_array_elements on ${kind}`);
  }
  throw sqlFault(
    '22023',
    node.kind === 'object'
      ? 'cannot extract elements from an object'
      : 'cannot extract elements from a scalar',
  );
}

function entriesOf(node: JsonNode): readonly JsonEntry[] {
  if (node.kind === 'object') return node.entries;
  throw sqlFault(
    '22023',
    node.kind === 'array'
      ? 'cannot deconstruct an array as an object'
      : 'cannot deconstruct a scalar',
  );
}

/** Sets as JSON arrays, for json_each(). */
function sets(prefix: 'pg_json' | 'pg_jsonb', write: Writer): ScalarFunction[] {
  // Of jsonb the keys are unique and sorted.
  const given = (json: Cell): JsonNode =>
    prefix === 'pg_jsonb' ? normalized(documentOf(json)) : documentOf(json);
  const pick = (node: JsonNode, json: Cell, isText: boolean): string | null =>
    isText ? textOfNode(node, textOf(json), write) : write(node, textOf(json));
  return [false, true].flatMap((isText) => [
    scalar(`${prefix}_elements${isText ? '_text' : ''}`, 1, (json = null) =>
      arrayJson(elementsOf(given(json), prefix).map((item) => pick(item, json, isText))),
    ),
    scalar(`${prefix}_each${isText ? '_text' : ''}`, 1, (json = null) =>
      arrayJson(entriesOf(given(json)).map(([key, value]) => [key, pick(value, json, isText)])),
    ),
  ]);
}

function arrayLength(node: JsonNode): bigint {
  if (node.kind === 'array') return BigInt(node.items.length);
  throw sqlFault(
    '22023',
    node.kind === 'object'
      ? 'cannot get array length of a non-array'
      : 'cannot get array length of a scalar',
  );
}

function keys(node: JsonNode): string {
  if (node.kind !== 'object') {
    const kind = node.kind === 'array' ? 'an array' : 'a scalar';
    throw sqlFault('22023', `cannot call json_object_keys on ${kind}`);
  }
  return arrayJson(node.entries.map(([key]) => key));
}

function withoutNulls(node: JsonNode): JsonNode {
  if (node.kind === 'array') return jsonArray(node.items.map(withoutNulls));
  if (node.kind !== 'object') return node;
  return jsonObject(
    node.entries
      .filter(([, value]) => value.kind !== 'null')
      .map(([key, value]) => [key, withoutNulls(value)]),
  );
}

/** With four spaces a level. */
function pretty(node: JsonNode, depth = 0): string {
  const inner = ' '.repeat((depth + 1) * 4);
  const outer = ' '.repeat(depth * 4);
  if (node.kind === 'array') {
    if (node.items.length === 0) return `[\n${outer}]`;
    const items = node.items.map((item) => inner + pretty(item, depth + 1));
    return `[\n${items.join(',\n')}\n${outer}]`;
  }
  if (node.kind === 'object') {
    if (node.entries.length === 0) return `{\n${outer}}`;
    const entries = node.entries.map(
      ([key, value]) => `${inner}${JSON.stringify(key)}: ${pretty(value, depth + 1)}`,
    );
    return `{\n${entries.join(',\n')}\n${outer}}`;
  }
  return jsonbText(node);
}

/** A field of a record in the stored form of its type. */
function fieldItem(node: JsonNode | undefined, type: number): ArrayItem {
  if (node === undefined || node.kind === 'null') return null;
  const kind = kindOf(type);
  if (kind === 'json') return compactText(node);
  if (kind === 'jsonb') return asJsonb(node, '');
  if (kind === 'array' && node.kind === 'array') {
    return itemJson(arrayItems(node, type));
  }
  const text = node.kind === 'string' ? node.value : jsonbText(node);
  return itemOfStored(readText(type, text));
}

function arrayItems(node: JsonNode, type: number): ArrayItem {
  if (node.kind !== 'array') return fieldItem(node, elementOf(type) ?? 25);
  return node.items.map((item) => arrayItems(item, type));
}

function recordItems(node: JsonNode, names: Cell, types: Cell): ArrayItem[] {
  const typeList = types === null ? [] : textArrayOf(types);
  return textArrayOf(names).map((name, index) =>
    fieldItem(name === null ? undefined : partOf(node, name), Number(typeList[index] ?? 25)),
  );
}

export const jsonFunctions: readonly SqlFunction[] = [
  ...getters('pg_json', asJson),
  ...getters('pg_jsonb', asJsonb),
  ...sets('pg_json', asJson),
  ...sets('pg_jsonb', asJsonb),
  scalar('pg_json_array_length', 1, (json = null) => arrayLength(documentOf(json))),
  scalar('pg_json_keys', 1, (json = null) => keys(documentOf(json))),
  scalar('json_typeof', 1, (json = null) => typeName(documentOf(json))),
  scalar('json_strip_nulls', 1, (json = null) => compactText(withoutNulls(documentOf(json)))),
  scalar('jsonb_pretty', 1, (json = null) => pretty(normalized(documentOf(json)))),
  scalar('pg_record', [2, 3], (json = null, names = null, types = null) =>
    arrayJson(recordItems(documentOf(json), names, types)),
  ),
  scalar('pg_recordset', [2, 3], (json = null, names = null, types = null) =>
    arrayJson(elementsOf(documentOf(json)).map((item) => recordItems(item, names, types))),
  ),
  scalar('pg_jsonb_cmp', 2, (a = null, b = null) =>
    BigInt(
      Math.sign(compareJsonb(normalized(parseJson(textOf(a))), normalized(parseJson(textOf(b))))),
    ),
  ),
  scalar('pg_jsonb_key', 1, (json = null) => jsonKey(normalized(documentOf(json)))),
];
