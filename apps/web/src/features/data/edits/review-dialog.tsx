// What is staged, as the SQL that will be run, with what others have changed of the same rows meanwhile; saves it as
// one transaction and follows it to all nodes.

'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { type Fault, faultOf } from '../../../connection/faults.ts';
import { formatCount, plural } from '../../../format/numbers.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { FaultNotice } from '../../../ui/panel.tsx';
import { WrittenVersion } from '../../../ui/write-tracker.tsx';
import type { Row } from '../rows/row-pages.ts';
import type { EditedTable, StagedEdits } from './staged-edits.ts';
import { isEditOvertaken, StagedList } from './staged-list.tsx';
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
  const isOvertaken = [...edits].some(([id, edit]) =>
    isEditOvertaken(table, edit, current.rows, id),
  );
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
            <StagedList table={table} edits={edits} rows={current.rows} change={change} />
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

function Saved({
  written,
  nodeName,
}: {
  readonly written: Written;
  readonly nodeName: string;
}): ReactNode {
  return (
    <section aria-label="Transaction" className="flex flex-col gap-2 text-sm">
      <p role="status">{plural(written.results.length, 'change')} saved as one transaction.</p>
      <WrittenVersion written={written} nodeName={nodeName} />
    </section>
  );
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
    setFault(undefined);
    read(edits, abort.signal).then(setRows, (error: unknown) => {
      if (!abort.signal.aborted) setFault(faultOf(error));
    });
    return () => abort.abort();
  }, [read, attempt]);
  return { rows, fault };
}
