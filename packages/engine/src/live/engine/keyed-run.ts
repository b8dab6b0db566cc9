// Evaluates a query for touched keys alone: the rows that stand on them, as they are kept and as they
// are now.

import { must } from '../../base/assert.ts';
import { cellsToJson, type RawCell } from '../../storage/row-encoder.ts';
import type { KeyedPart } from '../../subscriptions/plan.ts';
import type { KeptRow, StateStore } from '../state/state-store.ts';
import type { DatabaseReader } from './database-reader.ts';
import { exactTextOf, isUncertainText, keyTextOf, parseKeyText, splitKeyText } from './key-text.ts';
import type { LiveQuery } from './live-query.ts';
import { diffRows, type FreshRow, type RowEdit } from './row-edits.ts';
import { hiddenRows, type RowSet, resultRows, sourceKey } from './row-set.ts';
import type { QueryKey } from './touch-index.ts';
import { namerOf, type WholeRun } from './whole-run.ts';

/** Rows that stand on touched keys, by identity. */
interface Rows {
  readonly old: Map<string, KeptRow>;
  readonly fresh: Map<string, FreshRow>;
}

/** Edits of a query that is kept by keys or by groups; undefined where keys do not tell rows apart. */
export function runKeys(
  reader: DatabaseReader,
  store: StateStore,
  query: LiveQuery,
  keys: readonly QueryKey[],
): WholeRun | undefined {
  const keyed = must(query.plan.keyed, 'the query is kept by keys');
  if (query.plan.grouped === undefined) {
    const encode = (row: readonly RawCell[]): string => cellsToJson(row, keyed.identityCount);
    const rows = new KeyedRun(reader, store, query, resultRows(store, query), encode).run(keys);
    if (rows === undefined) return undefined;
    return { edits: diffRows(rows.old, rows.fresh), hiddenEdits: [] };
  }
  const encode = (row: readonly RawCell[]): string => exactTextOf(row, keyed.identityCount);
  const rows = new KeyedRun(reader, store, query, hiddenRows(store, query), encode).run(keys);
  const edits = rows === undefined ? undefined : runGroups(reader, store, query, rows);
  if (rows === undefined || edits === undefined) return undefined;
  return { edits, hiddenEdits: diffRows(rows.old, rows.fresh) };
}

class KeyedRun {
  readonly #reader: DatabaseReader;
  readonly #store: StateStore;
  readonly #query: LiveQuery;
  readonly #keyed: KeyedPart;
  readonly #kept: RowSet;
  readonly #encode: (row: readonly RawCell[]) => string;
  readonly #old = new Map<string, KeptRow>();
  readonly #fresh = new Map<string, FreshRow>();
  /** Source and key of those that were looked at. */
  readonly #done = new Set<string>();

  constructor(
    reader: DatabaseReader,
    store: StateStore,
    query: LiveQuery,
    kept: RowSet,
    encode: (row: readonly RawCell[]) => string,
  ) {
    this.#reader = reader;
    this.#store = store;
    this.#query = query;
    this.#keyed = must(query.plan.keyed, 'the query is kept by keys');
    this.#kept = kept;
    this.#encode = encode;
  }

  /** Undefined where identities are not certain. */
  run(keys: readonly QueryKey[]): Rows | undefined {
    for (const { source, key } of keys) {
      this.#collect(source, key.text, key.values);
      const anchor = this.#keyed.sources[source]?.anchor;
      if (anchor !== undefined) {
        this.#collectAnchors(source, anchor.source, anchor.anchorKeys, key.text, key.values);
      }
    }
    const rows = { old: this.#old, fresh: this.#fresh };
    const identities = [...this.#old.keys(), ...this.#fresh.keys()];
    return identities.some(isUncertainText) ? undefined : rows;
  }

  /** The rows that stand on a key as one source. */
  #collect(source: number, text: string, values: readonly RawCell[]): void {
    const name = `${source}:${text}`;
    if (this.#done.has(name)) return;
    this.#done.add(name);
    const { table, rowsByKey } = must(this.#keyed.sources[source], 'sources are numbered');
    const tableId = this.#store.tableId(table);
    this.#kept.collectByKey(tableId, text, source, this.#old);
    const parameters = [...this.#query.values, ...values];
    for (const row of this.#reader.statement(rowsByKey).iterate(parameters)) {
      const identity = keyTextOf(row, 0, this.#keyed.identityCount, []);
      this.#fresh.set(identity, { identity, cells: this.#encode(row) });
    }
  }

  /** All rows of those that the key joined or joins now: one of them may have it empty. */
  #collectAnchors(
    source: number,
    anchor: number,
    anchorKeys: string,
    text: string,
    values: readonly RawCell[],
  ): void {
    const anchorSource = must(this.#keyed.sources[anchor], 'sources are numbered');
    const { table } = must(this.#keyed.sources[source], 'sources are numbered');
    const joined = new Map<string, KeptRow>();
    this.#kept.collectByKey(this.#store.tableId(table), text, source, joined);
    for (const { identity } of joined.values()) {
      const key = sourceKey(splitKeyText(identity), anchorSource);
      if (key !== undefined) this.#collect(anchor, key, parseKeyText(key));
    }
    const parameters = [...this.#query.values, ...values];
    for (const key of this.#reader.statement(anchorKeys).all(parameters)) {
      this.#collect(anchor, keyTextOf(key, 0, key.length, []), key);
    }
  }
}

/** Runs the groups that rows were in or are in now; undefined where groups cannot be told apart. */
function runGroups(
  reader: DatabaseReader,
  store: StateStore,
  query: LiveQuery,
  rows: Rows,
): RowEdit[] | undefined {
  const grouped = must(query.plan.grouped, 'the query is kept by groups');
  const namer = namerOf(query.plan);
  const groups = new Map<string, readonly RawCell[]>();
  for (const { cells } of [...rows.old.values(), ...rows.fresh.values()]) {
    const values = parseKeyText(cells);
    if (isUncertainText(cells)) return undefined;
    groups.set(keyTextOf(values, 0, values.length, []), values);
  }
  const kept = resultRows(store, query);
  const old = new Map<string, KeptRow>();
  const fresh = new Map<string, FreshRow>();
  for (const [identity, values] of groups) {
    const before = kept.byIdentity(identity);
    if (before !== undefined) old.set(identity, before);
    const row = reader.statement(grouped.rowByGroup).get([...query.values, ...values]);
    if (row === undefined) continue;
    const named = namer.name(row);
    fresh.set(named.identity, named);
  }
  return diffRows(old, fresh);
}
