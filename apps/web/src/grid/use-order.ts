// In which order the rows stand: as they come, as their owner sorts them, or as the grid does.

import { useMemo, useState } from 'react';
import type { DataGridProps, GridSort } from './grid-types.ts';
import { sortedRows } from './order.ts';

export interface Order {
  readonly sort: GridSort | undefined;
  /** Which row of the data stands at a place. */
  readonly rowAt: (place: number) => number;
  readonly sortBy: ((column: number) => void) | undefined;
}

export function useOrder(props: DataGridProps): Order {
  const { sort, onSort, isUnsortable = false, rowCount, cell, version } = props;
  const [own, setOwn] = useState<GridSort>();
  const isOwn = onSort === undefined && !isUnsortable;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says when values change; `cell` may be a new function at each drawing.
  const order = useMemo(
    () => (isOwn && own !== undefined ? sortedRows(rowCount, own, cell) : undefined),
    [isOwn, own, rowCount, version],
  );
  const current = isOwn ? own : sort;
  const set = onSort ?? setOwn;
  return {
    sort: isUnsortable ? undefined : current,
    rowAt: (place) => order?.[place] ?? place,
    sortBy: isUnsortable ? undefined : (column) => set(nextSort(current, column)),
  };
}

/** Ascending, descending, as it comes. */
function nextSort(sort: GridSort | undefined, column: number): GridSort | undefined {
  if (sort?.column !== column) return { column, direction: 'ascending' };
  return sort.direction === 'ascending' ? { column, direction: 'descending' } : undefined;
}
