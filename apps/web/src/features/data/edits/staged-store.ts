// Where staged edits are kept: outside of the page, so that looking at another page or table loses none. The
// browser warns before the tab is closed or loaded anew with some in it.

import { useSyncExternalStore } from 'react';
import type { StagedEdits } from './staged-edits.ts';

const none: StagedEdits = new Map();

class StagedStore {
  #byTable: ReadonlyMap<string, StagedEdits> = new Map();
  readonly #listeners = new Set<() => void>();
  #isWarning = false;

  readonly all = (): ReadonlyMap<string, StagedEdits> => this.#byTable;

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  of(table: string): StagedEdits {
    return this.#byTable.get(table) ?? none;
  }

  change(table: string, change: (edits: StagedEdits) => StagedEdits): void {
    const edits = change(this.of(table));
    const next = new Map(this.#byTable);
    if (edits.size === 0) next.delete(table);
    else next.set(table, edits);
    this.#byTable = next;
    this.#warn(next.size > 0);
    for (const listener of this.#listeners) listener();
  }

  #warn(isNeeded: boolean): void {
    if (isNeeded === this.#isWarning) return;
    this.#isWarning = isNeeded;
    if (isNeeded) window.addEventListener('beforeunload', holdBack);
    else window.removeEventListener('beforeunload', holdBack);
  }
}

function holdBack(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

const store = new StagedStore();

export type ChangeEdits = (change: (edits: StagedEdits) => StagedEdits) => void;

/** The staged edits of a table, and what changes them. */
export function useStaged(table: string): readonly [StagedEdits, ChangeEdits] {
  const edits = useSyncExternalStore(
    store.onChange,
    () => store.of(table),
    () => none,
  );
  return [edits, (change) => store.change(table, change)];
}

const noTables: ReadonlyMap<string, StagedEdits> = new Map();

/** All tables with staged edits. */
export function useStagedTables(): ReadonlyMap<string, StagedEdits> {
  return useSyncExternalStore(store.onChange, store.all, () => noTables);
}
