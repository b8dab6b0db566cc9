// Arguments that are arrays: the last one is kept read, for queries that ask about one array row by row.

import {
  type ArrayItem,
  type ArrayValue,
  parseArrayLiteral,
  parseJsonArray,
} from './array-form.ts';
import { textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import type { Cell } from './function-types.ts';

/** Longer ones are read again each time. */
const keptLengthMax = 4_000_000;

let keptText: string | undefined;
let keptValue: ArrayValue | undefined;

/** An argument that is an array, as JSON or `{…}`. Throws 22P02. */
export function arrayOfCell(cell: Cell): ArrayValue {
  const text = textOf(cell);
  if (text === keptText && keptValue !== undefined) return keptValue;
  const value = parseJsonArray(text) ?? literalOf(text);
  if (text.length <= keptLengthMax) {
    keptText = text;
    keptValue = value;
  }
  return value;
}

function literalOf(text: string): ArrayValue {
  if (text.trimStart().startsWith('{')) return parseArrayLiteral(text, (item) => item);
  throw sqlFault(
    '22P02',
    `malformed array literal: "${text}"`,
    'Array value must start with "{" or dimension information.',
  );
}

/** An array of texts, such as a path. */
export function textArrayOf(cell: Cell): readonly (string | null)[] {
  return arrayOfCell(cell).map((item: ArrayItem) => (item === null ? null : String(item)));
}
