// The headline: how long it takes until a write is visible everywhere, measured by each node with its own
// clock, and between which two nodes it takes longest.

'use client';

import type { ReactNode } from 'react';
import { useCluster, useMembers } from '../../connection/cluster-reading.tsx';
import type { Answers } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { formatCount, noFigure, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import type { LagMatrix } from './lag-reading.ts';
import { worstPairs } from './lag-words.ts';

/** milliseconds */
const againMs = 5_000;

type Convergence = Answers['replication']['convergence'];

export function ConvergenceStrip({
  matrix,
}: {
  readonly matrix: LagMatrix | undefined;
}): ReactNode {
  const cluster = useCluster();
  const members = useMembers();
  const { reading } = useAnswer(
    ['replication.convergence'],
    (api, signal) => api.replication.convergence.query(undefined, { signal }),
    { everyMs: againMs },
  );
  const measured = cluster.kind === 'here' ? cluster.data.convergence : undefined;
  const slowest = reading.kind === 'here' ? slowestPair(reading.data) : undefined;
  const lacking = matrix === undefined ? undefined : worstPairs(matrix, Number.POSITIVE_INFINITY);
  const silent = matrix?.observers.filter(({ trouble }) => trouble !== null).length ?? 0;
  const addressOf = (id: string) =>
    members.find((member) => member.actor_id === id)?.address ?? id.slice(0, 8);
  return (
    <section
      aria-label="Convergence"
      className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line lg:grid-cols-4"
    >
      <Figure
        name="Visible everywhere, p50"
        value={formatDuration(measured?.p50_ms)}
        about="half of all writes are sooner"
      />
      <Figure
        name="Visible everywhere, p99"
        value={formatDuration(measured?.p99_ms)}
        about="of 100 writes one is later"
      />
      <Figure
        name="Slowest pair, p99"
        value={formatDuration(slowest?.ms)}
        about={
          slowest === undefined
            ? 'not measured yet'
            : `${addressOf(slowest.from)} → ${addressOf(slowest.to)}`
        }
      />
      <Figure
        name="Pairs behind now"
        value={lacking === undefined ? noFigure : formatCount(lacking.length)}
        about={
          lacking === undefined
            ? 'waiting for the nodes'
            : lacking.length === 0
              ? silent > 0
                ? `${plural(silent, 'node')} can’t be asked`
                : 'nothing known is lacking'
              : `${formatCount(lacking.reduce((sum, { versions }) => sum + versions, 0))} versions in all`
        }
      />
    </section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly about: string;
}

function Figure({ name, value, about }: FigureProps): ReactNode {
  return (
    <div className="min-w-0 bg-surface px-4 py-3">
      <p className="text-xs text-ink-2">{name}</p>
      <p className="figures text-2xl font-semibold">{value}</p>
      <p className="truncate text-xs text-ink-3" title={about}>
        {about}
      </p>
    </div>
  );
}

function slowestPair({ nodes }: Convergence) {
  const pairs = nodes.flatMap((node) =>
    node.ok
      ? node.answer.peers.flatMap(({ actor_id: to, p99_ms: ms }) =>
          ms === null ? [] : [{ from: node.actor_id, to, ms }],
        )
      : [],
  );
  return pairs.toSorted((a, b) => b.ms - a.ms)[0];
}
