// The tables and views of the node, with their columns: to look at, and to put into the editor.

'use client';

import { ChevronRight, Eye, KeyRound, RefreshCw, Table2, TextCursorInput } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { Reading } from '../../connection/reading.ts';
import type { Answers } from '../../connection/shapes.ts';
import { IconButton } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { TextField } from '../../ui/fields.tsx';
import { EmptyNotice, ReadingBody } from '../../ui/panel.tsx';

type Schema = Answers['sql']['schema'];
type SchemaTable = Schema['tables'][number];

/** Tables listed at once; more are found by their names. */
const tablesShownMax = 300;

interface SchemaTreeProps {
  readonly reading: Reading<Schema>;
  readonly onRefresh: () => void;
  /** Puts a name into the editor. */
  readonly onInsert: (name: string) => void;
  /** Opens a query of the table. */
  readonly onOpen: (table: string) => void;
}

export function SchemaTree({ reading, onRefresh, onInsert, onOpen }: SchemaTreeProps): ReactNode {
  const [filter, setFilter] = useState('');
  return (
    <section aria-label="Schema" className="flex h-full min-h-0 flex-col gap-2">
      <div className="flex items-center gap-1">
        <h2 className="sr-only">Schema</h2>
        <div className="min-w-0 flex-1">
          <TextField
            label="Filter tables"
            isLabelHidden
            type="search"
            placeholder="Filter tables and columns"
            value={filter}
            onChange={({ target }) => setFilter(target.value)}
            className="w-full"
          />
        </div>
        <IconButton label="Read the schema again" onClick={onRefresh}>
          <RefreshCw aria-hidden="true" className="size-4" />
        </IconButton>
      </div>
      <div className="max-h-56 min-h-0 flex-1 overflow-y-auto md:max-h-none">
        <ReadingBody
          reading={reading}
          isEmpty={({ tables }) => tables.length === 0}
          empty="This node has no tables yet."
          skeletonLines={6}
        >
          {({ tables }) => (
            <TableList tables={matching(tables, filter)} onInsert={onInsert} onOpen={onOpen} />
          )}
        </ReadingBody>
      </div>
    </section>
  );
}

function matching(tables: readonly SchemaTable[], filter: string): readonly SchemaTable[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return tables;
  const has = (name: string) => name.toLowerCase().includes(wanted);
  return tables.filter(({ name, columns }) => has(name) || columns.some((each) => has(each.name)));
}

interface TableListProps extends Pick<SchemaTreeProps, 'onInsert' | 'onOpen'> {
  readonly tables: readonly SchemaTable[];
}

function TableList({ tables, ...rest }: TableListProps): ReactNode {
  if (tables.length === 0) return <EmptyNotice>No table has such a name.</EmptyNotice>;
  const more = tables.length - tablesShownMax;
  return (
    <ul className="text-sm">
      {tables.slice(0, tablesShownMax).map((table) => (
        <TableItem key={table.name} table={table} {...rest} />
      ))}
      {more > 0 ? <li className="px-2 py-1 text-ink-3">{more} more. Filter to see them.</li> : null}
    </ul>
  );
}

interface TableItemProps extends Pick<SchemaTreeProps, 'onInsert' | 'onOpen'> {
  readonly table: SchemaTable;
}

function TableItem({ table, onInsert, onOpen }: TableItemProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { name, kind, columns } = table;
  const Icon = kind === 'view' ? Eye : Table2;
  return (
    <li>
      <div className="flex items-center">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="flex h-7 min-w-0 flex-1 items-center gap-1.5 rounded px-1 text-left hover:bg-hover"
        >
          <ChevronRight
            aria-hidden="true"
            className={classes('size-3.5 shrink-0 text-ink-3', isOpen && 'rotate-90')}
          />
          <Icon aria-hidden="true" className="size-3.5 shrink-0 text-ink-3" />
          <bdi className="truncate">{name}</bdi>
          {kind === 'view' ? <span className="text-xs text-ink-3">view</span> : null}
          {kind === 'table' && !table.is_replicated ? (
            <span className="text-xs text-ink-3">local</span>
          ) : null}
        </button>
        <IconButton label={`Query ${name}`} className="size-7" onClick={() => onOpen(name)}>
          <TextCursorInput aria-hidden="true" className="size-3.5" />
        </IconButton>
      </div>
      {isOpen ? (
        <ul className="mb-1 ml-3.5 border-l border-line pl-1.5">
          {columns.map((column) => (
            <li key={column.name}>
              <button
                type="button"
                title={titleOf(column)}
                onClick={() => onInsert(column.name)}
                className="flex h-6 w-full min-w-0 items-center gap-1.5 rounded px-1.5 text-left hover:bg-hover"
              >
                <bdi className="truncate">{column.name}</bdi>
                {column.key > 0 ? (
                  <KeyRound role="img" aria-label="key" className="size-3 shrink-0 text-warn" />
                ) : null}
                <code className="ml-auto shrink-0 pl-2 text-xs text-ink-3">
                  {column.type.toLowerCase()}
                </code>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}

function titleOf({
  name,
  not_null: isRequired,
  default: standard,
}: SchemaTable['columns'][number]) {
  const parts = [isRequired ? 'NOT NULL' : '', standard === null ? '' : `DEFAULT ${standard}`];
  return `Insert ${name}${parts
    .filter(Boolean)
    .map((part) => `, ${part}`)
    .join('')}`;
}
