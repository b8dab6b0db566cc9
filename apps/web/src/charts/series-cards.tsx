// Figures of one node over the last 15 minutes: each as a card with its newest value, its range, a line,
// and the same as a table.

'use client';

import type { ReactNode } from 'react';
import { nodeIdOf } from '../connection/node-id.ts';
import type { Reading } from '../connection/reading.ts';
import { useFeed } from '../connection/use-feed.ts';
import { formatBytes, formatPercent, formatUnit, noFigure } from '../format/numbers.ts';
import { formatClock } from '../format/times.ts';
import { useTimeZone } from '../settings/settings.ts';
import { ReadingPanel } from '../ui/panel.tsx';
import { TinyLine } from '../ui/tiny-line.tsx';
import { addSeries, byMinute, rangeOf, type SeriesPart } from './series-ring.ts';

type Kept = ReadonlyMap<string, SeriesPart>;

/** Follows series of a node, each second. */
function useSeries(actorId: string, names: readonly string[]): Reading<Kept> {
  const node = nodeIdOf(actorId);
  return useFeed<Kept>(
    (api, to) => {
      let kept: Kept = new Map();
      return api.nodes.onMetrics.subscribe(
        { node, names: [...names] },
        {
          ...to,
          onData: ({ data }) => {
            kept = addSeries(kept, data);
            to.onData(kept);
          },
        },
      );
    },
    `${actorId} ${names.join(' ')}`,
  );
}

interface SeriesCardsProps {
  readonly title: string;
  readonly about?: string;
  readonly actorId: string;
  readonly actions?: ReactNode;
  /** Names of series, with what they are called here. */
  readonly series: readonly (readonly [name: string, title: string])[];
}

export function SeriesCards(props: SeriesCardsProps): ReactNode {
  const { title, about, actorId, series, actions } = props;
  const reading = useSeries(
    actorId,
    series.map(([name]) => name),
  );
  return (
    <ReadingPanel
      title={title}
      about={about ?? 'The last 15 minutes'}
      reading={reading}
      actions={actions}
      skeletonLines={6}
    >
      {(kept) => (
        <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4">
          {series.map(([name, called]) => (
            <SeriesCard key={name} title={called} part={kept.get(name)} />
          ))}
        </div>
      )}
    </ReadingPanel>
  );
}

interface SeriesCardProps {
  readonly title: string;
  readonly part: SeriesPart | undefined;
}

function SeriesCard({ title, part }: SeriesCardProps): ReactNode {
  const zone = useTimeZone();
  if (part === undefined) {
    return (
      <div className="rounded-md border border-line p-3 text-sm text-ink-2">
        <h3 className="text-xs">{title}</h3>
        <p className="text-lg">{noFigure}</p>
      </div>
    );
  }
  const { now, least, most } = rangeOf(part);
  const text = (value: number | null) => valueText(value, part.unit);
  return (
    <div className="min-w-0 rounded-md border border-line p-3">
      <div className="flex items-baseline justify-between gap-2">
        <h3 className="text-xs text-ink-2">{title}</h3>
        <span className="figures text-xs text-ink-3">
          {text(least)} to {text(most)}
        </span>
      </div>
      <p className="figures text-lg font-medium">{text(now)}</p>
      <TinyLine values={part.values} className="mt-1 h-12 w-full text-series-1" />
      <details className="mt-1 text-xs text-ink-2">
        <summary className="min-h-6 py-0.5">As a table</summary>
        <table className="mt-1 w-full text-left">
          <thead>
            <tr>
              <th scope="col" className="font-medium">
                Minute
              </th>
              <th scope="col" className="text-right font-medium">
                At most
              </th>
            </tr>
          </thead>
          <tbody className="figures">
            {byMinute(part).map(({ atMs, most: value }) => (
              <tr key={atMs} className="border-t border-line">
                <td>{formatClock(atMs, zone)}</td>
                <td className="text-right">{text(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

function valueText(value: number | null, unit: string): string {
  if (value === null) return noFigure;
  if (unit === 'share') return formatPercent(value);
  if (unit === 'cores') return `${value.toFixed(2)} cores`;
  if (unit === 'per s') return formatUnit(value, '/s');
  return unit === 'bytes' ? formatBytes(value) : formatUnit(value, unit);
}
