// What replication costs: broadcasts of each node, and bytes between each two of them.

'use client';

import { parseAsString, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { SeriesCards } from '../../charts/series-cards.tsx';
import { useCluster, useMembers } from '../../connection/cluster-reading.tsx';
import { rateNow } from '../../connection/link-rates.ts';
import { mapReading, type Reading } from '../../connection/reading.ts';
import type { ClusterMember } from '../../connection/shapes.ts';
import { type Links, useLinks } from '../../connection/use-links.ts';
import { formatBytes, formatPercent, formatUnit, noFigure, plural } from '../../format/numbers.ts';
import { SelectField } from '../../ui/fields.tsx';
import { EmptyNotice, Panel, ReadingPanel } from '../../ui/panel.tsx';
import { QueueMeters } from '../../ui/queue-meters.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { TinyLine } from '../../ui/tiny-line.tsx';
import { hopsText } from './hops.ts';

/** The series of broadcasts, with their units, in the order of the columns. */
const broadcastColumns = [
  ['broadcast_sent', 'Sent', '/s', 'Chunks sent'],
  ['broadcast_sent_bytes', 'Traffic', 'bytes/s', 'Bytes of broadcasts sent'],
  ['broadcast_received', 'Received', '/s', 'Chunks received'],
  ['broadcast_duplicates', 'Again', '/s', 'Chunks received that were here already'],
  ['broadcast_relayed', 'Passed on', '/s', 'Chunks passed on for others'],
  ['broadcast_resent', 'Sent again', '/s', 'Rounds in which a chunk was sent again'],
  ['broadcast_dropped', 'Dropped', '/s', 'Chunks left to sync for want of room'],
  ['broadcast_failed', 'Failed', '/s', 'Sends that failed'],
  ['broadcast_pending', 'Kept', 'bytes', 'Chunks kept to be sent'],
] as const;

/** The series of one node that are drawn over time. */
const broadcastSeries = broadcastColumns.map(([name, title]) => [name, title] as const);

export function BroadcastTab(): ReactNode {
  const reading = mapReading(useCluster(), ({ members }) => members);
  return (
    <div className="flex flex-col gap-4">
      <BroadcastTable reading={reading} />
      <BroadcastOverTime />
    </div>
  );
}

/** One node at a time: the one that is chosen, at first the one that answers. */
function BroadcastOverTime(): ReactNode {
  const members = useMembers();
  const [chosen, setChosen] = useQueryState('node', parseAsString);
  const shown = members.find(({ actor_id: id }) => id === chosen) ?? members[0];
  if (shown === undefined) return null;
  return (
    <SeriesCards
      title="Over time"
      actorId={shown.actor_id}
      series={broadcastSeries}
      actions={
        <SelectField
          label="Node"
          isLabelHidden
          value={shown.actor_id}
          choices={members.map(({ actor_id: value, address }) => ({ value, label: address }))}
          onChoose={(value) => void setChosen(value)}
          className="max-w-40"
        />
      }
    />
  );
}

interface BroadcastTableProps {
  readonly reading: Reading<readonly ClusterMember[]>;
}

function BroadcastTable({ reading }: BroadcastTableProps): ReactNode {
  return (
    <ReadingPanel title="Broadcast" about="In the last second, by node" reading={reading} isFlush>
      {(members) => (
        <>
          <Table
            label="Broadcasts by node"
            head={
              <>
                <HeadCell>Node</HeadCell>
                {broadcastColumns.map(([name, title, , about]) => (
                  <HeadCell key={name} isNumber title={about}>
                    {title}
                  </HeadCell>
                ))}
                <HeadCell isNumber title="Of what was received, how much was here already">
                  Again, share
                </HeadCell>
                <HeadCell
                  isNumber
                  title="Sends that brought new chunks from their origins, p50 and p99"
                >
                  Hops
                </HeadCell>
              </>
            }
          >
            {members.map(({ actor_id: id, address, about }) => (
              <Row key={id}>
                <Cell className="font-mono text-xs whitespace-nowrap">{address}</Cell>
                {broadcastColumns.map(([name, , unit]) => (
                  <Cell key={name} isNumber className="whitespace-nowrap">
                    {formatUnit(about?.latest[name], unit)}
                  </Cell>
                ))}
                <Cell isNumber>
                  {shareText(
                    about?.latest['broadcast_duplicates'],
                    about?.latest['broadcast_received'],
                  )}
                </Cell>
                <Cell isNumber className="whitespace-nowrap">
                  {hopsText(about?.latest)}
                </Cell>
              </Row>
            ))}
          </Table>
        </>
      )}
    </ReadingPanel>
  );
}

function shareText(again: number | null | undefined, all: number | null | undefined): string {
  if (again === null || again === undefined || all === null || all === undefined) return noFigure;
  return all === 0 ? noFigure : formatPercent(again / all);
}

/** Nodes whose queues are followed at once. */
const followedMax = 12;

export function QueuesTab(): ReactNode {
  const members = useMembers().filter(({ state }) => state === 'alive');
  return (
    <div className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
      {members.slice(0, followedMax).map(({ actor_id: id, address }) => (
        <QueueMeters key={id} title={address} actorId={id} />
      ))}
      {members.length > followedMax ? (
        <Panel title="More nodes">
          <EmptyNotice>
            {plural(members.length - followedMax, 'node')} more: their queues are on their own
            pages.
          </EmptyNotice>
        </Panel>
      ) : null}
    </div>
  );
}

export function BandwidthTab(): ReactNode {
  const reading = useLinks();
  return (
    <ReadingPanel
      title="Bandwidth"
      about="All bytes between nodes, since this tab was opened"
      reading={reading}
      isEmpty={({ links }) => links.length === 0}
      empty="There are no connections between nodes."
      isFlush
    >
      {(data) => <BandwidthTable data={data} />}
    </ReadingPanel>
  );
}

function BandwidthTable({ data: { links, answers } }: { readonly data: Links }): ReactNode {
  const names = new Map<string, string>(answers.map((each) => [each.actor_id, each.address]));
  const nameOf = (id: string) => names.get(id) ?? id.slice(0, 8);
  const sorted = links.toSorted((a, b) => (rateNow(b) ?? 0) - (rateNow(a) ?? 0));
  const most = sorted.reduce((max, link) => Math.max(max, rateNow(link) ?? 0), 1);
  return (
    <Table
      label="Bytes between nodes"
      head={
        <>
          <HeadCell>From</HeadCell>
          <HeadCell>To</HeadCell>
          <HeadCell isNumber>Now</HeadCell>
          <HeadCell>Of the busiest</HeadCell>
          <HeadCell>Lately</HeadCell>
          <HeadCell isNumber>Packets lost</HeadCell>
        </>
      }
    >
      {sorted.map((link) => {
        const now = rateNow(link);
        return (
          <Row key={`${link.from} ${link.to}`}>
            <Cell className="font-mono text-xs whitespace-nowrap">{nameOf(link.from)}</Cell>
            <Cell className="font-mono text-xs whitespace-nowrap">{nameOf(link.to)}</Cell>
            <Cell isNumber className="whitespace-nowrap">
              {now === null ? noFigure : `${formatBytes(now)}/s`}
            </Cell>
            <Cell>
              <svg
                aria-hidden="true"
                viewBox="0 0 100 6"
                preserveAspectRatio="none"
                className="mt-1.5 h-1.5 w-32"
              >
                <rect width="100" height="6" fill="var(--sunken)" />
                <rect width={((now ?? 0) / most) * 100} height="6" fill="var(--accent)" />
              </svg>
            </Cell>
            <Cell>
              <TinyLine values={link.bytesPerS} className="h-5 w-32 text-series-1" />
            </Cell>
            <Cell isNumber>{link.packetsLost ?? noFigure}</Cell>
          </Row>
        );
      })}
    </Table>
  );
}
