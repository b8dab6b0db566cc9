// The run that is shown: begun by the reader, followed while it goes on, canceled at the node where it works.

'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { useConnection } from '../../connection/connection-provider.tsx';
import { faultOf } from '../../connection/faults.ts';
import type { Api } from '../../connection/node-connection.ts';
import type { NodeId } from '../../connection/node-id.ts';
import { freshId } from './fresh-id.ts';
import { type Bindings, inputOf } from './parameter-values.ts';
import type { PlannedStatement, Step } from './run-plan.ts';
import { explainAll, type Outcome, runSteps, type SqlCalls, type WriteResult } from './runner.ts';

/** As many as one answer may hold. */
const resultBytesMax = 15 * 1024 * 1024;

export interface RunEntry {
  readonly statement: PlannedStatement;
  readonly outcome: Outcome;
}

export interface RunState {
  readonly id: string;
  readonly what: 'run' | 'explain';
  /** The tab whose text it is. */
  readonly tab: string;
  readonly startedAtMs: number;
  /** null while it goes on. */
  readonly tookMs: number | null;
  /** Where it runs, for people. */
  readonly nodeName: string;
  readonly rowsMax: number;
  readonly entries: readonly RunEntry[];
  readonly write: { readonly result: WriteResult; readonly ms: number } | undefined;
  readonly cancel: 'no' | 'asked' | 'confirmed' | 'too-late';
}

export interface RunOrder {
  readonly what: 'run' | 'explain';
  readonly tab: string;
  readonly statements: readonly PlannedStatement[];
  readonly steps: readonly Step[];
  readonly node: NodeId | undefined;
  readonly nodeName: string;
  readonly rowsMax: number;
  readonly timeoutMs: number;
}

export interface SqlRun {
  readonly run: RunState | undefined;
  readonly isRunning: boolean;
  readonly start: (order: RunOrder) => void;
  /** False where nothing runs. */
  readonly cancel: () => boolean;
}

interface Ongoing {
  readonly abort: AbortController;
  queryId: string | undefined;
  isCanceled: boolean;
}

export function useSqlRun(onDone: (run: RunState) => void): SqlRun {
  const { api } = useConnection();
  const [run, setRun] = useState<RunState>();
  const ongoing = useRef<Ongoing>(undefined);
  const done = useRef(onDone);
  useEffect(() => {
    done.current = onDone;
  });
  useEffect(() => () => stop(api, ongoing.current), [api]);
  const start = useCallback(
    (order: RunOrder) => {
      if (ongoing.current !== undefined) return;
      const work: Ongoing = { abort: new AbortController(), queryId: undefined, isCanceled: false };
      ongoing.current = work;
      let state = begun(order);
      const show = (changes: Partial<RunState>) => {
        state = { ...state, ...changes };
        setRun((shown) => ({ ...state, cancel: shown?.id === state.id ? shown.cancel : 'no' }));
      };
      show({});
      const report = {
        outcome: (index: number, outcome: Outcome) =>
          show({ entries: state.entries.map((e, at) => (at === index ? { ...e, outcome } : e)) }),
        written: (result: WriteResult, ms: number) => show({ write: { result, ms } }),
      };
      const calls = callsOf(api, order, work);
      const startedMs = performance.now();
      const working =
        order.what === 'run'
          ? runSteps(order.statements, order.steps, calls, report)
          : explainAll(order.statements, calls, report);
      void working.finally(() => {
        ongoing.current = undefined;
        show({ tookMs: performance.now() - startedMs });
        done.current(state);
      });
    },
    [api],
  );
  const cancel = useCallback(() => {
    const work = ongoing.current;
    if (work === undefined) return false;
    if (work.isCanceled) return true;
    setRun((shown) => (shown === undefined ? shown : { ...shown, cancel: 'asked' }));
    void cancelWork(api, work).then((how) =>
      setRun((shown) => (shown?.cancel === 'asked' ? { ...shown, cancel: how } : shown)),
    );
    return true;
  }, [api]);
  return { run, isRunning: run !== undefined && run.tookMs === null, start, cancel };
}

function begun({ what, tab, nodeName, rowsMax, statements }: RunOrder): RunState {
  const entries = statements.map((statement) => ({
    statement,
    outcome: { kind: 'waiting' } as const,
  }));
  const startedAtMs = Date.now();
  return {
    ...{ id: freshId(), what, tab, startedAtMs, tookMs: null, nodeName, rowsMax, entries },
    write: undefined,
    cancel: 'no',
  };
}

function callsOf(api: Api, order: RunOrder, work: Ongoing): SqlCalls {
  const { node, rowsMax, timeoutMs } = order;
  const at = node === undefined ? {} : { node };
  const { signal } = work.abort;
  return {
    query: async (statement: Bindings) => {
      work.queryId = freshId();
      const limits = { rows_max: rowsMax, bytes_max: resultBytesMax, timeout_ms: timeoutMs };
      const asked = { ...at, ...limits, statement: inputOf(statement), query_id: work.queryId };
      try {
        return await api.sql.query.query(asked, { signal });
      } finally {
        work.queryId = undefined;
      }
    },
    explain: (statement) =>
      api.sql.explain.query({ ...at, statement: inputOf(statement) }, { signal }),
    // A transaction that is under way is not called back: it may be done already.
    execute: (statements) =>
      api.sql.execute.mutate({ statements: statements.map(inputOf), timeout_ms: timeoutMs }),
    faultOf,
    nowMs: () => performance.now(),
    isCanceled: () => work.isCanceled,
  };
}

/** The server is told first: a caller that only goes away would not be sure that the work has ended. */
async function cancelWork(api: Api, work: Ongoing): Promise<'confirmed' | 'too-late'> {
  const { queryId } = work;
  work.isCanceled = true;
  const told =
    queryId === undefined
      ? false
      : await api.sql.cancel.mutate({ query_id: queryId }).then(
          ({ canceled }) => canceled,
          () => false,
        );
  work.abort.abort();
  return told ? 'confirmed' : 'too-late';
}

function stop(api: Api, work: Ongoing | undefined): void {
  if (work !== undefined && !work.isCanceled) void cancelWork(api, work);
}
