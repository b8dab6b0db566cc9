// What the reader does to the rows while editing: which window is open, and what goes to what is staged.

import { useState } from 'react';
import type { CellValue } from '../../../grid/grid-types.ts';
import { type KeyOf, keyText, type Row } from '../rows/row-pages.ts';
import type { Overlay } from './overlay.ts';
import {
  type EditedColumn,
  type EditedTable,
  editsMax,
  newRowId,
  type StagedEdits,
  withDeleted,
  withNew,
  without,
  withValue,
} from './staged-edits.ts';
import { type ChangeEdits, useStaged } from './staged-store.ts';

export type OpenWindow =
  | {
      readonly kind: 'cell';
      readonly row: Row;
      readonly column: EditedColumn;
      readonly place: number;
    }
  | { readonly kind: 'new-row'; readonly id: string }
  | { readonly kind: 'review' };

export interface Editing {
  readonly edits: StagedEdits;
  readonly change: ChangeEdits;
  readonly window: OpenWindow | undefined;
  readonly close: () => void;
  readonly notice: string;
  readonly editAt: (overlay: Overlay, place: number, column: number) => void;
  readonly deleteAt: (overlay: Overlay, places: readonly number[]) => void;
  readonly add: () => void;
  readonly review: () => void;
  /** The value that is staged for a cell; undefined where none is. */
  readonly stagedValue: (row: Row, column: string) => CellValue | undefined;
  readonly stageValue: (row: Row, column: string, value: CellValue) => void;
  readonly stageRow: (id: string, values: ReadonlyMap<string, CellValue>) => void;
}

export function useEditing(table: EditedTable, keyOf: KeyOf | undefined): Editing {
  const [edits, change] = useStaged(table.name);
  const [window, setWindow] = useState<OpenWindow>();
  const [notice, setNotice] = useState('');
  const stage = (next: (edits: StagedEdits) => StagedEdits) => {
    const staged = next(edits);
    const isTooMany = staged.size > editsMax;
    setNotice(isTooMany ? tooMany : '');
    if (!isTooMany) change(() => staged);
  };
  return {
    edits,
    change,
    window,
    notice,
    close: () => setWindow(undefined),
    editAt: (overlay, place, at) => {
      const placed = overlay.at(place);
      const column = table.columns[at];
      if (placed === undefined || column === undefined) return;
      const refusal = refusalOf(placed.edit?.kind, column);
      setNotice(refusal ?? '');
      if (refusal !== undefined) return;
      if (placed.kind === 'new') setWindow({ kind: 'new-row', id: placed.id });
      else setWindow({ kind: 'cell', row: placed.row, column, place: at });
    },
    deleteAt: (overlay, places) => {
      if (keyOf === undefined) return;
      if (places.length > editsMax) {
        setNotice(tooMany);
        return;
      }
      const found = places.flatMap((place) => overlay.at(place) ?? []);
      const isUndone = found.every(({ edit }) => edit?.kind === 'delete');
      stage((before) =>
        found.reduce((staged, each) => {
          if (each.kind === 'new') return without(staged, each.id);
          const key = keyOf(each.row);
          return isUndone ? without(staged, keyText(key)) : withDeleted(staged, key, each.row);
        }, before),
      );
    },
    add: () => setWindow({ kind: 'new-row', id: freeId(edits) }),
    review: () => setWindow({ kind: 'review' }),
    stagedValue: (row, column) => {
      const edit = keyOf === undefined ? undefined : edits.get(keyText(keyOf(row)));
      return edit?.kind === 'update' ? edit.values.get(column) : undefined;
    },
    stageValue: (row, column, value) => {
      if (keyOf === undefined) return;
      stage((before) => withValue(before, table, { key: keyOf(row), seen: row, column }, value));
    },
    stageRow: (id, values) => stage((before) => withNew(before, id, values)),
  };
}

const tooMany = `${editsMax} changes can be staged at once. Save what is staged first, or write SQL.`;

function refusalOf(kind: string | undefined, column: EditedColumn): string | undefined {
  if (kind === 'insert') return undefined;
  if (kind === 'delete') return 'The row is staged to be deleted. Press Delete again to keep it.';
  if (column.isKey) {
    return 'The key says which row it is. Delete the row and add another one to change it.';
  }
  return column.isGenerated ? 'The database generates this column by itself.' : undefined;
}

function freeId(edits: StagedEdits): string {
  let number = 1;
  while (edits.has(newRowId(number))) number++;
  return newRowId(number);
}
