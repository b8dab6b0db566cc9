// Where a cursor stands and which rows FETCH takes, as PostgreSQL counts: from 1, with a place before the
// first row and one after the last.

import type { FetchDirection } from '../utility/utility-statement.ts';

/** Rows to hand out, counted from 0, in rising order or, `isBackward`, in falling order. */
export interface FetchedRange {
  readonly from: number;
  readonly count: number;
  readonly isBackward: boolean;
  /** Where the cursor stands afterwards: 0 before the first row, rows + 1 after the last. */
  readonly position: number;
}

/** What a FETCH of `direction` takes from a result of `rows` rows, with the cursor at `position`. */
export function fetchRange(
  direction: FetchDirection,
  position: number,
  rows: number,
): FetchedRange {
  switch (direction.kind) {
    case 'forward':
      return along(direction.count, position, rows);
    case 'backward':
      return direction.count === 'all'
        ? backward(rows + 1, position)
        : along(-direction.count, position, rows);
    case 'absolute':
      return single(direction.row < 0 ? rows + 1 + direction.row : direction.row, rows);
    case 'relative':
      return single(position + direction.row, rows);
  }
}

function along(count: number | 'all', position: number, rows: number): FetchedRange {
  if (count === 0) return single(position, rows);
  if (count === 'all') return forward(rows + 1, position, rows);
  return count > 0 ? forward(count, position, rows) : backward(-count, position);
}

function forward(count: number, position: number, rows: number): FetchedRange {
  const there = Math.max(0, Math.min(count, rows - position));
  const ended = there < count;
  return {
    from: Math.min(position, rows),
    count: there,
    isBackward: false,
    position: ended ? rows + 1 : position + there,
  };
}

function backward(count: number, position: number): FetchedRange {
  const there = Math.max(0, Math.min(count, position - 1));
  const ended = there < count;
  return {
    from: position - 1 - there,
    count: there,
    isBackward: true,
    position: ended ? 0 : position - there,
  };
}

function single(row: number, rows: number): FetchedRange {
  const position = Math.max(0, Math.min(row, rows + 1));
  const isOnRow = position >= 1 && position <= rows;
  return { from: position - 1, count: isOnRow ? 1 : 0, isBackward: false, position };
}
