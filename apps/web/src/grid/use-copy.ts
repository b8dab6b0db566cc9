// Copies what is selected, and says what came of it.

import { useState } from 'react';
import { formatCount, plural } from '../format/numbers.ts';
import { copyText } from '../ui/copy-button.tsx';
import { type CopyForm, copyAs, copyCellsMax } from './copy-as.ts';
import type { CellValue, DataGridProps } from './grid-types.ts';
import { cellsIn, type Rectangle } from './selection.ts';
import type { Order } from './use-order.ts';

export interface Copying {
  /** What came of the last copy. */
  readonly said: string;
  readonly copy: (form: CopyForm) => void;
}

export function useCopy(
  rectangle: Rectangle,
  { rowAt }: Order,
  { columns, rowCount, cell, tableName = 'table' }: DataGridProps,
): Copying {
  const [said, setSaid] = useState('');
  const copy = (form: CopyForm) => {
    const { top, bottom, left, right } = rectangle;
    if (rowCount === 0) return;
    if (cellsIn(rectangle) > copyCellsMax) {
      setSaid(`At most ${formatCount(copyCellsMax)} cells are copied at once; export has all.`);
      return;
    }
    const titles = columns.slice(left, right + 1).map(({ title }) => title);
    const rows: CellValue[][] = [];
    for (let place = top; place <= Math.min(bottom, rowCount - 1); place++) {
      rows.push(titles.map((_, index) => cell(rowAt(place), left + index)));
    }
    copyText(copyAs(form, { titles, rows, tableName })).then(
      () => setSaid(`Copied ${plural(rows.length * titles.length, 'cell')}.`),
      () => setSaid('The browser refused to copy.'),
    );
  };
  return { said, copy };
}
