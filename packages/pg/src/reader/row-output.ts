// Writes rows of SQLite as the client gets them: DataRow messages, lines of COPY, or values for the endpoint
// itself. One writer per statement, which is told the columns once and then only takes rows.

import { ByteWriter } from '@patina/engine/base/bytes.ts';
import type { RunSettings } from '../session/requests.ts';
import type { PgType } from '../types/oids.ts';
import { type CellWriter, cellWriter } from './cell-writers.ts';
import { copyRowWriter } from './copy-rows.ts';
import { type ReaderOutput, writeRawRow } from './reader-protocol.ts';
import { WireBuffer } from './wire-buffer.ts';

/** A cell as SQLite's libraries give it when integers come as bigints: numbers are REALs. */
export type RawCell = null | number | bigint | string | Uint8Array;
export type RawRow = readonly RawCell[];

export interface OutputColumn {
  readonly name: string;
  readonly type: PgType;
}

export interface RowOutputWriter {
  /** Bytes and rows since the last `discard`. */
  readonly length: number;
  readonly rows: number;
  /** Before the first row: the header of COPY. */
  begin(): void;
  /** Throws PgError where a value cannot be written in its type. */
  row(cells: RawRow): void;
  /** After the last row: the trailer of COPY. */
  end(): void;
  /** What was written, as a view that the next write changes. */
  view(): Buffer;
  /** Forgets what was written. */
  discard(): void;
}

/** A writer for these columns. */
export function createRowOutput(
  columns: readonly OutputColumn[],
  output: ReaderOutput,
  settings: RunSettings,
): RowOutputWriter {
  if (output.kind === 'rows') {
    return new DataRows(
      columns.map(({ type }, index) => cellWriter(type, formatOf(output.formats, index), settings)),
    );
  }
  if (output.kind === 'copy') return copyRowWriter(columns, output.options, settings);
  return output.kind === 'values' ? new ValueRecords() : new Nothing();
}

/** One format stands for all columns, none for text. */
function formatOf(formats: readonly (0 | 1)[], index: number): 0 | 1 {
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 0;
}

const dataRowType = 0x44;
const nullLength = -1;

class DataRows implements RowOutputWriter {
  readonly #writers: readonly CellWriter[];
  readonly #out = new WireBuffer();
  rows = 0;

  constructor(writers: readonly CellWriter[]) {
    this.#writers = writers;
  }

  get length(): number {
    return this.#out.length;
  }

  begin(): void {}

  row(cells: RawRow): void {
    const out = this.#out;
    const writers = this.#writers;
    const count = writers.length;
    out.u8(dataRowType);
    const start = out.length;
    out.i32(0);
    out.i16(count);
    for (let index = 0; index < count; index++) {
      const cell = cells[index];
      if (cell === null || cell === undefined) out.i32(nullLength);
      else {
        const cellStart = out.length;
        out.i32(0);
        (writers[index] as CellWriter)(out, cell);
        out.putI32(cellStart, out.length - cellStart - 4);
      }
    }
    out.putI32(start, out.length - start);
    this.rows++;
  }

  end(): void {}

  view(): Buffer {
    return this.#out.view();
  }

  discard(): void {
    this.rows = 0;
    this.#out.reset();
  }
}

/** Each row as a length of four bytes and its values; see spool/. */
class ValueRecords implements RowOutputWriter {
  readonly #out = new WireBuffer();
  readonly #record = new ByteWriter();
  rows = 0;

  get length(): number {
    return this.#out.length;
  }

  begin(): void {}

  row(cells: RawRow): void {
    this.#record.reset();
    writeRawRow(this.#record, cells);
    const bytes = this.#record.finish();
    this.#out.i32(bytes.length);
    this.#out.bytes(bytes);
    this.rows++;
  }

  end(): void {}

  view(): Buffer {
    return this.#out.view();
  }

  discard(): void {
    this.rows = 0;
    this.#out.reset();
  }
}

class Nothing implements RowOutputWriter {
  readonly length = 0;
  rows = 0;
  begin(): void {}
  row(): void {
    this.rows++;
  }
  end(): void {}
  view(): Buffer {
    return Buffer.alloc(0);
  }
  discard(): void {
    this.rows = 0;
  }
}
