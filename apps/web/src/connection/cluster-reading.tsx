// What the whole console stands on: the newest reading of the cluster, followed once for all parts.

'use client';

import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { useConnection } from './connection-provider.tsx';
import type { Reading } from './reading.ts';
import type { ClusterMember, ClusterReading } from './shapes.ts';
import { useFeed } from './use-feed.ts';

const ClusterContext = createContext<Reading<ClusterReading>>({ kind: 'loading' });

export function ClusterProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const connection = useConnection();
  const reading = useFeed<ClusterReading>((api, to) => api.cluster.watch.subscribe(undefined, to));
  const members = reading.kind === 'here' ? reading.data.members : undefined;
  useEffect(() => {
    if (members === undefined) return;
    connection.learn(
      members.flatMap(({ actor_id: actorId, address, api_url: origin, state }) =>
        origin === null ? [] : [{ actorId, address, origin, isAlive: state === 'alive' }],
      ),
    );
  }, [members, connection]);
  return <ClusterContext value={reading}>{children}</ClusterContext>;
}

export function useCluster(): Reading<ClusterReading> {
  return useContext(ClusterContext);
}

/** The members of the newest reading; none before it is here. */
export function useMembers(): readonly ClusterMember[] {
  const reading = useCluster();
  return reading.kind === 'here' ? reading.data.members : noMembers;
}

const noMembers: readonly ClusterMember[] = [];
