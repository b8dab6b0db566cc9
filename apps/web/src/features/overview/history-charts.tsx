// The last five minutes: writes, convergence, traffic and how busy the nodes are.

'use client';

import { type ReactNode, useMemo } from 'react';
import type { ChartSeries } from '../../charts/chart-series.ts';
import { TimeChart, type TimeChartProps } from '../../charts/time-chart.tsx';
import type { ClusterMember } from '../../connection/shapes.ts';
import { formatBytes, formatRate, noFigure } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { Panel } from '../../ui/panel.tsx';
import { type Figure, figureOf, figureOfAll, type History, otherBytes } from './history.ts';

interface HistoryChartsProps {
  readonly history: History;
  readonly members: readonly ClusterMember[];
}

export function HistoryCharts({ history, members }: HistoryChartsProps): ReactNode {
  const times = useMemo(() => history.moments.map(({ atMs }) => atMs), [history]);
  const writes = useByNode(history, members, 'writes');
  const lags = useByNode(history, members, 'event_loop_lag_p99');
  const convergence = useMemo(() => convergenceOf(history), [history]);
  const bytes = useMemo(() => bytesOf(history), [history]);
  return (
    <div className="grid min-w-0 gap-4 lg:grid-cols-2">
      <ChartPanel
        title="Writes per second"
        about="by node, stacked"
        times={times}
        series={writes}
        shape="stacked"
        format={formatRate}
      />
      <ChartPanel
        title="Convergence"
        about="commit to visible everywhere, slowest node"
        times={times}
        series={convergence}
        format={formatDuration}
      />
      <ChartPanel
        title="Bytes sent per second"
        about="all nodes, by kind, stacked"
        times={times}
        series={bytes}
        shape="stacked"
        isBinary
        format={formatByteRate}
      />
      <ChartPanel
        title="Event loop lag"
        about="p99 of each second, by node"
        times={times}
        series={lags}
        format={formatDuration}
      />
    </div>
  );
}

interface ChartPanelProps extends Omit<TimeChartProps, 'label'> {
  readonly title: string;
  readonly about: string;
}

function ChartPanel({ title, about, ...chart }: ChartPanelProps): ReactNode {
  return (
    <Panel title={title} about={about}>
      <TimeChart label={`${title}, ${about}`} {...chart} />
    </Panel>
  );
}

/** One line for each node that has figures, in the order of the members. */
function useByNode(
  history: History,
  members: readonly ClusterMember[],
  figure: Figure,
): readonly ChartSeries[] {
  return useMemo(
    () =>
      members
        .map(({ actor_id: actorId, address }) => ({
          key: actorId,
          name: address,
          values: figureOf(history, actorId, figure),
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    [history, members, figure],
  );
}

function convergenceOf(history: History): readonly ChartSeries[] {
  return [
    {
      key: 'p50',
      name: 'p50',
      values: figureOfAll(history, 'max', (figures) => figures.convergence_p50),
    },
    {
      key: 'p99',
      name: 'p99',
      values: figureOfAll(history, 'max', (figures) => figures.convergence_p99),
    },
  ];
}

function bytesOf(history: History): readonly ChartSeries[] {
  return [
    {
      key: 'broadcast',
      name: 'Broadcast',
      values: figureOfAll(history, 'sum', (figures) => figures.broadcast_sent_bytes),
    },
    {
      key: 'sync',
      name: 'Sync',
      values: figureOfAll(history, 'sum', (figures) => figures.sync_sent_bytes),
    },
    { key: 'other', name: 'Other', values: figureOfAll(history, 'sum', otherBytes) },
  ];
}

function formatByteRate(value: number | null): string {
  return value === null ? noFigure : `${formatBytes(value)}/s`;
}
