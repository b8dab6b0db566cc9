// The last minutes of the cluster for the charts: each reading is added, and each node is asked once for what
// it recorded before.

'use client';

import { useEffect, useRef, useState } from 'react';
import { useCluster, useMembers } from '../../connection/cluster-reading.tsx';
import { useConnection } from '../../connection/connection-provider.tsx';
import { nodeIdOf } from '../../connection/node-id.ts';
import type { ClusterReading } from '../../connection/shapes.ts';
import {
  addPast,
  addReading,
  chartedNames,
  type History,
  momentsMax,
  noHistory,
  pastNodesMax,
} from './history.ts';

interface Folded {
  readonly from: ClusterReading | undefined;
  readonly history: History;
}

export function useHistory(): History {
  const reading = useCluster();
  const { api } = useConnection();
  const members = useMembers();
  const [folded, setFolded] = useState<Folded>({ from: undefined, history: noHistory });
  const asked = useRef(new Set<string>());
  let current = folded;
  if (reading.kind === 'here' && reading.data !== folded.from) {
    current = { from: reading.data, history: addReading(folded.history, reading.data) };
    setFolded(current);
  }
  useEffect(() => {
    for (const { actor_id: actorId, about } of members) {
      if (about === null || asked.current.has(actorId)) continue;
      if (asked.current.size >= pastNodesMax) return;
      asked.current.add(actorId);
      const aheadMs = clockAhead(about.now_ms);
      const since = Math.max(0, about.now_ms - momentsMax * 1_000);
      api.nodes.series
        .query({ node: nodeIdOf(actorId), names: [...chartedNames], after_ms: since })
        .then(
          (series) =>
            setFolded((before) => ({
              ...before,
              history: addPast(before.history, actorId, series, aheadMs),
            })),
          // Then its lines begin now; that the node does not answer is told elsewhere on the page.
          () => asked.current.delete(actorId),
        );
    }
  }, [api, members]);
  return current.history;
}

/** Differences that may as well be the age of the answer are none, milliseconds. */
const ageMsMax = 2_500;

function clockAhead(nodeMs: number): number {
  const aheadMs = nodeMs - Date.now();
  return Math.abs(aheadMs) < ageMsMax ? 0 : aheadMs;
}
