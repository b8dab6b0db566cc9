// Rows that statements of a transaction yield, kept for the client within bounds.

import { PatinaError } from '../base/errors.ts';
import type { SqlValue } from '../base/value.ts';
import { narrowInteger } from './sql-value.ts';

/** A cell as both SQLite libraries read it when integers come as bigints. */
export type RawCell = null | number | bigint | string | Uint8Array;

export interface ReturnedRowsLimits {
  readonly rowsMax: number;
  /** Of the values, as they are counted here: eight for each, and the length of text and blobs. */
  readonly bytesMax: number;
}

/** What one statement may yield, kept whole: it crosses threads in one piece. */
export const returnedRowsLimits: ReturnedRowsLimits = {
  rowsMax: 1_000_000,
  bytesMax: 64 * 1024 * 1024,
};

export class ReturnedRows {
  readonly #limits: ReturnedRowsLimits;
  readonly rows: SqlValue[][] = [];
  #bytes = 0;

  constructor(limits: ReturnedRowsLimits = returnedRowsLimits) {
    this.#limits = limits;
  }

  /** Throws PATINA_RESULT_TOO_LARGE when that is more than is kept. */
  add(row: SqlValue[]): void {
    const { rowsMax, bytesMax } = this.#limits;
    if (this.rows.length >= rowsMax) throw tooLarge(`${rowsMax} rows`);
    for (const cell of row) this.#bytes += cellBytes(cell);
    if (this.#bytes > bytesMax) throw tooLarge(`${bytesMax} bytes`);
    this.rows.push(row);
  }
}

/** A row with its integers as numbers where that is exact. */
export function narrowRow(row: readonly RawCell[]): SqlValue[] {
  return row.map((cell) => (typeof cell === 'bigint' ? narrowInteger(cell) : cell));
}

/** Whether two lists of rows hold the same values in the same order. */
export function sameRows(
  one: readonly (readonly SqlValue[])[],
  other: readonly (readonly SqlValue[])[],
): boolean {
  return (
    one.length === other.length &&
    one.every((row, index) => {
      const cells = other[index];
      return (
        cells?.length === row.length && row.every((cell, place) => sameCell(cell, cells[place]))
      );
    })
  );
}

function sameCell(one: SqlValue, other: SqlValue | undefined): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    return Buffer.compare(one, other) === 0;
  }
  return Object.is(one, other);
}

function cellBytes(cell: SqlValue): number {
  if (typeof cell === 'string') return 8 + cell.length;
  return cell instanceof Uint8Array ? 8 + cell.length : 8;
}

function tooLarge(limit: string): PatinaError {
  return new PatinaError('PATINA_RESULT_TOO_LARGE', `the result is larger than ${limit}`, {
    hint: 'Return fewer rows: leave RETURNING out, or write fewer at a time.',
  });
}
