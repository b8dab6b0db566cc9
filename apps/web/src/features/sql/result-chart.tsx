// A result as a chart: which column goes along, which one up, lines or bars.

'use client';

import dynamic from 'next/dynamic';
import { type ReactNode, useMemo, useState } from 'react';
import { formatCount, formatShort } from '../../format/numbers.ts';
import { Segments, SelectField } from '../../ui/fields.tsx';
import { EmptyNotice, Skeleton } from '../../ui/panel.tsx';
import type { ChartPlotProps } from './chart-plot.tsx';
import { chartPoints, numericColumns, pointsMax } from './result-data.ts';
import type { QueryResult } from './runner.ts';

const ChartPlot = dynamic<ChartPlotProps>(() => import('./chart-plot.tsx'), {
  ssr: false,
  loading: () => <Skeleton lines={5} />,
});

const kinds = [
  { value: 'line', label: 'Line' },
  { value: 'bar', label: 'Bars' },
] as const;

export function ResultChart({ result }: { readonly result: QueryResult }): ReactNode {
  const { columns } = result;
  const numeric = useMemo(() => numericColumns(result), [result]);
  const [kind, setKind] = useState<'line' | 'bar'>('bar');
  const [x, setX] = useState('0');
  const [chosenY, setY] = useState<string>();
  const [first, second] = numeric;
  const y = Number(chosenY ?? (first === 0 ? (second ?? first) : first));
  const points = useMemo(() => chartPoints(result, Number(x), y), [result, x, y]);
  if (first === undefined) {
    return <EmptyNotice>A chart needs a column of numbers, and this result has none.</EmptyNotice>;
  }
  const choices = columns.map((label, place) => ({ value: String(place), label }));
  const xName = x === '-1' ? 'row' : (columns[Number(x)] ?? '');
  const yName = columns[y] ?? '';
  return (
    <div className="flex h-full min-h-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-3">
        <Segments label="Kind of chart" value={kind} choices={kinds} onChoose={setKind} />
        <SelectField
          label="Along"
          value={x}
          choices={[{ value: '-1', label: 'row number' }, ...choices]}
          onChoose={setX}
          className="max-w-40"
        />
        <SelectField
          label="Up"
          value={String(y)}
          choices={numeric.map((place) => ({ value: String(place), label: columns[place] ?? '' }))}
          onChoose={setY}
          className="max-w-40"
        />
        {result.rows.length > pointsMax ? (
          <p className="text-sm text-warn">
            Only the first {formatCount(pointsMax)} rows are drawn.
          </p>
        ) : null}
      </div>
      <figure
        aria-label={summary(
          points.map((point) => point.y),
          xName,
          yName,
        )}
        className="min-h-48 flex-1"
      >
        <ChartPlot kind={kind} points={points} xName={xName} yName={yName} />
      </figure>
    </div>
  );
}

/** For those who don't see it; the grid has all values. */
function summary(values: readonly (number | null)[], xName: string, yName: string): string {
  const present = values.filter((value) => value !== null);
  let [least = 0] = present;
  let most = least;
  for (const value of present) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return `${yName} by ${xName}: ${formatCount(present.length)} values from ${formatShort(least)} to ${formatShort(most)}`;
}
