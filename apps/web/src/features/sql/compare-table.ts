// How a comparison is laid out in the grid: the key, the verdict in a word, and a column for each node.

import type { CellValue, ComparedRow, Comparison, RowState } from './compare.ts';
import { textOf } from './result-data.ts';

export const stateWords: Readonly<Record<RowState, string>> = {
  equal: 'equal',
  differs: 'differs',
  missing: 'missing',
};

/** What stands where a node has no such row. */
export const missingText = 'missing';

/**
 * What a node has in a row. Of one further column its value; of several those that differ, named, or all of
 * them; and where the key is the whole row, that it is there.
 */
export function nodeCell(
  { columns, keyColumns }: Comparison,
  compared: ComparedRow,
  node: number,
): CellValue {
  const row = compared.rows[node];
  if (row === undefined) return missingText;
  const rest = columns.flatMap((_, place) => (keyColumns.includes(place) ? [] : [place]));
  if (rest.length === 0) return 'present';
  const [only, ...others] = rest;
  if (only !== undefined && others.length === 0) return row[only] ?? null;
  const shown = compared.differing.length > 0 ? compared.differing : rest;
  return shown
    .map((place) => {
      const value = textOf(row[place] ?? null);
      return compared.differing.length > 0 ? `${columns[place] ?? ''} = ${value}` : value;
    })
    .join(' · ');
}

/** Rows that are not equal come first: they are what one looks for. */
export function ordered(rows: readonly ComparedRow[]): readonly ComparedRow[] {
  const places: Readonly<Record<RowState, number>> = { differs: 0, missing: 1, equal: 2 };
  return rows.toSorted((one, other) => places[one.state] - places[other.state]);
}
