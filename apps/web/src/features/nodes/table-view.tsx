// All members as a table, with filters and order in the URL.

import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryState,
} from 'nuqs';
import type { ReactNode } from 'react';
import { useCluster } from '../../connection/cluster-reading.tsx';
import { mapReading } from '../../connection/reading.ts';
import type { ClusterMember } from '../../connection/shapes.ts';
import { shortActorId } from '../../format/ids.ts';
import { formatBytes, formatCount, plural } from '../../format/numbers.ts';
import { formatAgo, formatDuration } from '../../format/times.ts';
import { StateBadge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useNowMs } from '../../ui/clock.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Segments, SelectField, TextField } from '../../ui/fields.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';
import { Cell, Row, Table } from '../../ui/table.tsx';
import {
  listed,
  type NodeFilter,
  queueOf,
  type SortKey,
  sortKeys,
  versionsOf,
} from './node-filter.ts';

const states = ['alive', 'suspect', 'down', 'left'] as const;

const heardChoices = [
  { value: '', label: 'Heard whenever' },
  { value: '5', label: 'Heard in the last 5 s' },
  { value: '60', label: 'Heard in the last minute' },
  { value: '3600', label: 'Heard in the last hour' },
] as const;

interface FilterState extends NodeFilter {
  readonly sort: SortKey;
  readonly isDescending: boolean;
  readonly setText: (text: string) => void;
  readonly setState: (state: string) => void;
  readonly setVersion: (version: string) => void;
  readonly setHeard: (seconds: string) => void;
  readonly sortBy: (key: SortKey) => void;
  readonly isFiltered: boolean;
  readonly clear: () => void;
}

function useFilter(): FilterState {
  const [text, setText] = useQueryState('q', parseAsString.withDefault(''));
  const [chosen, setStates] = useQueryState(
    'state',
    parseAsArrayOf(parseAsStringLiteral(states)).withDefault([]),
  );
  const [version, setVersion] = useQueryState('version', parseAsString);
  const [heardWithinS, setHeard] = useQueryState('heard', parseAsInteger);
  const [sort, setSort] = useQueryState(
    'sort',
    parseAsStringLiteral(sortKeys).withDefault('address'),
  );
  const [isDescending, setDescending] = useQueryState('desc', parseAsBoolean.withDefault(false));
  const stateOf = (value: string) => states.find((state) => state === value);
  return {
    text,
    states: chosen,
    version,
    heardWithinS,
    sort,
    isDescending,
    setText: (value) => void setText(value === '' ? null : value),
    setState: (value) => {
      const state = stateOf(value);
      void setStates(state === undefined ? null : [state]);
    },
    setVersion: (value) => void setVersion(value === '' ? null : value),
    setHeard: (value) => void setHeard(value === '' ? null : Number(value)),
    sortBy: (key) => {
      void setDescending(key === sort && !isDescending ? true : null);
      void setSort(key);
    },
    isFiltered: text !== '' || chosen.length > 0 || version !== null || heardWithinS !== null,
    clear: () => {
      void setText(null);
      void setStates(null);
      void setVersion(null);
      void setHeard(null);
    },
  };
}

export function TableView(): ReactNode {
  const reading = mapReading(useCluster(), ({ members }) => members);
  const filter = useFilter();
  return (
    <ReadingPanel title="Members" reading={reading} isFlush skeletonLines={6}>
      {(members) => <Members members={members} filter={filter} />}
    </ReadingPanel>
  );
}

interface MembersProps {
  readonly members: readonly ClusterMember[];
  readonly filter: FilterState;
}

function Members({ members, filter }: MembersProps): ReactNode {
  const nowMs = useNowMs();
  const { sort, isDescending } = filter;
  const shown = listed(members, filter, sort, isDescending, nowMs);
  return (
    <>
      <Filters members={members} filter={filter} />
      <p role="status" className="px-4 pb-2 text-xs text-ink-2">
        {shown.length === members.length
          ? plural(members.length, 'node')
          : `${formatCount(shown.length)} of ${plural(members.length, 'node')}`}
      </p>
      <Table
        label="Members of the cluster"
        className="[&_td]:align-middle"
        head={
          <>
            <SortHead sortKey="address" title="Node" filter={filter} />
            <th scope="col" className={headClasses}>
              Id
            </th>
            <SortHead sortKey="state" title="State" filter={filter} />
            <SortHead sortKey="version" title="Version" filter={filter} />
            <SortHead sortKey="incarnation" title="Incarnation" filter={filter} isNumber />
            <SortHead sortKey="heard" title="Last heard" filter={filter} isNumber />
            <SortHead sortKey="rtt" title="Round trip" filter={filter} isNumber />
            <SortHead sortKey="size" title="Database" filter={filter} isNumber />
            <SortHead sortKey="queue" title="Queue" filter={filter} isNumber />
            <SortHead sortKey="uptime" title="Up for" filter={filter} isNumber />
          </>
        }
      >
        {shown.map((member) => (
          <MemberRow key={member.actor_id} member={member} nowMs={nowMs} />
        ))}
      </Table>
      {shown.length > 0 ? null : (
        <p className="px-4 py-3 text-sm text-ink-2">
          No node is like that. <Button onClick={filter.clear}>Clear the filters</Button>
        </p>
      )}
    </>
  );
}

function Filters({ members, filter }: MembersProps): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 pb-2">
      <TextField
        label="Address or id"
        isLabelHidden
        type="search"
        placeholder="Address or id"
        value={filter.text}
        onChange={({ target }) => filter.setText(target.value)}
        className="w-44"
      />
      <div className="overflow-x-auto">
        <Segments
          label="State"
          value={filter.states[0] ?? ''}
          choices={[
            { value: '', label: 'All' },
            ...states.map((value) => ({ value, label: value })),
          ]}
          onChoose={filter.setState}
        />
      </div>
      <SelectField
        label="Version"
        isLabelHidden
        value={filter.version ?? ''}
        choices={[
          { value: '', label: 'All versions' },
          ...versionsOf(members).map((value) => ({ value, label: value })),
        ]}
        onChoose={filter.setVersion}
      />
      <SelectField
        label="Last heard"
        isLabelHidden
        value={filter.heardWithinS === null ? '' : String(filter.heardWithinS)}
        choices={[...heardChoices]}
        onChoose={filter.setHeard}
      />
      {filter.isFiltered ? (
        <Button look="quiet" onClick={filter.clear}>
          Clear
        </Button>
      ) : null}
    </div>
  );
}

const headClasses = 'px-3 py-1.5 text-xs font-medium whitespace-nowrap text-ink-3';

interface SortHeadProps {
  readonly sortKey: SortKey;
  readonly title: string;
  readonly filter: FilterState;
  readonly isNumber?: boolean;
}

function SortHead({ sortKey, title, filter, isNumber = false }: SortHeadProps): ReactNode {
  const isSorted = filter.sort === sortKey;
  const order = filter.isDescending ? 'descending' : 'ascending';
  return (
    <th
      scope="col"
      aria-sort={isSorted ? order : 'none'}
      className={`${headClasses} ${isNumber ? 'text-right' : ''}`}
    >
      <button
        type="button"
        onClick={() => filter.sortBy(sortKey)}
        className="min-h-6 font-medium hover:text-ink"
      >
        {title}
        <span aria-hidden="true" className="inline-block w-3">
          {isSorted ? (filter.isDescending ? '↓' : '↑') : ''}
        </span>
      </button>
    </th>
  );
}

interface MemberRowProps {
  readonly member: ClusterMember;
  readonly nowMs: number;
}

function MemberRow({ member, nowMs }: MemberRowProps): ReactNode {
  const { actor_id: id, address, about } = member;
  return (
    <Row>
      <Cell className="whitespace-nowrap">
        <PageLink
          href={`/nodes?id=${id}`}
          className="inline-flex min-h-6 items-center font-mono text-xs underline decoration-line-strong underline-offset-2"
        >
          <bdi>{address}</bdi>
        </PageLink>
        {member.is_self ? <span className="ml-2 text-xs text-ink-2">this node</span> : null}
        {about === null && member.error !== null ? (
          <span className="block max-w-64 truncate text-xs text-bad" title={member.error}>
            {member.error}
          </span>
        ) : null}
      </Cell>
      <Cell className="whitespace-nowrap">
        <span className="inline-flex items-center gap-1">
          <code className="text-xs">{shortActorId(id)}</code>
          <CopyButton text={id} label={`Copy the id of ${address}`} />
        </span>
      </Cell>
      <Cell>
        <StateBadge state={member.state} />
      </Cell>
      <Cell className="whitespace-nowrap">{about?.software_version ?? '–'}</Cell>
      <Cell isNumber>{formatCount(member.incarnation)}</Cell>
      <Cell isNumber className="whitespace-nowrap">
        {member.is_self ? 'now' : formatAgo(member.last_seen_ms, nowMs)}
      </Cell>
      <Cell isNumber className="whitespace-nowrap">
        {formatDuration(member.rtt_ms)}
      </Cell>
      <Cell isNumber className="whitespace-nowrap">
        {formatBytes(about?.latest['db_bytes'])}
      </Cell>
      <Cell isNumber>{formatCount(queueOf(member))}</Cell>
      <Cell isNumber className="whitespace-nowrap">
        {formatDuration(about?.uptime_ms)}
      </Cell>
    </Row>
  );
}
