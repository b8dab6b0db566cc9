// What happened lately, newest first: a mark and a word for the kind, the sentence of the node, and when.

'use client';

import type { ReactNode } from 'react';
import type { Reading } from '../../connection/reading.ts';
import type { ClusterMember } from '../../connection/shapes.ts';
import { shortActorId } from '../../format/ids.ts';
import { formatAgo, formatMoment } from '../../format/times.ts';
import { useTimeZone } from '../../settings/settings.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { useNowMs } from '../../ui/clock.ts';
import { ReadingPanel } from '../../ui/panel.tsx';
import { eventText } from './event-words.ts';
import { type ClusterEvent, eventName, eventsMax } from './use-events.ts';

interface EventFeedProps {
  readonly events: Reading<readonly ClusterEvent[]>;
  readonly members: readonly ClusterMember[];
}

export function EventFeed({ events, members }: EventFeedProps): ReactNode {
  const addresses = new Map(members.map((member) => [member.actor_id, member.address]));
  return (
    <ReadingPanel
      title="Recent events"
      about={`The last ${eventsMax} of all nodes`}
      reading={events}
      isEmpty={(all) => all.length === 0}
      empty="Nothing has happened yet."
      isFlush
      className="xl:self-start"
    >
      {(all) => (
        // biome-ignore lint/a11y/useSemanticElements: a scrolling frame is a region, not a form.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard.
        <div role="region" aria-label="Events" tabIndex={0} className={frame}>
          <ol>
            {all.map((event) => (
              <EventItem
                key={eventName(event)}
                event={event}
                node={addresses.get(event.actor_id) ?? shortActorId(event.actor_id)}
                text={eventText(event.text, addresses)}
              />
            ))}
          </ol>
        </div>
      )}
    </ReadingPanel>
  );
}

const frame = 'max-h-[34rem] overflow-y-auto xl:max-h-[44rem]';

interface EventItemProps {
  readonly event: ClusterEvent;
  readonly node: string;
  readonly text: string;
}

function EventItem({ event, node, text }: EventItemProps): ReactNode {
  const zone = useTimeZone();
  const nowMs = useNowMs();
  const [mark, tone] = looks[event.kind];
  return (
    <li className="border-b border-line px-4 py-2 text-sm last:border-b-0">
      <div className="flex items-center gap-2">
        <Badge tone={tone}>
          <span aria-hidden="true">{mark}</span>
          {event.kind.replaceAll('-', ' ')}
        </Badge>
        <time
          dateTime={new Date(event.at_ms).toISOString()}
          title={formatMoment(event.at_ms, zone)}
          className="figures ml-auto text-xs whitespace-nowrap text-ink-3"
        >
          {formatAgo(event.at_ms, nowMs)}
        </time>
      </div>
      <p className="mt-0.5 line-clamp-3 break-words" dir="auto">
        {text}
      </p>
      <p className="truncate text-xs text-ink-3">
        at <bdi>{node}</bdi>
      </p>
    </li>
  );
}

const looks: Readonly<Record<ClusterEvent['kind'], readonly [mark: string, tone: Tone]>> = {
  'member-up': ['●', 'good'],
  'member-suspect': ['◐', 'warn'],
  'member-down': ['✕', 'bad'],
  'member-left': ['○', 'muted'],
  'member-removed': ['○', 'muted'],
  rejoined: ['↻', 'good'],
  left: ['○', 'muted'],
  'identity-changed': ['⚑', 'warn'],
  'identity-conflict': ['⚑', 'bad'],
  'clock-drift': ['◷', 'warn'],
  'sync-session': ['⇄', 'info'],
  'gap-opened': ['▽', 'warn'],
  'gap-closed': ['▼', 'good'],
  quarantined: ['⊘', 'bad'],
  malformed: ['⊘', 'bad'],
  'schema-changed': ['▤', 'info'],
  conflict: ['≠', 'info'],
  'slow-query': ['◔', 'warn'],
  'live-query-failed': ['✕', 'warn'],
  'storage-error': ['✕', 'bad'],
  started: ['▶', 'info'],
};
