// The figures of the cluster in a row, each a link to the page that explains it.

'use client';

import type { ReactNode } from 'react';
import type { ClusterReading } from '../../connection/shapes.ts';
import { formatCount, formatRate, noFigure, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { stateMarks } from '../../ui/badge.tsx';
import { classes } from '../../ui/classes.ts';
import { PageLink } from '../../ui/page-link.tsx';
import { countStates, deepestQueue, lateMs, sumOf } from './cluster-words.ts';

export function FigureStrip({ reading }: { readonly reading: ClusterReading }): ReactNode {
  const { members, convergence } = reading;
  const gaps = sumOf(members, 'gap_versions');
  const partials = sumOf(members, 'partial_versions');
  const queue = deepestQueue(members);
  const slow = convergence.p99_ms !== null && convergence.p99_ms > lateMs;
  return (
    <ul className="grid grid-cols-2 gap-2 sm:grid-cols-3 xl:grid-cols-6">
      <MemberFigure reading={reading} />
      <Figure
        href="/replication"
        name="Convergence, p99"
        value={formatDuration(convergence.p99_ms)}
        more={`p50 ${formatDuration(convergence.p50_ms)}`}
        isBad={slow}
      />
      <Figure
        href="/replication"
        name="Open gaps"
        value={formatCount(gaps)}
        more={`${plural(partials ?? 0, 'version')} in part`}
      />
      <Figure
        href="/nodes?view=table"
        name="Writes"
        value={formatRate(sumOf(members, 'writes'))}
        more="at all nodes"
      />
      <Figure
        href="/replication?tab=queues"
        name="Deepest queue"
        value={formatCount(queue?.length)}
        more={
          queue === undefined
            ? 'no node answers'
            : queue.length === 0
              ? 'nothing waits'
              : `${queue.waits} at ${queue.address}`
        }
      />
      <Figure
        href="/live"
        name="Live queries"
        value={formatCount(sumOf(members, 'live_queries'))}
        more={plural(sumOf(members, 'live_subscribers') ?? 0, 'reader')}
      />
    </ul>
  );
}

function MemberFigure({ reading }: { readonly reading: ClusterReading }): ReactNode {
  const counts = countStates(reading.members);
  const others = (['suspect', 'down', 'left'] as const).filter((state) => counts[state] > 0);
  return (
    <Figure
      href="/nodes"
      name="Nodes alive"
      value={`${formatCount(counts.alive)} of ${formatCount(reading.members.length - counts.left)}`}
      more={
        others.length === 0
          ? 'none in doubt'
          : others.map((state) => `${stateMarks[state]} ${counts[state]} ${state}`).join(', ')
      }
      isBad={counts.down + counts.suspect > 0}
    />
  );
}

interface FigureProps {
  readonly href: string;
  readonly name: string;
  readonly value: string;
  readonly more: string;
  readonly isBad?: boolean;
}

function Figure({ href, name, value, more, isBad = false }: FigureProps): ReactNode {
  return (
    <li className="min-w-0">
      <PageLink
        href={href}
        className={classes(
          'block h-full rounded-lg border bg-surface px-4 py-3 hover:bg-hover',
          isBad ? 'border-warn' : 'border-line',
        )}
      >
        <span className="block text-xs text-ink-2">{name}</span>
        <span
          className={classes(
            'figures block text-2xl font-semibold tracking-tight',
            value === noFigure ? 'text-ink-3' : isBad ? 'text-warn' : 'text-ink',
          )}
        >
          {value}
        </span>
        <bdi className="figures block truncate text-xs text-ink-2" title={more}>
          {more}
        </bdi>
      </PageLink>
    </li>
  );
}
