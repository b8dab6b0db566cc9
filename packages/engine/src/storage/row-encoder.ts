// Writes rows as NDJSON, exactly: integers keep all 64 bits, a REAL keeps its fraction so that it
// stays a REAL for clients that tell the types apart, and infinities are written as SQLite's own JSON does.

import { narrowInteger } from './sql-value.ts';

/** A cell as node:sqlite yields it with setReadBigInts: INTEGER is bigint, REAL is number. */
export type RawCell = null | number | bigint | string | Uint8Array;

/** How many bytes of a BLOB are turned into text at once. */
const blobSliceBytes = 16_384;

export interface RowEncoderOptions {
  /** Write integers beyond 2^53 as strings, for clients whose JSON numbers are doubles. */
  readonly intsAsStrings: boolean;
  /** Text is handed on once this many UTF-16 units have gathered. */
  readonly chunkLength: number;
}

/** Gathers NDJSON and hands it on in chunks; a chunk may end anywhere within a line. */
export class RowEncoder {
  #text = '';
  readonly #options: RowEncoderOptions;
  readonly #write: (text: string) => void;

  constructor(options: RowEncoderOptions, write: (text: string) => void) {
    this.#options = options;
    this.#write = write;
  }

  /** Adds the line of one row; `ordinal` counts from 1. */
  row(ordinal: number, cells: readonly RawCell[]): void {
    this.#text += `{"row":[${ordinal},[`;
    for (let index = 0; index < cells.length; index++) {
      if (index > 0) this.#text += ',';
      this.#cell(cells[index] ?? null);
    }
    this.#text += ']]}\n';
    if (this.#text.length >= this.#options.chunkLength) this.flush();
  }

  /** Hands on what has gathered. */
  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#write(text);
  }

  #cell(cell: RawCell): void {
    if (typeof cell === 'bigint') this.#text += this.#integer(cell);
    else if (cell instanceof Uint8Array) this.#blob(cell);
    else this.#text += cellToJson(cell);
  }

  #integer(value: bigint): string {
    if (!this.#options.intsAsStrings) return String(value);
    return typeof narrowInteger(value) === 'number' ? String(value) : `"${value}"`;
  }

  #blob(bytes: Uint8Array): void {
    this.#text += '[';
    for (let start = 0; start < bytes.length; start += blobSliceBytes) {
      if (start > 0) this.#text += ',';
      this.#text += bytes.subarray(start, start + blobSliceBytes).join(',');
      if (this.#text.length >= this.#options.chunkLength) this.flush();
    }
    this.#text += ']';
  }
}

/** A cell as JSON text; integers with all their digits. */
function cellToJson(cell: RawCell): string {
  if (typeof cell === 'string') return JSON.stringify(cell);
  if (typeof cell === 'bigint') return String(cell);
  if (typeof cell === 'number') return realToJson(cell);
  return cell === null ? 'null' : `[${cell.join(',')}]`;
}

/** The cells of a row from `from` on, as the JSON text of an array. */
export function cellsToJson(cells: readonly RawCell[], from: number): string {
  let text = '[';
  for (let index = from; index < cells.length; index++) {
    if (index > from) text += ',';
    text += cellToJson(cells[index] ?? null);
  }
  return `${text}]`;
}

/** A REAL as a JSON number: `1.0` for one; `9e999`, which JSON readers take for infinity. */
export function realToJson(value: number): string {
  if (Number.isInteger(value)) {
    const digits = String(value);
    return digits.includes('e') ? digits : `${digits}.0`;
  }
  if (value === Infinity) return '9e999';
  if (value === -Infinity) return '-9e999';
  // SQLite turns NaN into NULL wherever it could arise.
  return Number.isNaN(value) ? 'null' : String(value);
}
