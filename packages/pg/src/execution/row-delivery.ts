// Hands rows that are here as values to the client, piece by piece and no faster than it takes them.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { OddText } from '@patina/engine/base/value.ts';
import { createRowOutput, type OutputColumn, type RawCell } from '../reader/row-output.ts';
import type { RowOutput, RunSettings, SessionAnswer } from '../session/requests.ts';

/** Takes answers for the session machine; while a promise is pending, the client is slow. */
export type Deliver = (answer: SessionAnswer) => void | Promise<void>;

/** How much is written before it is handed on. */
const pieceBytes = 64 * 1024;

export class RowDelivery {
  readonly #output: ReturnType<typeof createRowOutput>;
  readonly #deliver: Deliver;
  rows = 0;

  constructor(
    columns: readonly OutputColumn[],
    output: RowOutput,
    settings: RunSettings,
    deliver: Deliver,
  ) {
    this.#output = createRowOutput(columns, output, settings);
    this.#deliver = deliver;
    this.#output.begin();
  }

  /** Writes a row; to be awaited where it gives a promise. Throws PgError. */
  row(cells: readonly SqlValue[]): void | Promise<void> {
    this.#output.row(cells.map(rawCell));
    this.rows++;
    return this.#output.length >= pieceBytes ? this.flush() : undefined;
  }

  async all(rows: Iterable<readonly SqlValue[]>): Promise<void> {
    for (const row of rows) {
      const pending = this.row(row);
      if (pending !== undefined) await pending;
    }
  }

  /** Hands on what was written so far. */
  flush(): void | Promise<void> {
    if (this.#output.length === 0) return undefined;
    const bytes = Buffer.from(this.#output.view());
    const count = this.#output.rows;
    this.#output.discard();
    return this.#deliver({ kind: 'rows', bytes, count });
  }

  /** Writes the end of the format and hands on the rest. */
  async end(): Promise<void> {
    this.#output.end();
    await this.flush();
  }
}

function rawCell(value: SqlValue): RawCell {
  return value instanceof OddText ? Buffer.from(value.bytes).toString('utf8') : value;
}
