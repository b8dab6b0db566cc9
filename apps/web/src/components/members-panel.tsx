// The members of the cluster, as this node sees them.

import type { Member } from '@patina/api/schemas.ts';
import type { ReactNode } from 'react';
import { formatMs, shortActorId } from '../lib/format.ts';
import type { Reading } from '../lib/reading.ts';
import { Panel } from './panel.tsx';

export function MembersPanel({ reading }: { readonly reading: Reading<Member[]> }): ReactNode {
  return (
    <Panel
      id="members"
      title="Members"
      about="Every node that this one knows of, and how far away it is."
      reading={reading}
      isEmpty={(members) => members.length === 0}
      emptyText="This node knows of no others. Start one that bootstraps from it."
    >
      {(members) => (
        <table>
          <thead>
            <tr>
              <th scope="col">Actor</th>
              <th scope="col">State</th>
              <th scope="col">Address</th>
              <th scope="col" className="number">
                Round trip
              </th>
              <th scope="col" className="number wide">
                Ring
              </th>
              <th scope="col" className="number wide">
                Incarnation
              </th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <MemberRow key={member.actor_id} member={member} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

const marks = { alive: '●', suspect: '◐', down: '○', left: '–' } as const;

function MemberRow({ member }: { readonly member: Member }): ReactNode {
  return (
    <tr>
      <td title={member.actor_id}>
        <code>{shortActorId(member.actor_id)}</code>
        {member.is_self ? <span className="self"> this node</span> : null}
      </td>
      <td>
        <span className={`state ${member.state}`}>
          <span aria-hidden="true">{marks[member.state]}</span> {member.state}
        </span>
      </td>
      <td className="address">
        <code>{member.address}</code>
      </td>
      <td className="number">{member.rtt_ms === null ? '–' : formatMs(member.rtt_ms)}</td>
      <td className="number wide">{member.ring ?? '–'}</td>
      <td className="number wide">{member.incarnation}</td>
    </tr>
  );
}
