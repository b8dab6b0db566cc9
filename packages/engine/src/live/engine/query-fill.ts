// Fills a new query, a slice at a time, on a connection and a snapshot of its own: it may have a million
// rows, and neither memory nor the other queries may feel it.

import { must } from '../../base/assert.ts';
import { PatinaError } from '../../base/errors.ts';
import type { StateStore } from '../state/state-store.ts';
import { ChangeFeed } from './change-feed.ts';
import type { DatabaseReader } from './database-reader.ts';
import { exactTextOf } from './key-text.ts';
import { keptQuery, type LiveQuery } from './live-query.ts';
import type { BoundValue } from './numbered-statement.ts';
import type { ResultWriter } from './result-writer.ts';
import { IdentityNamer } from './row-edits.ts';
import { hiddenRows, resultRows, SourceBuffer } from './row-set.ts';
import { checkRerunRows, namerOf } from './whole-run.ts';

/** How long one snapshot may be held, milliseconds: the WAL cannot be cut back meanwhile. */
const fillMsMax = 120_000;

/** Rows between two looks at the clock. */
const rowsPerLook = 64;

export interface FillParts {
  readonly reader: DatabaseReader;
  readonly store: StateStore;
  readonly writer: ResultWriter;
  readonly monotonicMs: () => number;
  readonly rerunRowsMax: number;
}

export class QueryFill {
  readonly query: LiveQuery;
  /** The place in the log that its snapshot stands for. */
  readonly seq: number;
  readonly startMs: number;
  readonly #parts: FillParts;
  readonly #steps: Generator<void>;

  constructor(parts: FillParts, query: LiveQuery) {
    this.query = query;
    query.keptShape = query.shape;
    this.#parts = parts;
    this.startMs = parts.monotonicMs();
    parts.reader.begin();
    this.seq = new ChangeFeed(parts.reader).lastSeq();
    this.#steps = this.#run();
  }

  /** Goes on until the deadline; true when all rows are there. Throws what the query throws. */
  step(deadlineMs: number): boolean {
    const { monotonicMs } = this.#parts;
    for (;;) {
      if (this.#steps.next().done === true) return true;
      const nowMs = monotonicMs();
      if (nowMs - this.startMs > fillMsMax) throw tooSlow();
      if (nowMs >= deadlineMs) return false;
    }
  }

  /** Lets go of the snapshot; the connection can be used for another one. */
  close(): void {
    this.#steps.return(undefined);
    this.#parts.reader.end();
  }

  /** Yields every now and then. */
  *#run(): Generator<void> {
    const keys = new SourceBuffer(this.#parts.store);
    yield* this.#fillResult(keys);
    if (this.query.plan.mode === 'group-wise') yield* this.#fillHidden(keys);
    keys.flush();
    this.#parts.store.putProgress(keptQuery(this.query));
  }

  *#fillResult(keys: SourceBuffer): Generator<void> {
    const { reader, store, writer, rerunRowsMax } = this.#parts;
    const { query } = this;
    const { plan } = query;
    const rows = resultRows(store, query);
    const namer = namerOf(plan);
    const order: number[] = [];
    let pending = 0;
    for (const cells of reader.statement(plan.full.sql).iterate(query.values)) {
      const { identity, cells: text } = namer.name(cells);
      const rowId = query.nextRowId++;
      rows.insertMany(rowId, identity, text, keys);
      if (plan.isOrdered) order.push(rowId);
      if (++pending < rowsPerLook) continue;
      writer.checkGrowth(query, pending);
      writer.count(query, 'result', pending);
      checkRerunRows(plan, query.rowCount, rerunRowsMax);
      pending = 0;
      yield;
    }
    writer.checkGrowth(query, pending);
    writer.count(query, 'result', pending);
    checkRerunRows(plan, query.rowCount, rerunRowsMax);
    if (plan.isOrdered) store.putOrder(query.number, order);
  }

  *#fillHidden(keys: SourceBuffer): Generator<void> {
    const { reader, store, writer } = this.#parts;
    const { query } = this;
    const { sql, identityCount } = must(query.plan.keyed, 'groups have rows behind them');
    const values: readonly BoundValue[] = query.values;
    const rows = hiddenRows(store, query);
    const namer = new IdentityNamer(identityCount);
    let pending = 0;
    for (const cells of reader.statement(sql).iterate(values)) {
      const text = exactTextOf(cells, identityCount);
      rows.insertMany(query.nextHiddenId++, namer.name(cells), text, keys);
      if (++pending < rowsPerLook) continue;
      writer.checkGrowth(query, pending);
      writer.count(query, 'hidden', pending);
      pending = 0;
      yield;
    }
    writer.checkGrowth(query, pending);
    writer.count(query, 'hidden', pending);
  }
}

function tooSlow(): PatinaError {
  return new PatinaError(
    'PATINA_SUBSCRIPTION_LIMIT',
    `the query was not read within ${fillMsMax / 1_000} seconds`,
    { hint: 'Follow less of the table with WHERE, or add an index.' },
  );
}
