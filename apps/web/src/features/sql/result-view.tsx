// What came of one statement: its rows as a grid, a chart or JSON, or its plan; with a line that says how much,
// how long, where from and whether that is all.

'use client';

import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { type ReactNode, useMemo } from 'react';
import { formatBytes, formatCount, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { DataGrid } from '../../grid/data-grid.tsx';
import { Badge } from '../../ui/badge.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Segments } from '../../ui/fields.tsx';
import { EmptyNotice, Skeleton } from '../../ui/panel.tsx';
import { Failure, OutcomeBadge } from './messages.tsx';
import { ResultChart } from './result-chart.tsx';
import { jsonText, numericColumns } from './result-data.ts';
import { ResultPlan } from './result-plan.tsx';
import type { QueryResult } from './runner.ts';
import type { RunEntry, RunState } from './use-sql-run.ts';

const views = ['grid', 'chart', 'json'] as const;
const viewChoices = [
  { value: 'grid', label: 'Grid' },
  { value: 'chart', label: 'Chart' },
  { value: 'json', label: 'JSON' },
] as const;

interface ResultViewProps {
  readonly run: RunState;
  readonly entry: RunEntry;
  readonly text: string;
  readonly onShow: (offset: number) => void;
}

export function ResultView(props: ResultViewProps): ReactNode {
  const { run, entry } = props;
  const { outcome } = entry;
  switch (outcome.kind) {
    case 'waiting':
    case 'running':
      return <Skeleton lines={4} />;
    case 'rows':
      return <Rows result={outcome.result} ms={outcome.ms} run={run} />;
    case 'plan':
      return <ResultPlan nodes={outcome.nodes} />;
    case 'failed':
      return <Failure {...props} />;
    case 'canceled':
    case 'skipped':
    case 'written':
      return (
        <p className="flex items-center gap-2 text-sm">
          <OutcomeBadge outcome={outcome} />
          The messages say more.
        </p>
      );
  }
}

interface RowsProps {
  readonly result: QueryResult;
  readonly ms: number;
  readonly run: RunState;
}

function Rows({ result, ms, run }: RowsProps): ReactNode {
  const [view, setView] = useQueryState('view', parseAsStringLiteral(views).withDefault('grid'));
  const { rows, columns } = result;
  return (
    <div className="flex h-full min-h-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <Segments label="View" value={view} choices={viewChoices} onChoose={setView} />
        <StatusLine result={result} ms={ms} run={run} />
      </div>
      <div className="min-h-0 flex-1">
        {columns.length === 0 || (rows.length === 0 && view !== 'grid') ? (
          <EmptyNotice>The result has no rows.</EmptyNotice>
        ) : view === 'chart' ? (
          <ResultChart result={result} />
        ) : view === 'json' ? (
          <ResultJson result={result} />
        ) : (
          <ResultGrid result={result} id={run.id} />
        )}
      </div>
    </div>
  );
}

function StatusLine({ result, ms, run }: RowsProps): ReactNode {
  const { rows, truncated, bytes } = result;
  const isByRows = rows.length >= run.rowsMax;
  return (
    <p className="figures flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-2">
      <span>{plural(rows.length, 'row')}</span>
      <span>{formatDuration(ms)}</span>
      <span>{formatBytes(bytes)}</span>
      <span>
        from <bdi>{run.nodeName}</bdi>
      </span>
      {truncated ? (
        <Badge
          tone="warn"
          title="There are more. Choose a higher limit, or export all of them as a file."
        >
          truncated at {isByRows ? `${formatCount(run.rowsMax)} rows` : formatBytes(bytes)}
        </Badge>
      ) : null}
    </p>
  );
}

function ResultGrid({
  result,
  id,
}: {
  readonly result: QueryResult;
  readonly id: string;
}): ReactNode {
  const { rows } = result;
  const columns = useMemo(() => {
    const numeric = new Set(numericColumns(result));
    return result.columns.map((title, place) => ({
      ...{ key: String(place), title, isNumeric: numeric.has(place) },
    }));
  }, [result]);
  return (
    <DataGrid
      key={id}
      label="Rows"
      columns={columns}
      rowCount={rows.length}
      cell={(row, column) => rows[row]?.[column] ?? null}
      className="h-full"
    />
  );
}

function ResultJson({ result }: { readonly result: QueryResult }): ReactNode {
  const { text, isCut } = useMemo(() => jsonText(result), [result]);
  return (
    <div className="flex h-full min-h-0 flex-col gap-1">
      <div className="flex items-center gap-2">
        <CopyButton label="Copy the JSON" text={text} />
        {isCut ? (
          <p className="text-sm text-warn">
            Long values and the rows beyond the first are cut. Export has all.
          </p>
        ) : null}
      </div>
      <section
        aria-label="JSON"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard.
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto rounded-md bg-sunken p-3"
      >
        <pre className="text-sm">{text}</pre>
      </section>
    </div>
  );
}
