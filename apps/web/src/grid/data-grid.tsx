// A grid for results of any size: only the cells in view are drawn. It is one stop of the Tab key; arrows move
// inside, Enter shows a cell as a whole, Ctrl C copies the selection. The pattern is the grid of WAI-ARIA with
// an active descendant.

'use client';

import { type MouseEvent, type ReactNode, useId, useRef, useState } from 'react';
import { classes } from '../ui/classes.ts';
import { CellInspector } from './cell-inspector.tsx';
import { GridFoot } from './grid-foot.tsx';
import { GridHead } from './grid-head.tsx';
import { keyHandler } from './grid-keys.ts';
import { GridRow } from './grid-row.tsx';
import type {
  CellMark,
  CellValue,
  DataGridProps,
  GridColumn,
  GridPlace,
  GridSort,
  RowMark,
} from './grid-types.ts';
import { cellsIn, type Rectangle } from './selection.ts';
import { useCopy } from './use-copy.ts';
import { type Layout, useLayout } from './use-layout.ts';
import { type Order, useOrder } from './use-order.ts';
import { useSelection } from './use-selection.ts';
import { heightOf } from './windowing.ts';

export type { CellMark, CellValue, DataGridProps, GridColumn, GridPlace, GridSort, RowMark };

export function DataGrid(props: DataGridProps): ReactNode {
  const { label, columns, rowCount, cell, className } = props;
  const gridId = useId();
  const box = useRef<HTMLDivElement>(null);
  const [isInspecting, setIsInspecting] = useState(false);
  const layout = useLayout(box, props);
  const order = useOrder(props);
  const selection = useSelection(box, layout, order, props);
  const { active, rectangle, select } = selection;
  const { said, copy } = useCopy(rectangle, order, props);
  const open = () => {
    if (rowCount === 0) return;
    if (props.onEdit === undefined) setIsInspecting(true);
    else props.onEdit(order.rowAt(active.row), active.column);
  };
  const { onDelete } = props;
  const remove =
    onDelete === undefined
      ? undefined
      : () => onDelete(placesIn(rectangle, rowCount).map((place) => order.rowAt(place)));
  const pressed = keyHandler({ box, layout, order, selection, open, copy, remove, grid: props });
  const pointed = (event: MouseEvent) => {
    const place = placeOf(event.target);
    if (place !== undefined) select(place, event.shiftKey);
  };
  return (
    <div className={classes('flex min-h-0 min-w-0 flex-col', className)}>
      {/* biome-ignore lint/a11y/useSemanticElements: a table can't leave out what is not in view. */}
      <div
        ref={box}
        role="grid"
        aria-label={label}
        aria-rowcount={rowCount + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable="true"
        aria-activedescendant={
          rowCount === 0 ? undefined : `${gridId}-${active.row}-${active.column}`
        }
        tabIndex={0}
        onKeyDown={pressed}
        onMouseDown={pointed}
        onDoubleClick={(event) => {
          if (placeOf(event.target) !== undefined) open();
        }}
        className="relative min-h-24 flex-1 overflow-auto border border-line bg-surface select-none"
      >
        <GridHead
          columns={columns}
          view={layout.view}
          edges={layout.edges}
          numberWidth={layout.numberWidth}
          sort={order.sort}
          onSort={order.sortBy}
          onResize={layout.resize}
        />
        <GridBody gridId={gridId} grid={props} {...{ layout, order, active, rectangle }} />
      </div>
      <GridFoot
        active={active}
        cells={cellsIn(rectangle)}
        rowCount={rowCount}
        column={columns[active.column]?.title ?? ''}
        said={said}
        onShow={() => setIsInspecting(true)}
        onCopy={copy}
        {...(props.onEdit === undefined ? {} : { onEdit: open })}
        {...(remove === undefined ? {} : { onDelete: remove })}
      />
      <CellInspector
        title={columns[active.column]?.title ?? ''}
        value={rowCount === 0 ? null : cell(order.rowAt(active.row), active.column)}
        note={props.inspectorNote?.(order.rowAt(active.row), active.column)}
        isOpen={isInspecting}
        onClose={() => {
          setIsInspecting(false);
          box.current?.focus();
        }}
      />
    </div>
  );
}

interface GridBodyProps {
  readonly gridId: string;
  readonly grid: DataGridProps;
  readonly layout: Layout;
  readonly order: Order;
  readonly active: GridPlace;
  readonly rectangle: Rectangle;
}

function GridBody(props: GridBodyProps): ReactNode {
  const { gridId, grid, layout, order, active, rectangle } = props;
  const { rows, view, edges, numberWidth } = layout;
  const places: number[] = [];
  for (let place = rows.first; place < rows.end; place++) places.push(place);
  return (
    // biome-ignore lint/a11y/useSemanticElements: as for the grid.
    <div
      role="rowgroup"
      className="relative"
      style={{ height: heightOf(grid.rowCount), width: numberWidth + (edges.at(-1) ?? 0) }}
    >
      {places.map((place) => (
        <GridRow
          key={grid.rowKey?.(order.rowAt(place)) ?? place % layout.rowsMax}
          gridId={gridId}
          place={place}
          row={order.rowAt(place)}
          columns={grid.columns}
          cell={grid.cell}
          {...(grid.cellMark === undefined ? {} : { cellMark: grid.cellMark })}
          {...(grid.rowMark === undefined ? {} : { rowMark: grid.rowMark })}
          view={view}
          edges={edges}
          numberWidth={numberWidth}
          selected={place >= rectangle.top && place <= rectangle.bottom ? rectangle : undefined}
          activeColumn={place === active.row ? active.column : undefined}
          version={grid.version ?? 0}
        />
      ))}
    </div>
  );
}

/** The places of the rows that a selection touches. */
function placesIn({ top, bottom }: Rectangle, rowCount: number): number[] {
  const count = Math.min(bottom, rowCount - 1) - top + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => top + index);
}

function placeOf(target: EventTarget): { row: number; column: number } | undefined {
  const found = target instanceof Element ? target.closest<HTMLElement>('[data-place]') : null;
  const [row, column] = (found?.dataset['place'] ?? '').split(' ').map(Number);
  return found === null || row === undefined || column === undefined ? undefined : { row, column };
}
