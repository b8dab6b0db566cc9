// What a grid shows: columns, values, and marks of what is special about a cell or a row.

import type { cellSchema } from '@patina/api/schemas.ts';
import type { z } from 'zod';

/** A BLOB is an array of bytes. */
export type CellValue = z.infer<typeof cellSchema>;

export interface GridColumn {
  readonly key: string;
  readonly title: string;
  /** Such as its type; shown with the title. */
  readonly about?: string;
  readonly isKey?: boolean;
  /** Values stand at the right. */
  readonly isNumeric?: boolean;
}

export type MarkTone =
  | 'inserted'
  | 'changed'
  | 'deleted'
  | 'differs'
  | 'missing'
  | 'staged'
  | 'written';

export interface CellMark {
  readonly tone: MarkTone;
  /** What it means, in words. */
  readonly title?: string;
  /** The value before, shown struck through. */
  readonly former?: CellValue;
  /** Shown in place of the value. */
  readonly text?: string;
  /** A colour of its own, for whom the tone says too little: a custom property of the style sheet. */
  readonly colour?: string;
}

export interface RowMark {
  readonly tone: MarkTone;
  readonly title?: string;
}

export interface GridSort {
  readonly column: number;
  readonly direction: 'ascending' | 'descending';
}

export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export interface DataGridProps {
  readonly label: string;
  readonly columns: readonly GridColumn[];
  readonly rowCount: number;
  readonly cell: (row: number, column: number) => CellValue;
  /** A name that a row keeps when others come and go; its number otherwise. */
  readonly rowKey?: (row: number) => string;
  readonly cellMark?: (row: number, column: number) => CellMark | undefined;
  readonly rowMark?: (row: number) => RowMark | undefined;
  /** Another number says that the values or marks have changed. */
  readonly version?: number;
  /** The order, where whoever shows the grid keeps it; the grid sorts by itself otherwise. */
  readonly sort?: GridSort | undefined;
  readonly onSort?: (sort: GridSort | undefined) => void;
  /** Rows have an order of their own. */
  readonly isUnsortable?: boolean;
  /** Enter, F2 or a double click on a cell; without it they show the cell. */
  readonly onEdit?: (row: number, column: number) => void;
  /** The Delete key, or the button for it, with rows selected: their numbers. */
  readonly onDelete?: (rows: readonly number[]) => void;
  /** The last rows come into view. */
  readonly onNearEnd?: () => void;
  /** The cell that the reader is at. */
  readonly onActive?: (place: GridPlace) => void;
  /** Told of the rows that are in view. */
  readonly onView?: (first: number, last: number) => void;
  /** What the inspector says of a cell beside its value. */
  readonly inspectorNote?: (row: number, column: number) => string | undefined;
  /** The table that INSERT statements name. */
  readonly tableName?: string;
  readonly className?: string;
}
