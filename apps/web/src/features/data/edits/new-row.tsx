// A window with a field for each column of a row that is to be added. The table is not touched: the row is staged.

'use client';

import { type FormEvent, type ReactNode, useState } from 'react';
import type { CellValue } from '../../../grid/grid-types.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { describe } from './cell-editor.tsx';
import type { EditedColumn, EditedTable } from './staged-edits.ts';
import { type Draft, draftOf, kindOf, parseDraft } from './value-draft.ts';
import { ValueField } from './value-field.tsx';

interface NewRowProps {
  readonly table: EditedTable;
  /** What is staged of it already. */
  readonly values: ReadonlyMap<string, CellValue> | undefined;
  readonly onStage: (values: ReadonlyMap<string, CellValue>) => void;
  readonly onClose: () => void;
}

/** Put it on the page while it is open. */
export function NewRow({ table, values, onStage, onClose }: NewRowProps): ReactNode {
  const columns = table.columns.filter(({ isGenerated }) => !isGenerated);
  const [drafts, setDrafts] = useState<ReadonlyMap<string, Draft>>(
    () => new Map(columns.map((column) => [column.name, firstDraft(column, values)])),
  );
  const parsed = columns.map(({ name }) => {
    const draft = drafts.get(name);
    return [name, draft === undefined ? undefined : parseDraft(draft)] as const;
  });
  const isWrong = parsed.some(([, each]) => each?.kind === 'wrong');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isWrong) return;
    onStage(
      new Map(
        parsed.flatMap(([name, each]) => (each?.kind === 'value' ? [[name, each.value]] : [])),
      ),
    );
    onClose();
  };
  return (
    <Dialog title={`New row of ${table.name}`} place="right" isOpen onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-5 p-4">
        {columns.map((column, place) => (
          <fieldset key={column.name} className="flex min-w-0 flex-col gap-1.5">
            <legend className="mb-1.5 text-sm text-ink">
              <bdi className="font-medium">{column.name}</bdi>{' '}
              <code className="text-xs text-ink-2">{describe(column)}</code>
            </legend>
            <ValueField
              column={column}
              draft={drafts.get(column.name) ?? firstDraft(column, values)}
              onChange={(draft) => setDrafts(new Map(drafts).set(column.name, draft))}
              hasDefault={hasDefault(column)}
              isFocused={place === 0}
            />
          </fieldset>
        ))}
        <div className="sticky bottom-0 flex justify-end gap-2 border-t border-line bg-raised py-3">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isWrong}>
            Stage the row
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Columns that must have a value, and have none of their own, have to be filled. */
function hasDefault({ isNotNull, default: sql }: EditedColumn): boolean {
  return sql !== null || !isNotNull;
}

function firstDraft(
  column: EditedColumn,
  values: ReadonlyMap<string, CellValue> | undefined,
): Draft {
  const value = values?.get(column.name);
  if (value !== undefined) return draftOf(value, column);
  if (hasDefault(column)) return { kind: 'default', text: '' };
  return { kind: kindOf(column.type), text: '' };
}
