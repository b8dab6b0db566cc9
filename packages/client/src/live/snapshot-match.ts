// Finds the rows of one result in another one whose row ids say nothing about it: equal rows by their
// cells, and among the rest those that agree in a column which tells rows apart, as a key does.

import { type Cell, cellKey, cellsKey } from '../values.ts';

export interface HeldCells {
  readonly id: number;
  readonly cells: readonly Cell[];
}

/** For each row of `after` the id of its row in `before`, or undefined for one that is new. */
export function matchRows(
  before: readonly HeldCells[],
  after: readonly (readonly Cell[])[],
): (number | undefined)[] {
  const matches = matchEqual(before, after);
  const taken = new Set(matches);
  const freeBefore = before.filter(({ id }) => !taken.has(id));
  const freeAfter = [...after.keys()].filter((index) => matches[index] === undefined);
  if (freeBefore.length === 0 || freeAfter.length === 0) return matches;
  const columns = Math.min(freeBefore[0]?.cells.length ?? 0, after[0]?.length ?? 0);
  const left = new Map(freeBefore.map((row) => [row.id, row]));
  for (let column = 0; column < columns && left.size > 0; column++) {
    if (!tellsApart(before, after, column)) continue;
    const idByKey = new Map([...left.values()].map((row) => [keyIn(row.cells, column), row.id]));
    for (const index of freeAfter) {
      if (matches[index] !== undefined) continue;
      const id = idByKey.get(keyIn(after[index] ?? [], column));
      if (id === undefined) continue;
      matches[index] = id;
      left.delete(id);
    }
  }
  return matches;
}

/** Pairs equal rows, the n-th of a kind with the n-th. */
function matchEqual(
  before: readonly HeldCells[],
  after: readonly (readonly Cell[])[],
): (number | undefined)[] {
  const idsByKey = new Map<string, number[]>();
  for (const { id, cells } of before) {
    const key = cellsKey(cells);
    const ids = idsByKey.get(key);
    if (ids === undefined) idsByKey.set(key, [id]);
    else ids.push(id);
  }
  const usedByKey = new Map<string, number>();
  return after.map((cells) => {
    const key = cellsKey(cells);
    const used = usedByKey.get(key) ?? 0;
    usedByKey.set(key, used + 1);
    return idsByKey.get(key)?.[used];
  });
}

/** Whether no two rows of a result have the same value in a column; in both results. */
function tellsApart(
  before: readonly HeldCells[],
  after: readonly (readonly Cell[])[],
  column: number,
): boolean {
  const keysBefore = new Set(before.map(({ cells }) => keyIn(cells, column)));
  if (keysBefore.size < before.length) return false;
  return new Set(after.map((cells) => keyIn(cells, column))).size === after.length;
}

function keyIn(cells: readonly Cell[], column: number): string {
  return cellKey(cells[column] ?? null);
}
