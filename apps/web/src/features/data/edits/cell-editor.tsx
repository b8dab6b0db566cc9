// A window that edits one cell of a row. The table is not touched: the value is staged.

'use client';

import { type FormEvent, type KeyboardEvent, type ReactNode, useState } from 'react';
import { shortText } from '../../../grid/cell-text.ts';
import type { CellValue } from '../../../grid/grid-types.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import type { EditedColumn } from './staged-edits.ts';
import { draftOf, parseDraft } from './value-draft.ts';
import { ValueField } from './value-field.tsx';

interface CellEditorProps {
  readonly column: EditedColumn;
  /** As it is staged, or else as it is in the table. */
  readonly value: CellValue;
  /** As the reader saw it in the table. */
  readonly seen: CellValue;
  readonly onStage: (value: CellValue) => void;
  readonly onClose: () => void;
}

/** Put it on the page while it is open. */
export function CellEditor(props: CellEditorProps): ReactNode {
  const { column, value, seen, onStage, onClose } = props;
  const [draft, setDraft] = useState(() => draftOf(value, column));
  const parsed = parseDraft(draft);
  const stage = () => {
    if (parsed.kind !== 'value') return;
    onStage(parsed.value);
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    stage();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    stage();
  };
  return (
    <Dialog title={`Edit ${column.name}`} place="right" isOpen onClose={onClose}>
      <form onSubmit={submit} onKeyDown={pressed} className="flex flex-col gap-4 p-4">
        <p className="text-sm text-ink-2">
          <code>{describe(column)}</code>
        </p>
        <ValueField
          column={column}
          draft={draft}
          onChange={setDraft}
          hasDefault={false}
          isFocused
          isTall
        />
        <p className="text-sm text-ink-2">
          In the table: <bdi className="break-all text-ink">{shortText(seen)}</bdi>
        </p>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            onClick={() => {
              onStage(seen);
              onClose();
            }}
          >
            As in the table
          </Button>
          <Button type="submit" look="primary" disabled={parsed.kind !== 'value'}>
            Stage the value
          </Button>
        </div>
        <p className="text-xs text-ink-3">
          Ctrl Enter stages it. Nothing is written before you save what is staged.
        </p>
      </form>
    </Dialog>
  );
}

export function describe({ type, isNotNull, isKey }: EditedColumn): string {
  const parts = [type === '' ? 'any type' : type];
  if (isNotNull) parts.push('NOT NULL');
  if (isKey) parts.push('key');
  return parts.join(', ');
}
