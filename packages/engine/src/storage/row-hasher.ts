// One SHA-256 over rows of values, told apart exactly: integers keep 64 bits, a real is never an integer,
// text is never a blob. Only 0.0 and -0.0 are one, as they are to every comparison of SQLite.

import { createHash } from 'node:crypto';
import { ByteWriter } from '../base/bytes.ts';
import type { RawCell } from './row-encoder.ts';

const tags = { null: 0, integer: 1, real: 2, text: 3, blob: 4 } as const;

/** Bytes are hashed in pieces of about this size. */
const pieceBytes = 64 * 1024;

export class RowHasher {
  readonly #hash = createHash('sha256');
  readonly #writer = new ByteWriter(pieceBytes);

  /** Adds a row; all rows have the same number of cells. */
  add(cells: readonly RawCell[]): void {
    for (const cell of cells) this.#cell(cell);
    if (this.#writer.length >= pieceBytes) this.#flush();
  }

  /** Ends: 64 hex digits. */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #cell(cell: RawCell): void {
    const writer = this.#writer;
    if (cell === null) writer.u8(tags.null);
    else if (typeof cell === 'bigint') {
      writer.u8(tags.integer);
      writer.i64(cell);
    } else if (typeof cell === 'number') {
      writer.u8(tags.real);
      writer.f64(cell === 0 ? 0 : cell);
    } else if (typeof cell === 'string') {
      writer.u8(tags.text);
      writer.text(cell);
    } else {
      writer.u8(tags.blob);
      writer.bytes(cell);
    }
  }

  #flush(): void {
    this.#hash.update(this.#writer.finish());
    this.#writer.reset();
  }
}
