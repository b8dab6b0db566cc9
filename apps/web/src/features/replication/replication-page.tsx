// The page Replication: how soon writes are everywhere, who lacks what from whom, now and in the last
// minutes, and what is done about it.

'use client';

import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { mapReading, type Reading } from '../../connection/reading.ts';
import { plural } from '../../format/numbers.ts';
import { classes } from '../../ui/classes.ts';
import { Page } from '../../ui/page.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ConvergenceStrip } from './convergence-strip.tsx';
import { LagDrawer } from './lag-drawer.tsx';
import { type LagHistory, matrixAt } from './lag-history.ts';
import { bandClasses, LagMatrixTable } from './lag-matrix.tsx';
import type { LagMatrix } from './lag-reading.ts';
import { bandTexts, type LagBand, summaryOf } from './lag-words.ts';
import { Scrubber } from './scrubber.tsx';
import { SessionsTab } from './sessions-tab.tsx';
import { BandwidthTab, BroadcastTab, QueuesTab } from './traffic-tabs.tsx';
import { useLag, useLagHistory } from './use-lag.ts';
import { WorstList } from './worst-list.tsx';

const tabs = ['sessions', 'broadcast', 'queues', 'bandwidth'] as const;

/** Pairs listed in place of the matrix where there is no room for it, and beside it. */
const worstMax = 20;
const besideMax = 5;

const tabNames = {
  sessions: 'Sync sessions',
  broadcast: 'Broadcast',
  queues: 'Queues',
  bandwidth: 'Bandwidth',
} as const;

export function ReplicationPage(): ReactNode {
  const lag = useLag();
  const history = useLagHistory();
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('sessions'));
  const [atMs, setAtMs] = useQueryState(
    'at',
    parseAsInteger.withOptions({ history: 'replace', throttleMs: 300 }),
  );
  const [observer, setObserver] = useQueryState('observer', parseAsString);
  const [actor, setActor] = useQueryState('actor', parseAsString);
  const open = (observerId: string, actorId: string) => {
    void setObserver(observerId);
    void setActor(actorId);
  };
  const close = () => {
    void setObserver(null);
    void setActor(null);
  };
  const now = lag.kind === 'here' ? lag.data : undefined;
  return (
    <Page title="Replication" about="How far data has spread, and what is under way">
      <ConvergenceStrip matrix={now} />
      <MatrixPanel lag={lag} history={history} atMs={atMs} onMove={setAtMs} onOpen={open} />
      <div>
        <Tabs
          label="What replication does"
          value={tab}
          tabs={tabs.map((value) => ({ value, label: tabNames[value] }))}
          onChoose={(value) => void setTab(value)}
        >
          {tab === 'sessions' ? <SessionsTab /> : null}
          {tab === 'broadcast' ? <BroadcastTab /> : null}
          {tab === 'queues' ? <QueuesTab /> : null}
          {tab === 'bandwidth' ? <BandwidthTab /> : null}
        </Tabs>
      </div>
      {observer !== null && actor !== null ? (
        <LagDrawer matrix={now} observerId={observer} actorId={actor} onClose={close} />
      ) : null}
    </Page>
  );
}

interface MatrixPanelProps {
  readonly lag: Reading<LagMatrix>;
  readonly history: Reading<LagHistory>;
  readonly atMs: number | null;
  readonly onMove: (atMs: number | null) => unknown;
  readonly onOpen: (observerId: string, actorId: string) => void;
}

function MatrixPanel({ lag, history, atMs, onMove, onOpen }: MatrixPanelProps): ReactNode {
  const isPast = atMs !== null;
  const shown = isPast ? mapReading(history, (recorded) => matrixAt(recorded, atMs)) : lag;
  return (
    <ReadingPanel
      title={isPast ? 'Lag matrix, in the past' : 'Lag matrix'}
      about="Versions that each node lacks of each writer"
      reading={shown}
      isEmpty={({ observers }) => observers.length === 0}
      empty="No node has answered yet."
      className={isPast ? 'border-accent' : ''}
      skeletonLines={6}
    >
      {(matrix) => {
        const summary = summaryOf(matrix);
        return (
          <div className="flex flex-col gap-3">
            <p className="text-base">
              <bdi>{summary}</bdi>
            </p>
            <div className="hidden gap-x-10 sm:flex">
              <LagMatrixTable matrix={matrix} summary={summary} onOpen={onOpen} />
              <div className="hidden min-w-64 flex-1 xl:block">
                <WorstList matrix={matrix} pairsMax={besideMax} isLackingOnly onOpen={onOpen} />
              </div>
            </div>
            <div className="sm:hidden">
              <WorstList matrix={matrix} pairsMax={worstMax} onOpen={onOpen} />
            </div>
            <Legend matrix={matrix} />
            <Scrubber history={history} atMs={atMs} onMove={(to) => void onMove(to)} />
          </div>
        );
      }}
    </ReadingPanel>
  );
}

const bands: readonly LagBand[] = [0, 1, 2, 3, 4, 5];

function Legend({ matrix }: { readonly matrix: LagMatrix }): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-ink-2">
      <ul aria-label="Versions lacking, by colour" className="flex flex-wrap gap-0.5">
        {bands.map((band) => (
          <li
            key={band}
            className={classes('figures rounded px-1.5 py-px whitespace-nowrap', bandClasses[band])}
          >
            {bandTexts[band]}
          </li>
        ))}
      </ul>
      <span>◥ has gaps</span>
      <span>striped left edge: versions in part</span>
      <span>≥ ≤ ? hatched: not known for sure</span>
      {matrix.formerActors > 0 ? (
        <span>{plural(matrix.formerActors, 'former node')} left out: nothing lacking</span>
      ) : null}
    </div>
  );
}
