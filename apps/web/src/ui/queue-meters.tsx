// The queues of one node, each against its limit. What fills up is where a node cannot keep pace.

'use client';

import type { ReactNode } from 'react';
import { nodeIdOf } from '../connection/node-id.ts';
import type { Answers } from '../connection/shapes.ts';
import { useFeed } from '../connection/use-feed.ts';
import { formatBytes, formatCount } from '../format/numbers.ts';
import { Meter } from './meter.tsx';
import { ReadingPanel } from './panel.tsx';
import { Cell, HeadCell, Row, Table } from './table.tsx';

type QueueStates = Answers['nodes']['queues'];

interface QueueMetersProps {
  readonly title: string;
  readonly actorId: string;
}

export function QueueMeters({ title, actorId }: QueueMetersProps): ReactNode {
  const node = nodeIdOf(actorId);
  const reading = useFeed<QueueStates>(
    (api, to) => api.nodes.onQueues.subscribe({ node }, to),
    actorId,
  );
  return (
    <ReadingPanel title={title} reading={reading} isFlush>
      {(queues) => (
        <Table
          label={`${title}: queues`}
          head={
            <>
              <HeadCell>Queue</HeadCell>
              <HeadCell isNumber>Now</HeadCell>
              <HeadCell>Of its limit</HeadCell>
            </>
          }
        >
          {queues.map(({ name, about, unit, length, limit }) => (
            <Row key={name}>
              <Cell>
                <span className="block">{name}</span>
                <span className="text-xs text-ink-3">{about}</span>
              </Cell>
              <Cell isNumber className="whitespace-nowrap">
                {amount(length, unit)}
              </Cell>
              <Cell className="whitespace-nowrap">
                {limit === null ? (
                  <span className="text-xs text-ink-3">no limit of its own</span>
                ) : (
                  <Meter
                    label={name}
                    share={limit === 0 ? 0 : length / limit}
                    text={amount(limit, unit)}
                  />
                )}
              </Cell>
            </Row>
          ))}
        </Table>
      )}
    </ReadingPanel>
  );
}

function amount(value: number, unit: string): string {
  return unit === 'bytes' ? formatBytes(value) : `${formatCount(value)} ${unit}`;
}
