// How items and arrays compare: numbers by value, texts by their bytes, NULL behind all else.

import type { ArrayItem, ArrayValue } from './array-form.ts';
import { decimalKey, decimalOf } from './decimal.ts';

function scalarOf(item: ArrayItem): string | number | bigint | ArrayValue | null {
  return typeof item === 'boolean' ? Number(item) : item;
}

/** NULL is the same as NULL. */
export function isSameItem(a: ArrayItem, b: ArrayItem): boolean {
  return compareItems(a, b) === 0;
}

export function compareItems(a: ArrayItem, b: ArrayItem): number {
  const [one, other] = [scalarOf(a), scalarOf(b)];
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  if (typeof one === 'object' && typeof other === 'object') return compareArrays(one, other);
  if (typeof one === 'string' && typeof other === 'string') return compareTexts(one, other);
  if (isNumber(one) && isNumber(other))
    return one === other ? 0 : one < other ? -1 : Number(one > other);
  return compareTexts(String(one), String(other));
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** In the order of their UTF-8, as SQLite compares. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  // Units compare as bytes do unless there are pairs of them.
  if (!/[\ud800-\uffff]/.test(a + b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Item by item, then by length. */
export function compareArrays(a: ArrayValue, b: ArrayValue): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareItems(a[index] ?? null, b[index] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Ends an item; lower than all that texts mostly have. */
const end = '\u0001';

/** A text that sorts as the arrays do, and is equal where they are. */
export function arrayKey(value: ArrayValue): string {
  return `${value.map(itemKey).join('')}0`;
}

function itemKey(item: ArrayItem): string {
  if (item === null) return '2';
  if (typeof item === 'object') return `1${arrayKey(item)}`;
  if (typeof item === 'string') return `1${item}${end}`;
  return `1${decimalKey(decimalOf(typeof item === 'boolean' ? Number(item) : item))}${end}`;
}
