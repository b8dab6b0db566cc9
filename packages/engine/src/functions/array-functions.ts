// Functions of arrays, which are JSON text; subscripts count from 1.

import {
  type ArrayItem,
  type ArrayValue,
  arrayJson,
  dimensionsOf,
  elementsOf,
} from './array-form.ts';
import { arrayKey, compareArrays, compareItems, isSameItem } from './array-order.ts';
import { integerOf, textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type Answer, type Cell, type SqlFunction, scalar } from './function-types.ts';
import { momentRandomBytes } from './moment.ts';
import { cellOfItem, writeText } from './output.ts';
import { arrayOfCell } from './text-array.ts';

/** A value as an item of an array. */
export function itemOfCell(cell: Cell): ArrayItem {
  return cell instanceof Uint8Array ? `\\x${Buffer.from(cell).toString('hex')}` : cell;
}

/** An item as a value: whole numbers are INTEGERs. */
export function cellOf(item: ArrayItem | undefined): Answer {
  if (item === undefined || item === null) return null;
  if (typeof item === 'object') return arrayJson(item);
  return typeof item === 'number' && Number.isSafeInteger(item) ? BigInt(item) : item;
}

/** NULL stands for no array at all. */
function orEmpty(cell: Cell): ArrayValue {
  return cell === null ? [] : arrayOfCell(cell);
}

/** Arrays of the same depth are joined; one of a lower depth becomes an item. */
function concat(a: Cell, b: Cell): Answer {
  if (a === null || b === null) return a ?? b;
  const [one, other] = [arrayOfCell(a), arrayOfCell(b)];
  if (one.length === 0) return arrayJson(other);
  if (other.length === 0) return arrayJson(one);
  const [sizes, otherSizes] = [dimensionsOf(one) ?? [], dimensionsOf(other) ?? []];
  const [depth, otherDepth] = [sizes.length, otherSizes.length];
  const isFitting = (outer: readonly number[], inner: readonly number[]): boolean =>
    String(outer.slice(1)) === String(inner);
  if (depth === otherDepth && isFitting(sizes, otherSizes.slice(1))) {
    return arrayJson([...one, ...other]);
  }
  if (depth === otherDepth + 1 && isFitting(sizes, otherSizes)) return arrayJson([...one, other]);
  if (depth + 1 === otherDepth && isFitting(otherSizes, sizes)) return arrayJson([one, ...other]);
  throw sqlFault(
    '2202E',
    'cannot concatenate incompatible arrays',
    `Arrays of ${depth} and ${otherDepth} dimensions are not compatible for concatenation.`,
  );
}

function lengthOf(array: Cell, dimension: number): Answer {
  const size = dimensionsOf(arrayOfCell(array))?.[dimension - 1];
  return size === undefined ? null : BigInt(size);
}

function fill(value: Cell, dimensions: Cell): string {
  const sizes = arrayOfCell(dimensions).map(Number);
  if (sizes.some((size) => size < 0))
    throw sqlFault('54000', 'array size exceeds the maximum allowed');
  if (sizes.reduce((product, size) => product * size, 1) > 10_000_000) {
    throw sqlFault('54000', 'array size exceeds the maximum allowed (10000000)');
  }
  const make = (level: number): ArrayItem =>
    level === sizes.length
      ? itemOfCell(value)
      : Array.from({ length: sizes[level] ?? 0 }, () => make(level + 1));
  return sizes.includes(0) || sizes.length === 0 ? '[]' : arrayJson(make(0) as ArrayValue);
}

function position(array: Cell, value: Cell, start = 1): Answer {
  const wanted = itemOfCell(value);
  const items = arrayOfCell(array);
  if (items.some((item) => Array.isArray(item))) {
    throw sqlFault('0A000', 'searching for elements in multidimensional arrays is not supported');
  }
  const index = items.findIndex((item, at) => at >= start - 1 && isSameItem(item, wanted));
  return index < 0 ? null : BigInt(index + 1);
}

/** Through all dimensions. NULLs are left out unless a text stands for them. */
function joined(array: Cell, separator: Cell, nullText: Cell, element: number): Answer {
  if (array === null || separator === null) return null;
  const parts: string[] = [];
  for (const item of elementsOf(arrayOfCell(array))) {
    if (item !== null) parts.push(writeText(element, cellOfItem(item)));
    else if (nullText !== null) parts.push(textOf(nullText));
  }
  return parts.join(textOf(separator));
}

/** Without a separator each character is an item. */
function split(text: Cell, separator: Cell, nullText: Cell): Answer {
  if (text === null) return null;
  const given = textOf(text);
  if (given === '') return '[]';
  const parts =
    separator === null
      ? [...given]
      : textOf(separator) === ''
        ? [given]
        : given.split(textOf(separator));
  return arrayJson(
    parts.map((part) => (nullText !== null && part === textOf(nullText) ? null : part)),
  );
}

function subscripted(array: Cell, base: number, subscripts: readonly Cell[]): Answer {
  let at: ArrayItem | undefined = arrayOfCell(array);
  for (const subscript of subscripts) {
    if (at === null || at === undefined || typeof at !== 'object') return null;
    const index = integerOf(subscript) - base;
    at = index < 0 ? undefined : at[index];
  }
  // Fewer subscripts than dimensions find nothing.
  return at !== null && typeof at === 'object' ? null : cellOf(at);
}

function slice(array: Cell, low: Cell, high: Cell): Answer {
  if (array === null) return null;
  const from = low === null ? 0 : Math.max(0, integerOf(low) - 1);
  const to = high === null ? undefined : Math.max(0, integerOf(high));
  return arrayJson(arrayOfCell(array).slice(from, to));
}

function assigned(array: Cell, subscript: Cell, value: Cell): Answer {
  if (subscript === null) throw sqlFault('22004', 'array subscript in assignment must not be null');
  const items: ArrayItem[] = [...orEmpty(array)];
  const index = integerOf(subscript) - 1;
  if (index < 0) throw sqlFault('2202E', 'array subscript out of range');
  if (index >= 10_000_000)
    throw sqlFault('54000', 'array size exceeds the maximum allowed (10000000)');
  while (items.length < index) items.push(null);
  items[index] = itemOfCell(value);
  return arrayJson(items);
}

/** Each element of `b` is among those of `a`; NULL equals nothing. */
function contains(a: Cell, b: Cell): boolean {
  const all = [...elementsOf(arrayOfCell(a))];
  return [...elementsOf(arrayOfCell(b))].every(
    (wanted) => wanted !== null && all.some((item) => item !== null && isSameItem(item, wanted)),
  );
}

function overlaps(a: Cell, b: Cell): boolean {
  const all = [...elementsOf(arrayOfCell(a))].filter((item) => item !== null);
  return [...elementsOf(arrayOfCell(b))].some(
    (wanted) => wanted !== null && all.some((item) => isSameItem(item, wanted)),
  );
}

/** Rows of several arrays side by side; the shorter ones are filled up with NULL. */
function zip(...arrays: readonly Cell[]): string {
  const lists = arrays.map(orEmpty);
  const length = Math.max(0, ...lists.map((list) => list.length));
  return arrayJson(Array.from({ length }, (_, index) => lists.map((list) => list[index] ?? null)));
}

/** By Fisher and Yates, with the chance of the transaction. */
function shuffled(items: ArrayValue): ArrayItem[] {
  const list = [...items];
  const chance = new DataView(momentRandomBytes(list.length * 4).buffer);
  for (let index = list.length - 1; index > 0; index--) {
    const other = chance.getUint32(index * 4) % (index + 1);
    [list[index], list[other]] = [list[other] ?? null, list[index] ?? null];
  }
  return list;
}

function trimmed(array: Cell, count: number): string {
  const items = arrayOfCell(array);
  if (count < 0 || count > items.length) {
    throw sqlFault('2202E', `number of elements to trim must be between 0 and ${items.length}`);
  }
  return arrayJson(items.slice(0, items.length - count));
}

const withNulls = { isStrict: false } as const;
const changing = { isDeterministic: false } as const;

const changes: readonly SqlFunction[] = [
  scalar(
    'array_append',
    2,
    (array = null, item = null) => arrayJson([...orEmpty(array), asItem(array, item)]),
    withNulls,
  ),
  scalar(
    'array_prepend',
    2,
    (item = null, array = null) => arrayJson([asItem(array, item), ...orEmpty(array)]),
    withNulls,
  ),
  scalar('pg_array_cat', 2, (a = null, b = null) => concat(a, b), withNulls),
  scalar(
    'array_remove',
    2,
    (array = null, item = null) =>
      array === null
        ? null
        : arrayJson(arrayOfCell(array).filter((each) => !isSameItem(each, itemOfCell(item)))),
    withNulls,
  ),
  scalar(
    'array_replace',
    3,
    (array = null, from = null, to = null) =>
      array === null
        ? null
        : arrayJson(
            arrayOfCell(array).map((each) =>
              isSameItem(each, itemOfCell(from)) ? itemOfCell(to) : each,
            ),
          ),
    withNulls,
  ),
  scalar(
    'array_fill',
    [2, 3],
    (value = null, dimensions = null) => fill(value, dimensions),
    withNulls,
  ),
  scalar('array_reverse', 1, (array = null) => arrayJson([...arrayOfCell(array)].reverse())),
  scalar('array_sort', 1, (array = null) => arrayJson([...arrayOfCell(array)].sort(compareItems))),
  scalar('array_shuffle', 1, (array = null) => arrayJson(shuffled(arrayOfCell(array))), changing),
  scalar(
    'array_sample',
    2,
    (array = null, count = 0) => {
      const items = arrayOfCell(array);
      const wanted = integerOf(count);
      if (wanted < 0 || wanted > items.length) {
        throw sqlFault('22023', `sample size must be between 0 and ${items.length}`);
      }
      return arrayJson(shuffled(items).slice(0, wanted));
    },
    changing,
  ),
  scalar('trim_array', 2, (array = null, count = 0) => trimmed(array, integerOf(count))),
  scalar(
    'pg_array_set',
    3,
    (array = null, subscript = null, value = null) => assigned(array, subscript, value),
    withNulls,
  ),
  scalar(
    'pg_array_slice',
    3,
    (array = null, low = null, high = null) => slice(array, low, high),
    withNulls,
  ),
];

/** What is appended to an array of arrays is an array itself. */
function asItem(array: Cell, item: Cell): ArrayItem {
  const first = array === null ? undefined : arrayOfCell(array)[0];
  if (first !== null && typeof first === 'object' && typeof item === 'string')
    return arrayOfCell(item);
  return itemOfCell(item);
}

export const arrayFunctions: readonly SqlFunction[] = [
  ...changes,
  scalar('array_length', 2, (array = null, dimension = 1) => lengthOf(array, integerOf(dimension))),
  scalar('array_ndims', 1, (array = null) => {
    const count = dimensionsOf(arrayOfCell(array))?.length ?? 0;
    return count === 0 ? null : BigInt(count);
  }),
  scalar('array_dims', 1, (array = null) => {
    const sizes = dimensionsOf(arrayOfCell(array)) ?? [];
    return sizes.length === 0 ? null : sizes.map((size) => `[1:${size}]`).join('');
  }),
  scalar('cardinality', 1, (array = null) => BigInt([...elementsOf(arrayOfCell(array))].length)),
  scalar(
    'array_position',
    [2, 3],
    (array = null, item = null, start = 1) =>
      array === null ? null : position(array, item, integerOf(start)),
    withNulls,
  ),
  scalar(
    'array_positions',
    2,
    (array = null, item = null) => {
      if (array === null) return null;
      const wanted = itemOfCell(item);
      return arrayJson(
        arrayOfCell(array).flatMap((each, index) => (isSameItem(each, wanted) ? [index + 1] : [])),
      );
    },
    withNulls,
  ),
  scalar(
    'array_to_string',
    [2, 3, 4],
    (array = null, separator = null, nullText = null, element = 25) =>
      joined(array, separator, nullText, element === null ? 25 : integerOf(element)),
    withNulls,
  ),
  scalar(
    'string_to_array',
    [2, 3],
    (text = null, separator = null, nullText = null) => split(text, separator, nullText),
    withNulls,
  ),
  scalar(
    'pg_string_to_table',
    [2, 3],
    (text = null, separator = null, nullText = null) => split(text, separator, nullText),
    withNulls,
  ),
  scalar('pg_array_get', 'any', (array = null, ...subscripts) => subscripted(array, 1, subscripts)),
  scalar('pg_vector_get', 2, (array = null, subscript = null) =>
    subscripted(array, 0, [subscript]),
  ),
  scalar('pg_array_contains', 2, (a = null, b = null) => contains(a, b)),
  scalar('pg_array_overlaps', 2, (a = null, b = null) => overlaps(a, b)),
  scalar('pg_array_flat', 1, (array = null) => arrayJson([...elementsOf(arrayOfCell(array))])),
  scalar('pg_array_zip', 'any', zip, withNulls),
  scalar('pg_subscripts', [2, 3], (array = null, dimension = 1, isReverse = 0) => {
    const size = dimensionsOf(arrayOfCell(array))?.[integerOf(dimension) - 1] ?? 0;
    const all = Array.from({ length: size }, (_, index) => index + 1);
    return arrayJson(isReverse === 1 ? all.reverse() : all);
  }),
  scalar('pg_array_cmp', 2, (a = null, b = null) =>
    BigInt(Math.sign(compareArrays(arrayOfCell(a), arrayOfCell(b)))),
  ),
  scalar('pg_array_key', 1, (array = null) => arrayKey(arrayOfCell(array))),
];
