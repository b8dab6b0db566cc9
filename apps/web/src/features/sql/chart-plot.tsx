// The drawing of a result as lines or bars. It is heavy, and only loaded when somebody looks at it.

'use client';

import type { ReactNode } from 'react';
import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { formatShort } from '../../format/numbers.ts';
import type { ChartPoint } from './result-data.ts';

export interface ChartPlotProps {
  readonly kind: 'line' | 'bar';
  readonly points: readonly ChartPoint[];
  readonly xName: string;
  readonly yName: string;
}

/** A line needs no dots where they would touch. */
const dotsMax = 60;

export default function ChartPlot({ kind, points, xName, yName }: ChartPlotProps): ReactNode {
  const data = [...points];
  const isOrdered = points.every(({ x }) => typeof x === 'number');
  const axes = [
    <CartesianGrid key="grid" stroke="var(--line)" vertical={false} />,
    <XAxis
      key="x"
      dataKey="x"
      {...(isOrdered && kind === 'line'
        ? { type: 'number' as const, domain: ['dataMin', 'dataMax'] as const }
        : {})}
      tick={{ fill: 'var(--ink-3)', fontSize: 11 }}
      stroke="var(--line-strong)"
      minTickGap={24}
      label={{
        value: xName,
        position: 'insideBottom',
        offset: -4,
        fill: 'var(--ink-2)',
        fontSize: 12,
      }}
      height={40}
    />,
    <YAxis
      key="y"
      tick={{ fill: 'var(--ink-3)', fontSize: 11 }}
      stroke="var(--line-strong)"
      width={52}
      tickFormatter={(value: number) => formatShort(value)}
    />,
    <Tooltip
      key="tip"
      isAnimationActive={false}
      cursor={{ fill: 'var(--hover)', stroke: 'var(--line-strong)' }}
      contentStyle={{
        background: 'var(--raised)',
        border: '1px solid var(--line-strong)',
        borderRadius: 6,
        color: 'var(--ink)',
        fontSize: 12,
      }}
      itemStyle={{ color: 'var(--ink)' }}
    />,
  ];
  const margin = { top: 8, right: 16, bottom: 10, left: 0 };
  return (
    <ResponsiveContainer width="100%" height="100%">
      {kind === 'line' ? (
        <LineChart data={data} margin={margin}>
          {axes}
          <Line
            dataKey="y"
            name={yName}
            stroke="var(--series-1)"
            strokeWidth={2}
            dot={points.length <= dotsMax}
            isAnimationActive={false}
          />
        </LineChart>
      ) : (
        <BarChart data={data} margin={margin}>
          {axes}
          <Bar dataKey="y" name={yName} fill="var(--series-1)" isAnimationActive={false} />
        </BarChart>
      )}
    </ResponsiveContainer>
  );
}
