// What this node lacks of each actor's versions.

import type { ActorLag } from '@patina/api/schemas.ts';
import type { ReactNode } from 'react';
import { formatCount, formatMs, shortActorId } from '../lib/format.ts';
import type { Reading } from '../lib/reading.ts';
import { Panel } from './panel.tsx';

export function LagPanel({ reading }: { readonly reading: Reading<ActorLag[]> }): ReactNode {
  return (
    <Panel
      id="lag"
      title="Lag"
      about="For each actor: its latest version known here, and what is still on the way."
      reading={reading}
      isEmpty={(lag) => lag.length === 0}
      emptyText="Nothing has been written yet, so there is nothing to lag behind."
    >
      {(lag) => (
        <table>
          <thead>
            <tr>
              <th scope="col">Actor</th>
              <th scope="col" className="number">
                Head
              </th>
              <th scope="col" className="number">
                Versions behind
              </th>
              <th scope="col" className="number">
                Time behind
              </th>
            </tr>
          </thead>
          <tbody>
            {lag.map((entry) => (
              <tr key={entry.actor_id} className={entry.versions > 0 ? 'behind' : undefined}>
                <td title={entry.actor_id}>
                  <code>{shortActorId(entry.actor_id)}</code>
                </td>
                <td className="number">{formatCount(entry.head)}</td>
                <td className="number">{formatCount(entry.versions)}</td>
                <td className="number">{formatMs(entry.ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
