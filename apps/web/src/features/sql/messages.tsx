// What came of each statement in words, and of the transaction that the writes were.

'use client';

import type { ReactNode } from 'react';
import type { Fault } from '../../connection/faults.ts';
import { formatBytes, formatCount, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { placeOf } from '../../sql-text/statements.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { FaultNotice } from '../../ui/panel.tsx';
import { WrittenVersion } from '../../ui/write-tracker.tsx';
import { faultPlace } from './result-data.ts';
import type { Outcome } from './runner.ts';
import type { RunEntry, RunState } from './use-sql-run.ts';

/** Statements listed; the rest of a long script is counted. */
const entriesShownMax = 100;
const sqlCharsMax = 160;

interface MessagesProps {
  readonly run: RunState;
  /** The text that it came from, for lines and columns. */
  readonly text: string;
  readonly onShow: (offset: number) => void;
}

export function Messages({ run, text, onShow }: MessagesProps): ReactNode {
  const more = run.entries.length - entriesShownMax;
  const failed = failedWrites(run);
  const together = failed.length > 1 ? failed : [];
  return (
    <div className="flex h-full flex-col gap-3 overflow-y-auto pb-2">
      <CancelNote run={run} />
      <Transaction run={run} />
      <FailedTransaction run={run} />
      <ol aria-label="Messages" className="flex flex-col gap-2">
        {run.entries.slice(0, entriesShownMax).map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the statements of a run keep their places.
          <li key={index} className="flex flex-col gap-1 border-l-2 border-line pl-3">
            <p className="flex min-w-0 items-center gap-2 text-sm">
              <OutcomeBadge outcome={entry.outcome} />
              <code className="truncate text-ink-2">{shortSql(entry)}</code>
            </p>
            <p className="text-sm">{said(entry.outcome)}</p>
            {together.includes(entry) ? null : (
              <Failure entry={entry} text={text} onShow={onShow} />
            )}
          </li>
        ))}
      </ol>
      {more > 0 ? <p className="text-sm text-ink-3">{plural(more, 'more statement')}.</p> : null}
    </div>
  );
}

function shortSql({ statement }: RunEntry): string {
  return statement.source.sql.replaceAll(/\s+/g, ' ').slice(0, sqlCharsMax);
}

const words: Readonly<Record<Outcome['kind'], { readonly text: string; readonly tone: Tone }>> = {
  waiting: { text: 'Waits', tone: 'muted' },
  running: { text: 'Runs', tone: 'info' },
  rows: { text: 'Done', tone: 'good' },
  plan: { text: 'Explained', tone: 'good' },
  written: { text: 'Written', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  canceled: { text: 'Canceled', tone: 'warn' },
  skipped: { text: 'Not run', tone: 'muted' },
};

export function OutcomeBadge({ outcome }: { readonly outcome: Outcome }): ReactNode {
  const { text, tone } = words[outcome.kind];
  return <Badge tone={tone}>{text}</Badge>;
}

function said(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'rows': {
      const { rows, bytes, truncated } = outcome.result;
      const size = `${plural(rows.length, 'row')}, ${formatBytes(bytes)}`;
      const time = `${formatDuration(outcome.ms)}, of which ${formatDuration(outcome.result.time_ms)} in the node`;
      return `${size}, ${time}.${truncated ? ' There are more rows.' : ''}`;
    }
    case 'plan':
      return `The plan came after ${formatDuration(outcome.ms)}. Nothing was run.`;
    case 'written':
      return `${plural(outcome.rows, 'row')} affected, ${formatDuration(outcome.ms)}.`;
    case 'canceled':
      return `Canceled after ${formatDuration(outcome.ms)}.`;
    case 'skipped':
      return 'Not run, for an earlier statement failed.';
    case 'failed':
      return `Failed after ${formatDuration(outcome.ms)}.`;
    case 'waiting':
    case 'running':
      return '';
  }
}

/** The writes of the run where their transaction failed; it fails as a whole. */
function failedWrites({ what, entries }: RunState): readonly RunEntry[] {
  if (what === 'explain') return [];
  return entries.filter(
    ({ statement, outcome }) => statement.nature.kind !== 'reads' && outcome.kind === 'failed',
  );
}

function FailedTransaction({ run }: { readonly run: RunState }): ReactNode {
  const [first, ...others] = failedWrites(run);
  if (first?.outcome.kind !== 'failed' || others.length === 0) return null;
  return (
    <section aria-label="Transaction">
      <FaultNotice fault={first.outcome.fault} />
      <p className="text-sm">
        All {formatCount(others.length + 1)} writes were one transaction, and it failed. Nothing of
        it is kept.
      </p>
    </section>
  );
}

/** The node speaks of its HTTP API; here the limit is beside the button. */
function forPage(fault: Fault): Fault {
  return fault.code === 'PATINA_SQL_TIMEOUT'
    ? { ...fault, hint: 'Choose a longer time above, or help it with an index.' }
    : fault;
}

export function Failure({
  entry,
  text,
  onShow,
}: {
  readonly entry: RunEntry;
  readonly text: string;
  readonly onShow: (offset: number) => void;
}): ReactNode {
  const { outcome, statement } = entry;
  if (outcome.kind !== 'failed') return null;
  const { source } = statement;
  const place = faultPlace(outcome.fault, source.sql);
  const offset = source.start + (place?.from ?? 0);
  // The text may have changed since.
  const isThere = text.slice(source.start, source.end) === source.sql;
  const { line, column } = placeOf(text, offset);
  return (
    <div>
      <FaultNotice fault={forPage(outcome.fault)} />
      {isThere ? (
        <Button look="quiet" onClick={() => onShow(offset)}>
          {place === undefined
            ? `Go to the statement, line ${formatCount(line)}`
            : `Go to line ${formatCount(line)}, column ${formatCount(column)}`}
        </Button>
      ) : null}
    </div>
  );
}

function Transaction({ run }: { readonly run: RunState }): ReactNode {
  if (run.write === undefined) return null;
  const { result, ms } = run.write;
  const { results } = result;
  const rows = results.reduce((sum, each) => sum + each.rows_affected, 0);
  return (
    <section aria-label="Transaction" className="rounded-md bg-sunken p-3">
      <p className="text-sm">
        {results.length === 1
          ? 'The write was one transaction'
          : `All ${formatCount(results.length)} writes were one transaction`}
        : {plural(rows, 'row')} affected, {formatDuration(ms)}.
      </p>
      <WrittenVersion written={result} nodeName={run.nodeName} />
    </section>
  );
}

function CancelNote({ run }: { readonly run: RunState }): ReactNode {
  switch (run.cancel) {
    case 'no':
      return null;
    case 'asked':
      return <p className="text-sm text-warn">The node is asked to stop…</p>;
    case 'confirmed':
      return <p className="text-sm text-warn">Canceled. The node has stopped its work.</p>;
    case 'too-late':
      return (
        <p className="text-sm text-warn">
          There was no query to cancel any more. A transaction that was sent is not called back.
        </p>
      );
  }
}
