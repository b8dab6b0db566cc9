// With whom one node is connected: how far away each peer is, what flows, and what was lost.

'use client';

import type { ReactNode } from 'react';
import { SeriesCards } from '../../../charts/series-cards.tsx';
import { useMembers } from '../../../connection/cluster-reading.tsx';
import { type Link, rateNow } from '../../../connection/link-rates.ts';
import { useLinks } from '../../../connection/use-links.ts';
import { formatBytes, formatCount, noFigure } from '../../../format/numbers.ts';
import { formatDuration } from '../../../format/times.ts';
import { StateBadge } from '../../../ui/badge.tsx';
import { PageLink } from '../../../ui/page-link.tsx';
import { ReadingPanel } from '../../../ui/panel.tsx';
import { Cell, HeadCell, Row, Table } from '../../../ui/table.tsx';
import { TinyLine } from '../../../ui/tiny-line.tsx';

export function NetworkTab({ actorId }: { readonly actorId: string }): ReactNode {
  const reading = useLinks();
  return (
    <div className="flex flex-col gap-4">
      <ReadingPanel
        title="Peers"
        about="Bytes since this tab was opened"
        reading={reading}
        isFlush
        skeletonLines={4}
      >
        {({ links }) => <Peers actorId={actorId} links={links} />}
      </ReadingPanel>
      <SeriesCards title="Traffic" actorId={actorId} series={trafficSeries} />
    </div>
  );
}

const trafficSeries = [
  ['network_sent', 'Sent to other nodes'],
  ['network_received', 'Received from other nodes'],
  ['connections', 'Connections'],
  ['packets_sent', 'Packets sent'],
  ['packets_received', 'Packets received'],
  ['network_dropped', 'Dropped by the transport'],
] as const;

interface PeersProps {
  readonly actorId: string;
  readonly links: readonly Link[];
}

function Peers({ actorId, links }: PeersProps): ReactNode {
  const members = useMembers();
  const peers = members.filter(({ actor_id: id }) => id !== actorId);
  const out = new Map(links.filter(({ from }) => from === actorId).map((link) => [link.to, link]));
  const back = new Map(links.filter(({ to }) => to === actorId).map((link) => [link.from, link]));
  if (peers.length === 0) {
    return <p className="px-4 py-3 text-sm text-ink-3">There are no other nodes.</p>;
  }
  return (
    <Table
      label="Peers of this node"
      head={
        <>
          <HeadCell>Peer</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell isNumber>Round trip</HeadCell>
          <HeadCell isNumber>Packets lost</HeadCell>
          <HeadCell isNumber>Sent to it</HeadCell>
          <HeadCell isNumber>From it</HeadCell>
          <HeadCell>Lately, both ways</HeadCell>
        </>
      }
    >
      {peers.map(({ actor_id: id, address, state }) => {
        const [there, here] = [out.get(id), back.get(id)];
        return (
          <Row key={id}>
            <Cell className="whitespace-nowrap">
              <PageLink
                href={`/nodes?id=${id}&tab=network`}
                className="inline-flex min-h-6 items-center font-mono text-xs underline decoration-line-strong underline-offset-2"
              >
                <bdi>{address}</bdi>
              </PageLink>
            </Cell>
            <Cell>
              <StateBadge state={state} />
            </Cell>
            <Cell isNumber className="whitespace-nowrap">
              {there === undefined ? 'not connected' : formatDuration(there.rttMs)}
            </Cell>
            <Cell isNumber>{formatCount(there?.packetsLost)}</Cell>
            <Cell isNumber className="whitespace-nowrap">
              {rateText(there)}
            </Cell>
            <Cell isNumber className="whitespace-nowrap">
              {rateText(here)}
            </Cell>
            <Cell>
              <TinyLine values={sumOf(there, here)} className="h-5 w-32 text-series-1" />
            </Cell>
          </Row>
        );
      })}
    </Table>
  );
}

function rateText(link: Link | undefined): string {
  const rate = rateNow(link);
  return rate === null ? noFigure : `${formatBytes(rate)}/s`;
}

function sumOf(a: Link | undefined, b: Link | undefined): (number | null)[] {
  const [first, second] = [a?.bytesPerS ?? [], b?.bytesPerS ?? []];
  const length = Math.max(first.length, second.length);
  return Array.from({ length }, (_, at) => {
    const [one, two] = [first.at(at - length), second.at(at - length)];
    return one == null && two == null ? null : (one ?? 0) + (two ?? 0);
  });
}
