// What is staged, as the SQL that will be run, with what others have changed of the same rows meanwhile; saves it as
// one transaction and follows it to all nodes.

'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { type Fault, faultOf } from '../../../connection/faults.ts';
import { shortActorId } from '../../../format/ids.ts';
import { formatCount, plural } from '../../../format/numbers.ts';
import { shortText } from '../../../grid/cell-text.ts';
import { Badge, type Tone } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { FaultNotice } from '../../../ui/panel.tsx';
import { WriteTracker } from '../../../ui/write-tracker.tsx';
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
import { useCurrentRows, useSave, type Written } from './use-save.ts';

interface ReviewDialogProps {
  readonly table: EditedTable;
  /** Where it is written. */
  readonly nodeName: string;
  readonly isReplicated: boolean;
  readonly edits: StagedEdits;
  readonly change: ChangeEdits;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** Put it on the page while it is open. */
export function ReviewDialog(props: ReviewDialogProps): ReactNode {
  const { table, nodeName, isReplicated, edits, change, onSaved, onClose } = props;
  const { state, save } = useSave(table, () => {
    change(() => new Map());
    onSaved();
  });
  // After each attempt that was overtaken the rows are looked at again.
  const current = useCurrent(table, edits, state.kind);
  const isSaved = state.kind === 'saved';
  const isOvertaken = [...edits].some(([id, edit]) => isChanged(table, edit, current.rows, id));
  return (
    <Dialog
      title={isSaved ? 'Saved' : 'Save what is staged?'}
      place="right"
      isOpen
      onClose={onClose}
      className="w-[min(46rem,100vw)]"
    >
      <div className="flex flex-col gap-4 p-4">
        {isSaved ? (
          <Saved written={state.written} nodeName={nodeName} />
        ) : (
          <>
            <p className="text-sm text-ink-2">
              {edits.size === 1 ? 'The change is' : `All ${formatCount(edits.size)} changes are`}{' '}
              written as one transaction at <bdi>{nodeName}</bdi>
              {isReplicated ? ', and replicated to all nodes' : '. The table stays at this node'}.
              Values are sent as parameters.
            </p>
            <Edits table={table} edits={edits} rows={current.rows} change={change} />
            {current.fault === undefined ? null : <FaultNotice fault={current.fault} />}
            <p role="status" className="text-sm text-warn empty:hidden">
              {isOvertaken
                ? 'Somebody has changed what you edited. Decide on each of these before you save.'
                : state.kind === 'overtaken'
                  ? 'Nothing was written: a row was changed just then. Look at it, and save again.'
                  : ''}
            </p>
            {state.kind === 'failed' ? <FaultNotice fault={state.fault} /> : null}
          </>
        )}
        <div className="sticky bottom-0 flex flex-wrap justify-end gap-2 border-t border-line bg-raised py-3">
          {isSaved ? (
            <Button look="primary" onClick={onClose}>
              Close
            </Button>
          ) : (
            <>
              <Button
                look="danger"
                className="mr-auto"
                disabled={state.kind === 'saving'}
                onClick={() => {
                  change(() => new Map());
                  onClose();
                }}
              >
                Discard all
              </Button>
              <Button onClick={onClose}>Go on editing</Button>
              <Button
                look="primary"
                disabled={edits.size === 0 || isOvertaken || state.kind === 'saving'}
                onClick={() => void save(edits)}
              >
                {state.kind === 'saving' ? 'Saving' : `Save ${plural(edits.size, 'change')}`}
              </Button>
            </>
          )}
        </div>
      </div>
    </Dialog>
  );
}

interface EditsProps {
  readonly table: EditedTable;
  readonly edits: StagedEdits;
  readonly rows: ReadonlyMap<string, Row> | undefined;
  readonly change: ChangeEdits;
}

const words: Readonly<Record<StagedEdit['kind'], { readonly text: string; readonly tone: Tone }>> =
  {
    insert: { text: '+ New row', tone: 'good' },
    update: { text: '~ Changed', tone: 'info' },
    delete: { text: '− Deleted', tone: 'bad' },
  };

function Edits({ table, edits, rows, change }: EditsProps): ReactNode {
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
  const isOvertaken = meanwhile === 'gone' || meanwhile.length > 0;
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

function Saved({
  written,
  nodeName,
}: {
  readonly written: Written;
  readonly nodeName: string;
}): ReactNode {
  const { version, actor_id: actorId, results } = written;
  return (
    <section aria-label="Transaction" className="flex flex-col gap-2 text-sm">
      <p role="status">{plural(results.length, 'change')} saved as one transaction.</p>
      {version === null ? (
        <p className="text-ink-2">It changed nothing that is replicated.</p>
      ) : (
        <>
          <p className="text-ink-2">
            Version <strong className="figures text-ink">{formatCount(version)}</strong> of actor{' '}
            <code title={actorId}>{shortActorId(actorId)}</code>, written at <bdi>{nodeName}</bdi>.
          </p>
          <WriteTracker actorId={actorId} version={version} />
        </>
      )}
    </section>
  );
}

function isChanged(
  table: EditedTable,
  edit: StagedEdit,
  rows: ReadonlyMap<string, Row> | undefined,
  id: string,
): boolean {
  if (rows === undefined) return false;
  const meanwhile = changedMeanwhile(table, edit, rows.get(id));
  return meanwhile === 'gone' || meanwhile.length > 0;
}

/** The rows of the edits as they are, read when the window opens and again after each attempt. */
function useCurrent(table: EditedTable, edits: StagedEdits, attempt: string) {
  const read = useCurrentRows(table);
  const [rows, setRows] = useState<ReadonlyMap<string, Row>>();
  const [fault, setFault] = useState<Fault>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: edits only get fewer while the window is open.
  useEffect(() => {
    if (attempt === 'saving' || attempt === 'saved') return;
    const abort = new AbortController();
    read(edits, abort.signal).then(setRows, (error: unknown) => {
      if (!abort.signal.aborted) setFault(faultOf(error));
    });
    return () => abort.abort();
  }, [read, attempt]);
  return { rows, fault };
}
