// What is done once a run has ended: it goes into the history, and what was at fault is marked in the editor.

import type { EditorHandle } from '../../sql-editor/editor-view.ts';
import { withEntry } from './library.ts';
import type { TypedValues } from './parameter-values.ts';
import { faultPlace } from './result-data.ts';
import { historyList } from './stored-list.ts';
import type { CompareState } from './use-compare.ts';
import type { RunState } from './use-sql-run.ts';

/** Writes a run into the history. */
export function addToHistory(run: RunState, values: TypedValues): void {
  if (run.what === 'explain') return;
  const outcomes = run.entries.map(({ outcome }) => outcome);
  const failed = outcomes.find(({ kind }) => kind === 'failed' || kind === 'canceled');
  const rows = outcomes.reduce((sum, outcome) => sum + rowsOf(outcome), 0);
  historyList.change((list) =>
    withEntry(list, {
      at_ms: run.startedAtMs,
      sql: run.entries.map(({ statement }) => statement.source.sql).join(';\n'),
      values: { ...values },
      node: run.nodeName,
      ms: run.tookMs ?? 0,
      rows: failed === undefined ? rows : null,
      error:
        failed?.kind === 'failed' ? failed.fault.text : failed === undefined ? null : 'canceled',
    }),
  );
}

function rowsOf(outcome: RunState['entries'][number]['outcome']): number {
  if (outcome.kind === 'rows') return outcome.result.rows.length;
  return outcome.kind === 'written' ? outcome.rows : 0;
}

/** Underlines the word that the first failure is about, where that is plain. */
export function markFaultOf(run: RunState, editor: EditorHandle | null): void {
  // Of several writes that failed together none is known to be the one.
  if (run.entries.filter(({ outcome }) => outcome.kind === 'failed').length > 1) return;
  for (const { outcome, statement } of run.entries) {
    if (outcome.kind !== 'failed') continue;
    const { start, end, sql } = statement.source;
    if (editor?.text().slice(start, end) !== sql) return;
    const place = faultPlace(outcome.fault, sql);
    if (place !== undefined) editor.markFault(start + place.from, start + place.to);
    return;
  }
}

/** Writes a comparison into the history. */
export function addComparison(state: CompareState, values: TypedValues): void {
  const { order, replies, tookMs, startedAtMs, ended } = state;
  const rows = replies.map(({ result }) => result?.rows.length ?? 0);
  const fault = replies.find((reply) => reply.fault !== undefined)?.fault;
  historyList.change((list) =>
    withEntry(list, {
      at_ms: startedAtMs,
      sql: order.statement.query,
      values: { ...values },
      node: `all ${order.nodes.length} nodes`,
      ms: tookMs ?? 0,
      rows: Math.max(0, ...rows),
      error: ended === 'canceled' ? 'canceled' : (fault?.text ?? null),
    }),
  );
}
