// The rows of a table as they would be with what is staged: new rows first, then those of the table with their
// staged values in place.

import type { CellMark, CellValue, RowMark } from '../../../grid/grid-types.ts';
import { type KeyOf, keyText, type Row } from '../rows/row-pages.ts';
import type { EditedTable, StagedEdit, StagedEdits } from './staged-edits.ts';

type Insert = Extract<StagedEdit, { readonly kind: 'insert' }>;

/** What stands at a place of the grid. */
export type Placed =
  | { readonly kind: 'new'; readonly id: string; readonly edit: Insert }
  | {
      readonly kind: 'row';
      readonly row: Row;
      readonly edit: Exclude<StagedEdit, Insert> | undefined;
    };

export interface Overlay {
  readonly rowCount: number;
  /** Rows before those of the table. */
  readonly newCount: number;
  readonly at: (place: number) => Placed | undefined;
  readonly cell: (place: number, column: number) => CellValue;
  readonly cellMark: (place: number, column: number) => CellMark | undefined;
  readonly rowMark: (place: number) => RowMark | undefined;
}

export function overlayOf(
  table: EditedTable,
  rows: readonly Row[],
  edits: StagedEdits,
  keyOf: KeyOf | undefined,
): Overlay {
  const added = [...edits].flatMap(([id, edit]) => (edit.kind === 'insert' ? [{ id, edit }] : []));
  const editOf = (row: Row) => {
    if (edits.size === added.length || keyOf === undefined) return undefined;
    const edit = edits.get(keyText(keyOf(row)));
    return edit?.kind === 'insert' ? undefined : edit;
  };
  const at = (place: number): Placed | undefined => {
    const first = added[place];
    if (first !== undefined) return { kind: 'new', ...first };
    const row = rows[place - added.length];
    return row === undefined ? undefined : { kind: 'row', row, edit: editOf(row) };
  };
  return {
    at,
    rowCount: added.length + rows.length,
    newCount: added.length,
    cell: (place, column) => {
      const placed = at(place);
      if (placed === undefined) return null;
      const name = table.columns[column]?.name ?? '';
      if (placed.kind === 'new') return placed.edit.values.get(name) ?? null;
      const staged = placed.edit?.kind === 'update' ? placed.edit.values.get(name) : undefined;
      return staged === undefined ? (placed.row[column] ?? null) : staged;
    },
    cellMark: (place, column) => {
      const placed = at(place);
      const definition = table.columns[column];
      if (placed?.edit === undefined || definition === undefined) return undefined;
      if (placed.kind === 'new') {
        if (placed.edit.values.has(definition.name)) return undefined;
        const text = definition.isGenerated ? 'generated' : 'default';
        return { tone: 'written', title: definition.default ?? 'NULL', text };
      }
      if (placed.edit.kind !== 'update' || !placed.edit.values.has(definition.name)) {
        return undefined;
      }
      return { tone: 'staged', title: 'Staged', former: placed.row[column] ?? null };
    },
    rowMark: (place) => {
      const placed = at(place);
      if (placed?.kind === 'new') return { tone: 'inserted', title: 'Staged to be added' };
      return placed?.edit?.kind === 'delete'
        ? { tone: 'deleted', title: 'Staged to be deleted' }
        : undefined;
    },
  };
}
