// One pass of the engine: from the snapshot before to the present one. All that a pass changes is
// committed to the state file together, before anybody is told.

import { asPatinaError, PatinaError } from '../base/errors.ts';
import { sqlErrorOf } from '../storage/sql-error.ts';
import { isStorageFault, sqliteCode } from '../storage/sqlite-errors.ts';
import { readSchema, schemaVersion } from './catalog.ts';
import type { FeedOrigin, FeedReading } from './change-feed.ts';
import type { EngineParts } from './engine-parts.ts';
import type { EnginePass } from './engine-types.ts';
import { FillQueue, type FillResult } from './fill-queue.ts';
import type { ChangeOrigin } from './live-queries.ts';
import { countEvaluation, keptQuery, type LiveQuery } from './live-query.ts';
import { changesByItself, dueAtMs, makeOverdue, originsFor, periodicAtMs } from './overdue.ts';
import { growth } from './result-writer.ts';
import type { RowEdit } from './row-edits.ts';
import { hiddenRows, resultRows } from './row-set.ts';
import { TableWatches, type TableWatchRequest } from './table-watches.ts';
import { diffWhole, type WholeRun } from './whole-run.ts';

/** What a pass has to tell, while it gathers. */
interface Telling {
  readonly groups: EnginePass['groups'][number][];
  readonly watchGroups: EnginePass['watchGroups'][number][];
  readonly filled: EnginePass['filled'][number][];
  readonly failed: EnginePass['failed'][number][];
  readonly endedWatches: NonNullable<EnginePass['endedWatches']>[number][];
}

export class LivePass {
  readonly #parts: EngineParts;
  readonly #fills: FillQueue;
  readonly #watches: TableWatches;
  /** The place in the log that all live queries stand for, but for those that are overdue. */
  #seq = 0;
  /** Set when memory and state file may disagree: nothing can be done any more. */
  #broken: unknown;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { options, store, writer } = parts;
    const { monotonicMs, limits } = options;
    const { rerunRowsMax } = limits;
    const fillParts = { store, writer, monotonicMs, rerunRowsMax };
    this.#fills = new FillQueue(options.databasePath, fillParts, (id) => this.#evaluating(id));
    this.#watches = new TableWatches(parts, this.#stateId());
  }

  /** Takes over what the state file holds: each result has to be compared with what it is now. */
  restore(): void {
    const { store, registry, writer, feed, options } = this.#parts;
    this.#seq = feed.lastSeq();
    this.#keepPlace(this.#seq);
    for (const kept of store.queries()) {
      const query = registry.restore(kept);
      if (query === undefined) {
        store.dropQuery(kept.number);
        continue;
      }
      writer.rowCount += query.rowCount + query.hiddenCount;
      if (query.state === 'filling') this.#refill(query);
      else makeOverdue(query, [], options.monotonicMs());
    }
    store.commit();
  }

  fill(query: LiveQuery): void {
    this.#fills.add(query);
  }

  /** Forgets a query; the caller commits. */
  forget(query: LiveQuery): void {
    const { registry, writer, snapshots, store } = this.#parts;
    this.#fills.remove(query);
    registry.remove(query);
    snapshots.drop(query);
    writer.rowCount -= query.rowCount + query.hiddenCount;
    store.dropQuery(query.number);
  }

  /** Has new queries judged by the schema of today; the next pass does the rest. */
  refreshSchema(): void {
    const { reader, schema, compiler } = this.#parts;
    if (schemaVersion(reader.db) === schema.version) return;
    compiler.setSchema(readSchema(reader.db));
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
      store.commit();
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
    const { reader, feed, schema } = this.#parts;
    reader.begin();
    try {
      let reading = feed.read(this.#seq, this.#tables());
      const isChanged = reading.isReset || schemaVersion(reader.db) !== schema.version;
      if (isChanged) {
        this.#reload(telling);
        reading = feed.read(this.#seq, this.#tables());
      }
      if (isChanged || reading.isLost) this.#doubtAll(reading);
      else this.#noteTouched(reading);
      this.#runOverdue(telling, deadlineMs);
      for (const result of filled) this.#settle(telling, result, isChanged);
      telling.watchGroups.push(...this.#watches.tell(reading));
      if (reading.seq !== this.#seq) this.#keepPlace(reading.seq);
    } finally {
      reader.end();
    }
  }

  /** The replicated tables that somebody follows. */
  #tables() {
    const { registry, schema } = this.#parts;
    const names = this.#watches.tables();
    for (const { plan } of registry.all()) for (const { table } of plan.tables) names.add(table);
    return [...names].flatMap((name) => schema.replicatedByName.get(name) ?? []);
  }

  /** Everything that was known of tables is void. */
  #reload(telling: Telling): void {
    const { reader, feed, compiler, registry } = this.#parts;
    reader.forgetStatements();
    feed.reload();
    this.#parts.schema = readSchema(reader.db);
    compiler.setSchema(this.#parts.schema);
    for (const query of this.#fills.restart()) this.#clear(query);
    telling.endedWatches.push(...this.#watches.reload());
    for (const query of [...registry.all()]) {
      try {
        registry.recompile(query);
      } catch (error) {
        this.#fail(telling, query, error);
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

  #doubtAll(reading: FeedReading): void {
    const nowMs = this.#parts.options.monotonicMs();
    for (const query of this.#parts.registry.all()) {
      if (query.state === 'live') makeOverdue(query, originsFor(query, reading), nowMs);
    }
  }

  #noteTouched(reading: FeedReading): void {
    const nowMs = this.#parts.options.monotonicMs();
    for (const query of this.#parts.registry.all()) {
      if (query.state !== 'live') continue;
      const origins = originsFor(query, reading);
      if (origins.length > 0) makeOverdue(query, origins, nowMs);
    }
  }

  /** Runs overdue queries, those first that have waited longest, at least one and until the deadline. */
  #runOverdue(telling: Telling, deadlineMs: number): void {
    const { registry, options } = this.#parts;
    const isUnlimited = deadlineMs === Number.POSITIVE_INFINITY;
    const nowMs = options.monotonicMs();
    for (const query of registry.all()) {
      if (query.state !== 'live' || !changesByItself(query)) continue;
      if (isUnlimited || periodicAtMs(query) <= nowMs) makeOverdue(query, [], nowMs);
    }
    const due = [...registry.all()]
      .filter((query) => query.overdue !== undefined && query.state === 'live')
      .filter((query) => isUnlimited || dueAtMs(query) <= nowMs)
      .sort((a, b) => (a.overdue?.sinceMs ?? 0) - (b.overdue?.sinceMs ?? 0));
    for (const query of due) {
      this.#runWhole(telling, query);
      if (options.monotonicMs() >= deadlineMs) return;
    }
  }

  #runWhole(telling: Telling, query: LiveQuery): void {
    const origins = [...(query.overdue?.origins.values() ?? [])];
    const run = this.#evaluate(telling, query, () => this.#diffWhole(query));
    if (run === undefined) return;
    query.overdue = undefined;
    this.#takeShape(query);
    this.#parts.writer.writeHidden(query, run.hiddenEdits);
    this.#write(telling, query, run.edits, origins, run.order);
  }

  /** Before rows of a new form are written: those of the old one are found under other keys. */
  #takeShape(query: LiveQuery): void {
    if (query.keptShape === query.shape) return;
    const { store, writer } = this.#parts;
    store.clearRows(query.number);
    writer.count(query, 'hidden', -query.hiddenCount);
    query.keptShape = query.shape;
    store.putQuery(keptQuery(query));
  }

  #diffWhole(query: LiveQuery): WholeRun & { order: readonly number[] | undefined } {
    const { reader, store, options, writer } = this.#parts;
    const order = query.plan.isOrdered ? store.order(query.number) : undefined;
    const kept = {
      result: resultRows(store, query),
      hidden: hiddenRows(store, query),
      order: order ?? [],
    };
    const startMs = options.monotonicMs();
    const { edits, hiddenEdits } = diffWhole(reader, query, kept, options.limits.rerunRowsMax);
    query.ranAtMs = options.monotonicMs();
    query.ranForMs = query.ranAtMs - startMs;
    writer.checkGrowth(query, growth(edits) + growth(hiddenEdits));
    return { edits, hiddenEdits, order };
  }

  #write(
    telling: Telling,
    query: LiveQuery,
    edits: readonly RowEdit[],
    origins: readonly (FeedOrigin | ChangeOrigin)[],
    order: readonly number[] | undefined,
  ): void {
    if (edits.length === 0) return;
    const plain = origins.map(({ actorId, version, hlc }) => ({ actorId, version, hlc }));
    const group = this.#parts.writer.write(query, edits, plain, order);
    telling.groups.push({ id: query.id, group });
  }

  /** Runs SQL of a query; where it fails, the query ends, and undefined is returned. */
  #evaluate<T>(telling: Telling, query: LiveQuery, run: () => T): T | undefined {
    const { monotonicMs } = this.#parts.options;
    const startMs = monotonicMs();
    this.#evaluating(query.id);
    try {
      return run();
    } catch (error) {
      this.#fail(telling, query, error);
      return undefined;
    } finally {
      this.#evaluating(undefined);
      countEvaluation(query, startMs, monotonicMs());
    }
  }

  #fill(telling: Telling, deadlineMs: number): void {
    const results = this.#fills.work(deadlineMs);
    const filled = results.filter(({ kind }) => kind === 'filled');
    for (const result of results) {
      if (result.kind === 'failed') this.#fail(telling, result.query, result.error);
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
    const run = this.#evaluate(telling, query, () => this.#diffWhole(query));
    if (run === undefined) return false;
    this.#parts.writer.writeHidden(query, run.hiddenEdits);
    this.#parts.writer.writeUnseen(query, run.edits, run.order);
    return true;
  }

  #refill(query: LiveQuery): void {
    this.#clear(query);
    this.#fills.add(query);
  }

  /** Forgets the rows of a query that is filled anew. */
  #clear(query: LiveQuery): void {
    const { store, writer } = this.#parts;
    store.clearRows(query.number);
    writer.count(query, 'result', -query.rowCount);
    writer.count(query, 'hidden', -query.hiddenCount);
    query.nextRowId = 1;
    query.nextHiddenId = 1;
    store.putProgress(keptQuery(query));
  }

  /** Ends a query. Faults of a file are not its own, and are thrown. */
  #fail(telling: Telling, query: LiveQuery, error: unknown): void {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (isStorageFault(cause) && sqliteCode(cause) !== 'SQLITE_NOMEM') throw error;
    this.forget(query);
    const known = sqlErrorOf(error);
    telling.failed.push({
      id: query.id,
      error:
        known.code === 'PATINA_SQL_ERROR'
          ? new PatinaError('PATINA_SUBSCRIPTION_FAILED', known.message, {
              hint: 'The query or the schema does not fit the data. Correct it and subscribe again.',
              cause: error,
            })
          : known,
    });
  }

  #evaluating(id: string | undefined): void {
    this.#parts.options.onEvaluating?.(id);
  }

  #againInMs(): number | undefined {
    if (!this.#fills.isEmpty) return 0;
    const { registry, options } = this.#parts;
    let atMs = Number.POSITIVE_INFINITY;
    for (const query of registry.all()) {
      if (query.overdue !== undefined) atMs = Math.min(atMs, dueAtMs(query));
      else if (changesByItself(query)) atMs = Math.min(atMs, periodicAtMs(query));
    }
    if (atMs === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, atMs - options.monotonicMs());
  }
}
