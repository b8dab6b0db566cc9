// A chart over time with its legend, and the same as a table. What draws it is loaded when the first chart
// is shown; until then there is a placeholder of the same height.

'use client';

import { Table2 } from 'lucide-react';
import dynamic from 'next/dynamic';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { formatClock } from '../format/times.ts';
import { useTimeZone } from '../settings/settings.ts';
import { classes } from '../ui/classes.ts';
import { Cell, HeadCell, Row, Table } from '../ui/table.tsx';
import {
  type ChartSeries,
  foldSeries,
  greatest,
  pointsOf,
  tableRows,
  valueTicks,
} from './chart-series.ts';
import { SeriesMark } from './series-mark.tsx';

const TimePlot = dynamic(() => import('./time-plot.tsx'), {
  ssr: false,
  loading: () => <span className="skeleton block h-full w-full" />,
});

const rowsMax = 30;

/** Moments further apart than so many usual steps have a gap between them. */
const gapSteps = 4;

export interface TimeChartProps {
  /** What it shows, in words: "Writes per second by node". */
  readonly label: string;
  /** Unix milliseconds, rising. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly shape?: 'line' | 'area' | 'stacked';
  readonly format: (value: number | null) => string;
  /** Figures are bytes: the axis has powers of two. */
  readonly isBinary?: boolean;
  /** The usual time between two moments. */
  readonly stepMs?: number;
  readonly heightPx?: number;
}

export function TimeChart(props: TimeChartProps): ReactNode {
  const { label, times, shape = 'line', format, stepMs = 1_000, heightPx = 180 } = props;
  const { series: all, isBinary = false } = props;
  const [isTable, setIsTable] = useState(false);
  const isStacked = shape === 'stacked';
  const id = useId();
  const series = useMemo(() => foldSeries(all, isStacked ? 'sum' : 'max'), [all, isStacked]);
  const points = useMemo(() => pointsOf(times, series, gapSteps * stepMs), [times, series, stepMs]);
  const isKnown = series.some(({ values }) => values.some((value) => value !== null));
  const [fromMs, toMs] = [times[0] ?? 0, times.at(-1) ?? 0];
  return (
    <figure aria-labelledby={id} className="min-w-0">
      {isTable ? (
        <div className="overflow-y-auto" style={{ height: heightPx }}>
          <ChartTable label={label} times={times} series={series} format={format} />
        </div>
      ) : (
        <div role="img" aria-label={summary(label, series, format)} style={{ height: heightPx }}>
          {times.length < 2 || !isKnown ? (
            <p className="pt-2 text-sm text-ink-3">Nothing has been measured yet.</p>
          ) : (
            <TimePlot
              points={points}
              series={series}
              shape={shape}
              ticks={valueTicks(greatest(series, isStacked), isBinary)}
              fromMs={fromMs}
              toMs={toMs}
              format={format}
              heightPx={heightPx}
            />
          )}
        </div>
      )}
      <figcaption className="mt-1 flex items-start gap-2 text-xs text-ink-2">
        <span id={id} className="sr-only">
          {label}
        </span>
        <Legend series={series} format={format} />
        <button
          type="button"
          aria-pressed={isTable}
          onClick={() => setIsTable(!isTable)}
          aria-label="View as table"
          title={isTable ? 'View as chart' : 'View as table'}
          className={classes(
            'ml-auto inline-flex size-6 shrink-0 items-center justify-center rounded text-ink-2 hover:bg-hover hover:text-ink',
            isTable && 'bg-selected text-ink',
          )}
        >
          <Table2 aria-hidden="true" className="size-3.5" />
        </button>
      </figcaption>
    </figure>
  );
}

type LegendProps = Pick<TimeChartProps, 'series' | 'format'>;

function Legend({ series, format }: LegendProps): ReactNode {
  return (
    <ul className="flex min-w-0 flex-wrap gap-x-4 pt-1">
      {series.map(({ key, name, values }, index) => (
        <li key={key} className="flex min-w-0 items-center gap-1.5">
          <SeriesMark index={index} />
          <bdi className="truncate">{name}</bdi>
          <span className="figures text-ink">{format(values.at(-1) ?? null)}</span>
        </li>
      ))}
    </ul>
  );
}

type ChartTableProps = Pick<TimeChartProps, 'label' | 'times' | 'series' | 'format'>;

function ChartTable({ label, times, series, format }: ChartTableProps): ReactNode {
  const zone = useTimeZone();
  return (
    <Table
      label={`${label}, greatest values`}
      head={
        <>
          <HeadCell>From</HeadCell>
          {series.map(({ key, name }) => (
            <HeadCell key={key} isNumber>
              <bdi>{name}</bdi>
            </HeadCell>
          ))}
        </>
      }
    >
      {tableRows(times, series, rowsMax).map(({ atMs, values }) => (
        <Row key={atMs}>
          <Cell className="figures">{formatClock(atMs, zone)}</Cell>
          {series.map(({ key }, index) => (
            <Cell key={key} isNumber>
              {format(values[index] ?? null)}
            </Cell>
          ))}
        </Row>
      ))}
    </Table>
  );
}

/** The picture in words. */
function summary(
  label: string,
  series: readonly ChartSeries[],
  format: TimeChartProps['format'],
): string {
  const parts = series.map(
    (each) =>
      `${each.name} ${format(each.values.at(-1) ?? null)}, at most ${format(greatest([each]))}`,
  );
  return `${label}. ${parts.join('; ')}.`;
}
