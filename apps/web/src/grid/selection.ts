// Where the reader is in a grid, and what is selected: a rectangle from an anchor to the active cell.

import type { GridPlace } from './grid-types.ts';

export interface Selection {
  readonly anchor: GridPlace;
  readonly active: GridPlace;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that PageUp and PageDown move by. */
  readonly pageRows: number;
}

export interface Stroke {
  readonly key: string;
  readonly isControl: boolean;
  readonly isShift: boolean;
}

/** The selection after a key; undefined where the key moves nothing. */
export function moved(
  { anchor, active }: Selection,
  stroke: Stroke,
  size: GridSize,
): Selection | undefined {
  const to = target(active, stroke, size);
  if (to === undefined) return undefined;
  const place = {
    row: Math.max(0, Math.min(size.rows - 1, to.row)),
    column: Math.max(0, Math.min(size.columns - 1, to.column)),
  };
  return { anchor: stroke.isShift ? anchor : place, active: place };
}

function target(at: GridPlace, stroke: Stroke, size: GridSize): GridPlace | undefined {
  const { row, column } = at;
  const { isControl } = stroke;
  switch (stroke.key) {
    case 'ArrowUp':
      return { row: isControl ? 0 : row - 1, column };
    case 'ArrowDown':
      return { row: isControl ? size.rows - 1 : row + 1, column };
    case 'ArrowLeft':
      return { row, column: isControl ? 0 : column - 1 };
    case 'ArrowRight':
      return { row, column: isControl ? size.columns - 1 : column + 1 };
    case 'PageUp':
      return { row: row - size.pageRows, column };
    case 'PageDown':
      return { row: row + size.pageRows, column };
    case 'Home':
      return { row: isControl ? 0 : row, column: 0 };
    case 'End':
      return { row: isControl ? size.rows - 1 : row, column: size.columns - 1 };
    default:
      return undefined;
  }
}

export interface Rectangle {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The cells from corner to corner, both included. */
export function rectangleOf({ anchor, active }: Selection): Rectangle {
  return {
    top: Math.min(anchor.row, active.row),
    bottom: Math.max(anchor.row, active.row),
    left: Math.min(anchor.column, active.column),
    right: Math.max(anchor.column, active.column),
  };
}

export function cellsIn({ top, bottom, left, right }: Rectangle): number {
  return (bottom - top + 1) * (right - left + 1);
}
