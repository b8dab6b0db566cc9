// Snapshots of results that subscribers read page by page while the results go on changing. A snapshot
// remembers what changed of the rows that it has not read yet, as they were; nothing is locked, and
// neither file grows because somebody reads slowly.

import { PatinaError } from '../../base/errors.ts';
import type { StateStore } from '../state/state-store.ts';
import type { SnapshotReader } from './engine-types.ts';
import { type LiveQuery, resultSet } from './live-query.ts';
import type { RowEdit } from './row-edits.ts';

export class SnapshotRegistry {
  readonly #store: StateStore;
  readonly #changesMax: number;
  readonly #byQuery = new Map<number, Set<Snapshot>>();

  constructor(store: StateStore, changesMax: number) {
    this.#store = store;
    this.#changesMax = changesMax;
  }

  open(query: LiveQuery): SnapshotReader {
    const set = this.#byQuery.get(query.number) ?? new Set<Snapshot>();
    this.#byQuery.set(query.number, set);
    const snapshot: Snapshot = new Snapshot(this.#store, query, this.#changesMax, () => {
      set.delete(snapshot);
      if (set.size === 0) this.#byQuery.delete(query.number);
    });
    set.add(snapshot);
    return snapshot;
  }

  /** To be told before rows change. */
  noteEdits(query: LiveQuery, edits: readonly RowEdit[]): void {
    for (const snapshot of this.#byQuery.get(query.number) ?? []) snapshot.noteEdits(edits);
  }

  /** The query is gone, and its rows with it. */
  drop(query: LiveQuery): void {
    for (const snapshot of [...(this.#byQuery.get(query.number) ?? [])]) snapshot.lose();
  }
}

class Snapshot implements SnapshotReader {
  readonly changeId: number;
  readonly #store: StateStore;
  readonly #setId: number;
  readonly #changesMax: number;
  readonly #onClose: () => void;
  /** Row ids only rise: rows inserted later are beyond the last one of the snapshot. */
  readonly #lastRowId: number;
  /** The rows of an ordered result in order; undefined: they are read in order of their ids. */
  readonly #order: readonly number[] | undefined;
  /** Cells, as they were, of rows that changed before they were read. */
  readonly #cellsByRowId = new Map<number, string>();
  #readTo = 0;
  #isLost = false;
  #isClosed = false;

  constructor(store: StateStore, query: LiveQuery, changesMax: number, onClose: () => void) {
    this.changeId = query.changeId;
    this.#store = store;
    this.#setId = resultSet(query);
    this.#changesMax = changesMax;
    this.#onClose = onClose;
    this.#lastRowId = query.nextRowId - 1;
    this.#order = query.plan.isOrdered ? store.order(query.number) : undefined;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  noteEdits(edits: readonly RowEdit[]): void {
    for (const edit of edits) {
      if (edit.type === 'insert' || this.#cellsByRowId.has(edit.row.rowId)) continue;
      const { rowId, cells } = edit.row;
      const isRead = this.#order === undefined && rowId <= this.#readTo;
      if (!isRead && rowId <= this.#lastRowId) this.#cellsByRowId.set(rowId, cells);
    }
    if (this.#cellsByRowId.size > this.#changesMax) this.lose();
  }

  lose(): void {
    this.#isLost = true;
    this.close();
  }

  next(rowsMax: number): { readonly lines: string; readonly count: number } | undefined {
    if (this.#isLost) {
      throw new PatinaError('PATINA_SUBSCRIPTION_FAILED', 'too much changed while it was read', {
        hint: 'Subscribe again, and read faster.',
      });
    }
    if (this.#isClosed) return undefined;
    const rows = this.#order === undefined ? this.#byRowId(rowsMax) : this.#inOrder(rowsMax);
    if (rows.length === 0) {
      this.close();
      return undefined;
    }
    let lines = '';
    for (const [rowId, cells] of rows) lines += `{"row":[${rowId},${cells}]}\n`;
    return { lines, count: rows.length };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cellsByRowId.clear();
    this.#onClose();
  }

  #byRowId(rowsMax: number): [number, string][] {
    const present = this.#store.rowsAfter(this.#setId, this.#readTo, this.#lastRowId, rowsMax);
    const end = present.length < rowsMax ? this.#lastRowId : (present.at(-1)?.[0] ?? 0);
    if (this.#cellsByRowId.size > 0) this.#restore(present, end);
    this.#readTo = end;
    return present;
  }

  /** Puts the rows up to `end` that changed since back to what they were. */
  #restore(rows: [number, string][], end: number): void {
    for (const row of rows) {
      const cells = this.#cellsByRowId.get(row[0]);
      if (cells === undefined) continue;
      row[1] = cells;
      this.#cellsByRowId.delete(row[0]);
    }
    for (const [rowId, cells] of this.#cellsByRowId) {
      if (rowId > end) continue;
      rows.push([rowId, cells]);
      this.#cellsByRowId.delete(rowId);
    }
    rows.sort(([a], [b]) => a - b);
  }

  #inOrder(rowsMax: number): [number, string][] {
    const rowIds = (this.#order ?? []).slice(this.#readTo, this.#readTo + rowsMax);
    this.#readTo += rowIds.length;
    return rowIds.flatMap((rowId): [number, string][] => {
      const cells = this.#cellsByRowId.get(rowId) ?? this.#store.row(this.#setId, rowId)?.cells;
      return cells === undefined ? [] : [[rowId, cells]];
    });
  }
}
