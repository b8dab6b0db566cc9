// Rows as CopyData messages, one each, in the formats of COPY TO (after PostgreSQL's copyto.c).

import type { RunSettings } from '../session/requests.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import { type CellWriter, cellWriter } from './cell-writers.ts';
import { CsvCells, TextCells } from './copy-cells.ts';
import type { OutputColumn, RawRow, RowOutputWriter } from './row-output.ts';
import { WireBuffer } from './wire-buffer.ts';

/** Writes the rows of `COPY … TO STDOUT`. */
export function copyRowWriter(
  columns: readonly OutputColumn[],
  options: CopyOptions,
  settings: RunSettings,
): RowOutputWriter {
  const format = options.format === 'binary' ? 1 : 0;
  const writers = columns.map(({ type }) => cellWriter(type, format, settings));
  if (options.format === 'binary') return new BinaryCopyRows(writers);
  const names = columns.map(({ name }) => name);
  return new LineCopyRows(names, writers, options);
}

const copyDataType = 0x64;
const newline = 0x0a;

abstract class CopyRows implements RowOutputWriter {
  protected readonly out = new WireBuffer();
  rows = 0;

  get length(): number {
    return this.out.length;
  }

  view(): Buffer {
    return this.out.view();
  }

  discard(): void {
    this.rows = 0;
    this.out.reset();
  }

  abstract begin(): void;
  abstract row(cells: RawRow): void;
  abstract end(): void;

  /** Where the message's length is to be written, for `endMessage`. */
  protected beginMessage(): number {
    this.out.u8(copyDataType);
    const start = this.out.length;
    this.out.i32(0);
    return start;
  }

  protected endMessage(start: number): void {
    this.out.putI32(start, this.out.length - start);
  }
}

/** Text and CSV: a line for each row. */
class LineCopyRows extends CopyRows {
  readonly #names: readonly string[];
  readonly #writers: readonly CellWriter[];
  readonly #hasHeader: boolean;
  readonly #delimiter: number;
  readonly #cells: TextCells | CsvCells;

  constructor(names: readonly string[], writers: readonly CellWriter[], options: CopyOptions) {
    super();
    this.#names = names;
    this.#writers = writers;
    this.#hasHeader = options.hasHeader;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#cells =
      options.format === 'csv' ? new CsvCells(options, writers.length) : new TextCells(options);
  }

  begin(): void {
    if (!this.#hasHeader) return;
    const start = this.beginMessage();
    for (const [index, name] of this.#names.entries()) {
      if (index > 0) this.out.u8(this.#delimiter);
      this.#cells.name(this.out, name);
    }
    this.out.u8(newline);
    this.endMessage(start);
  }

  row(cells: RawRow): void {
    const { out } = this;
    const start = this.beginMessage();
    for (let index = 0; index < this.#writers.length; index++) {
      if (index > 0) out.u8(this.#delimiter);
      const cell = cells[index];
      if (cell === null || cell === undefined) {
        this.#cells.null(out);
        continue;
      }
      const cellStart = out.length;
      this.#writers[index]?.(out, cell);
      this.#cells.escapeFrom(out, cellStart, index);
    }
    out.u8(newline);
    this.endMessage(start);
    this.rows++;
  }

  end(): void {}
}

/** The signature, no flags, no extension of the header. */
const binaryHeader = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);

class BinaryCopyRows extends CopyRows {
  readonly #writers: readonly CellWriter[];
  /** The header travels with the first message, as clients expect it. */
  #headerIsDue = true;

  constructor(writers: readonly CellWriter[]) {
    super();
    this.#writers = writers;
  }

  begin(): void {}

  row(cells: RawRow): void {
    const { out } = this;
    const start = this.#begin();
    out.i16(this.#writers.length);
    for (let index = 0; index < this.#writers.length; index++) {
      const cell = cells[index];
      const cellStart = out.length;
      if (cell === null || cell === undefined) {
        out.i32(-1);
        continue;
      }
      out.i32(0);
      this.#writers[index]?.(out, cell);
      out.putI32(cellStart, out.length - cellStart - 4);
    }
    this.endMessage(start);
    this.rows++;
  }

  /** A row of -1 columns. */
  end(): void {
    const start = this.#begin();
    this.out.i16(-1);
    this.endMessage(start);
  }

  #begin(): number {
    const start = this.beginMessage();
    if (this.#headerIsDue) this.out.bytes(binaryHeader);
    this.#headerIsDue = false;
    return start;
  }
}
