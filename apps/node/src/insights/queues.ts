// The queues of a node, each with its limit: what fills up is where a node cannot keep pace.

import type { QueueState } from '@patina/api/insights/shapes.ts';
import { broadcastLimits } from '@patina/engine/broadcast/events.ts';
import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';

export interface QueueParts {
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly readers: ReaderPool;
  readonly live: LiveQueries;
}

export function queueStates({ node, storage, readers, live }: QueueParts): QueueState[] {
  const { queued, busy } = readers.stats();
  const { subscribers, queries } = live.stats();
  return [
    state('writer', 'Writes that wait or are under way', 'writes', storage.queued()),
    state('apply', 'Chunks that wait to be merged', 'chunks', node.queued),
    state(
      'broadcast',
      'Chunks kept to be sent',
      'bytes',
      node.broadcast.retainedBytes,
      broadcastLimits.retainedBytesMax,
    ),
    state('sync', 'Sync sessions under way, both sides', 'sessions', node.syncSessions),
    state('readers', 'Queries that wait for a reader', 'queries', queued),
    state('readers-busy', 'Queries that run', 'queries', busy),
    state('live-queries', 'Live queries', 'queries', queries),
    state('live-subscribers', 'Subscribers of live queries', 'subscribers', subscribers),
  ];
}

function state(
  name: string,
  about: string,
  unit: string,
  length: number,
  limit: number | null = null,
): QueueState {
  return { name, about, unit, length, limit };
}
