// The result of a portal or cursor, kept whole: rows are handed out forward and backward.

import { ByteWriter } from '@patina/engine/base/bytes.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import { writeValues } from '../reader/reader-protocol.ts';
import type { OutputColumn } from '../reader/row-output.ts';
import type { RowOutput, RunSettings } from '../session/requests.ts';
import type { FetchDirection } from '../utility/utility-statement.ts';
import { fetchRange } from './cursor-position.ts';
import { type Deliver, RowDelivery } from './row-delivery.ts';
import { Spool, type SpoolLimits } from './spool.ts';

/** Rows that are read and written at once. */
const stepRows = 500;

export class KeptResult {
  readonly columns: readonly OutputColumn[];
  readonly spool: Spool;
  #position = 0;

  constructor(columns: readonly OutputColumn[], limits: SpoolLimits) {
    this.columns = columns;
    this.spool = new Spool(limits);
  }

  /** Keeps rows that are here as values. */
  async add(rows: readonly (readonly SqlValue[])[]): Promise<void> {
    const record = new ByteWriter();
    for (const row of rows) {
      record.reset();
      writeValues(record, row);
      const bytes = Buffer.allocUnsafe(4 + record.length);
      bytes.writeUInt32BE(record.length, 0);
      bytes.set(record.finish(), 4);
      const pending = this.spool.append(bytes);
      if (pending !== undefined) await pending;
    }
  }

  /** Hands out rows and moves; resolves with how many, and whether more may follow. */
  async fetch(
    direction: FetchDirection,
    output: RowOutput,
    settings: RunSettings,
    deliver: Deliver,
  ): Promise<{ readonly rows: number; readonly hasMore: boolean }> {
    const range = fetchRange(direction, this.#position, this.spool.rows);
    const delivery = new RowDelivery(this.columns, output, settings, deliver);
    for (let done = 0; done < range.count; done += stepRows) {
      const count = Math.min(stepRows, range.count - done);
      const from = range.isBackward ? range.from + range.count - done - count : range.from + done;
      const rows: SqlValue[][] = [];
      await this.spool.read(from, count, (row) => rows.push(row));
      await delivery.all(range.isBackward ? rows.toReversed() : rows);
    }
    await delivery.end();
    this.#position = range.position;
    return { rows: range.count, hasMore: this.#position <= this.spool.rows };
  }

  close(): Promise<void> {
    return this.spool.close();
  }
}
