// The grid of one table's rows, with what is staged over them and marks of what changed and who wrote it.

'use client';

import { type KeyboardEvent, type ReactNode, useCallback, useMemo, useState } from 'react';
import { type CellMark, DataGrid, type RowMark } from '../../grid/data-grid.tsx';
import { useTimeZone } from '../../settings/settings.ts';
import { classes } from '../../ui/classes.ts';
import { EmptyNotice, FaultNotice, Skeleton } from '../../ui/panel.tsx';
import { EditBar } from './edits/edit-bar.tsx';
import { type Overlay, overlayOf } from './edits/overlay.ts';
import type { EditedTable, StagedEdits } from './edits/staged-edits.ts';
import type { Editing } from './edits/use-editing.ts';
import { kindOf } from './edits/value-draft.ts';
import { changeOf } from './rows/row-window.ts';
import { type CellWriters, useOrigins } from './rows/use-origins.ts';
import type { FollowedRows } from './rows/use-rows.ts';
import { Writers, writerMark, writerText } from './rows/writers.tsx';

const noEdits: StagedEdits = new Map();

interface RowsProps {
  readonly table: EditedTable;
  readonly loaded: FollowedRows;
  /** undefined while the rows are only read. */
  readonly editing: Editing | undefined;
  readonly isColoured: boolean;
  /** What there is to say when there are none. */
  readonly empty: string;
}

export function RowsGrid({ table, loaded, editing, isColoured, empty }: RowsProps): ReactNode {
  const zone = useTimeZone();
  const { rows, keyOf, setView } = loaded;
  const edits = editing?.edits ?? noEdits;
  const overlay = useMemo(() => overlayOf(table, rows, edits, keyOf), [table, rows, edits, keyOf]);
  const { newCount } = overlay;
  const [view, setOwnView] = useState({ first: 0, end: 0 });
  const seen = useCallback(
    (first: number, end: number) => {
      const inTable = { first: Math.max(0, first - newCount), end: Math.max(0, end - newCount) };
      setOwnView(inTable);
      setView(inTable.first, inTable.end);
    },
    [setView, newCount],
  );
  const keys = useMemo(
    () => (isColoured && keyOf !== undefined ? rows.map(keyOf) : []),
    [rows, keyOf, isColoured],
  );
  const origins = useOrigins(table.name, keys, view, isColoured);
  const { cellMark, rowMark } = useMarks({ table, loaded, overlay, origins });
  const version = useVersion(loaded.version, origins.version, edits, isColoured);
  const gridColumns = useMemo(() => table.columns.map(gridColumn), [table]);
  const pressed = (event: KeyboardEvent) => {
    if (editing === undefined || edits.size === 0) return;
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
    event.preventDefault();
    editing.review();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of what is inside.
    <div
      onKeyDown={pressed}
      className={classes(
        'flex min-h-0 flex-col',
        editing === undefined ? 'gap-3' : 'rounded-lg border border-warn ring-2 ring-warn',
      )}
    >
      {editing === undefined ? null : (
        <EditBar
          count={edits.size}
          notice={editing.notice}
          onAdd={editing.add}
          onReview={editing.review}
        />
      )}
      {isColoured ? (
        <div className={editing === undefined ? undefined : 'px-3 py-1.5'}>
          <Writers writers={origins.writers} />
        </div>
      ) : null}
      {origins.fault === undefined ? null : <FaultNotice fault={origins.fault} />}
      {overlay.rowCount === 0 ? (
        <NoRows loaded={loaded} empty={empty} />
      ) : (
        <DataGrid
          label={`Rows of ${table.name}`}
          columns={gridColumns}
          rowCount={overlay.rowCount}
          cell={overlay.cell}
          cellMark={cellMark}
          rowMark={rowMark}
          version={version}
          isUnsortable
          tableName={table.name}
          inspectorNote={(place, column) => {
            const writer = origins.writerOf(place - newCount, table.columns[column]?.name ?? '');
            return writer === undefined ? undefined : writerText(writer, zone);
          }}
          {...(editing === undefined
            ? {}
            : {
                onEdit: (place, column) => editing.editAt(overlay, place, column),
                onDelete: (places) => editing.deleteAt(overlay, places),
              })}
          onNearEnd={loaded.loadMore}
          onView={seen}
          className="h-[62dvh]"
        />
      )}
    </div>
  );
}

function NoRows({ loaded, empty }: Pick<RowsProps, 'loaded' | 'empty'>): ReactNode {
  if (loaded.isLoading) return <Skeleton lines={6} />;
  return loaded.isComplete ? (
    <div className="px-3">
      <EmptyNotice>{empty}</EmptyNotice>
    </div>
  ) : null;
}

interface Marked {
  readonly table: EditedTable;
  readonly loaded: FollowedRows;
  readonly overlay: Overlay;
  readonly origins: CellWriters;
}

/** What is special about rows and cells: staged before changed just now, and that before who wrote it. */
function useMarks({ table, loaded, overlay, origins }: Marked) {
  const zone = useTimeZone();
  const { rows, keyOf } = loaded;
  const { newCount } = overlay;
  const cellMark = (place: number, column: number): CellMark | undefined => {
    const staged = overlay.cellMark(place, column);
    if (staged !== undefined) return staged;
    const row = rows[place - newCount];
    if (overlay.rowMark(place)?.tone === 'deleted') return undefined;
    const change = changeOf(loaded, row, keyOf);
    if (change?.columns.has(column) === true) return { tone: 'changed', title: 'Changed just now' };
    const writer = origins.writerOf(place - newCount, table.columns[column]?.name ?? '');
    return writer === undefined ? undefined : writerMark(writer, zone);
  };
  const rowMark = (place: number): RowMark | undefined => {
    const staged = overlay.rowMark(place);
    if (staged !== undefined) return staged;
    const change = changeOf(loaded, rows[place - newCount], keyOf);
    return change?.tone === 'inserted' ? { tone: 'inserted', title: 'Came just now' } : undefined;
  };
  return { cellMark, rowMark };
}

function gridColumn({ name, type, isKey }: EditedTable['columns'][number]) {
  return {
    key: name,
    title: name,
    about: type,
    isKey,
    isNumeric: kindOf(type) === 'number',
  };
}

let versions = 0;

/** A number that is another one whenever one of these is. */
function useVersion(...parts: readonly unknown[]): number {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts are what the number stands for.
  return useMemo(() => ++versions, parts);
}
