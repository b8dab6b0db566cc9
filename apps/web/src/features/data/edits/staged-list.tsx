// The staged edits as SQL, each with what others have changed of its row meanwhile, and what can be done about it.

'use client';

import type { ReactNode } from 'react';
import { shortText } from '../../../grid/cell-text.ts';
import { Badge, type Tone } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import type { Row } from '../rows/row-pages.ts';
import {
  changedMeanwhile,
  type EditedTable,
  type EditStatement,
  previewOf,
  rebased,
  type StagedEdit,
  type StagedEdits,
  statementsOf,
  without,
} from './staged-edits.ts';
import type { ChangeEdits } from './staged-store.ts';

interface StagedListProps {
  readonly table: EditedTable;
  readonly edits: StagedEdits;
  /** The rows as they are now; undefined while they are not known. */
  readonly rows: ReadonlyMap<string, Row> | undefined;
  readonly change: ChangeEdits;
}

const words: Readonly<Record<StagedEdit['kind'], { readonly text: string; readonly tone: Tone }>> =
  {
    insert: { text: '+ New row', tone: 'good' },
    update: { text: '~ Changed', tone: 'info' },
    delete: { text: '− Deleted', tone: 'bad' },
  };

export function StagedList({ table, edits, rows, change }: StagedListProps): ReactNode {
  if (edits.size === 0) return <p className="text-sm text-ink-3">Nothing is staged.</p>;
  return (
    <ol aria-label="Staged changes" className="flex flex-col gap-3">
      {statementsOf(table, edits).map((statement) => {
        const edit = edits.get(statement.id);
        return edit === undefined ? null : (
          <StagedItem
            key={statement.id}
            {...{ table, statement, edit, change }}
            now={rows?.get(statement.id)}
            isKnown={rows !== undefined}
          />
        );
      })}
    </ol>
  );
}

interface StagedItemProps {
  readonly table: EditedTable;
  readonly statement: EditStatement;
  readonly edit: StagedEdit;
  readonly change: ChangeEdits;
  readonly now: Row | undefined;
  /** Whether the rows of the edits were read. */
  readonly isKnown: boolean;
}

function StagedItem(props: StagedItemProps): ReactNode {
  const { table, statement, edit, change, now, isKnown } = props;
  const { id } = statement;
  const meanwhile = isKnown ? changedMeanwhile(table, edit, now) : [];
  const isOvertaken = isChange(meanwhile);
  const { text, tone } = words[edit.kind];
  const keep = () =>
    change((edits) => {
      const mine = now === undefined ? undefined : rebased(table, edit, now);
      return mine === undefined ? without(edits, id) : new Map(edits).set(id, mine);
    });
  return (
    <li className="flex flex-col gap-2 rounded-md bg-sunken p-3 text-sm">
      <div className="flex items-start gap-2">
        <Badge tone={tone}>{text}</Badge>
        <code dir="auto" className="min-w-0 flex-1 text-xs break-words whitespace-pre-wrap">
          {previewOf(statement)}
        </code>
        <Button look="quiet" onClick={() => change((edits) => without(edits, id))}>
          Undo
        </Button>
      </div>
      {isOvertaken ? (
        <div className="flex flex-wrap items-center gap-2 border-l-2 border-warn pl-3">
          <p className="mr-auto min-w-0 break-words">
            {meanwhile === 'gone'
              ? 'The row is not there any more.'
              : `Changed meanwhile: ${meanwhile
                  .map(
                    (each) =>
                      `${each.column} was ${shortText(each.seen)}, is ${shortText(each.now)}`,
                  )
                  .join('; ')}.`}
          </p>
          {meanwhile === 'gone' ? null : <Button onClick={keep}>Keep mine</Button>}
        </div>
      ) : null}
    </li>
  );
}

/** Whether somebody has changed what an edit rests on. */
export function isEditOvertaken(
  table: EditedTable,
  edit: StagedEdit,
  rows: ReadonlyMap<string, Row> | undefined,
  id: string,
): boolean {
  return rows !== undefined && isChange(changedMeanwhile(table, edit, rows.get(id)));
}

function isChange(meanwhile: ReturnType<typeof changedMeanwhile>): boolean {
  return meanwhile === 'gone' || meanwhile.length > 0;
}
