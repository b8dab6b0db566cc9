// The four figures that say whether this node keeps up.

import type { Health } from '@patina/api/schemas.ts';
import type { ReactNode } from 'react';
import { formatCount, formatMs } from '../lib/format.ts';
import type { Reading } from '../lib/reading.ts';
import { Panel } from './panel.tsx';

export function HealthPanel({ reading }: { readonly reading: Reading<Health> }): ReactNode {
  return (
    <Panel
      id="health"
      title="This node"
      about="How well the node that serves this page keeps up with the others."
      reading={reading}
    >
      {(health) => (
        <dl className="figures">
          <Figure name="Members" value={formatCount(health.members)} />
          <Figure name="Missing versions" value={formatCount(health.gaps)} />
          <Figure
            name="Lag (p99)"
            value={health.p99_lag === null ? 'none yet' : formatMs(health.p99_lag * 1_000)}
          />
          <Figure name="Waiting to be applied" value={formatCount(health.queue_size)} />
        </dl>
      )}
    </Panel>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
