// The live queries of all nodes with what they cost; each can be watched, explained and, by administrators,
// closed.

'use client';

import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { type ReactNode, useState } from 'react';
import { useCluster } from '../../connection/cluster-reading.tsx';
import { useConnection } from '../../connection/connection-provider.tsx';
import { mapReading } from '../../connection/reading.ts';
import type { Answers, EventOf, Inputs } from '../../connection/shapes.ts';
import { useFeed } from '../../connection/use-feed.ts';
import { useSelf } from '../../connection/use-self.ts';
import { ActAtNode } from '../../ui/act-at-node.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { EmptyNotice, ReadingPanel } from '../../ui/panel.tsx';
import { ExplanationDialog } from './explanation-dialog.tsx';
import { type LiveList, type LiveListRow, listed, listOf, sortKeys } from './live-list-rows.ts';
import { LiveListTable } from './live-list-table.tsx';

type ListAnswers = EventOf<Answers['live']['onList']>;

const stateChoices = [
  { value: '', label: 'All states' },
  { value: 'live', label: 'Live' },
  { value: 'filling', label: 'Filling' },
  { value: 'failed', label: 'Failed' },
] as const;

type Opened = { readonly kind: 'explain' | 'close'; readonly row: LiveListRow } | undefined;

export function LiveListPanel(): ReactNode {
  const reading = useFeed<ListAnswers>((api, to) => api.live.onList.subscribe(undefined, to));
  const [opened, setOpened] = useState<Opened>();
  const isAdmin = useSelf().may('admin');
  const cluster = useCluster();
  const self = cluster.kind === 'here' ? cluster.data.actor_id : '';
  const close = () => setOpened(undefined);
  return (
    <>
      <ReadingPanel
        title="Live queries of all nodes"
        reading={mapReading(reading, listOf)}
        isEmpty={(list) => list.rows.length === 0 && list.silent.length === 0}
        empty={<p className="px-4">No live query runs. Watch one above, or subscribe to one.</p>}
        isFlush
      >
        {(list) => (
          <Filtered
            list={list}
            isAdmin={isAdmin}
            onExplain={(row) => setOpened({ kind: 'explain', row })}
            onClose={(row) => setOpened({ kind: 'close', row })}
          />
        )}
      </ReadingPanel>
      {opened?.kind === 'explain' ? (
        <ExplanationDialog of={explained(opened.row, self)} onClose={close} />
      ) : null}
      {opened?.kind === 'close' ? (
        <CloseDialog row={opened.row} self={self} onDone={close} />
      ) : null}
    </>
  );
}

/** Only the node that has a query knows it by its id. */
function explained({ node, id, sql }: LiveListRow, self: string): Inputs['live']['explain'] {
  return node === self ? { id } : { statement: sql };
}

interface FilteredProps {
  readonly list: LiveList;
  readonly isAdmin: boolean;
  readonly onExplain: (row: LiveListRow) => void;
  readonly onClose: (row: LiveListRow) => void;
}

function Filtered({ list, isAdmin, onExplain, onClose }: FilteredProps): ReactNode {
  const [text, setText] = useQueryState('q', parseAsString.withDefault(''));
  const [node, setNode] = useQueryState('node', parseAsString.withDefault(''));
  const [state, setState] = useQueryState('state', parseAsString.withDefault(''));
  const [sort, setSort] = useQueryState('sort', parseAsStringLiteral(sortKeys).withDefault('cost'));
  const [isReversed, setIsReversed] = useQueryState('reverse', parseAsBoolean.withDefault(false));
  const rows = listed(list.rows, { text, node, state, sort, isReversed });
  const nodes = new Map(list.rows.map((row) => [row.node, row.address]));
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 px-4 pb-2">
        <TextField
          label="Part of the query"
          isLabelHidden
          placeholder="Part of the query"
          value={text}
          onChange={({ target }) => void setText(target.value === '' ? null : target.value)}
        />
        <SelectField
          label="Node"
          isLabelHidden
          value={node}
          choices={[
            { value: '', label: 'All nodes' },
            ...[...nodes].map(([value, label]) => ({ value, label })),
          ]}
          onChoose={(value) => void setNode(value === '' ? null : value)}
        />
        <SelectField
          label="State"
          isLabelHidden
          value={stateChoices.find((choice) => choice.value === state)?.value ?? ''}
          choices={stateChoices}
          onChoose={(value) => void setState(value === '' ? null : value)}
        />
      </div>
      {list.silent.map(({ address, error }) => (
        <p key={address} className="px-4 pb-2 text-sm text-warn">
          ◌ <bdi>{address}</bdi> does not tell its queries: <bdi>{error}</bdi>
        </p>
      ))}
      {rows.length === 0 ? (
        <EmptyNotice>
          <p className="px-4">No live query fits the filter.</p>
        </EmptyNotice>
      ) : (
        <LiveListTable
          rows={rows}
          sort={sort}
          isReversed={isReversed}
          onSort={(key) => {
            void setSort(key);
            void setIsReversed(key === sort && !isReversed ? true : null);
          }}
          onExplain={onExplain}
          onClose={isAdmin ? onClose : undefined}
        />
      )}
    </>
  );
}

interface CloseDialogProps {
  readonly row: LiveListRow;
  readonly self: string;
  readonly onDone: () => void;
}

/** A node closes its own queries only: for those of another one the way there is offered first. */
function CloseDialog({ row, self, onDone }: CloseDialogProps): ReactNode {
  const { api } = useConnection();
  if (row.node !== self) {
    return (
      <Dialog title="Close this live query" isOpen onClose={onDone}>
        <div className="p-4">
          <ActAtNode actorId={row.node} purpose="to close a live query that it keeps">
            {null}
          </ActAtNode>
        </div>
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      title="Close this live query"
      word="close"
      button="Close the query"
      onClose={onDone}
      onConfirm={async () => {
        await api.live.close.mutate({ id: row.id });
        return 'The live query is closed.';
      }}
      about={
        <>
          <p>All its readers at {row.address} are cut off, and what was kept of it is forgotten.</p>
          <pre
            dir="auto"
            className="mt-2 max-h-40 overflow-y-auto rounded-md bg-sunken p-2 text-xs break-words whitespace-pre-wrap"
          >
            {row.sql.slice(0, sqlCharsMax)}
          </pre>
        </>
      }
    />
  );
}

const sqlCharsMax = 4_000;
