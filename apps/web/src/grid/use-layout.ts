// How wide the columns are, and which cells are in view.

import { type RefObject, useEffect, useMemo, useState } from 'react';
import type { DataGridProps, GridColumn } from './grid-types.ts';
import { useViewport } from './use-viewport.ts';
import {
  columnsInView,
  edgesOf,
  type Range,
  rowHeightPx,
  rowsDrawnMax,
  rowsInView,
} from './windowing.ts';

const textWidth = 176;
const numberColumnWidth = 112;
const titleWidthMax = 280;

export const widthMin = 48;
export const widthMax = 1_200;

/** Rows before the last one at which more may be loaded. */
const nearEndRows = 20;

export interface Layout {
  readonly edges: readonly number[];
  /** Of the column of row numbers. */
  readonly numberWidth: number;
  readonly rows: Range;
  /** Rows drawn at most. */
  readonly rowsMax: number;
  readonly view: Range;
  readonly pageRows: number;
  readonly resize: (column: number, width: number) => void;
}

type LayoutProps = Pick<DataGridProps, 'columns' | 'rowCount' | 'onNearEnd' | 'onView'>;

export function useLayout(
  box: RefObject<HTMLElement | null>,
  { columns, rowCount, onNearEnd, onView }: LayoutProps,
): Layout {
  const { top, left, width, height } = useViewport(box);
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const edges = useMemo(
    () => edgesOf(columns.map((column) => widths.get(column.key) ?? widthOf(column))),
    [columns, widths],
  );
  const numberWidth = 28 + 8 * String(Math.max(1, rowCount)).length;
  const rows = rowsInView(top, height - rowHeightPx, rowCount);
  const { first, end } = columnsInView(left, width - numberWidth, edges);
  // The same object while nothing has changed, so that rows need not be drawn anew.
  const view = useMemo(() => ({ first, end }), [first, end]);

  useEffect(() => {
    if (rowCount > 0 && rows.end >= rowCount - nearEndRows) onNearEnd?.();
  }, [rows.end, rowCount, onNearEnd]);
  useEffect(() => onView?.(rows.first, rows.end), [rows.first, rows.end, onView]);

  return {
    edges,
    numberWidth,
    rows,
    rowsMax: rowsDrawnMax(height),
    view,
    pageRows: Math.max(1, Math.floor(height / rowHeightPx) - 2),
    resize: (column, wished) => {
      const key = columns[column]?.key;
      if (key === undefined) return;
      setWidths(new Map(widths).set(key, Math.max(widthMin, Math.min(widthMax, wished))));
    },
  };
}

function widthOf({ isNumeric = false, title }: GridColumn): number {
  const byTitle = Math.min(title.length * 7 + 28, titleWidthMax);
  return Math.max(isNumeric ? numberColumnWidth : textWidth, byTitle);
}
