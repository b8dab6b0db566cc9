// The nodes with what matters first: state, how far behind, what waits, how large.

'use client';

import type { ReactNode } from 'react';
import type { ClusterMember } from '../../connection/shapes.ts';
import { formatBytes, formatCount } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { Badge, StateBadge } from '../../ui/badge.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { deepestQueue, isLate } from './cluster-words.ts';

/** Nodes listed here; the page Nodes has all of them. */
const nodesMax = 20;

const stateOrder = { down: 0, suspect: 1, alive: 2, left: 3 } as const;

export function NodeTable({ members }: { readonly members: readonly ClusterMember[] }): ReactNode {
  const sorted = members.toSorted(
    (a, b) => stateOrder[a.state] - stateOrder[b.state] || (a.address < b.address ? -1 : 1),
  );
  return (
    <>
      <Table
        label="All nodes and how they fare"
        head={
          <>
            <HeadCell>Node</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell isNumber title="Versions that are elsewhere and not there">
              Lacks
            </HeadCell>
            <HeadCell isNumber title="Commit elsewhere to visible there, 99th percentile">
              Lag
            </HeadCell>
            <HeadCell isNumber title="The deepest of its queues">
              Queue
            </HeadCell>
            <HeadCell isNumber title="Database file and write-ahead log">
              Size
            </HeadCell>
            <HeadCell>Version</HeadCell>
          </>
        }
      >
        {sorted.slice(0, nodesMax).map((member) => (
          <NodeRow key={member.actor_id} member={member} />
        ))}
      </Table>
      {sorted.length > nodesMax ? (
        <p className="px-3 py-2 text-sm text-ink-2">
          <PageLink href="/nodes?view=table" className="underline underline-offset-2">
            All {formatCount(sorted.length)} nodes
          </PageLink>
        </p>
      ) : null}
    </>
  );
}

function NodeRow({ member }: { readonly member: ClusterMember }): ReactNode {
  const { actor_id: actorId, address, state, is_self: isSelf, about } = member;
  const latest = about?.latest ?? {};
  const lacks = latest['lag_versions'] ?? null;
  const size = latest['db_bytes'];
  return (
    <Row>
      <Cell className="whitespace-nowrap">
        <PageLink
          href={`/nodes?id=${actorId}`}
          className="font-medium underline decoration-line-strong underline-offset-2 hover:decoration-current"
        >
          <bdi>{address}</bdi>
        </PageLink>
        {isSelf ? <span className="ml-2 text-xs text-ink-3">answers</span> : null}
      </Cell>
      <Cell>
        {state === 'alive' && about === null ? (
          <Badge tone="warn">
            <span aria-hidden="true">◌</span>silent
          </Badge>
        ) : (
          <StateBadge state={state} />
        )}
      </Cell>
      <Cell isNumber className={isLate(member) ? 'font-medium text-warn' : ''}>
        {formatCount(lacks)}
      </Cell>
      <Cell isNumber className="whitespace-nowrap">
        {formatDuration(latest['lag_p99'])}
      </Cell>
      <Cell isNumber>{formatCount(deepestQueue([member])?.length)}</Cell>
      <Cell isNumber className="whitespace-nowrap">
        {formatBytes(
          size === null || size === undefined ? null : size + (latest['wal_bytes'] ?? 0),
        )}
      </Cell>
      <Cell className="whitespace-nowrap">{about?.software_version ?? ''}</Cell>
    </Row>
  );
}
