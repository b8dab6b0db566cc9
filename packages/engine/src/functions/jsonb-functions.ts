// Functions of jsonb that change or compare documents (jsonfuncs.c, jsonb_op.c), and paths.

import { arrayJson } from './array-form.ts';
import { isTrue, numberOf, textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type Answer, type Cell, type SqlFunction, scalar } from './function-types.ts';
import { asJsonb, documentOf } from './json-functions.ts';
import { queryPath } from './json-path.ts';
import { parseJsonPath } from './json-path-parse.ts';
import {
  compareJsonb,
  type JsonEntry,
  type JsonNode,
  jsonArray,
  jsonbText,
  jsonObject,
  normalized,
  parseJson,
} from './json-value.ts';
import { textArrayOf } from './text-array.ts';

type Container = Extract<JsonNode, { kind: 'array' | 'object' }>;

function isContainer(node: JsonNode): node is Container {
  return node.kind === 'array' || node.kind === 'object';
}

/** Objects are joined by key, all else as lists. */
function concat(a: JsonNode, b: JsonNode): JsonNode {
  if (a.kind === 'object' && b.kind === 'object') return jsonObject([...a.entries, ...b.entries]);
  const list = (node: JsonNode): readonly JsonNode[] =>
    node.kind === 'array' ? node.items : [node];
  return jsonArray([...list(a), ...list(b)]);
}

/** Whether all of `b` is in `a`, by structure. */
function contains(a: JsonNode, b: JsonNode, isTop = true): boolean {
  if (a.kind === 'array') {
    // An array holds a bare value, but only at the top.
    if (b.kind !== 'array')
      return isTop && !isContainer(b) && a.items.some((item) => isEqual(item, b));
    return b.items.every((wanted) =>
      a.items.some((item) =>
        isContainer(wanted) ? contains(item, wanted, false) : isEqual(item, wanted),
      ),
    );
  }
  if (a.kind === 'object') {
    if (b.kind !== 'object') return false;
    const values = new Map(a.entries);
    return b.entries.every(([key, wanted]) => {
      const value = values.get(key);
      return value !== undefined && contains(value, wanted, false);
    });
  }
  return isEqual(a, b);
}

function isEqual(a: JsonNode, b: JsonNode): boolean {
  return compareJsonb(a, b) === 0;
}

function exists(node: JsonNode, key: string | null): boolean {
  if (key === null) return false;
  if (node.kind === 'object') return node.entries.some(([name]) => name === key);
  if (node.kind === 'array')
    return node.items.some((item) => item.kind === 'string' && item.value === key);
  return node.kind === 'string' && node.value === key;
}

function deleteKeys(node: JsonNode, keys: ReadonlySet<string>): JsonNode {
  if (node.kind === 'object') return jsonObject(node.entries.filter(([key]) => !keys.has(key)));
  if (node.kind === 'array') {
    return jsonArray(node.items.filter((item) => item.kind !== 'string' || !keys.has(item.value)));
  }
  throw sqlFault('22023', 'cannot delete from scalar');
}

function deleteItem(node: JsonNode, index: number): JsonNode {
  if (node.kind === 'object')
    throw sqlFault('22023', 'cannot delete from object using integer index');
  if (node.kind !== 'array') throw sqlFault('22023', 'cannot delete from scalar');
  const at = index < 0 ? node.items.length + index : index;
  return jsonArray(node.items.filter((_, number) => number !== at));
}

/** What is done at the end of a path. */
interface PathChange {
  /** The new value there; undefined deletes what is there. */
  readonly value: JsonNode | undefined;
  readonly mode: 'set' | 'replace' | 'before' | 'after';
}

function changeAt(node: JsonNode, path: readonly (string | null)[], change: PathChange): JsonNode {
  if (path.length === 0) return node;
  if (!isContainer(node)) {
    throw sqlFault(
      '22023',
      change.value === undefined ? 'cannot delete path in scalar' : 'cannot set path in scalar',
    );
  }
  const isEmpty = (node.kind === 'array' ? node.items : node.entries).length === 0;
  if (isEmpty && (change.value === undefined || change.mode === 'replace')) return node;
  return stepAt(node, path, 0, change);
}

function stepAt(
  node: JsonNode,
  path: readonly (string | null)[],
  level: number,
  change: PathChange,
): JsonNode {
  const step = path[level];
  if (step === null || step === undefined) {
    throw sqlFault('22004', `path element at position ${level + 1} is null`);
  }
  if (node.kind === 'object') return stepInObject(node.entries, step, path, level, change);
  return node.kind === 'array' ? stepInArray(node.items, step, path, level, change) : node;
}

function stepInObject(
  entries: readonly JsonEntry[],
  key: string,
  path: readonly (string | null)[],
  level: number,
  change: PathChange,
): JsonNode {
  const isLast = level === path.length - 1;
  const isThere = entries.some(([name]) => name === key);
  if (!isThere) {
    const isAdded = isLast && change.value !== undefined && change.mode !== 'replace';
    return jsonObject(isAdded && change.value ? [...entries, [key, change.value]] : entries);
  }
  if (!isLast) {
    return jsonObject(
      entries.map(([name, value]) => [
        name,
        name === key ? stepAt(value, path, level + 1, change) : value,
      ]),
    );
  }
  if (change.mode === 'before' || change.mode === 'after') {
    throw sqlFault(
      '22023',
      'cannot replace existing key',
      'Try using the function jsonb_set to replace key value.',
    );
  }
  const { value } = change;
  if (value === undefined) return jsonObject(entries.filter(([name]) => name !== key));
  return jsonObject(entries.map(([name, old]) => [name, name === key ? value : old]));
}

function stepInArray(
  items: readonly JsonNode[],
  step: string,
  path: readonly (string | null)[],
  level: number,
  change: PathChange,
): JsonNode {
  if (!/^\s*[+-]?\d+$/.test(step)) {
    throw sqlFault('22P02', `path element at position ${level + 1} is not an integer: "${step}"`);
  }
  const given = Number(step);
  const isLast = level === path.length - 1;
  const index = given < 0 ? items.length + given : given;
  const isThere = index >= 0 && index < items.length;
  if (!isLast) {
    return jsonArray(
      items.map((item, at) => (at === index ? stepAt(item, path, level + 1, change) : item)),
    );
  }
  const { value, mode } = change;
  if (value === undefined) return jsonArray(items.filter((_, at) => at !== index));
  if (!isThere) {
    if (mode === 'replace') return jsonArray(items);
    return jsonArray(index < 0 ? [value, ...items] : [...items, value]);
  }
  if (mode === 'set' || mode === 'replace') {
    return jsonArray(items.map((item, at) => (at === index ? value : item)));
  }
  const at = mode === 'after' ? index + 1 : index;
  return jsonArray([...items.slice(0, at), value, ...items.slice(at)]);
}

function written(node: JsonNode): string {
  return jsonbText(normalized(node));
}

function variablesOf(json: Cell | undefined): ReadonlyMap<string, JsonNode> {
  if (json === undefined || json === null) return new Map();
  const node = parseJson(textOf(json));
  if (node.kind !== 'object') {
    throw sqlFault(
      '22023',
      '"vars" argument is not an object',
      'Jsonpath parameters should be encoded as key-value pairs of "vars" object.',
    );
  }
  return new Map(node.entries);
}

/** Errors of the path itself, as of strict ones, are nothing found where the caller is silent. */
function found(json: Cell, path: Cell, variables?: Cell, isSilent?: Cell): JsonNode[] | undefined {
  const parsed = parseJsonPath(textOf(path));
  const document = normalized(documentOf(json));
  const given = variablesOf(variables);
  if (isSilent === undefined || !isTrue(isSilent)) return queryPath(parsed, document, given);
  try {
    return queryPath(parsed, document, given);
  } catch {
    return undefined;
  }
}

function pathMatch(items: readonly JsonNode[] | undefined): Answer {
  const [item, ...more] = items ?? [];
  if (items === undefined) return null;
  if (item !== undefined && more.length === 0) {
    if (item.kind === 'true' || item.kind === 'false') return item.kind === 'true';
    if (item.kind === 'null') return null;
  }
  throw sqlFault('22038', 'single boolean result is expected');
}

const pathFunctions: readonly SqlFunction[] = [
  scalar('pg_jsonb_path_query', [2, 3, 4], (...args) =>
    arrayJson(
      (found(args[0] ?? null, args[1] ?? null, args[2], args[3]) ?? []).map((item) =>
        asJsonb(item, ''),
      ),
    ),
  ),
  scalar('jsonb_path_exists', [2, 3, 4], (...args) => {
    const items = found(args[0] ?? null, args[1] ?? null, args[2], args[3]);
    return items === undefined ? null : items.length > 0;
  }),
  scalar('jsonb_path_match', [2, 3, 4], (...args) =>
    pathMatch(found(args[0] ?? null, args[1] ?? null, args[2], args[3])),
  ),
  scalar('jsonb_path_query_array', [2, 3, 4], (...args) =>
    written(jsonArray(found(args[0] ?? null, args[1] ?? null, args[2], args[3]) ?? [])),
  ),
  scalar('jsonb_path_query_first', [2, 3, 4], (...args) => {
    const [first] = found(args[0] ?? null, args[1] ?? null, args[2], args[3]) ?? [];
    return first === undefined ? null : written(first);
  }),
];

export const jsonbFunctions: readonly SqlFunction[] = [
  scalar('pg_jsonb_concat', 2, (a = null, b = null) =>
    written(concat(parseJson(textOf(a)), parseJson(textOf(b)))),
  ),
  scalar('pg_jsonb_contains', 2, (a = null, b = null) => {
    const wanted = normalized(parseJson(textOf(b)));
    return contains(normalized(parseJson(textOf(a))), wanted);
  }),
  scalar('pg_jsonb_exists', 2, (json = null, key = null) => exists(documentOf(json), textOf(key))),
  scalar('pg_jsonb_exists_any', 2, (json = null, keys = null) =>
    textArrayOf(keys).some((key) => exists(documentOf(json), key)),
  ),
  scalar('pg_jsonb_exists_all', 2, (json = null, keys = null) =>
    textArrayOf(keys).every((key) => key === null || exists(documentOf(json), key)),
  ),
  scalar('pg_jsonb_delete', 2, (json = null, key = null) =>
    written(
      typeof key === 'string'
        ? deleteKeys(documentOf(json), new Set([key]))
        : deleteItem(documentOf(json), numberOf(key)),
    ),
  ),
  scalar('pg_jsonb_delete_keys', 2, (json = null, keys = null) => {
    const names = textArrayOf(keys).filter((key) => key !== null);
    return written(deleteKeys(documentOf(json), new Set(names)));
  }),
  scalar('pg_jsonb_delete_path', 2, (json = null, path = null) =>
    written(changeAt(documentOf(json), textArrayOf(path), { value: undefined, mode: 'replace' })),
  ),
  scalar('pg_jsonb_set', [3, 4], (json = null, path = null, value = null, isCreated = 1) =>
    written(
      changeAt(normalized(documentOf(json)), textArrayOf(path), {
        value: parseJson(textOf(value)),
        mode: isTrue(isCreated) ? 'set' : 'replace',
      }),
    ),
  ),
  scalar('pg_jsonb_insert', [3, 4], (json = null, path = null, value = null, isAfter = 0) =>
    written(
      changeAt(normalized(documentOf(json)), textArrayOf(path), {
        value: parseJson(textOf(value)),
        mode: isTrue(isAfter) ? 'after' : 'before',
      }),
    ),
  ),
  ...pathFunctions,
];
