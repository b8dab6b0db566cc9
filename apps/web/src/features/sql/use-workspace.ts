// The page's state and what its buttons and keys do with it: one place that knows the tabs, the editor, the
// target and the runs, so that the parts of the page only show.

'use client';

import { useMemo, useState } from 'react';
import { useConnection, useConnectionState } from '../../connection/connection-provider.tsx';
import { faultOf } from '../../connection/faults.ts';
import type { EditorHandle } from '../../sql-editor/editor-view.ts';
import { mentionsOf } from '../../sql-text/mentions.ts';
import type { SqlStatement } from '../../sql-text/statements.ts';
import { addComparison, addToHistory, markFaultOf } from './after-run.ts';
import { chosenStatements, type Scope, type Selection } from './chosen-statements.ts';
import { keyColumnsOf } from './compare.ts';
import { activeTab } from './editor-tabs.ts';
import { submitExport } from './export-form.ts';
import { type Bindings, inputOf } from './parameter-values.ts';
import { planRun, type Refusal, type RunPlan } from './run-plan.ts';
import type { ExportFormat } from './toolbar.tsx';
import { useCompare } from './use-compare.ts';
import { allNodes, thisNode, useOptions, useSchema, useTarget } from './use-options.ts';
import { useSqlRun } from './use-sql-run.ts';
import { useTabs } from './use-tabs.ts';

export type ReadyPlan = Extract<RunPlan, { ok: true }>;
export type Workspace = ReturnType<typeof useWorkspace>;

export function useWorkspace() {
  const desk = useDesk();
  const { options, where, tab, schema, editor } = desk;
  const { target, mode, rows, time } = options;
  const [refused, setRefused] = useState<{ readonly tab: string; readonly reason: Refusal }>();
  const [pending, setPending] = useState<ReadyPlan>();
  const valuesOf = (id: string) =>
    desk.tabs.state.tabs.find((each) => each.id === id)?.values ?? {};
  const run = useSqlRun((done) => {
    addToHistory(done, valuesOf(done.tab));
    markFaultOf(done, editor);
  });
  const compare = useCompare((done) => addComparison(done, valuesOf(done.order.tab)));
  const limits = { rowsMax: Number(rows), timeoutMs: Number(time) * 1_000 };
  const isRunning = run.isRunning || compare.isRunning;
  const refuse = (reason: Refusal | undefined) => {
    setRefused(reason === undefined ? undefined : { tab: tab.id, reason });
    editor?.markFault(reason?.at?.from, reason?.at?.to);
  };
  const begin = (plan: ReadyPlan, what: 'run' | 'explain') => {
    refuse(undefined);
    const { node, nodeName } = where;
    run.start({ ...plan, ...limits, what, tab: tab.id, node, nodeName });
  };
  const compareAll = (plan: ReadyPlan) => {
    const [only, ...others] = plan.statements;
    if (only === undefined || others.length > 0) {
      refuse({ text: 'One query at a time is compared.', hint: 'Select one statement.' });
      return;
    }
    refuse(undefined);
    const mentioned = mentionsOf(only.source.tokens).map(({ table }) => table);
    const nodes = where.members.map(({ actor_id: id, address }) => ({
      actorId: id,
      name: address,
    }));
    const keyColumns = (names: readonly string[]) =>
      keyColumnsOf(names, mentioned, schema.schema.tables);
    compare.start({ tab: tab.id, statement: only.bound, nodes, keyColumns, ...limits }, false);
  };
  const start = (scope: Scope) => {
    if (isRunning) return;
    const plan = planRun(desk.chosen(scope), mode, tab.values);
    const reason = plan.ok ? elsewhere(plan, target === thisNode || where.isSelf) : plan.refusal;
    if (reason !== undefined) refuse(reason);
    else if (!plan.ok) return;
    else if (target === allNodes) compareAll(plan);
    else if (plan.statements.some(({ nature }) => nature.kind === 'destructive')) setPending(plan);
    else begin(plan, 'run');
  };
  const explain = () => {
    if (isRunning) return;
    // Nothing is run, so the mode doesn't matter.
    const plan = planRun(desk.chosen('chosen'), 'write', tab.values);
    if (plan.ok) begin(plan, 'explain');
    else refuse(plan.refusal);
  };
  return {
    ...{ ...desk, refuse, run, compare, isRunning, start, explain, pending },
    /** Why the last run of this tab was not begun. */
    refusal: refused?.tab === tab.id ? refused.reason : undefined,
    exportAs: useExport(desk, refuse),
    cancel: () => run.cancel() || compare.cancel(),
    /** Goes on with a destructive run, or lets it be. */
    decide: (isWanted: boolean) => {
      setPending(undefined);
      if (isWanted && pending !== undefined) begin(pending, 'run');
    },
  };
}

type Desk = ReturnType<typeof useDesk>;

/** What lies before the reader: texts, the editor, what is chosen around them. */
function useDesk() {
  const options = useOptions();
  const where = useTarget(options.target);
  const tabs = useTabs((linked) => void options.setTarget(linked));
  const tab = activeTab(tabs.state);
  const schema = useSchema();
  const [editor, setEditor] = useState<EditorHandle | null>(null);
  const [selection, setSelection] = useState<Selection>({ from: 0, to: 0 });
  const chosen = (scope: Scope): readonly SqlStatement[] =>
    chosenStatements(editor?.text() ?? tab.text, editor?.selection() ?? selection, scope);
  const atCursor = useMemo(
    () => chosenStatements(tab.text, selection, 'chosen').at(0),
    [tab.text, selection],
  );
  return {
    ...{ options, where, tabs, tab, schema, editor, setEditor, setSelection, chosen, atCursor },
  };
}

/** Why a write can't be sent to the target. */
function elsewhere(plan: ReadyPlan, isHere: boolean): Refusal | undefined {
  const isWrite = plan.steps.some(({ kind }) => kind === 'transaction');
  if (!isWrite || isHere) return undefined;
  return {
    text: 'Writes are made at the node that answers this page. Nothing was sent.',
    hint: 'Choose the target “This node”. To write at another one, choose it at the top of the page.',
  };
}

/** The statement is tried first: a form can't show what is wrong with it without leaving the page. */
function useExport({ chosen, tab }: Desk, refuse: (refusal: Refusal) => void) {
  const { api } = useConnection();
  const { origin } = useConnectionState();
  const send = (statement: Bindings, format: ExportFormat) =>
    api.sql.explain.query({ statement: inputOf(statement) }).then(
      () => submitExport(origin, statement, format, tab.name),
      (error: unknown) => {
        const { text, hint } = faultOf(error);
        refuse({ text, ...(hint === undefined ? {} : { hint }) });
      },
    );
  return (format: ExportFormat): void => {
    const plan = planRun(chosen('chosen').slice(0, 1), 'read', tab.values);
    const bound = plan.ok ? plan.statements[0]?.bound : undefined;
    if (bound !== undefined) void send(bound, format);
    else if (!plan.ok) refuse(plan.refusal);
  };
}
