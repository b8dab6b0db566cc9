// The answers of all nodes side by side, with what differs marked in words and colours.

'use client';

import { RefreshCw } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { formatCount, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { DataGrid } from '../../grid/data-grid.tsx';
import type { CellMark } from '../../grid/grid-types.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { EmptyNotice, FaultNotice, Skeleton } from '../../ui/panel.tsx';
import type { Comparison } from './compare.ts';
import { nodeCell, ordered, stateWords } from './compare-table.ts';
import {
  type CompareRun,
  type CompareState,
  comparisonOf,
  type NodeReply,
  untilEqualMsMax,
} from './use-compare.ts';

/** The timer is to be seen running, milliseconds. */
const tickMs = 100;

export function CompareView({ compare }: { readonly compare: CompareRun }): ReactNode {
  const { state, isRunning, start, cancel, chooseKey } = compare;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only these two decide.
  const comparison = useMemo(
    () => (state === undefined ? undefined : comparisonOf(state)),
    [state?.replies, state?.chosenKey],
  );
  if (state === undefined) {
    return <EmptyNotice>The answers of all nodes will be here, side by side.</EmptyNotice>;
  }
  const failed = state.replies.filter(({ fault }) => fault !== undefined);
  return (
    <section aria-label="Comparison" className="flex h-full min-h-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <Verdict state={state} comparison={comparison} isRunning={isRunning} />
        <Timer state={state} isRunning={isRunning} />
        <span className="ml-auto">
          {isRunning ? (
            <Button onClick={cancel}>Stop</Button>
          ) : (
            <Button onClick={() => start(state.order, true)}>
              <RefreshCw aria-hidden="true" className="size-4" />
              Run again until equal
            </Button>
          )}
        </span>
      </div>
      <Failures replies={failed} />
      {comparison === undefined ? (
        <NoComparison state={state} />
      ) : (
        <>
          <KeyChoice comparison={comparison} onChoose={chooseKey} />
          <Grid state={state} comparison={comparison} />
        </>
      )}
    </section>
  );
}

interface PartProps {
  readonly state: CompareState;
  readonly comparison: Comparison | undefined;
  readonly isRunning: boolean;
}

function Verdict({ state, comparison, isRunning }: PartProps): ReactNode {
  const { replies, order } = state;
  const answered = replies.filter(({ result }) => result !== undefined).length;
  const isCut = replies.some(({ result }) => result?.truncated === true);
  if (replies.length === 0) return isRunning ? <Badge tone="info">Asking</Badge> : null;
  const { counts, isEqual = false } = comparison ?? {};
  const isWhole = answered === order.nodes.length;
  return (
    <div role="status" className="flex flex-wrap items-center gap-2 text-sm">
      {comparison === undefined ? null : (
        <Badge tone={isEqual && isWhole ? 'good' : 'warn'}>
          {isEqual ? (isWhole ? '= Equal at all nodes' : '= Equal where answered') : '≠ Not equal'}
        </Badge>
      )}
      <span className="figures text-ink-2">
        {answered}/{order.nodes.length} nodes answer
        {counts === undefined
          ? ''
          : `; ${formatCount(counts.equal)} equal, ${formatCount(counts.differs)} differ, ${formatCount(counts.missing)} missing somewhere`}
      </span>
      {isCut ? (
        <Badge tone="warn" title="Rows beyond the limit are not compared.">
          truncated at {plural(order.rowsMax, 'row')}
        </Badge>
      ) : null}
    </div>
  );
}

function Timer({ state, isRunning }: Omit<PartProps, 'comparison'>): ReactNode {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [isRunning]);
  const { startedAtMs, tookMs, isUntilEqual, ended, rounds } = state;
  const ms = tookMs ?? Math.max(0, nowMs - startedAtMs);
  if (!isUntilEqual)
    return <span className="figures text-sm text-ink-2">{formatDuration(ms)}</span>;
  const words = {
    equal: 'Equal after',
    answered: 'Answered after',
    limit: `Not equal within ${formatDuration(untilEqualMsMax)}, given up after`,
    canceled: 'Stopped after',
  } as const;
  return (
    <span className="figures text-sm text-ink-2">
      {ended === undefined ? 'Asking until equal,' : words[ended]}{' '}
      {isRunning ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(ms)}, {plural(rounds, 'round')}
    </span>
  );
}

function Failures({ replies }: { readonly replies: readonly NodeReply[] }): ReactNode {
  if (replies.length === 0) return null;
  return (
    <ul aria-label="Nodes that failed" className="max-h-28 shrink-0 overflow-y-auto text-sm">
      {replies.map(({ node, fault }) => (
        <li key={node.actorId} className="flex gap-2 py-0.5">
          <Badge tone="bad">failed</Badge>
          <span className="min-w-0">
            <bdi className="font-medium">{node.name}</bdi>: {fault?.text} {fault?.hint}
          </span>
        </li>
      ))}
    </ul>
  );
}

function NoComparison({ state }: { readonly state: CompareState }): ReactNode {
  const answered = state.replies.filter(({ result }) => result !== undefined);
  if (state.replies.length === 0) return <Skeleton lines={4} />;
  if (answered.length === 0) return <EmptyNotice>No node has answered.</EmptyNotice>;
  return (
    <FaultNotice
      fault={{
        code: 'COLUMNS',
        text: 'The nodes answer with different columns, so their rows can’t be compared.',
        hint: 'Name the columns in the query. The page Schema shows where the schemas differ.',
        isForbidden: false,
      }}
    />
  );
}

/** Columns offered as the key; results of hundreds of columns are told apart by their first ones. */
const keyColumnsShownMax = 40;

interface KeyChoiceProps {
  readonly comparison: Comparison;
  readonly onChoose: (places: readonly number[]) => void;
}

function KeyChoice({ comparison, onChoose }: KeyChoiceProps): ReactNode {
  const { columns, keyColumns } = comparison;
  const isWhole = keyColumns.length === columns.length;
  const toggle = (place: number, isOn: boolean) => {
    const others = (isWhole ? [] : keyColumns).filter((each) => each !== place);
    onChoose(isOn || isWhole ? [...others, place].toSorted((a, b) => a - b) : others);
  };
  return (
    <details className="shrink-0 text-sm">
      <summary className="w-fit rounded text-ink-2 hover:text-ink">
        Rows by{' '}
        {isWhole ? 'the whole row' : keyColumns.map((place) => columns[place] ?? '').join(', ')}
      </summary>
      <fieldset className="flex max-h-24 flex-wrap gap-x-4 gap-y-1 overflow-y-auto py-1.5">
        <legend className="sr-only">Columns that tell rows apart</legend>
        {columns.slice(0, keyColumnsShownMax).map((name, place) => (
          <Checkbox
            // biome-ignore lint/suspicious/noArrayIndexKey: columns of a result may share a name.
            key={place}
            label={name}
            checked={!isWhole && keyColumns.includes(place)}
            onChange={({ target }) => toggle(place, target.checked)}
          />
        ))}
      </fieldset>
    </details>
  );
}

interface GridProps {
  readonly state: CompareState;
  readonly comparison: Comparison;
}

function Grid({ state, comparison }: GridProps): ReactNode {
  const { keyColumns, columns: names } = comparison;
  const rows = useMemo(() => ordered(comparison.rows), [comparison]);
  const nodes = state.replies.filter(({ result }) => result !== undefined);
  const columns = [
    ...keyColumns.map((place) => ({
      ...{ key: `key ${place}`, title: names[place] ?? '', isKey: true },
    })),
    { key: 'state', title: 'state' },
    ...nodes.map(({ node, ms }) => ({
      ...{ key: node.actorId, title: node.name, about: formatDuration(ms) },
    })),
  ];
  const first = keyColumns.length + 1;
  if (rows.length === 0) return <EmptyNotice>The answers have no rows.</EmptyNotice>;
  return (
    <div className="min-h-0 flex-1">
      <DataGrid
        label="Comparison of rows"
        columns={columns}
        rowCount={rows.length}
        version={state.rounds}
        className="h-full"
        cell={(row, column) => {
          const compared = rows[row];
          if (compared === undefined) return null;
          if (column < keyColumns.length) return compared.key[column] ?? null;
          if (column < first) return stateWords[compared.state];
          return nodeCell(comparison, compared, column - first);
        }}
        cellMark={(row, column): CellMark | undefined => {
          const compared = rows[row];
          if (compared === undefined || compared.state === 'equal') return undefined;
          if (column < keyColumns.length) return undefined;
          if (column < first) return { tone: compared.state };
          const isMissing = compared.rows[column - first] === undefined;
          if (isMissing) return { tone: 'missing', title: 'This node doesn’t have the row.' };
          return compared.differing.length > 0
            ? { tone: 'differs', title: 'Not the same at all nodes.' }
            : undefined;
        }}
      />
    </div>
  );
}
