// A set of kept rows of one query: its result, or the rows behind the groups of its result. Knows under
// which keys its rows are to be found.

import type { EvaluationMode, KeyedSource, QueryPlan } from '../../subscriptions/plan.ts';
import type { KeptRow, StateStore } from '../state/state-store.ts';
import { splitKeyText } from './key-text.ts';
import type { LiveQuery } from './live-query.ts';

/** The table number under which rows are found by their identity. */
const identityTable = 0;

/** Rows that are erased between two looks for more. */
const erasedAtOnce = 500;

/** Where a row is to be found. */
interface RowKey {
  readonly tableId: number;
  readonly key: string;
  readonly source: number;
}

export class RowSet {
  readonly setId: number;
  readonly #store: StateStore;
  readonly #keysOf: (identity: string) => readonly RowKey[];

  constructor(store: StateStore, setId: number, keysOf: (identity: string) => readonly RowKey[]) {
    this.#store = store;
    this.setId = setId;
    this.#keysOf = keysOf;
  }

  insert(rowId: number, identity: string, cells: string): void {
    this.#store.insertRow(this.setId, rowId, identity, cells);
    for (const { tableId, key, source } of this.#keysOf(identity)) {
      this.#store.addSource(tableId, key, this.setId, source, rowId);
    }
  }

  /** Inserts a row that nobody looks for by its keys until `keys` are flushed. */
  insertMany(rowId: number, identity: string, cells: string, keys: SourceBuffer): void {
    this.#store.insertRow(this.setId, rowId, identity, cells);
    for (const { tableId, key, source } of this.#keysOf(identity)) {
      keys.add({ tableId, key, setId: this.setId, source, rowId });
    }
  }

  update(rowId: number, identity: string, cells: string): void {
    this.#store.updateRow(this.setId, rowId, identity, cells);
  }

  delete(rowId: number, identity: string): void {
    this.#store.deleteRow(this.setId, rowId);
    for (const { tableId, key, source } of this.#keysOf(identity)) {
      this.#store.removeSource(tableId, key, this.setId, source, rowId);
    }
  }

  /** Adds the rows that stand on a key as this source of FROM. */
  collectByKey(tableId: number, key: string, source: number, into: Map<string, KeptRow>): void {
    for (const rowId of this.#store.rowIdsByKey(tableId, key, this.setId, source)) {
      const row = this.#store.row(this.setId, rowId);
      if (row !== undefined) into.set(row.identity, row);
    }
  }

  /** The row of an identity, in a set that can be asked so. */
  byIdentity(identity: string): KeptRow | undefined {
    const [rowId] = this.#store.rowIdsByKey(identityTable, identity, this.setId, 0);
    return rowId === undefined ? undefined : this.#store.row(this.setId, rowId);
  }

  all(): Iterable<KeptRow> {
    return this.#store.allRows(this.setId);
  }
}

/** Keys that are gathered at most before they are written. */
const bufferedKeysMax = 16_000;

/**
 * Gathers the keys of many rows and writes them in order: rows come in an order of their own, and each
 * key would touch another page.
 */
export class SourceBuffer {
  readonly #store: StateStore;
  #keys: (RowKey & { readonly setId: number; readonly rowId: number })[] = [];

  constructor(store: StateStore) {
    this.#store = store;
  }

  add(key: RowKey & { readonly setId: number; readonly rowId: number }): void {
    if (this.#keys.push(key) >= bufferedKeysMax) this.flush();
  }

  flush(): void {
    const keys = this.#keys.sort((a, b) => {
      return a.tableId - b.tableId || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.rowId - b.rowId);
    });
    this.#keys = [];
    for (const { tableId, key, setId, source, rowId } of keys) {
      this.#store.addSource(tableId, key, setId, source, rowId);
    }
  }
}

/** What the form of the kept rows of a query depends on. */
export interface RowShape {
  readonly mode: EvaluationMode;
  readonly isOrdered: boolean;
  readonly identityCount: number;
  readonly sources: readonly Pick<KeyedSource, 'table' | 'keyStart' | 'keyCount'>[];
}

/** The shape as text: rows of different texts cannot be compared. */
export function shapeText(plan: QueryPlan): string {
  const shape: RowShape = {
    mode: plan.mode,
    isOrdered: plan.isOrdered,
    identityCount: plan.full.identityCount,
    sources: (plan.keyed?.sources ?? []).map(({ table, keyStart, keyCount }) => {
      return { table, keyStart, keyCount };
    }),
  };
  return JSON.stringify(shape);
}

/** The rows of the result of a query. */
export function resultRows(store: StateStore, query: LiveQuery): RowSet {
  const { mode, keyed } = query.plan;
  return resultRowsOf(store, query.number, mode, keyed?.sources ?? []);
}

/** The rows behind the groups of the result of a group-wise query. */
export function hiddenRows(store: StateStore, query: LiveQuery): RowSet {
  return hiddenRowsOf(store, query.number, query.plan.keyed?.sources ?? []);
}

/** Erases as many rows of a query as asked for, or all; returns how many. */
export function eraseRows(
  store: StateStore,
  number: number,
  shapeText: string,
  rowsMax: number,
): number {
  // Our own text, from a file that is checked when it is opened.
  const { mode, sources } = JSON.parse(shapeText) as RowShape;
  const sets = [resultRowsOf(store, number, mode, sources), hiddenRowsOf(store, number, sources)];
  let erased = 0;
  for (const set of sets) {
    while (erased < rowsMax) {
      const rows = store.someRows(set.setId, Math.min(erasedAtOnce, rowsMax - erased));
      if (rows.length === 0) break;
      for (const { rowId, identity } of rows) set.delete(rowId, identity);
      erased += rows.length;
    }
  }
  return erased;
}

function resultRowsOf(
  store: StateStore,
  number: number,
  mode: EvaluationMode,
  sources: RowShape['sources'],
): RowSet {
  if (mode === 'key-wise') return new RowSet(store, 2 * number, keysBySource(store, sources));
  if (mode === 're-run') return new RowSet(store, 2 * number, () => []);
  return new RowSet(store, 2 * number, (key) => [{ tableId: identityTable, key, source: 0 }]);
}

function hiddenRowsOf(store: StateStore, number: number, sources: RowShape['sources']): RowSet {
  return new RowSet(store, 2 * number + 1, keysBySource(store, sources));
}

function keysBySource(
  store: StateStore,
  sources: RowShape['sources'],
): (identity: string) => RowKey[] {
  const places = sources.map((source, index) => {
    return { source, index, tableId: store.tableId(source.table) };
  });
  return (identity) => {
    const parts = splitKeyText(identity);
    const keys: RowKey[] = [];
    for (const { source, index, tableId } of places) {
      const key = sourceKey(parts, source);
      if (key !== undefined) keys.push({ tableId, key, source: index });
    }
    return keys;
  };
}

/** The key of a source within an identity; undefined where a LEFT JOIN left it empty. */
export function sourceKey(
  parts: readonly string[],
  source: Pick<KeyedSource, 'keyStart' | 'keyCount'>,
): string | undefined {
  const own = parts.slice(source.keyStart, source.keyStart + source.keyCount);
  return own.every((part) => part === 'n;') ? undefined : own.join('');
}
