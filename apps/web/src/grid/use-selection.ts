// Where the reader is, and what is selected; what is active is brought into view.

import { type RefObject, useMemo, useState } from 'react';
import type { DataGridProps, GridPlace } from './grid-types.ts';
import { type Rectangle, rectangleOf, type Selection } from './selection.ts';
import type { Layout } from './use-layout.ts';
import type { Order } from './use-order.ts';
import { rowHeightPx, scrollToShow } from './windowing.ts';

export interface SelectionState {
  readonly active: GridPlace;
  readonly rectangle: Rectangle;
  /** Goes to a place; what is selected reaches from the former anchor where it is extended. */
  readonly select: (place: GridPlace, isExtended: boolean) => void;
  readonly selectAll: () => void;
}

export function useSelection(
  box: RefObject<HTMLElement | null>,
  { edges, numberWidth }: Layout,
  { rowAt }: Order,
  { rowCount, columns, onActive }: DataGridProps,
): SelectionState {
  const [{ anchor, active: wished }, setSelection] = useState<Selection>(atStart);
  const row = Math.min(wished.row, Math.max(0, rowCount - 1));
  const column = Math.min(wished.column, Math.max(0, columns.length - 1));
  const active = useMemo(() => ({ row, column }), [row, column]);
  const rectangle = useMemo(() => rectangleOf({ anchor, active }), [anchor, active]);

  const show = (place: GridPlace) => {
    const element = box.current;
    if (element === null) return;
    const rowTop = place.row * rowHeightPx;
    const heightPx = element.clientHeight - rowHeightPx;
    const top = scrollToShow(rowTop, rowTop + rowHeightPx, element.scrollTop, heightPx);
    const [from = 0, to = 0] = edges.slice(place.column, place.column + 2);
    const widthPx = element.clientWidth - numberWidth;
    const left = scrollToShow(from, to, element.scrollLeft, widthPx);
    if (top !== undefined) element.scrollTop = top;
    if (left !== undefined) element.scrollLeft = left;
  };
  return {
    active,
    rectangle,
    select: (place, isExtended) => {
      setSelection({ anchor: isExtended ? anchor : place, active: place });
      onActive?.({ row: rowAt(place.row), column: place.column });
      show(place);
    },
    selectAll: () => {
      const last = { row: Math.max(0, rowCount - 1), column: Math.max(0, columns.length - 1) };
      setSelection({ anchor: { row: 0, column: 0 }, active: last });
    },
  };
}

const atStart: Selection = { anchor: { row: 0, column: 0 }, active: { row: 0, column: 0 } };
