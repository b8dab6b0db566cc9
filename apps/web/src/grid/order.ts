// The order in which SQLite puts values: NULL, then numbers, then texts, then BLOBs.

import type { CellValue, GridSort } from './grid-types.ts';

export function compareValues(a: CellValue, b: CellValue): number {
  const byType = rankOf(a) - rankOf(b);
  if (byType !== 0) return byType;
  if (Array.isArray(a) && Array.isArray(b)) return compareBytes(a, b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (a === null || b === null || Array.isArray(a) || Array.isArray(b)) return 0;
  // Numbers and bigints compare exactly with each other.
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The rows in the wished order; rows that are equal in it keep theirs. */
export function sortedRows(
  rowCount: number,
  sort: GridSort,
  cell: (row: number, column: number) => CellValue,
): Uint32Array {
  const sign = sort.direction === 'ascending' ? 1 : -1;
  const values = Array.from({ length: rowCount }, (_, row) => cell(row, sort.column));
  return Uint32Array.from({ length: rowCount }, (_, row) => row).sort((a, b) => {
    const order = compareValues(values[a] ?? null, values[b] ?? null);
    return order === 0 ? a - b : order * sign;
  });
}

function rankOf(value: CellValue): number {
  if (value === null) return 0;
  if (typeof value === 'string') return 2;
  return Array.isArray(value) ? 3 : 1;
}

function compareBytes(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
