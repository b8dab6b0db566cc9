// How one node finds out who is alive: its health as it judges it itself, its probes, and whom it suspects.

'use client';

import type { ReactNode } from 'react';
import { SeriesCards } from '../../../charts/series-cards.tsx';
import { nodeIdOf } from '../../../connection/node-id.ts';
import type { Answers, EventOf } from '../../../connection/shapes.ts';
import { useFeed } from '../../../connection/use-feed.ts';
import { formatCount, formatPercent, noFigure, plural } from '../../../format/numbers.ts';
import { formatDuration } from '../../../format/times.ts';
import { Meter } from '../../../ui/meter.tsx';
import { PageLink } from '../../../ui/page-link.tsx';
import { Panel, ReadingPanel } from '../../../ui/panel.tsx';
import { Figures } from './figures.tsx';

type Swim = EventOf<Answers['nodes']['onSwim']>;

export function SwimTab({ actorId }: { readonly actorId: string }): ReactNode {
  const node = nodeIdOf(actorId);
  const reading = useFeed<Swim>((api, to) => api.nodes.onSwim.subscribe({ node }, to), actorId);
  return (
    <div className="flex flex-col gap-4">
      <ReadingPanel title="Failure detection" reading={reading} skeletonLines={5}>
        {(swim) => <Detection swim={swim} />}
      </ReadingPanel>
      <ReadingPanel
        title="Suspicions"
        about="A suspect has until its time is up to say that it is alive"
        reading={reading}
        isEmpty={({ suspicions }) => suspicions.length === 0}
        empty="It suspects nobody."
      >
        {(swim) => <Suspicions swim={swim} />}
      </ReadingPanel>
      <SeriesCards title="Probes and suspicions" actorId={actorId} series={swimSeries} />
    </div>
  );
}

const swimSeries = [
  ['probe_failures', 'Probes that failed'],
  ['suspicions', 'Suspicions raised here'],
  ['refutations', 'Suspicions of itself refuted'],
  ['datagrams_sent', 'Datagrams sent'],
  ['datagrams_received', 'Datagrams received'],
] as const;

function Detection({ swim }: { readonly swim: Swim }): ReactNode {
  const { local_health: health, local_health_max: most, probes } = swim;
  return (
    <div className="flex flex-col gap-4">
      <Figures
        figures={[
          ['Incarnation', formatCount(swim.incarnation)],
          ['A probe every', formatDuration(swim.probe_period_ms)],
          ['Waits for an answer', formatDuration(swim.probe_timeout_ms)],
          ['News that waits to be spread', formatCount(swim.updates_backlog)],
          ['Probes sent', formatCount(probes.sent)],
          [
            'Answered',
            probes.sent === 0
              ? noFigure
              : `${formatCount(probes.acked)}, ${formatPercent(probes.acked / probes.sent)}`,
          ],
          ['Failed', formatCount(probes.failed)],
          ['Asked through others', formatCount(probes.indirect)],
        ]}
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        <span className="text-ink-2">Local health</span>
        <Meter
          label="Local health, 0 is well"
          share={most === 0 ? 0 : health / most}
          text={`${formatCount(health)} of ${formatCount(most)}`}
        />
        <span className="text-ink-2">
          {health === 0
            ? 'Well: answers come in time.'
            : 'It misses answers, so it waits longer before it suspects others.'}
        </span>
      </div>
    </div>
  );
}

function Suspicions({ swim }: { readonly swim: Swim }): ReactNode {
  return (
    <ul className="flex flex-col gap-3">
      {swim.suspicions.map((each) => {
        const left = Math.max(0, each.deadline_ms - swim.now_ms);
        const whole = Math.max(1, each.deadline_ms - each.since_ms);
        return (
          <li
            key={each.actor_id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm"
          >
            <PageLink
              href={`/nodes?id=${each.actor_id}`}
              className="inline-flex min-h-6 items-center font-mono text-xs underline decoration-line-strong underline-offset-2"
            >
              <bdi>{each.address}</bdi>
            </PageLink>
            <span className="text-ink-2">
              confirmed by {plural(each.confirmations, 'other node')}
            </span>
            <Meter
              label={`Time used up until ${each.address} is held for down`}
              share={1 - left / whole}
              text={left === 0 ? 'time is up' : `down in ${formatDuration(left)}`}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** Shown where a node is no member any more. */
export function NoSuchNode({ actorId }: { readonly actorId: string }): ReactNode {
  return (
    <Panel title="No such node">
      <p className="text-sm text-ink-2">
        No member has the id <code className="break-all">{actorId.slice(0, 64)}</code>. A node that
        was down for long is forgotten; one that was set up anew has a new id.
      </p>
    </Panel>
  );
}
