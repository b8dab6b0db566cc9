// The table of live queries; its heads sort.

'use client';

import type { ReactNode } from 'react';
import { formatCount, formatShort } from '../../format/numbers.ts';
import { formatAgo } from '../../format/times.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useNowMs } from '../../ui/clock.ts';
import { PageLink } from '../../ui/page-link.tsx';
import { Cell, Row, Table } from '../../ui/table.tsx';
import { modeNames } from './explanation-dialog.tsx';
import { keyOf, type LiveListRow, type SortKey } from './live-list-rows.ts';
import { watchHref } from './statement.ts';

/** Rows drawn; with more the list says so, and a filter finds the others. */
const rowsMax = 200;

const sqlCharsMax = 300;

interface LiveListTableProps {
  readonly rows: readonly LiveListRow[];
  readonly sort: SortKey;
  readonly isReversed: boolean;
  readonly onSort: (key: SortKey) => void;
  readonly onExplain: (row: LiveListRow) => void;
  readonly onClose: ((row: LiveListRow) => void) | undefined;
}

export function LiveListTable(props: LiveListTableProps): ReactNode {
  const { rows, onExplain, onClose } = props;
  return (
    <>
      <Table
        label="Live queries"
        head={
          <>
            <SortHead {...props} name="query" title="Query" />
            <SortHead {...props} name="node" title="Node" />
            <th scope="col" className="px-3 py-1.5 text-xs font-medium text-ink-3">
              State
            </th>
            <th scope="col" className="px-3 py-1.5 text-xs font-medium text-ink-3">
              Kept
            </th>
            <SortHead {...props} name="readers" title="Readers" isNumber />
            <SortHead {...props} name="rows" title="Rows" isNumber />
            <SortHead {...props} name="cost" title="Cost, ms/s" isNumber />
            <SortHead {...props} name="age" title="Opened" isNumber />
            <th scope="col" className="px-3 py-1.5">
              <span className="sr-only">What can be done</span>
            </th>
          </>
        }
      >
        {rows.slice(0, rowsMax).map((row) => (
          <QueryRow key={keyOf(row)} row={row} onExplain={onExplain} onClose={onClose} />
        ))}
      </Table>
      {rows.length > rowsMax ? (
        <p className="px-4 py-2 text-sm text-ink-2">
          {formatCount(rows.length - rowsMax)} more: a filter finds them.
        </p>
      ) : null}
    </>
  );
}

interface SortHeadProps extends Pick<LiveListTableProps, 'sort' | 'isReversed' | 'onSort'> {
  readonly name: SortKey;
  readonly title: string;
  readonly isNumber?: boolean;
}

function SortHead(props: SortHeadProps): ReactNode {
  const { name, title, sort, isReversed, onSort, isNumber = false } = props;
  const isSorted = sort === name;
  // Figures begin with the greatest, texts with the first letter.
  const isRising = isNumber === isReversed;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (isRising ? 'ascending' : 'descending') : undefined}
      className={isNumber ? 'px-1 py-1 text-right' : 'px-1 py-1'}
    >
      <button
        type="button"
        onClick={() => onSort(name)}
        className="min-h-6 rounded px-2 text-xs font-medium whitespace-nowrap text-ink-3 hover:bg-hover hover:text-ink"
      >
        {title}
        <span aria-hidden="true">{isSorted ? (isRising ? ' ↑' : ' ↓') : ''}</span>
      </button>
    </th>
  );
}

const stateLooks: Readonly<Record<LiveListRow['state'], readonly [mark: string, tone: Tone]>> = {
  live: ['●', 'good'],
  filling: ['◔', 'info'],
  failed: ['✕', 'bad'],
};

type QueryRowProps = Pick<LiveListTableProps, 'onExplain' | 'onClose'> & {
  readonly row: LiveListRow;
};

function QueryRow({ row, onExplain, onClose }: QueryRowProps): ReactNode {
  const nowMs = useNowMs();
  const [mark, tone] = stateLooks[row.state];
  const cut = row.sql.length > sqlCharsMax ? `${row.sql.slice(0, sqlCharsMax)}…` : row.sql;
  return (
    <Row>
      <Cell className="max-w-[32rem] min-w-64">
        <PageLink
          href={watchHref(row.sql)}
          title={cut}
          className="line-clamp-2 font-mono text-xs break-words underline decoration-line-strong underline-offset-2 hover:decoration-current"
        >
          <bdi>{cut}</bdi>
        </PageLink>
      </Cell>
      <Cell className="whitespace-nowrap">
        <bdi>{row.address}</bdi>
      </Cell>
      <Cell>
        <Badge tone={tone}>
          <span aria-hidden="true">{mark}</span>
          {row.state}
        </Badge>
      </Cell>
      <Cell className="whitespace-nowrap">{modeNames[row.mode]}</Cell>
      <Cell isNumber>{formatCount(row.subscribers)}</Cell>
      <Cell isNumber>{formatCount(row.rows)}</Cell>
      <Cell isNumber>{formatShort(row.ms_per_sec_cost)}</Cell>
      <Cell isNumber className="whitespace-nowrap">
        {formatAgo(row.created_ms, nowMs)}
      </Cell>
      <Cell className="py-0.5 text-right whitespace-nowrap">
        <Button look="quiet" className="h-7 px-2" onClick={() => onExplain(row)}>
          Explain
        </Button>
        {onClose === undefined ? null : (
          <Button look="quiet" className="h-7 px-2" onClick={() => onClose(row)}>
            Close
          </Button>
        )}
      </Cell>
    </Row>
  );
}
