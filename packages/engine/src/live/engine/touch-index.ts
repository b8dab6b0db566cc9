// Which queries a touched row concerns: those that hold it, those whose filter is true for it now, and
// those that are run whole whenever their table is touched.

import type { StateStore } from '../state/state-store.ts';
import type { SchemaReading } from './catalog.ts';
import type { FeedReading, TouchedKey, TouchedTable } from './change-feed.ts';
import { ConstantIndex } from './constant-index.ts';
import type { DatabaseReader } from './database-reader.ts';
import { type BankEntry, FilterBank } from './filter-bank.ts';
import type { LiveQuery } from './live-query.ts';
import type { QueryRegistry } from './query-registry.ts';

/** From so many members on, a family is looked up by its constants. */
const indexedFrom = 8;

/** With more touched keys than a quarter of its rows, or than these, a query is run whole. */
const touchedKeysMax = 5_000;
const touchedKeysMin = 100;

export interface QueryKey {
  readonly source: number;
  readonly key: TouchedKey;
}

/** What a reading means for one query. */
export interface Concern {
  readonly keys: QueryKey[];
  readonly origins: Set<number>;
  /** It has to be run whole. */
  isWhole: boolean;
}

/** Queries of one normalised text. */
interface Family {
  readonly members: Map<LiveQuery, readonly BankEntry[]>;
  index: ConstantIndex | undefined;
}

/** What is to be asked when a row of a table is touched. */
interface TableIndex {
  readonly queries: Set<LiveQuery>;
  /** Those that are run whole at each touch. */
  readonly whole: Set<LiveQuery>;
  readonly bank: FilterBank;
  /** Sources without a filter. */
  readonly unfiltered: Map<LiveQuery, Set<number>>;
  /** Families that are looked up by constants, with their sources on the table. */
  readonly indexed: Map<Family, readonly number[]>;
}

export class TouchIndex {
  readonly #reader: DatabaseReader;
  readonly #store: StateStore;
  readonly #registry: QueryRegistry;
  readonly #schema: SchemaReading;
  readonly #tables = new Map<string, TableIndex>();
  readonly #families = new Map<string, Family>();

  constructor(
    reader: DatabaseReader,
    store: StateStore,
    registry: QueryRegistry,
    schema: SchemaReading,
  ) {
    this.#reader = reader;
    this.#store = store;
    this.#registry = registry;
    this.#schema = schema;
  }

  /** Names of the tables that queries read. */
  tables(): IterableIterator<string> {
    return this.#tables.keys();
  }

  add(query: LiveQuery): void {
    const { plan } = query;
    for (const { table, reaction } of plan.tables) {
      const index = this.#table(table);
      index.queries.add(query);
      if (reaction === 're-run' || plan.keyed === undefined) index.whole.add(query);
    }
    if (plan.keyed === undefined) return;
    const family = this.#families.get(plan.sql) ?? { members: new Map(), index: undefined };
    this.#families.set(plan.sql, family);
    if (family.index !== undefined) {
      family.members.set(query, []);
      family.index.add(query);
      return;
    }
    family.members.set(query, this.#addFilters(query));
    const canIndex = plan.keyed.constants.length > 0;
    if (canIndex && family.members.size >= indexedFrom) this.#indexFamily(family, query);
  }

  remove(query: LiveQuery): void {
    const { plan } = query;
    const family = this.#families.get(plan.sql);
    if (family !== undefined) {
      this.#removeFilters(query, family.members.get(query) ?? []);
      family.index?.remove(query);
      family.members.delete(query);
      if (family.members.size === 0) this.#families.delete(plan.sql);
    }
    for (const { table } of plan.tables) {
      const index = this.#table(table);
      index.queries.delete(query);
      index.whole.delete(query);
      if (family?.members.size === 0) index.indexed.delete(family);
      if (index.queries.size === 0) this.#tables.delete(table);
    }
  }

  /** What a reading means for the queries that are live. */
  find(reading: FeedReading): Map<LiveQuery, Concern> {
    const concerns = new Map<LiveQuery, Concern>();
    for (const touched of reading.tablesByName.values()) {
      const index = this.#tables.get(touched.table.name);
      if (index === undefined) continue;
      findWhole(touched, index, concerns);
      if (!touched.isWhole) this.#findByKeys(touched, index, concerns);
    }
    for (const [query, concern] of concerns) weigh(query, concern);
    return concerns;
  }

  #findByKeys(touched: TouchedTable, index: TableIndex, concerns: Map<LiveQuery, Concern>): void {
    const { name } = touched.table;
    const tableId = this.#store.tableId(name);
    for (const key of touched.keysByText.values()) {
      const met = new Map<LiveQuery, Set<number>>();
      const note = (query: LiveQuery | undefined, source: number): void => {
        if (query?.state !== 'live') return;
        const sources = met.get(query);
        if (sources?.has(source) === true || !isConcerned(query, name, key)) return;
        if (sources === undefined) met.set(query, new Set([source]));
        else sources.add(source);
        const concern = concernOf(concerns, query);
        concern.keys.push({ source, key });
        for (const origin of key.origins) concern.origins.add(origin);
      };
      for (const { setId, source } of this.#store.holders(tableId, key.text)) {
        note(this.#registry.byNumber(setId >>> 1), source);
      }
      for (const [family, sources] of index.indexed) {
        const [member] = family.members.keys();
        if (member === undefined || !isConcerned(member, name, key)) continue;
        for (const source of sources) {
          for (const query of family.index?.find(source, key.values) ?? []) note(query, source);
        }
      }
      for (const { query, source } of index.bank.matches(key.values)) note(query, source);
      for (const [query, sources] of index.unfiltered) {
        for (const source of sources) note(query, source);
      }
    }
  }

  #table(name: string): TableIndex {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const key = this.#schema.replicatedByName.get(name)?.key.map((column) => column.name) ?? [];
    const made: TableIndex = {
      queries: new Set(),
      whole: new Set(),
      bank: new FilterBank(this.#reader.db, name, key),
      unfiltered: new Map(),
      indexed: new Map(),
    };
    this.#tables.set(name, made);
    return made;
  }

  #addFilters(query: LiveQuery): BankEntry[] {
    const entries: BankEntry[] = [];
    for (const [source, { table, filter }] of keyedSources(query)) {
      const index = this.#table(table);
      if (filter === undefined) {
        const sources = index.unfiltered.get(query) ?? new Set();
        index.unfiltered.set(query, sources.add(source));
        continue;
      }
      const entry: BankEntry = { query, source, filter };
      index.bank.add(entry);
      entries.push(entry);
    }
    return entries;
  }

  #removeFilters(query: LiveQuery, entries: readonly BankEntry[]): void {
    for (const [, { table }] of keyedSources(query)) this.#table(table).unfiltered.delete(query);
    for (const entry of entries) {
      const table = query.plan.keyed?.sources[entry.source]?.table;
      if (table !== undefined) this.#table(table).bank.remove(entry);
    }
  }

  /** From now on members of the family are found by their constants. */
  #indexFamily(family: Family, member: LiveQuery): void {
    const { keyed } = member.plan;
    if (keyed === undefined) return;
    const index = new ConstantIndex(this.#reader, keyed);
    family.index = index;
    for (const [query, entries] of family.members) {
      this.#removeFilters(query, entries);
      family.members.set(query, []);
      index.add(query);
    }
    for (const [source, { table }] of keyedSources(member)) {
      const { indexed } = this.#table(table);
      indexed.set(family, [...(indexed.get(family) ?? []), source]);
    }
  }
}

/** What a reading means for one query, whatever its filters say. */
export function concernOfQuery(query: LiveQuery, reading: FeedReading): Concern {
  const concern: Concern = { keys: [], origins: new Set(), isWhole: reading.isLost };
  for (const { table, reaction } of query.plan.tables) {
    const touched = reading.tablesByName.get(table);
    if (touched === undefined) continue;
    for (const origin of originsOf(query, touched)) concern.origins.add(origin);
    concern.isWhole ||= reaction === 're-run' || touched.isWhole;
    for (const [source, keyed] of keyedSources(query)) {
      if (keyed.table !== table) continue;
      for (const key of touched.keysByText.values()) concern.keys.push({ source, key });
    }
  }
  weigh(query, concern);
  return concern;
}

/** Beyond some number of keys it is cheaper to run the query whole. */
function weigh(query: LiveQuery, concern: Concern): void {
  const quarter = (query.rowCount + query.hiddenCount) / 4;
  const keysMax = Math.max(touchedKeysMin, Math.min(touchedKeysMax, quarter));
  if (concern.keys.length > keysMax) concern.isWhole = true;
}

function findWhole(
  touched: TouchedTable,
  index: TableIndex,
  concerns: Map<LiveQuery, Concern>,
): void {
  for (const query of touched.isWhole ? index.queries : index.whole) {
    if (query.state !== 'live') continue;
    const origins = originsOf(query, touched);
    if (origins.size === 0) continue;
    const concern = concernOf(concerns, query);
    concern.isWhole = true;
    for (const origin of origins) concern.origins.add(origin);
  }
}

/** The sources of FROM that are followed by their keys. */
function keyedSources(query: LiveQuery) {
  const { plan } = query;
  return [...(plan.keyed?.sources ?? []).entries()].filter(([, { table }]) => {
    return plan.tables.some((role) => role.table === table && role.reaction === 'keys');
  });
}

function concernOf(concerns: Map<LiveQuery, Concern>, query: LiveQuery): Concern {
  const known = concerns.get(query);
  if (known !== undefined) return known;
  const made: Concern = { keys: [], origins: new Set(), isWhole: false };
  concerns.set(query, made);
  return made;
}

/** Whether what was written of a row can matter to a query. */
function isConcerned(query: LiveQuery, table: string, key: TouchedKey): boolean {
  if (key.isLife) return true;
  const role = query.plan.tables.find((candidate) => candidate.table === table);
  if (role === undefined) return false;
  if (role.columns === 'all') return true;
  for (const column of key.columns) if (role.columns.has(column)) return true;
  return false;
}

/** The versions that touched a table in a way that can matter to a query. */
function originsOf(query: LiveQuery, touched: TouchedTable): ReadonlySet<number> {
  if (touched.isWhole) return touched.origins;
  const origins = new Set<number>();
  for (const key of touched.keysByText.values()) {
    if (!isConcerned(query, touched.table.name, key)) continue;
    for (const origin of key.origins) origins.add(origin);
  }
  return origins;
}
