// How the cluster is, in one sentence, and whoever needs to be looked at: who, since when, what it means.

'use client';

import { CircleCheck, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ClusterReading } from '../../connection/shapes.ts';
import { formatAgo, formatClock } from '../../format/times.ts';
import { useTimeZone } from '../../settings/settings.ts';
import { Badge, stateMarks } from '../../ui/badge.tsx';
import { classes } from '../../ui/classes.ts';
import { useNowMs } from '../../ui/clock.ts';
import { PageLink } from '../../ui/page-link.tsx';
import { type Trouble, troublesOf, verdictOf } from './cluster-words.ts';
import type { ClusterEvent } from './use-events.ts';

interface VerdictProps {
  readonly reading: ClusterReading;
  /** Newest first. */
  readonly events: readonly ClusterEvent[];
}

const frames = {
  good: 'border-line',
  warn: 'border-warn bg-warn-soft',
  bad: 'border-bad bg-bad-soft',
  info: 'border-line',
  muted: 'border-line',
} as const;

export function Verdict({ reading, events }: VerdictProps): ReactNode {
  const verdict = verdictOf(reading);
  const troubles = troublesOf(reading.members);
  const Icon = verdict.tone === 'good' ? CircleCheck : TriangleAlert;
  return (
    <section
      aria-label="How the cluster is"
      className={classes('rounded-lg border bg-surface px-4 py-3', frames[verdict.tone])}
    >
      <div className="flex gap-3">
        <Icon
          aria-hidden="true"
          className={classes(
            'mt-0.5 size-5 shrink-0',
            { good: 'text-good', warn: 'text-warn', bad: 'text-bad', info: '', muted: '' }[
              verdict.tone
            ],
          )}
        />
        <div className="min-w-0" role="status">
          <p className="text-lg font-semibold">{verdict.title}</p>
          <p className="text-sm text-ink-2">
            <bdi>{verdict.text}</bdi>
          </p>
        </div>
      </div>
      {troubles.length === 0 ? null : (
        <ul className="mt-3 flex flex-col gap-3 border-t border-line-strong pt-3">
          {troubles.map((trouble) => (
            <TroubleItem
              key={trouble.actorId}
              trouble={trouble}
              sinceMs={sinceOf(trouble, events)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface TroubleItemProps {
  readonly trouble: Trouble;
  readonly sinceMs: number | null;
}

function TroubleItem({ trouble, sinceMs }: TroubleItemProps): ReactNode {
  const zone = useTimeZone();
  const nowMs = useNowMs();
  const { kind, address, actorId, meaning, error } = trouble;
  const mark = kind === 'silent' ? '◌' : stateMarks[kind];
  return (
    <li className="text-sm">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={kind === 'down' ? 'bad' : 'warn'}>
          <span aria-hidden="true">{mark}</span>
          {kind}
        </Badge>
        <PageLink
          href={`/nodes?id=${actorId}`}
          className="font-medium underline underline-offset-2"
        >
          <bdi>{address}</bdi>
        </PageLink>
        {sinceMs === null ? null : (
          <span className="figures text-ink-2">
            {kind === 'silent' ? 'last heard of at' : 'since'} {formatClock(sinceMs, zone)},{' '}
            {formatAgo(sinceMs, nowMs)}
          </span>
        )}
      </p>
      <p className="mt-1 max-w-[80ch] text-ink-2">{meaning}</p>
      {kind === 'silent' && error !== null ? (
        <p className="mt-1 text-ink-2" dir="auto">
          {error}
        </p>
      ) : null}
    </li>
  );
}

/** When it was seen to be so; else when it was last heard of. */
function sinceOf(
  { kind, actorId, lastSeenMs }: Trouble,
  events: readonly ClusterEvent[],
): number | null {
  const found =
    kind === 'silent'
      ? undefined
      : events.find(
          (event) => event.kind === `member-${kind}` && event.fields['member'] === actorId,
        );
  return found?.at_ms ?? lastSeenMs;
}
