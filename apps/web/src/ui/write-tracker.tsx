// How a write spreads: which nodes have its version, and after how long.

'use client';

import { Check, Hourglass, TriangleAlert } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useConnection } from '../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../connection/faults.ts';
import { nodeIdOf } from '../connection/node-id.ts';
import type { Answers, EventOf } from '../connection/shapes.ts';
import { shortActorId } from '../format/ids.ts';
import { formatCount } from '../format/numbers.ts';
import { formatDuration } from '../format/times.ts';
import { Badge } from './badge.tsx';
import { FaultNotice } from './panel.tsx';

type Spread = EventOf<Answers['replication']['onVersion']>;

/** Nodes that don't have the version then are given up, milliseconds. */
const waitMs = 60_000;

interface WrittenVersionProps {
  readonly written: Pick<Answers['sql']['execute'], 'version' | 'actor_id'>;
  /** Where it was written. */
  readonly nodeName: string;
}

/** Which version a transaction made, and how that spreads. */
export function WrittenVersion({ written, nodeName }: WrittenVersionProps): ReactNode {
  const { version, actor_id: actorId } = written;
  if (version === null) {
    return <p className="text-sm text-ink-2">It changed nothing that is replicated.</p>;
  }
  return (
    <>
      <p className="mb-1 text-sm text-ink-2">
        Version <strong className="figures text-ink">{formatCount(version)}</strong> of actor{' '}
        <code title={actorId}>{shortActorId(actorId)}</code>, written at <bdi>{nodeName}</bdi>.
      </p>
      <WriteTracker actorId={actorId} version={version} />
    </>
  );
}

interface WriteTrackerProps {
  readonly actorId: string;
  readonly version: number;
}

function WriteTracker({ actorId, version }: WriteTrackerProps): ReactNode {
  const { spread, fault } = useSpread(actorId, version);
  if (fault !== undefined) return <FaultNotice fault={fault} />;
  if (spread === undefined) return <p className="text-sm text-ink-3">Asking the other nodes…</p>;
  const seen = spread.nodes.filter(({ ms }) => ms !== null);
  const slowest = Math.max(0, ...seen.map(({ ms }) => ms ?? 0));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <p role="status" className="figures text-sm">
        Seen by {seen.length}/{spread.nodes.length} nodes, {formatDuration(slowest)}
      </p>
      <ul aria-label="Nodes that have the version" className="flex flex-wrap gap-1.5">
        {spread.nodes.map((node) => (
          <li key={node.actor_id}>
            <NodeMark node={node} isDone={spread.is_done} />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface NodeMarkProps {
  readonly node: Spread['nodes'][number];
  readonly isDone: boolean;
}

function NodeMark({ node, isDone }: NodeMarkProps): ReactNode {
  const { address, ms, error } = node;
  if (ms !== null) {
    return (
      <Badge tone="good">
        <Check aria-hidden="true" className="size-3" />
        <bdi>{address}</bdi> has it, {formatDuration(ms)}
      </Badge>
    );
  }
  const isGivenUp = error !== null || isDone;
  return (
    <Badge tone={isGivenUp ? 'bad' : 'muted'} {...(error === null ? {} : { title: error })}>
      {isGivenUp ? (
        <TriangleAlert aria-hidden="true" className="size-3" />
      ) : (
        <Hourglass aria-hidden="true" className="size-3" />
      )}
      <bdi>{address}</bdi> {isGivenUp ? 'doesn’t have it' : 'waits for it'}
    </Badge>
  );
}

function useSpread(actorId: string, version: number) {
  const { api } = useConnection();
  const [spread, setSpread] = useState<Spread>();
  const [fault, setFault] = useState<Fault>();
  useEffect(() => {
    setSpread(undefined);
    setFault(undefined);
    const actor = nodeIdOf(actorId);
    if (actor === undefined) return;
    // It ends by itself; a connection that is lost begins it anew at the next node.
    const handle = api.replication.onVersion.subscribe(
      { actor_id: actor, version, wait_ms: waitMs },
      { onData: setSpread, onError: (error) => setFault(faultOf(error)) },
    );
    return () => handle.unsubscribe();
  }, [api, actorId, version]);
  return { spread, fault };
}
