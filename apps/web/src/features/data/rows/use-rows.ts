// The rows of a table for a page: loaded as they come into view, and followed as they change.

import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useConnection } from '../../../connection/connection-provider.tsx';
import type { Fault } from '../../../connection/faults.ts';
import type { Answers, EventOf } from '../../../connection/shapes.ts';
import { useSubscription } from '../../../connection/use-feed.ts';
import { type Browsed, pageStatement } from './page-sql.ts';
import { type KeyOf, keyOfRows } from './row-pages.ts';
import { nothingLoaded, RowWindow, type WindowState } from './row-window.ts';

type Notices = EventOf<Answers['live']['updates']>;

export interface FollowedRows extends WindowState {
  readonly loadMore: () => void;
  readonly refresh: () => void;
  readonly setView: (first: number, end: number) => void;
  /** The key of a row; undefined where the table has none. */
  readonly keyOf: KeyOf | undefined;
  /** Why changes don't come by themselves; undefined where they do, or are not wished. */
  readonly followFault: Fault | undefined;
}

const noWindow = () => nothingLoaded;
const noChange = () => () => undefined;

/** Rows of one table with its filters; `isFollowed` says whether changes are to be shown by themselves. */
export function useRows(browsed: Browsed, isFollowed: boolean): FollowedRows {
  const { api } = useConnection();
  const [window, setWindow] = useState<RowWindow>();
  const identity = JSON.stringify(browsed);
  const keyOf = useMemo(
    () => keyOfRows(browsed.key, browsed.columns),
    [browsed.key, browsed.columns],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the identity says when it is another question.
  useEffect(() => {
    if (browsed.columns.length === 0) return;
    const made = new RowWindow({
      keyOf,
      read: async (range, signal) => {
        const statement = pageStatement(browsed, range);
        const asked = { statement, rows_max: range.limit };
        const { rows, truncated } = await api.sql.query.query(asked, { signal });
        if (rows.length === 0 && truncated)
          throw new Error('the next row is larger than an answer may be');
        return { rows, isCut: truncated };
      },
    });
    setWindow(made);
    return () => made.stop();
  }, [api, identity]);
  const [followFault, setFollowFault] = useState<Fault>();
  useSubscription<Notices>(
    (opened, to) => opened.live.updates.subscribe({ table: browsed.table }, to),
    isFollowed ? browsed.table : null,
    {
      onData: () => {
        setFollowFault(undefined);
        window?.invalidate();
      },
      onFault: setFollowFault,
    },
  );
  const state = useSyncExternalStore(
    window?.onChange ?? noChange,
    window?.state ?? noWindow,
    noWindow,
  );
  return {
    ...state,
    keyOf,
    followFault: isFollowed ? followFault : undefined,
    loadMore: useCallback(() => window?.loadMore(), [window]),
    refresh: useCallback(() => window?.invalidate(), [window]),
    setView: useCallback((first, end) => window?.setView(first, end), [window]),
  };
}
