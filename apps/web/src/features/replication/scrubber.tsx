// Goes back through the last minutes: a line of the most that any node lacked, and a slider under it.

'use client';

import { type ReactNode, useMemo } from 'react';
import type { Reading } from '../../connection/reading.ts';
import { formatCount, plural } from '../../format/numbers.ts';
import { formatClock, formatDuration } from '../../format/times.ts';
import { useTimeZone } from '../../settings/settings.ts';
import { Button } from '../../ui/button.tsx';
import { type LagHistory, momentsOf, worstOverTime } from './lag-history.ts';

interface ScrubberProps {
  readonly history: Reading<LagHistory>;
  /** The moment that is shown; null is now. */
  readonly atMs: number | null;
  readonly onMove: (atMs: number | null) => void;
}

export function Scrubber({ history, atMs, onMove }: ScrubberProps): ReactNode {
  const zone = useTimeZone();
  const data = history.kind === 'here' ? history.data : undefined;
  const { moments, worst } = useMemo(() => {
    const all = data === undefined ? [] : momentsOf(data);
    return { moments: all, worst: data === undefined ? [] : worstOverTime(data, all) };
  }, [data]);
  const last = moments.length - 1;
  const newest = moments[last];
  if (newest === undefined || last < 1) {
    return <p className="text-xs text-ink-3">Nothing is recorded yet to go back to.</p>;
  }
  const at = atMs === null ? last : nearest(moments, atMs);
  const shownMs = moments[at] ?? newest;
  const behind = worst[at] ?? 0;
  const text =
    atMs === null
      ? 'now'
      : `${formatClock(shownMs, zone)}, ${formatDuration(newest - shownMs)} before the newest; ${behind === 0 ? 'nothing lacking' : `at most ${plural(behind, 'version')} lacking`}`;
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-2">
      <div className="min-w-56 flex-1">
        <WorstLine worst={worst} at={atMs === null ? undefined : at} />
        <input
          type="range"
          min={0}
          max={last}
          value={at}
          aria-label="Moment that the matrix shows"
          aria-valuetext={text}
          onChange={({ target }) => {
            const to = Number(target.value);
            onMove(to >= last ? null : (moments[to] ?? null));
          }}
          className="block h-6 w-full accent-accent"
        />
        <div aria-hidden="true" className="figures flex justify-between text-xs text-ink-3">
          <span>{formatClock(moments[0] ?? newest, zone)}</span>
          <span>now</span>
        </div>
      </div>
      <div className="flex items-center gap-3 pb-4 text-sm text-ink-2">
        {atMs === null ? (
          <span>Most lacking in view: {formatCount(Math.max(...worst))}</span>
        ) : (
          <>
            <span className="figures">As it was at {formatClock(shownMs, zone)}</span>
            <Button look="primary" onClick={() => onMove(null)}>
              Back to live
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

function nearest(moments: readonly number[], atMs: number): number {
  return moments.reduce(
    (best, moment, at) =>
      Math.abs(moment - atMs) < Math.abs((moments[best] ?? 0) - atMs) ? at : best,
    0,
  );
}

/** On a scale of tens, for one version that is lacking must be seen beside thousands. */
function WorstLine({
  worst,
  at,
}: {
  readonly worst: readonly number[];
  readonly at: number | undefined;
}): ReactNode {
  const most = Math.log10(1 + Math.max(9, ...worst));
  const height = (versions: number) => (Math.log10(1 + versions) / most) * 26;
  const step = 1_000 / Math.max(1, worst.length - 1);
  const line = worst.map((versions, place) => `${place * step},${28 - height(versions)}`).join(' ');
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 1000 30"
      preserveAspectRatio="none"
      className="mx-2 h-8 w-[calc(100%-1rem)]"
    >
      <polygon points={`0,28 ${line} 1000,28`} fill="var(--lag-2)" opacity="0.5" />
      <polyline
        points={line}
        fill="none"
        stroke="var(--series-1)"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
      {at === undefined ? null : (
        <line
          x1={at * step}
          x2={at * step}
          y1="0"
          y2="30"
          stroke="var(--ink)"
          strokeWidth="1.5"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}
