// The rows of one table: filtered, page after page, following what changes, coloured by who wrote each cell where
// that is wished, and edited by those who may.

'use client';

import { parseAsBoolean, parseAsJson, useQueryState } from 'nuqs';
import { type ReactNode, useMemo, useState } from 'react';
import { z } from 'zod';
import type { Answers } from '../../connection/shapes.ts';
import { useSelf } from '../../connection/use-self.ts';
import { FaultNotice } from '../../ui/panel.tsx';
import { EditWindows } from './edits/edit-windows.tsx';
import type { EditedTable } from './edits/staged-edits.ts';
import { useEditing } from './edits/use-editing.ts';
import { Filters, filtersMax } from './rows/filters.tsx';
import { operators, pageStatement } from './rows/page-sql.ts';
import { RowsToolbar } from './rows/rows-toolbar.tsx';
import { useRows } from './rows/use-rows.ts';
import { RowsGrid } from './rows-grid.tsx';

type Summary = Answers['schema']['tables']['items'][number];

const filtersSchema = z
  .array(z.object({ column: z.string(), operator: z.enum(operators), value: z.string() }))
  .max(filtersMax);

const parseFilters = parseAsJson((raw) => {
  const parsed = filtersSchema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}).withDefault([]);

export function TableRows({ table: summary }: { readonly table: Summary }): ReactNode {
  const table = useMemo(() => editedTable(summary), [summary]);
  const columns = useMemo(() => table.columns.map(({ name }) => name), [table]);
  const { may } = useSelf();
  const [allFilters, setFilters] = useQueryState('filter', parseFilters);
  const [isDescending, setDescending] = useQueryState('desc', parseAsBoolean.withDefault(false));
  const [isColoured, setColoured] = useQueryState('writers', parseAsBoolean.withDefault(false));
  const [isFollowed, setFollowed] = useQueryState('follow', parseAsBoolean.withDefault(true));
  const filters = allFilters.filter(({ column }) => columns.includes(column));
  const browsed = { table: table.name, columns, key: table.key, filters, isDescending };
  const hasKey = table.key.length > 0;
  const isTold = summary.is_replicated && hasKey;
  const loaded = useRows(browsed, isFollowed && isTold);
  const editing = useEditing(table, loaded.keyOf);
  const [wantsEdit, setWantsEdit] = useState(editing.edits.size > 0);
  const mayEdit = summary.kind === 'table' && hasKey && may('writer');
  // What is staged is shown, so that nobody forgets it.
  const isEditing = mayEdit && (wantsEdit || editing.edits.size > 0);
  const [sql] = pageStatement(
    { ...browsed, filters: [] },
    { after: undefined, until: undefined, limit: 100 },
  );
  return (
    <div className="flex min-h-0 flex-col gap-3">
      <Filters
        columns={columns}
        filters={filters}
        onChange={(next) => void setFilters([...next])}
      />
      <RowsToolbar
        descending={{ isOn: isDescending, set: (is) => void setDescending(is) }}
        writers={isTold ? { isOn: isColoured, set: (is) => void setColoured(is) } : undefined}
        follow={isTold ? { isOn: isFollowed, set: (is) => void setFollowed(is) } : undefined}
        edit={
          mayEdit
            ? { isOn: isEditing, set: setWantsEdit, isHeld: editing.edits.size > 0 }
            : undefined
        }
        loaded={loaded}
        sql={sql}
      />
      {loaded.fault === undefined ? null : <FaultNotice fault={loaded.fault} />}
      {loaded.followFault === undefined || loaded.fault !== undefined ? null : (
        <FaultNotice fault={loaded.followFault} />
      )}
      <RowsGrid
        table={table}
        loaded={loaded}
        editing={isEditing ? editing : undefined}
        isColoured={isColoured && isTold}
        empty={filters.length === 0 ? 'The table is empty.' : 'No row passes the filters.'}
      />
      {isEditing ? (
        <EditWindows
          table={table}
          editing={editing}
          isReplicated={summary.is_replicated}
          onSaved={loaded.refresh}
        />
      ) : null}
    </div>
  );
}

function editedTable({ name, columns }: Summary): EditedTable {
  return {
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      isNotNull: column.not_null,
      isKey: column.key > 0,
      isGenerated: column.is_generated,
      default: column.default,
    })),
    key: columns
      .filter(({ key }) => key > 0)
      .toSorted((a, b) => a.key - b.key)
      .map((column) => column.name),
  };
}
