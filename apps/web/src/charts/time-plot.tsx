// The drawing of a chart over time. The library behind it is large: import it lazily, as time-chart.tsx does.

'use client';

import type { ReactNode } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { formatClock } from '../format/times.ts';
import { useTimeZone } from '../settings/settings.ts';
import { type ChartPoint, type ChartSeries, timeTicks } from './chart-series.ts';
import { SeriesMark, SeriesShape, seriesColour } from './series-mark.tsx';

export interface TimePlotProps {
  readonly points: readonly ChartPoint[];
  readonly series: readonly ChartSeries[];
  readonly shape: 'line' | 'area' | 'stacked';
  readonly ticks: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly format: (value: number | null) => string;
  readonly heightPx: number;
}

const timeMarksMax = 5;

/** Shapes stand on a line this often, and those of other lines beside them. */
const marksPerLine = 5;

const axisText = { fill: 'var(--ink-3)', fontSize: 11 } as const;

export default function TimePlot(props: TimePlotProps): ReactNode {
  const { points, ticks, fromMs, toMs, format, heightPx } = props;
  const zone = useTimeZone();
  const marks = timeTicks(fromMs, toMs, timeMarksMax);
  const isMinutes = marks.every((atMs) => atMs % 60_000 === 0);
  return (
    <ResponsiveContainer width="100%" height={heightPx}>
      <ComposedChart
        data={[...points]}
        margin={{ top: 6, right: 6, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="atMs"
          type="number"
          domain={[fromMs, toMs]}
          allowDataOverflow
          ticks={[...marks]}
          tickFormatter={(atMs: number) => formatClock(atMs, zone).slice(0, isMinutes ? 5 : 8)}
          interval={0}
          tick={axisText}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
          height={20}
        />
        <YAxis
          ticks={[...ticks]}
          domain={[0, ticks.at(-1) ?? 1]}
          tickFormatter={format}
          tick={axisText}
          tickLine={false}
          axisLine={false}
          width={62}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active, payload }) => (
            <Told isActive={active} at={momentIn(payload)} {...props} />
          )}
        />
        {drawn(props)}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

function drawn({ series, shape, points }: TimePlotProps): ReactNode[] {
  const every = Math.max(1, Math.ceil(points.length / marksPerLine));
  return series.map(({ key, name }, index) => {
    const offset = Math.floor((every * (index + 1)) / (series.length + 1));
    const shared = {
      name,
      dataKey: (point: ChartPoint) => point.values[index] ?? null,
      stroke: seriesColour(index),
      strokeWidth: 1.5,
      isAnimationActive: false,
      activeDot: false,
      type: 'linear',
      dot: (dot: DotPlace) =>
        dot.index % every === offset && Number.isFinite(dot.cy) ? (
          <SeriesShape key={dot.index} index={index} x={dot.cx ?? 0} y={dot.cy ?? 0} />
        ) : (
          <g key={dot.index} />
        ),
    } as const;
    if (shape === 'line') return <Line key={key} {...shared} />;
    const stack = shape === 'stacked' ? { stackId: 'all' } : {};
    return <Area key={key} {...shared} {...stack} fill={seriesColour(index)} fillOpacity={0.22} />;
  });
}

interface DotPlace {
  readonly index: number;
  readonly cx?: number;
  readonly cy?: number;
}

function momentIn(payload: readonly { readonly payload?: unknown }[] | undefined): unknown {
  return payload?.[0]?.payload;
}

interface ToldProps extends TimePlotProps {
  readonly isActive: boolean | undefined;
  readonly at: unknown;
}

/** What the pointer is at. */
function Told({ isActive, at, points, series, format }: ToldProps): ReactNode {
  const zone = useTimeZone();
  const point = points.find((each) => each === at);
  if (isActive !== true || point === undefined) return null;
  return (
    <div className="rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs text-ink shadow-raised">
      <p className="figures mb-1 text-ink-2">{formatClock(point.atMs, zone)}</p>
      <ul>
        {series.map(({ key, name }, index) => (
          <li key={key} className="flex items-center gap-1.5">
            <SeriesMark index={index} />
            <bdi className="max-w-40 truncate">{name}</bdi>
            <span className="figures ml-auto pl-3">{format(point.values[index] ?? null)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
