// How old what the page shows is: the cluster's reading comes every second.

'use client';

import type { ReactNode } from 'react';
import { useCluster } from '../connection/cluster-reading.tsx';
import { useConnectionState } from '../connection/connection-provider.tsx';
import { freshnessOf } from '../connection/reading.ts';
import { formatDuration } from '../format/times.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { useNowMs } from '../ui/clock.ts';

const tones: Readonly<Record<ReturnType<typeof freshnessOf>, Tone>> = {
  fresh: 'good',
  stale: 'warn',
  lost: 'bad',
};

const marks = { fresh: '●', stale: '◐', lost: '✕' } as const;

export function LiveMarker(): ReactNode {
  const reading = useCluster();
  const { kind } = useConnectionState();
  const nowMs = useNowMs();
  if (reading.kind !== 'here') {
    const text = kind === 'log-in' ? 'Logged out' : 'Connecting';
    return <Badge tone="muted">{text}</Badge>;
  }
  const ageMs = Math.max(0, nowMs - reading.atMs);
  const freshness = freshnessOf(ageMs);
  return (
    <Badge tone={tones[freshness]} title="The age of the newest reading of the cluster">
      <span aria-hidden="true">{marks[freshness]}</span>
      <span>{freshness === 'fresh' ? 'Live' : 'Stale'}</span>
      <span className="figures min-w-14 text-right">{formatDuration(ageMs)} ago</span>
    </Badge>
  );
}
