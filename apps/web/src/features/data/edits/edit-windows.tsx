// The windows in which rows are edited, of which one is open at most.

'use client';

import type { ReactNode } from 'react';
import { useConnectionState } from '../../../connection/connection-provider.tsx';
import { CellEditor } from './cell-editor.tsx';
import { NewRow } from './new-row.tsx';
import { ReviewDialog } from './review-dialog.tsx';
import type { EditedTable } from './staged-edits.ts';
import type { Editing } from './use-editing.ts';

interface EditWindowsProps {
  readonly table: EditedTable;
  readonly editing: Editing;
  readonly isReplicated: boolean;
  readonly onSaved: () => void;
}

/** The window that is open, if any. */
export function EditWindows({
  table,
  editing,
  isReplicated,
  onSaved,
}: EditWindowsProps): ReactNode {
  const { origin } = useConnectionState();
  const { window, edits, change, close } = editing;
  if (window === undefined) return null;
  switch (window.kind) {
    case 'cell': {
      const { row, column, place } = window;
      const seen = row[place] ?? null;
      const staged = editing.stagedValue(row, column.name);
      return (
        <CellEditor
          column={column}
          value={staged === undefined ? seen : staged}
          seen={seen}
          onStage={(value) => editing.stageValue(row, column.name, value)}
          onClose={close}
        />
      );
    }
    case 'new-row': {
      const staged = edits.get(window.id);
      return (
        <NewRow
          table={table}
          values={staged?.kind === 'insert' ? staged.values : undefined}
          onStage={(values) => editing.stageRow(window.id, values)}
          onClose={close}
        />
      );
    }
    case 'review':
      return (
        <ReviewDialog
          table={table}
          nodeName={new URL(origin).host}
          isReplicated={isReplicated}
          edits={edits}
          change={change}
          onSaved={onSaved}
          onClose={close}
        />
      );
  }
}
