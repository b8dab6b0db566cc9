// The tabs of the editor as state of the page: read once from the browser's storage, or from the link that
// was followed, and kept there a moment after they change.

'use client';

import { parseExactJson } from '@patina/api/exact-json.ts';
import { type Dispatch, useEffect, useReducer, useState } from 'react';
import {
  changeTabs,
  firstTabs,
  keepTabs,
  readTabs,
  type TabsAction,
  type TabsState,
} from './editor-tabs.ts';
import { freshId } from './fresh-id.ts';
import { type TypedValues, valuesOfParams } from './parameter-values.ts';
import { sharedQuery } from './share.ts';

/** Typing is not written down at each key, milliseconds. */
const keepAfterMs = 400;

export interface Tabs {
  /** False until what was kept is read. */
  readonly isReady: boolean;
  readonly state: TabsState;
  readonly change: Dispatch<TabsAction>;
  /** False where the browser keeps nothing, or not all. */
  readonly isKept: boolean;
}

/** @param onTarget Told of the target that the link names. */
export function useTabs(onTarget: (target: string) => void): Tabs {
  const [state, change] = useReducer(changeTabs, 'first', firstTabs);
  const [isReady, setReady] = useState(false);
  const [isKept, setKept] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link is followed once.
  useEffect(() => {
    const kept = readTabs(storageOf());
    if (kept !== undefined) change({ kind: 'load', state: kept });
    const linked = linkedQuery();
    if (linked !== undefined) {
      change({ kind: 'open', id: freshId(), ...linked.tab });
      if (linked.target !== undefined) onTarget(linked.target);
    }
    setReady(true);
  }, []);
  useEffect(() => {
    if (!isReady) return;
    const timer = setTimeout(() => setKept(keepTabs(storageOf(), state)), keepAfterMs);
    // Whoever leaves at once loses nothing.
    const keepNow = () => void keepTabs(storageOf(), state);
    window.addEventListener('pagehide', keepNow);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pagehide', keepNow);
    };
  }, [state, isReady]);
  return { isReady, state, change, isKept };
}

interface LinkedQuery {
  readonly tab: { readonly text: string; readonly name?: string; readonly values: TypedValues };
  readonly target?: string;
}

/** The query of the address: packed behind `#`, or plain in `sql` and `params`. It is taken off there. */
function linkedQuery(): LinkedQuery | undefined {
  const url = new URL(location.href);
  const shared = sharedQuery(url.hash);
  const sql = url.searchParams.get('sql');
  if (shared === undefined && sql === null) return undefined;
  const params = url.searchParams.get('params');
  url.hash = '';
  url.searchParams.delete('sql');
  url.searchParams.delete('params');
  window.history.replaceState(window.history.state, '', url);
  if (shared !== undefined) {
    const { sql: text, name, values, target } = shared;
    return { tab: { text, values, ...(name === '' ? {} : { name }) }, target };
  }
  return { tab: { text: sql ?? '', values: valuesOfText(params) } };
}

function valuesOfText(text: string | null): TypedValues {
  try {
    return valuesOfParams(parseExactJson(text ?? 'null'));
  } catch {
    return {};
  }
}

function storageOf(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}
