// The titles of the columns: they sort when they are clicked, and can be made wider at their right edges.

import type { PointerEvent, ReactNode } from 'react';
import { classes } from '../ui/classes.ts';
import type { GridColumn, GridSort } from './grid-types.ts';
import { type Range, rowHeightPx } from './windowing.ts';

interface GridHeadProps {
  readonly columns: readonly GridColumn[];
  readonly view: Range;
  readonly edges: readonly number[];
  readonly numberWidth: number;
  readonly sort: GridSort | undefined;
  readonly onSort: ((column: number) => void) | undefined;
  readonly onResize: (column: number, width: number) => void;
}

const arrows = { ascending: '↑', descending: '↓' } as const;

export function GridHead(props: GridHeadProps): ReactNode {
  const { columns, view, edges, numberWidth, sort, onSort, onResize } = props;
  const shown: number[] = [];
  for (let column = view.first; column < view.end; column++) shown.push(column);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus.
    // biome-ignore lint/a11y/useSemanticElements: rows of a windowed grid are placed by themselves.
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-[2] border-b border-line-strong bg-sunken text-xs font-medium text-ink-2"
      style={{ height: rowHeightPx, width: numberWidth + (edges.at(-1) ?? 0) }}
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div
        role="columnheader"
        className="sticky left-0 z-[1] inline-block h-full border-r border-line bg-sunken px-2 py-1.5"
        style={{ width: numberWidth }}
      >
        <span className="sr-only">Row</span>
      </div>
      {shown.map((column) => {
        const { key, title, about, isKey = false, isNumeric = false } = columns[column] ?? none;
        const direction = sort?.column === column ? sort.direction : undefined;
        const left = edges[column] ?? 0;
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: as above.
          // biome-ignore lint/a11y/useSemanticElements: as above.
          <div
            key={key}
            role="columnheader"
            aria-colindex={column + 2}
            aria-sort={direction ?? 'none'}
            title={about === undefined ? title : `${title} ${about}`}
            className="absolute top-0 h-full border-r border-line"
            style={{ left: numberWidth + left, width: (edges[column + 1] ?? 0) - left }}
          >
            {/* biome-ignore lint/a11y/noStaticElementInteractions: by keyboard Alt with S sorts. */}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: as before. */}
            <span
              onClick={onSort === undefined ? undefined : () => onSort(column)}
              className={classes(
                'block truncate px-2 py-1.5 leading-4',
                isNumeric && 'text-right',
                onSort !== undefined && 'cursor-pointer hover:bg-hover',
              )}
            >
              {isKey ? <span title="Part of the key">⚷ </span> : null}
              <bdi>{title}</bdi>
              {direction === undefined ? null : ` ${arrows[direction]}`}
            </span>
            <ResizeHandle
              width={(edges[column + 1] ?? 0) - left}
              onResize={(width) => onResize(column, width)}
            />
          </div>
        );
      })}
    </div>
  );
}

const none: GridColumn = { key: '', title: '' };

function ResizeHandle({
  width,
  onResize,
}: {
  readonly width: number;
  readonly onResize: (width: number) => void;
}): ReactNode {
  const begin = (event: PointerEvent<HTMLSpanElement>) => {
    const handle = event.currentTarget;
    const startX = event.clientX;
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    const move = (moved: globalThis.PointerEvent) => onResize(width + moved.clientX - startX);
    const end = () => {
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('pointerup', end);
      handle.removeEventListener('pointercancel', end);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', end);
    handle.addEventListener('pointercancel', end);
  };
  return (
    <span
      aria-hidden="true"
      onPointerDown={begin}
      className="absolute top-0 right-0 h-full w-1.5 cursor-col-resize hover:bg-line-strong"
    />
  );
}
