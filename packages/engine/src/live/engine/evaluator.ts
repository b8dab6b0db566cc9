// Evaluates single queries on the snapshot of a pass, whole or for touched keys, and writes what is
// different. A query whose SQL fails ends; the others go on.

import { PatinaError } from '../../base/errors.ts';
import { sqlErrorOf } from '../../storage/sql-error.ts';
import { isStorageFault, sqliteCode } from '../../storage/sqlite-errors.ts';
import type { ChangeOrigin } from '../live-queries.ts';
import type { EngineParts } from './engine-parts.ts';
import type { EnginePass } from './engine-types.ts';
import { runKeys } from './keyed-run.ts';
import { countEvaluation, keptQuery, type LiveQuery } from './live-query.ts';
import { growth } from './result-writer.ts';
import { eraseRows, hiddenRows, resultRows } from './row-set.ts';
import type { QueryKey } from './touch-index.ts';
import { diffWhole, type WholeRun } from './whole-run.ts';

/** What a pass has to tell, while it gathers. */
export interface Telling {
  readonly groups: EnginePass['groups'][number][];
  readonly watchGroups: EnginePass['watchGroups'][number][];
  readonly filled: EnginePass['filled'][number][];
  readonly failed: EnginePass['failed'][number][];
  readonly endedWatches: NonNullable<EnginePass['endedWatches']>[number][];
}

/** The difference that a run found; `order` is the one before, of an ordered result. */
interface Found extends WholeRun {
  readonly order: readonly number[] | undefined;
}

export class Evaluator {
  readonly #parts: EngineParts;
  readonly #forget: (query: LiveQuery) => void;

  constructor(parts: EngineParts, forget: (query: LiveQuery) => void) {
    this.#parts = parts;
    this.#forget = forget;
  }

  /** Brings a live query up to date by running it whole. */
  runWhole(telling: Telling, query: LiveQuery, origins: readonly ChangeOrigin[]): void {
    const found = this.#attempt(telling, query, () => this.#diffWhole(query));
    if (found === undefined) return;
    this.#takeShape(query);
    this.#write(telling, query, found, origins);
  }

  /** Brings a live query up to date for touched keys; false when it has to be run whole. */
  runKeys(
    telling: Telling,
    query: LiveQuery,
    keys: readonly QueryKey[],
    origins: readonly ChangeOrigin[],
  ): boolean {
    const found = this.#attempt(telling, query, () => this.#diffKeys(query, keys));
    if (found === 'uncertain') return false;
    if (found !== undefined) this.#write(telling, query, found, origins);
    return true;
  }

  /**
   * Brings a query that nobody has seen yet up to date: for touched keys, or whole where these are not
   * given. False when it failed.
   */
  catchUp(telling: Telling, query: LiveQuery, keys: readonly QueryKey[] | undefined): boolean {
    const byKeys =
      keys === undefined
        ? 'uncertain'
        : this.#attempt(telling, query, () => this.#diffKeys(query, keys));
    const found =
      byKeys === 'uncertain' ? this.#attempt(telling, query, () => this.#diffWhole(query)) : byKeys;
    if (found === undefined) return false;
    this.#parts.writer.writeHidden(query, found.hiddenEdits);
    this.#parts.writer.writeUnseen(query, found.edits, found.order);
    return true;
  }

  /** Ends a query. Faults of a file, and of our own code, are not its own: they are thrown. */
  fail(telling: Telling, query: LiveQuery, error: unknown): void {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const isItsOwn =
      error instanceof PatinaError ||
      sqliteCode(error) !== undefined ||
      error instanceof RangeError;
    if (!isItsOwn || (isStorageFault(cause) && sqliteCode(cause) !== 'SQLITE_NOMEM')) throw error;
    this.#forget(query);
    telling.failed.push({ id: query.id, error: failure(error) });
  }

  #diffWhole(query: LiveQuery): Found {
    const { reader, store, options, writer } = this.#parts;
    const order = query.plan.isOrdered ? store.order(query.number) : undefined;
    const kept = {
      result: resultRows(store, query),
      hidden: hiddenRows(store, query),
      order: order ?? [],
    };
    const startMs = options.monotonicMs();
    const run = diffWhole(reader, query, kept, options.limits.rerunRowsMax);
    query.ranAtMs = options.monotonicMs();
    query.ranForMs = query.ranAtMs - startMs;
    writer.checkGrowth(query, growth(run.edits) + growth(run.hiddenEdits));
    return { ...run, order };
  }

  #diffKeys(query: LiveQuery, keys: readonly QueryKey[]): Found | 'uncertain' {
    const { reader, store, writer } = this.#parts;
    const run = runKeys(reader, store, query, keys);
    if (run === undefined) return 'uncertain';
    writer.checkGrowth(query, growth(run.edits) + growth(run.hiddenEdits));
    return { ...run, order: undefined };
  }

  #write(
    telling: Telling,
    query: LiveQuery,
    { edits, hiddenEdits, order }: Found,
    origins: readonly ChangeOrigin[],
  ): void {
    const { writer } = this.#parts;
    writer.writeHidden(query, hiddenEdits);
    if (edits.length === 0) return;
    const plain = origins.map(({ actorId, version, hlc }) => ({ actorId, version, hlc }));
    telling.groups.push({ id: query.id, group: writer.write(query, edits, plain, order) });
  }

  /** Before rows of a new form are written: those of the old one are found under other keys. */
  #takeShape(query: LiveQuery): void {
    if (query.keptShape === query.shape) return;
    const { store, writer } = this.#parts;
    eraseRows(store, query.number, query.keptShape, Number.MAX_SAFE_INTEGER);
    writer.count(query, 'hidden', -query.hiddenCount);
    query.keptShape = query.shape;
    store.putQuery(keptQuery(query));
  }

  /** Runs SQL of a query; where it fails, the query ends, and undefined is returned. */
  #attempt<T>(telling: Telling, query: LiveQuery, run: () => T): T | undefined {
    const { monotonicMs, onEvaluating } = this.#parts.options;
    const startMs = monotonicMs();
    onEvaluating?.(query.id);
    try {
      return run();
    } catch (error) {
      this.fail(telling, query, error);
      return undefined;
    } finally {
      onEvaluating?.(undefined);
      countEvaluation(query, startMs, monotonicMs());
    }
  }
}

function failure(error: unknown): PatinaError {
  const known = sqlErrorOf(error);
  if (known.code !== 'PATINA_SQL_ERROR') return known;
  return new PatinaError('PATINA_SUBSCRIPTION_FAILED', known.message, {
    hint: 'The query does not fit the schema or the data any more. Correct it and subscribe again.',
    cause: error,
  });
}
