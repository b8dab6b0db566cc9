// Sync sessions that ended lately, of all nodes and of both roles, the newest first.

'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { useMembers } from '../../connection/cluster-reading.tsx';
import { nodeIdOf } from '../../connection/node-id.ts';
import type { Answers, ClusterMember } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { formatBytes, formatCount, noFigure } from '../../format/numbers.ts';
import { formatClock, formatDuration } from '../../format/times.ts';
import { useTimeZone } from '../../settings/settings.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';

type Session = Answers['replication']['sessions']['items'][number];

interface NodeSession extends Session {
  readonly actorId: string;
  readonly node: string;
}

/** Sessions asked for of each node, and shown of all; nodes that are asked. */
const perNodeMax = 100;
const shownMax = 60;
const nodesMax = 30;

/** milliseconds */
const againMs = 3_000;

const kinds = ['all', 'changes', 'failed'] as const;

export function SessionsTab(): ReactNode {
  const members = useMembers();
  const [chosen, setChosen] = useQueryState('node', parseAsString);
  const [kind, setKind] = useQueryState('kind', parseAsStringLiteral(kinds).withDefault('all'));
  const asked = members
    .filter(({ state, actor_id: id }) => state === 'alive' && (chosen ?? id) === id)
    .slice(0, nodesMax);
  const { reading } = useAnswer(
    ['replication.sessions', ...asked.map(({ actor_id: id }) => id)],
    async (api, signal) => {
      const answers = await Promise.allSettled(
        asked.map((member) => sessionsOf(member, api, signal)),
      );
      const silent = asked.filter((_, at) => answers[at]?.status === 'rejected');
      const failed = answers.find((each) => each.status === 'rejected');
      if (failed !== undefined && silent.length === asked.length) throw failed.reason;
      const sessions = answers.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      return { sessions, silent: silent.map(({ address }) => address) };
    },
    { everyMs: againMs, isEnabled: asked.length > 0 },
  );
  return (
    <ReadingPanel
      title="Sync sessions"
      about="A node asks a peer for what it lacks: both sides tell of it"
      reading={reading}
      isFlush
      actions={
        <div className="flex flex-wrap gap-2">
          <SelectField
            label="Node"
            isLabelHidden
            value={chosen ?? ''}
            choices={[
              { value: '', label: 'All nodes' },
              ...members.map(({ actor_id: value, address }) => ({ value, label: address })),
            ]}
            onChoose={(value) => void setChosen(value === '' ? null : value)}
            className="max-w-40"
          />
          <SelectField
            label="Sessions"
            isLabelHidden
            value={kind}
            choices={[
              { value: 'all', label: 'All' },
              { value: 'changes', label: 'With changes' },
              { value: 'failed', label: 'Failed' },
            ]}
            onChoose={(value) => void setKind(value)}
          />
        </div>
      }
    >
      {({ sessions, silent }) => (
        <>
          <SessionTable
            sessions={sessions
              .filter((session) => isOfKind(session, kind))
              .toSorted((a, b) => b.at_ms - a.at_ms)
              .slice(0, shownMax)}
          />
          {silent.length === 0 ? null : (
            <p className="px-4 py-2 text-sm text-bad">✕ No answer from {silent.join(', ')}.</p>
          )}
        </>
      )}
    </ReadingPanel>
  );
}

async function sessionsOf(
  member: ClusterMember,
  api: Parameters<Parameters<typeof useAnswer>[1]>[0],
  signal: AbortSignal,
): Promise<NodeSession[]> {
  const { actor_id: actorId, address } = member;
  const asked = { node: nodeIdOf(actorId), limit: perNodeMax };
  const { items } = await api.replication.sessions.query(asked, { signal });
  return items.map((session) => ({ ...session, actorId, node: address }));
}

function isOfKind({ result, chunks }: Session, kind: (typeof kinds)[number]): boolean {
  if (kind === 'changes') return chunks > 0;
  return kind === 'all' || toneOf(result) === 'bad';
}

function toneOf(result: Session['result']): Tone {
  if (result === 'agreed') return 'muted';
  if (result === 'complete') return 'good';
  return result === 'rejected' || result === 'stopped' ? 'warn' : 'bad';
}

const marks: Readonly<Record<Tone, string>> = {
  good: '✓',
  muted: '=',
  warn: '!',
  bad: '✕',
  info: '·',
};

function SessionTable({ sessions }: { readonly sessions: readonly NodeSession[] }): ReactNode {
  const zone = useTimeZone();
  if (sessions.length === 0) {
    return <p className="px-4 py-3 text-sm text-ink-3">No such sessions lately.</p>;
  }
  const most = sessions.reduce((max, { bytes }) => Math.max(max, bytes), 1);
  return (
    <Table
      label="Sync sessions that ended lately"
      head={
        <>
          <HeadCell>Ended</HeadCell>
          <HeadCell>Node</HeadCell>
          <HeadCell>Role</HeadCell>
          <HeadCell>Peer</HeadCell>
          <HeadCell>Result</HeadCell>
          <HeadCell isNumber>Requests</HeadCell>
          <HeadCell isNumber>Chunks</HeadCell>
          <HeadCell isNumber>Versions gained</HeadCell>
          <HeadCell isNumber>Took</HeadCell>
          <HeadCell>Bytes</HeadCell>
        </>
      }
    >
      {sessions.map((each) => (
        <Row key={`${each.actorId} ${each.hlc}`}>
          <Cell className="figures whitespace-nowrap">{formatClock(each.at_ms, zone)}</Cell>
          <Cell className="font-mono text-xs whitespace-nowrap">{each.node}</Cell>
          <Cell className="whitespace-nowrap">
            {each.role === 'client' ? '↓ asks' : '↑ answers'}
          </Cell>
          <Cell className="font-mono text-xs whitespace-nowrap">{each.address}</Cell>
          <Cell>
            <Badge
              tone={toneOf(each.result)}
              {...(each.reason === null ? {} : { title: each.reason })}
            >
              <span aria-hidden="true">{marks[toneOf(each.result)]}</span>
              {each.result}
            </Badge>
            {each.reason === null ? null : (
              <span className="block max-w-60 truncate text-xs text-ink-2" title={each.reason}>
                {each.reason}
              </span>
            )}
          </Cell>
          <Cell isNumber>{formatCount(each.requests)}</Cell>
          <Cell isNumber>{formatCount(each.chunks)}</Cell>
          <Cell isNumber>{formatCount(each.gained_versions)}</Cell>
          <Cell isNumber>{formatDuration(each.duration_ms)}</Cell>
          <Cell className="w-48 whitespace-nowrap">
            <ByteBar bytes={each.bytes} most={most} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function ByteBar({ bytes, most }: { readonly bytes: number; readonly most: number }): ReactNode {
  if (bytes === 0) return <span className="text-ink-3">{noFigure}</span>;
  return (
    <span className="flex items-center gap-2">
      <svg
        aria-hidden="true"
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        className="h-1.5 w-20 shrink-0"
      >
        <rect width="100" height="6" fill="var(--sunken)" />
        <rect width={Math.max(1, (bytes / most) * 100)} height="6" fill="var(--accent)" />
      </svg>
      <span className="figures">{formatBytes(bytes)}</span>
    </span>
  );
}
