// One row of a grid, with the columns that are in view. Drawn anew only when something of it has changed.

import { memo, type ReactNode } from 'react';
import { classes } from '../ui/classes.ts';
import { isNumber, shortText } from './cell-text.ts';
import type { CellMark, CellValue, DataGridProps, MarkTone, RowMark } from './grid-types.ts';
import type { Rectangle } from './selection.ts';
import { type Range, rowHeightPx } from './windowing.ts';

interface GridRowProps extends Pick<DataGridProps, 'columns' | 'cell' | 'cellMark' | 'rowMark'> {
  readonly gridId: string;
  /** Where it stands, and which row of the data it is. */
  readonly place: number;
  readonly row: number;
  readonly view: Range;
  readonly edges: readonly number[];
  readonly numberWidth: number;
  /** What of the selection is in this row; undefined where nothing is. */
  readonly selected: Rectangle | undefined;
  readonly activeColumn: number | undefined;
  readonly version: number;
}

/** A mark is a colour and a sign, which screen readers get as words. */
const tones: Readonly<Record<MarkTone, { readonly look: string; readonly sign: string }>> = {
  inserted: { look: 'bg-good-soft', sign: '+' },
  changed: { look: 'bg-info-soft', sign: '~' },
  deleted: { look: 'bg-bad-soft', sign: '−' },
  differs: { look: 'bg-warn-soft', sign: '≠' },
  missing: { look: 'hatched', sign: '∅' },
  staged: { look: 'bg-warn-soft', sign: '✎' },
  written: { look: '', sign: '' },
};

export const GridRow = memo(function GridRow(props: GridRowProps): ReactNode {
  const { place, row, view, edges, numberWidth, rowMark } = props;
  const mark = rowMark?.(row);
  const columns: number[] = [];
  for (let column = view.first; column < view.end; column++) columns.push(column);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and names its active cell.
    // biome-ignore lint/a11y/useSemanticElements: rows of a windowed grid are placed by themselves.
    <div
      role="row"
      aria-rowindex={place + 2}
      className={classes(
        'absolute left-0 flex border-b border-line text-sm',
        mark === undefined ? undefined : tones[mark.tone].look,
      )}
      style={{
        top: place * rowHeightPx,
        height: rowHeightPx,
        width: numberWidth + (edges.at(-1) ?? 0),
      }}
    >
      <RowHead place={place} mark={mark} width={numberWidth} />
      {columns.map((column) => (
        <GridCell key={column} {...props} column={column} isStruck={mark?.tone === 'deleted'} />
      ))}
    </div>
  );
});

function RowHead({
  place,
  mark,
  width,
}: {
  readonly place: number;
  readonly mark: RowMark | undefined;
  readonly width: number;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus.
    // biome-ignore lint/a11y/useSemanticElements: as for the row.
    <div
      role="rowheader"
      title={mark?.title}
      className="figures sticky left-0 z-[1] shrink-0 border-r border-line bg-surface px-2 py-1 text-right text-xs leading-5 text-ink-3"
      style={{ width }}
    >
      {mark === undefined ? null : (
        <span className="mr-1 font-semibold text-ink-2">
          <span aria-hidden="true">{tones[mark.tone].sign}</span>
          <span className="sr-only">{mark.title ?? mark.tone} </span>
        </span>
      )}
      {place + 1}
    </div>
  );
}

interface GridCellProps extends GridRowProps {
  readonly column: number;
  /** The row is deleted; what is placed by itself doesn't inherit a line through its text. */
  readonly isStruck: boolean;
}

function GridCell(props: GridCellProps): ReactNode {
  const { gridId, place, row, column, edges, numberWidth, selected, activeColumn, isStruck } =
    props;
  const value = props.cell(row, column);
  const mark = props.cellMark?.(row, column);
  const isSelected = selected !== undefined && column >= selected.left && column <= selected.right;
  const left = edges[column] ?? 0;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and names its active cell.
    // biome-ignore lint/a11y/useSemanticElements: as for the row.
    <div
      role="gridcell"
      id={`${gridId}-${place}-${column}`}
      aria-colindex={column + 2}
      aria-selected={isSelected}
      data-place={`${place} ${column}`}
      title={mark?.title}
      className={classes(
        'absolute top-0 h-full overflow-hidden border-r border-line px-2 py-1 leading-5 whitespace-pre',
        (props.columns[column]?.isNumeric === true || isNumber(value)) && 'figures text-right',
        mark !== undefined && tones[mark.tone].look,
        isStruck && 'text-ink-2 line-through',
        isSelected && 'bg-selected',
        column === activeColumn && 'outline-2 -outline-offset-2 outline-focus',
      )}
      style={{
        left: numberWidth + left,
        width: (edges[column + 1] ?? 0) - left,
        ...(mark?.colour === undefined || isSelected ? {} : { background: mark.colour }),
      }}
    >
      <Inside value={value} mark={mark} />
    </div>
  );
}

function Inside({
  value,
  mark,
}: {
  readonly value: CellValue;
  readonly mark: CellMark | undefined;
}): ReactNode {
  return (
    <>
      {mark === undefined ? null : (
        <span className="mr-1 text-xs font-semibold text-ink-2">
          <span aria-hidden="true">{tones[mark.tone].sign}</span>
          <span className="sr-only">{mark.title ?? mark.tone} </span>
        </span>
      )}
      {mark?.former === undefined ? null : (
        <s className="mr-1.5 text-ink-2">{shortText(mark.former)}</s>
      )}
      {mark?.text !== undefined || value === null || Array.isArray(value) ? (
        <span className="text-xs text-ink-2 italic">{mark?.text ?? shortText(value)}</span>
      ) : (
        <bdi>{shortText(value)}</bdi>
      )}
    </>
  );
}
