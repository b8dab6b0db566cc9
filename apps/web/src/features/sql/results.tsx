// The results of a run: a tab for each query or plan, and one of messages.

'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { plural } from '../../format/numbers.ts';
import { FaultNotice } from '../../ui/panel.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Messages } from './messages.tsx';
import { ResultView } from './result-view.tsx';
import type { Refusal } from './run-plan.ts';
import type { RunEntry, RunState } from './use-sql-run.ts';

interface ResultsProps {
  readonly run: RunState | undefined;
  /** Why the last one was not begun. */
  readonly refusal: Refusal | undefined;
  readonly text: string;
  readonly onShow: (offset: number) => void;
}

export function Results({ run, refusal, text, onShow }: ResultsProps): ReactNode {
  const [chosen, setChosen] = useState<string>();
  const id = run?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each run begins with its own first tab.
  useEffect(() => setChosen(undefined), [id]);
  if (refusal !== undefined) return <Refused refusal={refusal} onShow={onShow} />;
  if (run === undefined) return <Nothing />;
  const shown = run.entries.flatMap((entry, index) =>
    entry.statement.nature.kind === 'reads' || run.what === 'explain' ? [{ entry, index }] : [],
  );
  const tabs = [
    ...shown.map(({ entry }, place) => ({
      value: String(place),
      label: labelOf(entry, place, shown.length),
    })),
    { value: 'messages', label: 'Messages' },
  ];
  const value = tabs.find((tab) => tab.value === chosen)?.value ?? firstTab(run, shown);
  const entry = shown[Number(value)]?.entry;
  return (
    <div className="flex h-full min-h-0 flex-col [&>[role=tabpanel]]:min-h-0 [&>[role=tabpanel]]:flex-1">
      <Tabs label="Results" value={value} tabs={tabs} onChoose={setChosen}>
        {entry === undefined ? (
          <Messages run={run} text={text} onShow={onShow} />
        ) : (
          <ResultView run={run} entry={entry} text={text} onShow={onShow} />
        )}
      </Tabs>
      <p role="status" className="sr-only">
        {announced(run)}
      </p>
    </div>
  );
}

interface Shown {
  readonly entry: RunEntry;
}

/** A write is told in the messages; so is what was canceled, or kept the first query from running. */
function firstTab(run: RunState, shown: readonly Shown[]): string {
  const first = shown[0]?.entry.outcome.kind ?? 'skipped';
  const isTold = run.write !== undefined || run.cancel !== 'no' || first === 'skipped';
  return isTold ? 'messages' : '0';
}

function labelOf({ outcome }: RunEntry, place: number, count: number): string {
  const number = count > 1 ? ` ${place + 1}` : '';
  switch (outcome.kind) {
    case 'rows':
      return `Result${number} · ${plural(outcome.result.rows.length, 'row')}`;
    case 'plan':
      return `Plan${number}`;
    case 'failed':
      return `Result${number} · failed`;
    case 'canceled':
      return `Result${number} · canceled`;
    case 'waiting':
    case 'running':
    case 'written':
    case 'skipped':
      return `Result${number}`;
  }
}

function announced(run: RunState): string {
  if (run.tookMs === null) return 'Running';
  const failed = run.entries.filter(({ outcome }) => outcome.kind === 'failed').length;
  return failed > 0 ? `Done, ${plural(failed, 'statement')} failed` : 'Done';
}

function Nothing(): ReactNode {
  return (
    <div className="flex h-full flex-col items-start gap-1 py-4 text-sm text-ink-3">
      <p>Results will be here.</p>
      <p>
        <kbd>Ctrl Enter</kbd> runs the statement at the cursor or the selection,{' '}
        <kbd>Ctrl Shift Enter</kbd> runs all, <kbd>Ctrl E</kbd> explains.
      </p>
    </div>
  );
}

function Refused({
  refusal,
  onShow,
}: {
  readonly refusal: Refusal;
  readonly onShow: (offset: number) => void;
}): ReactNode {
  const { text, hint, at } = refusal;
  return (
    <div className="flex flex-col items-start">
      <FaultNotice
        fault={{
          code: 'REFUSED',
          text,
          isForbidden: false,
          ...(hint === undefined ? {} : { hint }),
        }}
      />
      {at === undefined ? null : (
        <button
          type="button"
          className="text-sm text-accent underline"
          onClick={() => onShow(at.from)}
        >
          Go to the statement
        </button>
      )}
    </div>
  );
}
