// One node, with all that it tells of itself.

'use client';

import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { SeriesCards } from '../../../charts/series-cards.tsx';
import { useCluster } from '../../../connection/cluster-reading.tsx';
import type { ClusterMember } from '../../../connection/shapes.ts';
import { useSelf } from '../../../connection/use-self.ts';
import { formatCount, noFigure } from '../../../format/numbers.ts';
import { formatAgo, formatDuration, formatMoment } from '../../../format/times.ts';
import { useTimeZone } from '../../../settings/settings.ts';
import { Badge, StateBadge } from '../../../ui/badge.tsx';
import { useNowMs } from '../../../ui/clock.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Page } from '../../../ui/page.tsx';
import { PageLink } from '../../../ui/page-link.tsx';
import { Skeleton } from '../../../ui/panel.tsx';
import { QueueMeters } from '../../../ui/queue-meters.tsx';
import { Tabs } from '../../../ui/tabs.tsx';
import { ConfigTab } from './config-tab.tsx';
import { LogsTab } from './logs-tab.tsx';
import { NetworkTab } from './network-tab.tsx';
import { NodeActions } from './node-actions.tsx';
import { NoSuchNode, SwimTab } from './swim-tab.tsx';

const tabs = ['health', 'network', 'swim', 'storage', 'queues', 'configuration', 'logs'] as const;
type Tab = (typeof tabs)[number];

const tabNames: Readonly<Record<Tab, string>> = {
  health: 'Health',
  network: 'Network',
  swim: 'SWIM',
  storage: 'Storage',
  queues: 'Queues',
  configuration: 'Configuration',
  logs: 'Logs',
};

const healthSeries = [
  ['event_loop_lag_p99', 'Event loop late, p99'],
  ['event_loop_busy', 'Event loop busy'],
  ['cpu', 'Processor'],
  ['gc_pause', 'Garbage collection, each second'],
  ['rss', 'Resident memory'],
  ['heap_used', 'Heap in use'],
  ['open_fds', 'Open descriptors'],
] as const;

const storageSeries = [
  ['db_bytes', 'Database file'],
  ['wal_bytes', 'Write-ahead log'],
  ['writes', 'Transactions'],
  ['queries', 'Queries'],
  ['readers_busy', 'Readers at work'],
  ['readers_queue', 'Queries that wait for a reader'],
  ['readers_killed', 'Queries ended by force'],
] as const;

export function NodePage({ actorId }: { readonly actorId: string }): ReactNode {
  const cluster = useCluster();
  const member =
    cluster.kind === 'here'
      ? cluster.data.members.find((each) => each.actor_id === actorId)
      : undefined;
  return (
    <Page
      title={member === undefined ? 'Node' : `Node ${member.address}`}
      actions={
        <PageLink
          href="/nodes?view=table"
          className="inline-flex min-h-6 items-center text-sm text-ink-2 underline underline-offset-2"
        >
          All nodes
        </PageLink>
      }
    >
      {cluster.kind === 'loading' ? <Skeleton lines={6} /> : null}
      {cluster.kind === 'here' && member === undefined ? <NoSuchNode actorId={actorId} /> : null}
      {member === undefined ? null : <MemberPage member={member} />}
    </Page>
  );
}

function MemberPage({ member }: { readonly member: ClusterMember }): ReactNode {
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('health'));
  const self = useSelf();
  const { actor_id: actorId, address } = member;
  const shown = tabs.filter(
    (value) => (value !== 'configuration' && value !== 'logs') || self.may('admin'),
  );
  return (
    <>
      <MemberHead member={member} />
      <div>
        <Tabs
          label="What the node tells of itself"
          value={tab}
          tabs={shown.map((value) => ({ value, label: tabNames[value] }))}
          onChoose={(value) => void setTab(value)}
        >
          <TabBody tab={tab} actorId={actorId} address={address} />
        </Tabs>
      </div>
      <NodeActions actorId={actorId} address={address} />
    </>
  );
}

interface TabBodyProps {
  readonly tab: Tab;
  readonly actorId: string;
  readonly address: string;
}

function TabBody({ tab, actorId, address }: TabBodyProps): ReactNode {
  switch (tab) {
    case 'health':
      return <SeriesCards title="Health" actorId={actorId} series={healthSeries} />;
    case 'network':
      return <NetworkTab actorId={actorId} />;
    case 'swim':
      return <SwimTab actorId={actorId} />;
    case 'storage':
      return <SeriesCards title="Storage" actorId={actorId} series={storageSeries} />;
    case 'queues':
      return <QueueMeters title={`Queues of ${address}`} actorId={actorId} />;
    case 'configuration':
      return <ConfigTab actorId={actorId} />;
    case 'logs':
      return <LogsTab actorId={actorId} />;
  }
}

function MemberHead({ member }: { readonly member: ClusterMember }): ReactNode {
  const nowMs = useNowMs();
  const zone = useTimeZone();
  const { actor_id: actorId, about, error } = member;
  const facts = [
    ['Version', about?.software_version ?? noFigure],
    ['Incarnation', formatCount(member.incarnation)],
    ['Round trip', member.is_self ? 'this node answers' : formatDuration(member.rtt_ms)],
    ['Last heard', member.is_self ? 'now' : formatAgo(member.last_seen_ms, nowMs)],
    ['Up for', formatDuration(about?.uptime_ms)],
    ['Started', formatMoment(about?.started_at_ms, zone)],
    ['Process', about === null ? noFigure : String(about.pid)],
    ['Console', member.api_url ?? 'not told'],
  ] as const;
  return (
    <section
      aria-label="The node in short"
      className="rounded-lg border border-line bg-surface px-4 py-3"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <StateBadge state={member.state} />
        {member.is_self ? <Badge tone="info">answers this page</Badge> : null}
        <span className="inline-flex min-w-0 items-center gap-1">
          <code className="truncate text-xs text-ink-2">{actorId}</code>
          <CopyButton text={actorId} label="Copy the id" />
        </span>
      </div>
      {about === null ? (
        <p className="py-1 text-sm text-bad">
          ✕ It doesn’t answer{error === null ? '.' : `: ${error}.`} What is below may be missing or
          old.
        </p>
      ) : null}
      <dl className="mt-2 flex flex-wrap gap-x-8 gap-y-2">
        {facts.map(([name, value]) => (
          <div key={name} className="min-w-0">
            <dt className="text-xs text-ink-2">{name}</dt>
            <dd className="figures truncate text-sm">
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
