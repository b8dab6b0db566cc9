// One pass of the engine: from the snapshot before to the present one. All that a pass changes is
// committed to the state file together, before anybody is told.

import { asPatinaError, type PatinaError } from '../../base/errors.ts';
import type { ReplicatedTable } from '../../crdt/table.ts';
import { sqlErrorOf } from '../../storage/sql-error.ts';
import { readSchema, schemaVersion } from './catalog.ts';
import type { FeedReading } from './change-feed.ts';
import type { EngineParts } from './engine-parts.ts';
import type { EnginePass } from './engine-types.ts';
import { Evaluator, type Telling } from './evaluator.ts';
import { FillQueue, type FillResult } from './fill-queue.ts';
import { keptQuery, type LiveQuery } from './live-query.ts';
import { eraseRows } from './row-set.ts';
import { pickOrigins, Schedule } from './schedule.ts';
import { TableWatches, type TableWatchRequest } from './table-watches.ts';
import { concernOfQuery, TouchIndex } from './touch-index.ts';

/** Rows of dropped queries that one pass erases. */
const erasedRowsMax = 2_000;

export class LivePass {
  readonly #parts: EngineParts;
  readonly #evaluator: Evaluator;
  readonly #schedule = new Schedule();
  readonly #fills: FillQueue;
  readonly #watches: TableWatches;
  #touches: TouchIndex;
  /** The place in the log that all live queries stand for, but for those that are overdue. */
  #seq = 0;
  #hasDropped = false;
  /** The version of the schema that the queries were analysed by. */
  #followedVersion: number;
  /** Set when memory and state file may disagree: nothing can be done any more. */
  #broken: PatinaError | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { options, store, writer } = parts;
    const { monotonicMs, limits, onEvaluating } = options;
    const fillParts = { store, writer, monotonicMs, rerunRowsMax: limits.rerunRowsMax };
    this.#fills = new FillQueue(options.databasePath, fillParts, (id) => onEvaluating?.(id));
    this.#evaluator = new Evaluator(parts, (query) => this.forget(query));
    this.#watches = new TableWatches(parts, this.#stateId());
    this.#touches = this.#newTouches();
    this.#followedVersion = parts.schema.version;
  }

  /** Takes over what the state file holds: each result has to be compared with what it is now. */
  restore(): void {
    const { store, registry, writer, feed } = this.#parts;
    this.#keepPlace(feed.lastSeq());
    for (const { number } of store.dropped()) {
      registry.noteNumber(number);
      this.#hasDropped = true;
    }
    for (const kept of store.queries()) {
      const query = registry.restore(kept);
      if (query === undefined) {
        store.dropQuery(kept.number, kept.shape);
        this.#hasDropped = true;
        continue;
      }
      this.#touches.add(query);
      this.#schedule.add(query);
      writer.rowCount += query.rowCount + query.hiddenCount;
      if (query.state === 'filling') this.#refill(query);
      else this.#schedule.makeOverdue(query, []);
    }
    store.commit();
  }

  /** Has a new query filled by the next passes. */
  fill(query: LiveQuery): void {
    this.#touches.add(query);
    this.#fills.add(query);
  }

  /** Forgets a query; the caller commits. */
  forget(query: LiveQuery): void {
    const { registry, writer, snapshots, store } = this.#parts;
    this.#fills.remove(query);
    this.#touches.remove(query);
    this.#schedule.remove(query);
    registry.remove(query);
    snapshots.drop(query);
    writer.rowCount -= query.rowCount + query.hiddenCount;
    store.dropQuery(query.number, query.keptShape);
    this.#hasDropped = true;
  }

  /** Has new queries judged by the schema of today; the next pass does the rest. */
  refreshSchema(): void {
    const { reader, schema } = this.#parts;
    if (schemaVersion(reader.db) !== schema.version) this.#setSchema();
  }

  watch(request: TableWatchRequest): ReturnType<TableWatches['open']> {
    return this.#watches.open(request);
  }

  unwatch(watchId: string): void {
    this.#watches.close(watchId);
  }

  work(budgetMs: number): EnginePass {
    if (this.#broken !== undefined) throw this.#broken;
    const { store, options } = this.#parts;
    const telling: Telling = {
      groups: [],
      watchGroups: [],
      filled: [],
      failed: [],
      endedWatches: [],
    };
    const deadlineMs = options.monotonicMs() + budgetMs;
    try {
      this.#follow(telling, deadlineMs, []);
      if (!this.#fills.isEmpty) this.#fill(telling, deadlineMs);
      if (this.#hasDropped) this.#erase();
      store.commit();
      store.setFilling(!this.#fills.isEmpty);
    } catch (error) {
      store.rollback();
      this.#broken = asPatinaError(sqlErrorOf(error));
      throw this.#broken;
    }
    return { ...telling, againInMs: this.#againInMs() };
  }

  close(): void {
    this.#fills.close();
    this.#parts.compiler.close();
    this.#parts.store.close();
    this.#parts.reader.close();
  }

  /** Takes the present snapshot and brings all queries there, and those that were filled just now. */
  #follow(telling: Telling, deadlineMs: number, filled: readonly FillResult[]): void {
    const { reader, feed } = this.#parts;
    reader.begin();
    try {
      // Before the log is read: a table that was dropped has no clocks any more.
      const isSchemaNew = this.#isSchemaNew();
      if (isSchemaNew) this.#reload(telling);
      let reading = feed.read(this.#seq, this.#tables());
      const isChanged = isSchemaNew || reading.isReset;
      if (reading.isReset && !isSchemaNew) {
        this.#reload(telling);
        reading = feed.read(this.#seq, this.#tables());
      }
      if (isChanged || reading.isLost) this.#doubtAll(reading);
      else this.#runTouched(telling, reading);
      this.#runOverdue(telling, deadlineMs);
      for (const result of filled) this.#settle(telling, result, isChanged);
      telling.watchGroups.push(...this.#watches.tell(reading, telling.endedWatches));
      if (reading.seq !== this.#seq) this.#keepPlace(reading.seq);
    } finally {
      reader.end();
    }
  }

  /** The replicated tables that somebody follows. */
  #tables(): ReplicatedTable[] {
    const names = new Set([...this.#watches.tables(), ...this.#touches.tables()]);
    return [...names].flatMap((name) => this.#parts.schema.replicatedByName.get(name) ?? []);
  }

  #newTouches(): TouchIndex {
    const { reader, store, registry, schema } = this.#parts;
    return new TouchIndex(reader, store, registry, schema);
  }

  #isSchemaNew(): boolean {
    return schemaVersion(this.#parts.reader.db) !== this.#followedVersion;
  }

  #setSchema(): void {
    this.#parts.schema = readSchema(this.#parts.reader.db);
    this.#parts.compiler.setSchema(this.#parts.schema);
  }

  /** Everything that was known of tables is void. */
  #reload(telling: Telling): void {
    const { reader, feed, registry } = this.#parts;
    reader.forgetStatements();
    feed.reload();
    this.#setSchema();
    this.#followedVersion = this.#parts.schema.version;
    telling.endedWatches.push(...this.#watches.reload());
    for (const query of this.#fills.restart()) this.#clear(query);
    this.#touches = this.#newTouches();
    for (const query of [...registry.all()]) {
      try {
        registry.recompile(query);
        this.#touches.add(query);
        if (query.state === 'live') this.#schedule.add(query);
      } catch (error) {
        this.#evaluator.fail(telling, query, error);
      }
    }
  }

  #keepPlace(seq: number): void {
    const { store, feed } = this.#parts;
    this.#seq = seq;
    store.setMeta('seq', String(seq));
    store.setMeta('entry', feed.entryText(seq) ?? '');
  }

  /**
   * Names the state file and the log that it goes with. A database with another log, say one restored
   * from a backup, makes it a new one.
   */
  #stateId(): string {
    const { store, feed, options } = this.#parts;
    const known = store.meta('id');
    const entry = feed.entryText(Number(store.meta('seq') ?? 0)) ?? '';
    if (known !== undefined && entry === store.meta('entry')) return known;
    const id = options.newId();
    store.setMeta('id', id);
    return id;
  }

  /** What was kept of the queries cannot be brought to the present by keys. */
  #doubtAll(reading: FeedReading): void {
    for (const query of this.#parts.registry.all()) {
      if (query.state !== 'live') continue;
      const { origins } = concernOfQuery(query, reading);
      this.#schedule.makeOverdue(query, pickOrigins(reading, origins));
    }
  }

  #runTouched(telling: Telling, reading: FeedReading): void {
    for (const [query, { keys, origins, isWhole }] of this.#touches.find(reading)) {
      const picked = pickOrigins(reading, origins);
      const isDone =
        !isWhole &&
        query.overdue === undefined &&
        this.#evaluator.runKeys(telling, query, keys, picked);
      if (!isDone) this.#schedule.makeOverdue(query, picked);
    }
  }

  /** Runs overdue queries, at least one and until the deadline. */
  #runOverdue(telling: Telling, deadlineMs: number): void {
    const { monotonicMs } = this.#parts.options;
    const isUnlimited = deadlineMs === Number.POSITIVE_INFINITY;
    for (const query of this.#schedule.due(monotonicMs(), isUnlimited)) {
      const origins = [...(query.overdue?.values() ?? [])];
      this.#schedule.settle(query);
      this.#evaluator.runWhole(telling, query, origins);
      if (monotonicMs() >= deadlineMs) return;
    }
  }

  #fill(telling: Telling, deadlineMs: number): void {
    const results = this.#fills.work(deadlineMs);
    const filled = results.filter(({ kind }) => kind === 'filled');
    for (const result of results) {
      if (result.kind === 'failed') this.#evaluator.fail(telling, result.query, result.error);
    }
    if (filled.length > 0) this.#follow(telling, deadlineMs, filled);
  }

  /** Brings a query that was filled from its own snapshot to the present one. */
  #settle(telling: Telling, result: FillResult, isChanged: boolean): void {
    if (result.kind !== 'filled') return;
    const { query, seq } = result.fill;
    if (this.#parts.registry.find(query.id) !== query) return;
    if (isChanged) {
      this.#refill(query);
      return;
    }
    if (!this.#catchUp(telling, query, seq)) return;
    query.state = 'live';
    query.ranAtMs = this.#parts.options.monotonicMs();
    query.ranForMs = result.timeMs;
    this.#schedule.add(query);
    this.#parts.store.putQuery(keptQuery(query));
    telling.filled.push({ id: query.id, changeId: query.changeId, timeMs: result.timeMs });
  }

  #catchUp(telling: Telling, query: LiveQuery, seq: number): boolean {
    const { feed, schema } = this.#parts;
    const tables = query.plan.tables.flatMap(
      ({ table }) => schema.replicatedByName.get(table) ?? [],
    );
    const reading = feed.read(seq, tables);
    if (!reading.isLost && reading.tablesByName.size === 0) return true;
    const { keys, isWhole } = concernOfQuery(query, reading);
    return this.#evaluator.catchUp(telling, query, isWhole ? undefined : keys);
  }

  #refill(query: LiveQuery): void {
    this.#clear(query);
    this.#fills.add(query);
  }

  /** Forgets the rows of a query that is filled anew. */
  #clear(query: LiveQuery): void {
    const { store, writer } = this.#parts;
    eraseRows(store, query.number, query.keptShape, Number.MAX_SAFE_INTEGER);
    writer.count(query, 'result', -query.rowCount);
    writer.count(query, 'hidden', -query.hiddenCount);
    query.nextRowId = 1;
    query.nextHiddenId = 1;
    query.keptShape = query.shape;
    store.putQuery(keptQuery(query));
  }

  /** Erases rows of dropped queries, some at a time. */
  #erase(): void {
    const { store } = this.#parts;
    let left = erasedRowsMax;
    for (const { number, shape } of store.dropped()) {
      left -= eraseRows(store, number, shape, left);
      if (left <= 0) return;
      store.forgetDropped(number);
    }
    this.#hasDropped = false;
  }

  #againInMs(): number | undefined {
    if (!this.#fills.isEmpty || this.#hasDropped) return 0;
    const atMs = this.#schedule.nextAtMs();
    if (atMs === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, atMs - this.#parts.options.monotonicMs());
  }
}
