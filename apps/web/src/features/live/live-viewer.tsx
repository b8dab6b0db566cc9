// One live query: its rows, which change in front of the reader, and the list of the changes beside them.

'use client';

import { parseAsBoolean, useQueryState } from 'nuqs';
import { type ReactNode, useMemo } from 'react';
import { useMembers } from '../../connection/cluster-reading.tsx';
import { shortActorId } from '../../format/ids.ts';
import { DataGrid } from '../../grid/data-grid.tsx';
import type { CellMark, GridColumn, RowMark } from '../../grid/grid-types.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { FaultNotice, Panel, Skeleton } from '../../ui/panel.tsx';
import { cellsDiffer } from './cells.ts';
import { ChangeList } from './change-list.tsx';
import { latencyNote } from './latency.ts';
import type { Cell } from './live-events.ts';
import type { LiveStream } from './live-stream.ts';
import { readStatement, type Statement } from './statement.ts';
import { StreamPanel } from './stream-panel.tsx';
import { useLiveStream, useStatus, useVersion } from './use-live-stream.ts';

/** The list of changes is drawn this often, milliseconds. */
const listMs = 120;

/** Changes per second up to which each of them lights up. */
const calmRate = 20;

/** Rows that are looked at to tell numeric columns. */
const rowsLookedAt = 20;

interface LiveViewerProps {
  readonly sql: string;
  readonly params: string;
}

export function LiveViewer({ sql, params }: LiveViewerProps): ReactNode {
  const reading = readStatement(sql, params);
  if (reading.kind === 'problem') {
    const fault = { code: 'STATEMENT', text: reading.text, isForbidden: false };
    return <FaultNotice fault={fault} />;
  }
  return <Viewer statement={reading.statement} streamKey={JSON.stringify([sql, params])} />;
}

interface ViewerProps {
  readonly statement: Statement;
  readonly streamKey: string;
}

function Viewer({ statement, streamKey }: ViewerProps): ReactNode {
  const stream = useLiveStream(statement, streamKey);
  return stream === undefined ? <Skeleton lines={6} /> : <Followed stream={stream} />;
}

interface StreamProps {
  readonly stream: LiveStream;
}

function Followed({ stream }: StreamProps): ReactNode {
  const { state } = useStatus(stream);
  // A query that is refused has neither rows nor changes.
  if (state === 'failed' && stream.columns.length === 0) return <StreamPanel stream={stream} />;
  return (
    <>
      <StreamPanel stream={stream} />
      <div className="grid min-w-0 gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)]">
        <RowsPanel stream={stream} />
        <ChangesPanel stream={stream} />
      </div>
    </>
  );
}

const panelHeight = 'h-[26rem] lg:h-[max(24rem,calc(100dvh-24rem))]';

function RowsPanel({ stream }: StreamProps): ReactNode {
  const version = useVersion(stream);
  const hasRows = stream.rowCount > 0;
  const { columns: names } = stream;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is enough to look at the first rows.
  const columns = useMemo(() => columnsOf(stream), [stream, names, hasRows]);
  const marks = useMemo(() => marksOf(stream), [stream]);
  return (
    <Panel title="Result" about={stream.isOrdered ? 'in the order of the query' : ''} isFlush>
      {names.length === 0 ? (
        <div className={`px-4 ${panelHeight}`}>
          <Skeleton lines={6} />
        </div>
      ) : (
        <DataGrid
          label="Rows"
          columns={columns}
          rowCount={stream.shown.length}
          version={version}
          isUnsortable={stream.isOrdered}
          className={panelHeight}
          {...marks}
        />
      )}
    </Panel>
  );
}

function columnsOf({ columns, shown }: LiveStream): readonly GridColumn[] {
  const rows = shown.slice(0, rowsLookedAt);
  return columns.map((title, at) => {
    const values = rows.map(({ cells }) => cells[at] ?? null).filter((value) => value !== null);
    const isNumeric =
      values.length > 0 &&
      values.every((value) => typeof value === 'number' || typeof value === 'bigint');
    return { key: `${at} ${title}`, title, isNumeric };
  });
}

/** What the grid asks of each row and cell in view. */
function marksOf(stream: LiveStream) {
  const { marks } = stream;
  return {
    cell: (row: number, column: number): Cell => stream.shown[row]?.cells[column] ?? null,
    rowKey: (at: number): string => {
      const row = stream.shown[at];
      if (row === undefined) return `none ${at}`;
      // A row may come back while the one that went is still shown.
      return marks.isGone(row) ? `gone ${row.id}` : String(row.id);
    },
    rowMark: (at: number): RowMark | undefined => {
      const row = stream.shown[at];
      if (row === undefined) return undefined;
      if (marks.isGone(row)) return deletedMark;
      return marks.markOf(row)?.kind === 'inserted' ? insertedMark : undefined;
    },
    cellMark: (at: number, column: number): CellMark | undefined => {
      const row = stream.shown[at];
      const mark = row === undefined ? undefined : marks.markOf(row);
      if (row === undefined || mark?.former === undefined) return undefined;
      const former = mark.former[column] ?? null;
      if (!cellsDiffer(former, row.cells[column] ?? null)) return undefined;
      return { tone: 'changed', title: 'Changed just now', former };
    },
  };
}

const deletedMark: RowMark = { tone: 'deleted', title: 'Deleted just now' };
const insertedMark: RowMark = { tone: 'inserted', title: 'New' };

function ChangesPanel({ stream }: StreamProps): ReactNode {
  useVersion(stream, listMs);
  const members = useMembers();
  const [isOnlyDeletes, setIsOnlyDeletes] = useQueryState(
    'deletes',
    parseAsBoolean.withDefault(false),
  );
  const addresses = useMemo(
    () => new Map(members.map((member) => [member.actor_id, member.address])),
    [members],
  );
  return (
    <Panel
      title="Change feed"
      isFlush
      actions={
        <>
          <Checkbox
            label="Only deletes"
            checked={isOnlyDeletes}
            onChange={({ target }) => void setIsOnlyDeletes(target.checked ? true : null)}
          />
          <Button look="quiet" onClick={() => stream.clearFeed()}>
            Clear
          </Button>
        </>
      }
    >
      <div className={`flex flex-col ${panelHeight}`}>
        <ChangeList
          key={String(isOnlyDeletes)}
          entries={stream.feed.entries(isOnlyDeletes)}
          columns={stream.columns}
          isCalm={stream.feed.rate(Date.now()) < calmRate}
          nameOf={(actorId) => addresses.get(actorId) ?? shortActorId(actorId)}
        />
        <details className="border-t border-line px-4 py-1.5 text-xs text-ink-2">
          <summary className="min-h-6 py-0.5">What the times mean</summary>
          <p className="pb-1">{latencyNote}</p>
        </details>
      </div>
    </Panel>
  );
}
