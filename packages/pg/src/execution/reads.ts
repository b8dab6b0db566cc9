// Queries whose results are kept here rather than passed on: those of portals and cursors, and the few whose
// rows the endpoint itself looks at.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { PgReaderPool, PreparedRead } from '../reader/reader-pool.ts';
import type { RunSettings } from '../session/requests.ts';
import type { PlannedQuery } from '../sql/planned.ts';
import { KeptResult } from './kept-result.ts';
import { preparedReads } from './prepared-reads.ts';
import type { Running } from './running.ts';
import { Spool, type SpoolLimits } from './spool.ts';
import type { Writes } from './writes.ts';

export interface ReadsOptions {
  readonly readers: Pick<PgReaderPool, 'read'>;
  readonly writes: Writes;
  readonly limits: SpoolLimits;
  readonly onSchemaVersion: (schemaVersion: number) => void;
}

export class Reads {
  readonly #options: ReadsOptions;

  constructor(options: ReadsOptions) {
    this.#options = options;
  }

  /** Runs a query whole and keeps its result, which the caller closes. */
  async keep(
    query: PlannedQuery,
    params: readonly SqlValue[],
    settings: RunSettings,
    running: Running,
  ): Promise<KeptResult> {
    const { writes, limits } = this.#options;
    const kept = new KeptResult(query.columns, limits);
    try {
      if (writes.isSeenBy(query))
        await kept.add(await writes.query(query, params, settings, running));
      else {
        const read = preparedReads.of(query, { kind: 'values' }, settings);
        await this.#read(read, params, running, kept.spool);
      }
      running.check();
      return kept;
    } catch (error) {
      await kept.close();
      throw error;
    }
  }

  /** SQLite's plan of a query: rows of (id, parent, -, text). */
  async explain(
    query: PlannedQuery,
    params: readonly SqlValue[],
    settings: RunSettings,
    running: Running,
  ): Promise<SqlValue[][]> {
    const explained = { ...query, sql: `EXPLAIN QUERY PLAN ${query.sql}` };
    const read = preparedReads.of(explained, { kind: 'values' }, settings);
    const spool = new Spool(this.#options.limits);
    const rows: SqlValue[][] = [];
    try {
      await this.#read(read, params, running, spool);
      await spool.read(0, spool.rows, (row) => rows.push(row));
      return rows;
    } finally {
      await spool.close();
    }
  }

  #read(
    statement: PreparedRead,
    params: readonly SqlValue[],
    running: Running,
    spool: Spool,
  ): Promise<void> {
    const { readers, writes, onSchemaVersion } = this.#options;
    return new Promise((resolve, reject) => {
      const read = readers.read({
        statement,
        params,
        nowMs: writes.nowMs,
        onRows: (bytes) => spool.append(bytes),
        onEnd: ({ schemaVersion }) => {
          onSchemaVersion(schemaVersion);
          resolve();
        },
        onFailed: reject,
      });
      running.onInterrupt((reason) => read.cancel(reason));
    });
  }
}
