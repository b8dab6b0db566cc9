// Aligned tables on a stream of rows: widths are taken from the first rows, later rows that need
// more push their line out, so that memory does not grow with the result.

import type { Writable } from 'node:stream';
import type { Cell } from './cells.ts';
import { escapeControls, isNumber, showCell, widthOf } from './cells.ts';
import { write } from './io.ts';

/** Rows from which the widths are taken; all others only pass through. */
const sampleRowsMax = 1_000;
/** A column is not padded beyond this, so that one long text does not push all others away. */
const columnWidthMax = 80;

const gap = '  ';

interface Line {
  readonly cells: readonly string[];
  readonly numbers: readonly boolean[];
}

/** Prints rows as they come. */
export class TablePrinter {
  readonly #stream: Writable;
  readonly #heads: readonly string[];
  readonly #showHeads: boolean;
  #sample: Line[] = [];
  #widths: readonly number[] | undefined;
  #toRight: readonly boolean[] = [];

  constructor(stream: Writable, columns: readonly string[], options: { heads: boolean }) {
    this.#stream = stream;
    this.#heads = columns.map(escapeControls);
    this.#showHeads = options.heads;
  }

  async row(cells: readonly Cell[]): Promise<void> {
    const line = {
      cells: cells.map(showCell),
      numbers: cells.map((c) => c === null || isNumber(c)),
    };
    if (this.#widths !== undefined) {
      await write(this.#stream, this.#format(line.cells, this.#widths));
      return;
    }
    this.#sample.push(line);
    if (this.#sample.length >= sampleRowsMax) await this.#startPrinting();
  }

  /** A row as text, once the widths are known: after {@link end}. */
  line(cells: readonly Cell[]): string {
    return this.#format(cells.map(showCell), this.#widths ?? []);
  }

  /** Prints what is left. */
  async end(): Promise<void> {
    if (this.#widths === undefined) await this.#startPrinting();
  }

  async #startPrinting(): Promise<void> {
    const lines = this.#sample;
    this.#sample = [];
    const heads = this.#showHeads ? this.#heads : [];
    const columns = Math.max(heads.length, ...lines.map(({ cells }) => cells.length), 0);
    const indexes = Array.from({ length: columns }, (_, index) => index);
    const widths = indexes.map((index) => {
      const texts = [heads[index] ?? '', ...lines.map(({ cells }) => cells[index] ?? '')];
      return Math.min(
        columnWidthMax,
        texts.reduce((most, text) => Math.max(most, widthOf(text)), 0),
      );
    });
    this.#widths = widths;
    this.#toRight = indexes.map(
      (index) => lines.length > 0 && lines.every(({ numbers }) => numbers[index] ?? true),
    );
    let text = '';
    if (this.#showHeads && columns > 0) {
      text += this.#format(heads, widths);
      text += this.#format(
        widths.map((width, index) => (heads[index]?.trim() === '' ? '' : '-'.repeat(width))),
        widths,
      );
    }
    for (const { cells } of lines) text += this.#format(cells, widths);
    await write(this.#stream, text);
  }

  #format(cells: readonly string[], widths: readonly number[]): string {
    const padded = cells.map((cell, index) => {
      const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)));
      return this.#toRight[index] === true ? padding + cell : cell + padding;
    });
    return `${padded.join(gap).trimEnd()}\n`;
  }
}

/** Prints a small table that is there as a whole. */
export async function printTable(
  stream: Writable,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const printer = new TablePrinter(stream, columns, { heads: true });
  for (const row of rows) await printer.row(row);
  await printer.end();
}
