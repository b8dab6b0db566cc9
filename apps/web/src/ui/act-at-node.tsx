// What acts at the node that answers: on the page of another node the way to that node is offered first.

'use client';

import type { ReactNode } from 'react';
import { useCluster } from '../connection/cluster-reading.tsx';
import { useConnection } from '../connection/connection-provider.tsx';
import { Button } from './button.tsx';

interface ActAtNodeProps {
  readonly actorId: string;
  /** What it is for, after "Connect to … ". */
  readonly purpose: string;
  readonly children: ReactNode;
}

export function ActAtNode({ actorId, purpose, children }: ActAtNodeProps): ReactNode {
  const connection = useConnection();
  const cluster = useCluster();
  if (cluster.kind !== 'here') return null;
  if (cluster.data.actor_id === actorId) return children;
  const member = cluster.data.members.find((each) => each.actor_id === actorId);
  const origin = member?.api_url ?? null;
  if (member === undefined) return null;
  if (origin === null) {
    return (
      <p className="text-sm text-ink-2">
        <bdi>{member.address}</bdi> doesn’t tell the address of its API: open its own console{' '}
        {purpose}.
      </p>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm text-ink-2">
      <Button onClick={() => connection.choose(origin)}>Connect to {member.address}</Button>
      <span>{purpose}: this is done by the node itself.</span>
    </div>
  );
}
