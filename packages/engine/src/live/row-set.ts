// A set of kept rows of one query: its result, or the rows behind the groups of its result. Knows under
// which keys its rows are to be found.

import type { KeyedSource, QueryPlan } from '../subscriptions/plan.ts';
import { splitKeyText } from './key-text.ts';
import { hiddenSet, type LiveQuery, resultSet } from './live-query.ts';
import type { KeptRow, StateStore } from './state-store.ts';

/** The table number under which rows are found by their identity. */
const identityTable = 0;

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

/** The rows of the result of a query. */
export function resultRows(store: StateStore, query: LiveQuery): RowSet {
  const { plan } = query;
  const keysOf =
    plan.mode === 'key-wise'
      ? keysBySource(store, plan)
      : plan.mode === 'group-wise'
        ? (identity: string) => [{ tableId: identityTable, key: identity, source: 0 }]
        : () => [];
  return new RowSet(store, resultSet(query), keysOf);
}

/** The rows behind the groups of the result of a group-wise query. */
export function hiddenRows(store: StateStore, query: LiveQuery): RowSet {
  return new RowSet(store, hiddenSet(query), keysBySource(store, query.plan));
}

function keysBySource(store: StateStore, plan: QueryPlan): (identity: string) => RowKey[] {
  const sources = (plan.keyed?.sources ?? []).map((source, index) => ({
    source,
    index,
    tableId: store.tableId(source.table),
  }));
  return (identity) => {
    const parts = splitKeyText(identity);
    const keys: RowKey[] = [];
    for (const { source, index, tableId } of sources) {
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
