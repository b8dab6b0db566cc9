// Values as JSON: to_json() by type, objects and arrays from parts, aggregates.

import { type ArrayItem, parseJsonArray } from './array-form.ts';
import { numberOf, textOf } from './cells.ts';
import { float4Text, float8Text } from './float-text.ts';
import { sqlFault } from './function-error.ts';
import {
  type AggregateFunction,
  aggregate,
  type Cell,
  type SqlFunction,
  scalar,
} from './function-types.ts';
import { jsonbOfText } from './json-value.ts';
import { cellOfItem, isTrueText, writeText } from './output.ts';
import { elementOf, kindOf } from './pg-types.ts';
import { arrayOfCell } from './text-array.ts';

/** A value of a type as JSON text. */
function jsonOf(cell: Cell, type: number): string {
  if (cell === null) return 'null';
  switch (kindOf(type)) {
    case 'bool':
      return String(isTrueText(cell));
    case 'int2':
    case 'int4':
    case 'int8':
      return typeof cell === 'string' ? JSON.stringify(cell) : textOf(cell);
    case 'float4':
    case 'float8':
      return floatJson(cell, type);
    case 'numeric': {
      const text = writeText(type, cell);
      return /^-?\d+(\.\d+)?$/.test(text) ? text : JSON.stringify(text);
    }
    case 'json':
    case 'jsonb':
      return textOf(cell);
    case 'timestamp':
      return JSON.stringify(textOf(cell).replace(' ', 'T'));
    case 'timestamptz':
      return JSON.stringify(
        writeText(type, cell)
          .replace(' ', 'T')
          .replace(/([+-]\d\d)$/, '$1:00'),
      );
    case 'array':
    case 'vector':
      return arrayOf(cell, type);
    default:
      return JSON.stringify(writeText(type, cell));
  }
}

function floatJson(cell: Cell, type: number): string {
  const value = typeof cell === 'string' ? Number(cell) : numberOf(cell);
  const text = type === 700 ? float4Text(value, 1) : float8Text(value, 1);
  return Number.isFinite(value) ? text : JSON.stringify(text);
}

function arrayOf(cell: Cell, type: number): string {
  const element = elementOf(type) ?? 23;
  const write = (item: ArrayItem): string => {
    if (item === null) return 'null';
    if (typeof item === 'object') return `[${item.map(write).join(',')}]`;
    return jsonOf(cellOfItem(item), element);
  };
  const value = parseJsonArray(textOf(cell));
  return value === undefined ? JSON.stringify(textOf(cell)) : write(value);
}

/** Documents in text: NULL is null. */
function part(json: Cell | undefined): string {
  return json === null || json === undefined ? 'null' : textOf(json);
}

/** Pairs of key and document; `nullMessage` says why a key may not be NULL. */
function pairs(
  args: readonly Cell[],
  between: string,
  nullMessage: (index: number) => string,
): string[] {
  const parts: string[] = [];
  for (let index = 0; index < args.length; index += 2) {
    const key = args[index];
    if (key === null || key === undefined) throw sqlFault('22023', nullMessage(index + 1));
    parts.push(`${JSON.stringify(textOf(key))}${between}${part(args[index + 1])}`);
  }
  return parts;
}

/** json_object('{a,1,b,2}'), '{{a,1},{b,2}}', or keys and values apart. */
function objectOf(keys: Cell, values?: Cell): string {
  const first = arrayOfCell(keys);
  const second = values === undefined ? undefined : arrayOfCell(values);
  const flat = first.flatMap((item): readonly ArrayItem[] =>
    item !== null && typeof item === 'object' ? item : [item],
  );
  const all =
    second === undefined ? flat : flat.flatMap((key, index) => [key, second[index] ?? null]);
  if (second !== undefined && second.length !== flat.length) {
    throw sqlFault('2202E', 'mismatched array dimensions');
  }
  if (all.length % 2 !== 0) throw sqlFault('2202E', 'array must have even number of elements');
  const parts: string[] = [];
  for (let index = 0; index < all.length; index += 2) {
    const key = all[index];
    const value = all[index + 1];
    if (key === null || key === undefined)
      throw sqlFault('22004', 'null value not allowed for object key');
    const text = value === null || value === undefined ? 'null' : JSON.stringify(String(value));
    parts.push(`${JSON.stringify(String(key))} : ${text}`);
  }
  return `{${parts.join(', ')}}`;
}

function listed(name: string, finish: (parts: readonly string[]) => string): AggregateFunction {
  return aggregate<string[]>(name, 1, {
    start: () => [],
    step(parts, json) {
      parts.push(part(json));
      return parts;
    },
    result: (parts) => (parts.length === 0 ? null : finish(parts)),
  });
}

function keyed(name: string, finish: (parts: readonly string[]) => string): AggregateFunction {
  return aggregate<string[]>(name, 2, {
    start: () => [],
    step(parts, key = null, json = null) {
      if (key === null) throw sqlFault('22023', 'field name must not be null');
      parts.push(`${JSON.stringify(textOf(key))} : ${part(json)}`);
      return parts;
    },
    result: (parts) => (parts.length === 0 ? null : finish(parts)),
  });
}

const anyArguments = { isStrict: false } as const;

export const toJsonFunctions: readonly SqlFunction[] = [
  scalar('pg_to_json', 2, (value = null, type = 25) => jsonOf(value, numberOf(type))),
  scalar('pg_json_build_array', 'any', (...args) => `[${args.map(part).join(', ')}]`, anyArguments),
  scalar(
    'pg_json_build_object',
    'any',
    (...args) =>
      `{${pairs(args, ' : ', (index) => `argument ${index} cannot be null`).join(', ')}}`,
    anyArguments,
  ),
  scalar(
    'pg_json_row',
    'any',
    (...args) => `{${pairs(args, ':', () => 'field name must not be null').join(',')}}`,
    anyArguments,
  ),
  scalar('pg_json_object', [1, 2], (keys = null, values) => objectOf(keys, values)),
  listed('pg_json_agg', (parts) => `[${parts.join(', ')}]`),
  listed('pg_jsonb_agg', (parts) => jsonbOfText(`[${parts.join(',')}]`)),
  keyed('pg_json_object_agg', (parts) => `{ ${parts.join(', ')} }`),
  keyed('pg_jsonb_object_agg', (parts) => jsonbOfText(`{${parts.join(',')}}`)),
];
