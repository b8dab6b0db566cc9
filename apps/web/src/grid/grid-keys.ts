// What keys do in a grid.

import type { KeyboardEvent, RefObject } from 'react';
import type { CopyForm } from './copy-as.ts';
import type { DataGridProps } from './grid-types.ts';
import { moved } from './selection.ts';
import type { Layout } from './use-layout.ts';
import type { Order } from './use-order.ts';
import type { SelectionState } from './use-selection.ts';

/** By which a column gets wider at a time, pixels. */
const resizeStepPx = 16;

interface KeyParts {
  readonly box: RefObject<HTMLElement | null>;
  readonly layout: Layout;
  readonly order: Order;
  readonly selection: SelectionState;
  readonly open: () => void;
  readonly copy: (form: CopyForm) => void;
  /** Deletes the selected rows; undefined where that can't be done. */
  readonly remove: (() => void) | undefined;
  readonly grid: DataGridProps;
}

/** Alt with arrows makes a column wider, Alt S sorts by it; the rest is the pattern of grids. */
export function keyHandler(parts: KeyParts): (event: KeyboardEvent) => void {
  const { box, layout, order, selection, open, copy, remove, grid } = parts;
  const { active, select, selectAll } = selection;

  const withAlt = (key: string): boolean => {
    const [from = 0, to = 0] = layout.edges.slice(active.column, active.column + 2);
    const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) layout.resize(active.column, to - from + step * resizeStepPx);
    else if (key === 's') order.sortBy?.(active.column);
    else return false;
    return true;
  };

  const move = (event: KeyboardEvent, isControl: boolean): boolean => {
    const { rowCount, columns } = grid;
    const stroke = { key: event.key, isControl, isShift: event.shiftKey };
    const size = {
      rows: Math.max(1, rowCount),
      columns: columns.length,
      pageRows: layout.pageRows,
    };
    const next = moved({ anchor: active, active }, stroke, size);
    if (next !== undefined) select(next.active, event.shiftKey);
    return next !== undefined;
  };

  return (event) => {
    if (event.target !== box.current) return;
    const isControl = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (event.altKey) {
      if (!withAlt(event.key)) return;
    } else if (isControl && key === 'c') copy('text');
    else if (isControl && key === 'a') selectAll();
    else if (!isControl && (key === 'enter' || key === 'f2')) open();
    else if (key === 'delete' && remove !== undefined) remove();
    else if (!move(event, isControl)) return;
    event.preventDefault();
  };
}
