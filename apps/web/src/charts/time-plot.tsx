// The drawing of a chart over time. The library behind it is large: import it lazily, as time-chart.tsx does.

'use client';

import { type ReactNode, useRef, useState } from 'react';
import { Area, AreaChart, XAxis, YAxis } from 'recharts';
import { formatClock } from '../format/times.ts';
import { useTimeZone } from '../settings/settings.ts';
import { type ChartPoint, type ChartSeries, nearestPoint, timeTicks } from './chart-series.ts';
import { SeriesMark, SeriesShape, seriesColour } from './series-mark.tsx';
import { useWidth } from './use-width.ts';

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

/** Around the plot itself: room for the axes, pixels. */
const room = { top: 6, right: 6, bottom: 20, left: 62 } as const;

export default function TimePlot(props: TimePlotProps): ReactNode {
  const { fromMs, toMs, heightPx, points } = props;
  const frame = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(frame);
  const [pointedPx, setPointedPx] = useState<number>();
  const plotPx = Math.max(1, widthPx - room.left - room.right);
  const share = pointedPx === undefined ? -1 : (pointedPx - room.left) / plotPx;
  const pointed =
    share < 0 || share > 1 ? undefined : nearestPoint(points, fromMs + share * (toMs - fromMs));
  const pointedAt = ((pointed?.atMs ?? fromMs) - fromMs) / Math.max(1, toMs - fromMs);
  return (
    <div
      ref={frame}
      className="relative"
      style={{ height: heightPx }}
      onPointerMove={(event) =>
        setPointedPx(event.clientX - event.currentTarget.getBoundingClientRect().left)
      }
      onPointerLeave={() => setPointedPx(undefined)}
    >
      {widthPx === 0 ? null : <Plot {...props} widthPx={widthPx} />}
      {pointed === undefined ? null : (
        <div
          className="pointer-events-none absolute top-0 bottom-5 w-px bg-line-strong"
          style={{ left: room.left + pointedAt * plotPx }}
        >
          <div className={pointedAt > 0.5 ? 'absolute top-1 right-2' : 'absolute top-1 left-2'}>
            <Told point={pointed} series={props.series} format={props.format} />
          </div>
        </div>
      )}
    </div>
  );
}

function Plot(props: TimePlotProps & { readonly widthPx: number }): ReactNode {
  const { points, ticks, fromMs, toMs, format, heightPx, widthPx } = props;
  const zone = useTimeZone();
  const marks = timeTicks(fromMs, toMs, timeMarksMax);
  const isMinutes = marks.every((atMs) => atMs % 60_000 === 0);
  const top = ticks.at(-1) ?? 1;
  return (
    <AreaChart
      width={widthPx}
      height={heightPx}
      data={[...points]}
      margin={{ top: room.top, right: room.right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      {ticks.map((tick) => {
        const y = room.top + (heightPx - room.top - room.bottom) * (1 - tick / top);
        const ends = { x1: room.left, x2: widthPx - room.right, y1: y, y2: y };
        return <line key={tick} {...ends} stroke="var(--line)" />;
      })}
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
        height={room.bottom}
      />
      <YAxis
        ticks={[...ticks]}
        domain={[0, top]}
        tickFormatter={format}
        tick={axisText}
        tickLine={false}
        axisLine={false}
        width={room.left}
      />
      {drawn(props)}
      {marked(props, widthPx, top)}
    </AreaChart>
  );
}

function drawn({ series, shape }: TimePlotProps): ReactNode[] {
  return series.map(({ key, name }, index) => {
    const shared = {
      name,
      dataKey: (point: ChartPoint) => point.values[index] ?? null,
      stroke: seriesColour(index),
      strokeWidth: 1.5,
      isAnimationActive: false,
      activeDot: false,
      type: 'linear',
      dot: false,
    } as const;
    // A line is an area without its filling: the library has a part less to bring.
    if (shape === 'line') return <Area key={key} {...shared} fill="none" />;
    const stack = shape === 'stacked' ? { stackId: 'all' } : {};
    return <Area key={key} {...shared} {...stack} fill={seriesColour(index)} fillOpacity={0.22} />;
  });
}

/** A few shapes on each line. The library would make an element for every moment of every line. */
function marked(props: TimePlotProps, widthPx: number, top: number): ReactNode[] {
  const { series, shape, points, fromMs, toMs, heightPx } = props;
  const every = Math.max(1, Math.ceil(points.length / marksPerLine));
  const plotPx = widthPx - room.left - room.right;
  return series.flatMap(({ key }, index) => {
    const offset = Math.floor((every * (index + 1)) / (series.length + 1));
    return points.flatMap(({ atMs, values }, place) => {
      if (place % every !== offset || (values[index] ?? null) === null) return [];
      const from = shape === 'stacked' ? 0 : index;
      const value = values
        .slice(from, index + 1)
        .reduce<number>((sum, each) => sum + (each ?? 0), 0);
      const x = room.left + (plotPx * (atMs - fromMs)) / Math.max(1, toMs - fromMs);
      const y = room.top + (heightPx - room.top - room.bottom) * (1 - value / top);
      return [<SeriesShape key={`${key} ${atMs}`} index={index} x={x} y={y} />];
    });
  });
}

interface ToldProps extends Pick<TimePlotProps, 'series' | 'format'> {
  readonly point: ChartPoint | undefined;
}

/** What the pointer is at. */
function Told({ point, series, format }: ToldProps): ReactNode {
  const zone = useTimeZone();
  if (point === undefined) return null;
  return (
    <div className="w-max max-w-64 rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs text-ink shadow-raised">
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
