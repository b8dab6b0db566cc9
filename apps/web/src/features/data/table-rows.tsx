// The rows of one table: filtered, page after page, coloured by who wrote each cell where that is wished.

import { parseAsBoolean, parseAsJson, useQueryState } from 'nuqs';
import { type ReactNode, useMemo, useState } from 'react';
import { z } from 'zod';
import type { Answers } from '../../connection/shapes.ts';
import { formatCount, plural } from '../../format/numbers.ts';
import { formatMoment } from '../../format/times.ts';
import { type CellMark, DataGrid } from '../../grid/data-grid.tsx';
import { useTimeZone } from '../../settings/settings.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Segments } from '../../ui/fields.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import { EmptyNotice, FaultNotice, Skeleton } from '../../ui/panel.tsx';
import { Filters, filtersMax } from './filters.tsx';
import { operators, pageStatement } from './page-sql.ts';
import { type CellWriter, useOrigins } from './use-origins.ts';
import { type LoadedRows, pageRows, rowsMax, useRows } from './use-rows.ts';

type Summary = Answers['schema']['tables']['items'][number];

const filtersSchema = z
  .array(z.object({ column: z.string(), operator: z.enum(operators), value: z.string() }))
  .max(filtersMax);

const parseFilters = parseAsJson((raw) => {
  const parsed = filtersSchema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}).withDefault([]);

/** So many writers have colours of their own. */
const coloursMax = 6;

export function TableRows({ table }: { readonly table: Summary }): ReactNode {
  const zone = useTimeZone();
  const [filters, setFilters] = useQueryState('filter', parseFilters);
  const [isDescending, setDescending] = useQueryState('desc', parseAsBoolean.withDefault(false));
  const [isWritten, setWritten] = useQueryState('writers', parseAsBoolean.withDefault(false));
  const [view, setView] = useState({ first: 0, end: 0 });
  const columns = useMemo(() => table.columns.map(({ name }) => name), [table]);
  const key = useMemo(
    () =>
      table.columns
        .filter((column) => column.key > 0)
        .toSorted((a, b) => a.key - b.key)
        .map(({ name }) => name),
    [table],
  );
  const known = filters.filter(({ column }) => columns.includes(column));
  const browsed = { table: table.name, columns, key, filters: known, isDescending };
  const loaded = useRows(browsed, JSON.stringify(browsed));
  const { rows } = loaded;
  const keys = useMemo(() => {
    const places = key.map((name) => columns.indexOf(name));
    return rows.map((row) => places.map((place) => row[place] ?? null));
  }, [rows, key, columns]);
  const canTell = table.is_replicated && key.length > 0;
  const origins = useOrigins(table.name, keys, view, isWritten && canTell);
  const writerText = ({ address, actorId, version, atMs }: CellWriter) =>
    `Written by ${address ?? actorId} in its version ${formatCount(version)}, ${formatMoment(atMs, zone)}`;
  const markOf = (row: number, column: number): CellMark | undefined => {
    const writer = origins.writerOf(row, columns[column] ?? '');
    if (writer === undefined) return undefined;
    const colour = `color-mix(in srgb, var(--series-${(writer.rank % coloursMax) + 1}) 20%, transparent)`;
    return { tone: 'written', title: writerText(writer), colour };
  };
  const [sql] = pageStatement({ ...browsed, filters: [], after: undefined, limit: 100 });

  return (
    <div className="flex min-h-0 flex-col gap-3">
      <Filters columns={columns} filters={known} onChange={(next) => void setFilters([...next])} />
      <Toolbar
        isDescending={isDescending}
        onDescending={(is) => void setDescending(is)}
        isWritten={canTell ? isWritten : undefined}
        onWritten={(is) => void setWritten(is)}
        loaded={loaded}
        sql={sql}
        status={statusOf(rows.length, loaded.isComplete, key.length > 0)}
      />
      {isWritten ? <Writers writers={origins.writers} /> : null}
      {loaded.fault === undefined ? null : <FaultNotice fault={loaded.fault} />}
      {origins.fault === undefined ? null : <FaultNotice fault={origins.fault} />}
      {rows.length === 0 && loaded.isLoading ? <Skeleton lines={6} /> : null}
      {rows.length === 0 && loaded.isComplete ? (
        <EmptyNotice>
          {known.length === 0 ? 'The table is empty.' : 'No row passes the filters.'}
        </EmptyNotice>
      ) : null}
      {rows.length === 0 ? null : (
        <DataGrid
          label={`Rows of ${table.name}`}
          columns={table.columns.map(({ name, type, key: place }) => ({
            key: name,
            title: name,
            about: type,
            isKey: place > 0,
            isNumeric: /INT|REAL|NUM|DOUB|FLOA/i.test(type),
          }))}
          rowCount={rows.length}
          cell={(row, column) => rows[row]?.[column] ?? null}
          {...(isWritten ? { cellMark: markOf } : {})}
          version={rows.length * 1_000_000 + origins.version}
          isUnsortable
          tableName={table.name}
          inspectorNote={(row, column) => {
            const writer = origins.writerOf(row, columns[column] ?? '');
            return writer === undefined ? undefined : writerText(writer);
          }}
          onNearEnd={loaded.loadMore}
          onView={(first, end) => setView({ first, end })}
          className="h-[62dvh]"
        />
      )}
    </div>
  );
}

interface ToolbarProps {
  readonly isDescending: boolean;
  readonly onDescending: (is: boolean) => void;
  /** Whether cells are coloured; undefined where nobody knows who wrote them. */
  readonly isWritten: boolean | undefined;
  readonly onWritten: (is: boolean) => void;
  readonly loaded: Pick<LoadedRows, 'isLoading' | 'refresh'>;
  /** What can be watched. */
  readonly sql: string;
  readonly status: string;
}

function Toolbar(props: ToolbarProps): ReactNode {
  const { isDescending, onDescending, isWritten, onWritten, loaded, sql, status } = props;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Segments
        label="Order of the key"
        value={isDescending ? 'down' : 'up'}
        choices={[
          { value: 'up', label: 'Key ascending' },
          { value: 'down', label: 'descending' },
        ]}
        onChoose={(value) => onDescending(value === 'down')}
      />
      {isWritten === undefined ? null : (
        <Checkbox
          label="Colour by writer"
          checked={isWritten}
          onChange={({ target }) => onWritten(target.checked)}
        />
      )}
      <Button onClick={loaded.refresh} disabled={loaded.isLoading}>
        Refresh
      </Button>
      <PageLink
        href={`/live?sql=${encodeURIComponent(sql)}`}
        className="text-sm text-accent underline"
      >
        Watch
      </PageLink>
      <span role="status" className="figures ml-auto text-sm text-ink-2">
        {status}
      </span>
    </div>
  );
}

function statusOf(rows: number, isComplete: boolean, hasKey: boolean): string {
  if (!isComplete) return `${plural(rows, 'row')} so far; more come as you scroll`;
  if (rows >= rowsMax) return `the first ${plural(rows, 'row')}; filters find the others`;
  if (!hasKey && rows >= pageRows)
    return `the first ${plural(rows, 'row')}; it has no key to go on by`;
  return plural(rows, 'row');
}

function Writers({
  writers,
}: {
  readonly writers: readonly { readonly actorId: string; readonly address: string | null }[];
}): ReactNode {
  return (
    <ul aria-label="Writers" className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-ink-2">
      {writers.map(({ actorId, address }, rank) => (
        <li key={actorId} className="flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className="size-3 rounded-sm border border-line-strong"
            style={{
              background: `color-mix(in srgb, var(--series-${(rank % coloursMax) + 1}) 45%, transparent)`,
            }}
          />
          <code className="text-xs">{address ?? actorId.slice(0, 8)}</code>
        </li>
      ))}
    </ul>
  );
}
