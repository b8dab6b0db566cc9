// The rows of a table, page after page as they come into view.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useConnection } from '../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../connection/faults.ts';
import type { CellValue } from '../../grid/grid-types.ts';
import { type PageRequest, pageStatement } from './page-sql.ts';

/** Rows of one page, and rows that are kept: filters find what lies beyond. */
export const pageRows = 200;
export const rowsMax = 20_000;

export interface LoadedRows {
  readonly rows: readonly (readonly CellValue[])[];
  readonly isLoading: boolean;
  readonly isComplete: boolean;
  readonly fault: Fault | undefined;
  readonly loadMore: () => void;
  readonly refresh: () => void;
}

type Browsed = Omit<PageRequest, 'after' | 'limit'>;

interface State {
  readonly rows: readonly (readonly CellValue[])[];
  readonly isLoading: boolean;
  readonly isComplete: boolean;
  readonly fault: Fault | undefined;
}

const nothing: State = { rows: [], isLoading: false, isComplete: false, fault: undefined };

/** Follows one table with its filters; `key` says when they are others. */
export function useRows(browsed: Browsed, key: string): LoadedRows {
  const { api } = useConnection();
  const [state, setState] = useState<State>(nothing);
  const [round, setRound] = useState(0);
  const under = useRef<AbortController | undefined>(undefined);

  const load = useCallback(
    async (rows: State['rows'], request: Browsed) => {
      const controller = new AbortController();
      under.current?.abort();
      under.current = controller;
      setState((before) => ({ ...before, isLoading: true, fault: undefined }));
      const last = rows.at(-1);
      const after =
        last === undefined
          ? undefined
          : request.key.map((name) => last[request.columns.indexOf(name)] ?? null);
      const statement = pageStatement({ ...request, after, limit: pageRows });
      try {
        const { signal } = controller;
        const result = await api.sql.query.query({ statement, rows_max: pageRows }, { signal });
        if (signal.aborted) return;
        const all = [...rows, ...result.rows];
        const isEnd = result.rows.length < pageRows && !result.truncated;
        const isComplete = isEnd || all.length >= rowsMax || request.key.length === 0;
        setState({ rows: all, isLoading: false, isComplete, fault: undefined });
      } catch (error) {
        if (controller.signal.aborted) return;
        setState((before) => ({ ...before, isLoading: false, fault: faultOf(error) }));
      }
    },
    [api],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key and the round say when to begin anew.
  useEffect(() => {
    setState(nothing);
    if (browsed.columns.length > 0) void load([], browsed);
    return () => under.current?.abort();
  }, [load, key, round]);

  return {
    ...state,
    loadMore: () => {
      if (state.isLoading || state.isComplete || state.fault !== undefined) return;
      if (state.rows.length > 0) void load(state.rows, browsed);
    },
    refresh: () => setRound(round + 1),
  };
}
