// The states of all members over the last minutes as bands, each also told in words.

import type { ReactNode } from 'react';
import { useMembers } from '../../connection/cluster-reading.tsx';
import type { ClusterMember } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { formatPercent } from '../../format/numbers.ts';
import { formatClock } from '../../format/times.ts';
import { useTimeZone } from '../../settings/settings.ts';
import { type MemberState, StateBadge, stateMarks } from '../../ui/badge.tsx';
import { useNowMs } from '../../ui/clock.ts';
import { PageLink } from '../../ui/page-link.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';
import {
  type Band,
  type MemberEvent,
  type MemberTimeline,
  sharesOf,
  type Tick,
  timelineKinds,
  timelineOf,
} from './timeline.ts';

const windowMs = 15 * 60_000;

/** milliseconds */
const againMs = 3_000;

/** Events that are asked for; when there are more, the bands begin with the oldest of them. */
const eventsMax = 1_000;

export function TimelineView(): ReactNode {
  const members = useMembers();
  const { reading } = useAnswer(
    ['cluster.events', 'timeline'],
    (api, signal) =>
      api.cluster.events.query({ kinds: [...timelineKinds], limit: eventsMax }, { signal }),
    { everyMs: againMs },
  );
  return (
    <ReadingPanel
      title="Timeline"
      about="The worst that any node held each member for, in the last 15 minutes"
      reading={reading}
      skeletonLines={5}
    >
      {({ items }) => <Timelines events={items} members={members} />}
    </ReadingPanel>
  );
}

interface TimelinesProps {
  readonly events: readonly MemberEvent[];
  readonly members: readonly ClusterMember[];
}

function Timelines({ events, members }: TimelinesProps): ReactNode {
  const nowMs = useNowMs();
  const window = {
    startMs: nowMs - windowMs,
    endMs: nowMs,
    knownSinceMs: knownSince(events, members),
  };
  const timelines = members.map((member) => ({
    member,
    timeline: timelineOf(
      {
        actorId: member.actor_id,
        state: member.state,
        startedAtMs: member.about?.started_at_ms ?? null,
      },
      events,
      window,
    ),
  }));
  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-col gap-3">
        {timelines.map(({ member, timeline }) => (
          <li
            key={member.actor_id}
            className="grid items-center gap-x-4 gap-y-1 md:grid-cols-[12rem_minmax(0,1fr)]"
          >
            <div className="flex min-w-0 items-center gap-2">
              <PageLink
                href={`/nodes?id=${member.actor_id}`}
                className="min-w-0 truncate py-1 font-mono text-xs underline decoration-line-strong underline-offset-2"
              >
                <bdi>{member.address}</bdi>
              </PageLink>
              <StateBadge state={member.state} />
            </div>
            <BandLine timeline={timeline} startMs={window.startMs} endMs={window.endMs} />
          </li>
        ))}
      </ul>
      <Axis startMs={window.startMs} endMs={window.endMs} />
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
        {(['alive', 'suspect', 'down', 'left'] as const).map((state) => (
          <li key={state} className="flex items-center gap-1.5">
            <svg aria-hidden="true" viewBox="0 0 16 20" className="h-4 w-3">
              <rect {...shapes[state]} width="16" />
            </svg>
            {stateMarks[state]} {state}
          </li>
        ))}
        <li>hatched: not known</li>
        <li>▾ new incarnation</li>
        <li>▸ started</li>
      </ul>
    </div>
  );
}

/** Since when the nodes that answer have been recording. */
function knownSince(events: readonly MemberEvent[], members: readonly ClusterMember[]): number {
  const starts = members.flatMap(({ about }) => (about === null ? [] : [about.started_at_ms]));
  const since = starts.length === 0 ? 0 : Math.min(...starts);
  const oldest = events.length < eventsMax ? 0 : (events.at(-1)?.at_ms ?? 0);
  return Math.max(since, oldest);
}

/** The worse, the taller: states are told apart without colours too. */
const shapes: Readonly<Record<MemberState, { y: number; height: number; fill: string }>> = {
  alive: { y: 13, height: 5, fill: 'var(--good)' },
  suspect: { y: 8, height: 10, fill: 'var(--warn)' },
  down: { y: 1, height: 17, fill: 'var(--bad)' },
  left: { y: 16, height: 2, fill: 'var(--ink-3)' },
};

interface BandLineProps {
  readonly timeline: MemberTimeline;
  readonly startMs: number;
  readonly endMs: number;
}

function BandLine({ timeline, startMs, endMs }: BandLineProps): ReactNode {
  const zone = useTimeZone();
  const share = (ms: number) => ((ms - startMs) / (endMs - startMs)) * 1_000;
  return (
    <div>
      <div className="relative">
        <svg
          role="img"
          aria-label={wordsOf(timeline, (ms) => formatClock(ms, zone))}
          viewBox="0 0 1000 20"
          preserveAspectRatio="none"
          className="h-6 w-full rounded bg-sunken"
        >
          {timeline.bands.map(({ state, startMs: from, endMs: to }) =>
            state === null ? null : (
              <rect
                key={from}
                x={share(from)}
                width={Math.max(2, share(to) - share(from))}
                {...shapes[state]}
              >
                <title>{`${state}, ${formatClock(from, zone)} to ${formatClock(to, zone)}`}</title>
              </rect>
            ),
          )}
        </svg>
        {timeline.bands
          .filter(({ state }) => state === null)
          .map(({ startMs: from, endMs: to }) => (
            <span
              key={from}
              aria-hidden="true"
              title="Not known"
              style={{ left: `${share(from) / 10}%`, width: `${(share(to) - share(from)) / 10}%` }}
              className="hatched absolute inset-y-0 rounded"
            />
          ))}
        {timeline.ticks.map((tick) => (
          <TickMark key={`${tick.what} ${tick.atMs}`} tick={tick} left={share(tick.atMs) / 10} />
        ))}
      </div>
    </div>
  );
}

function TickMark({ tick, left }: { readonly tick: Tick; readonly left: number }): ReactNode {
  const zone = useTimeZone();
  const text = tick.what === 'started' ? 'Started' : `Incarnation ${tick.incarnation}`;
  return (
    <span
      aria-hidden="true"
      title={`${text}, ${formatClock(tick.atMs, zone)}`}
      style={{ left: `${left}%` }}
      className="absolute -top-1.5 -translate-x-1/2 text-xs leading-none text-ink"
    >
      {tick.what === 'started' ? '▸' : '▾'}
    </span>
  );
}

/** What a band line shows, for those who don't see it. */
function wordsOf({ bands, ticks }: MemberTimeline, clock: (ms: number) => string): string {
  const shares = [...sharesOf(bands)].map(([state, share]) => `${state} ${formatPercent(share)}`);
  const last = bands.findLast((band: Band) => band.state !== null && band.state !== 'alive');
  const incarnations = ticks.filter(({ what }) => what === 'incarnation').length;
  return [
    shares.length === 0 ? 'Nothing is known.' : `${shares.join(', ')} of the known time.`,
    ...(last === undefined ? [] : [`Last not alive: ${last.state} until ${clock(last.endMs)}.`]),
    ...(incarnations === 0 ? [] : [`New incarnations: ${incarnations}.`]),
  ].join(' ');
}

function Axis({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): ReactNode {
  const zone = useTimeZone();
  const marks = [0, 1, 2, 3].map((at) => startMs + ((endMs - startMs) * at) / 3);
  return (
    <div
      aria-hidden="true"
      className="figures flex justify-between text-xs text-ink-3 md:pl-[13rem]"
    >
      {marks.map((ms, at) => (
        <span key={ms}>{at === 3 ? 'now' : formatClock(ms, zone)}</span>
      ))}
    </div>
  );
}
