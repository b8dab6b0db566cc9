// COPY's binary format: a signature, then rows of fields with their lengths, then the count -1.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { CopyDecoder } from '../execution/copy-in.ts';
import { PgError } from '../pg-error.ts';
import { decodeBinary } from './decode.ts';
import type { Oid } from './oids.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const headerBytes = signature.length + 8;

export class BinaryCopy implements CopyDecoder {
  readonly #types: readonly Oid[];
  /** What has come and is not read; joined when the bytes are there that the next step needs. */
  #pieces: Uint8Array[] = [];
  #length = 0;
  #needed = headerBytes;
  #hasHeader = false;
  #isOver = false;

  constructor(types: readonly Oid[]) {
    this.#types = types;
  }

  push(bytes: Uint8Array): SqlValue[][] {
    if (this.#isOver && bytes.length > 0) {
      throw new PgError('22P04', 'received copy data after EOF marker');
    }
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) return [];
    const all = Buffer.concat(this.#pieces);
    const rows: SqlValue[][] = [];
    let at = this.#hasHeader ? 0 : this.#readHeader(all);
    while (this.#hasHeader && !this.#isOver) {
      const next = this.#readRow(all, at, rows);
      if (next === undefined) break;
      at = next;
    }
    const rest = all.subarray(at);
    if (this.#isOver && rest.length > 0) {
      throw new PgError('22P04', 'received copy data after EOF marker');
    }
    this.#pieces = [rest];
    this.#length = rest.length;
    return rows;
  }

  end(): SqlValue[][] {
    if (!this.#hasHeader) throw new PgError('22P04', 'COPY file signature not recognized');
    if (!this.#isOver && this.#length > 0) {
      throw new PgError('22P04', 'unexpected EOF in COPY data');
    }
    return [];
  }

  /** Where the rows begin; 0 while the header is not complete. */
  #readHeader(all: Buffer): number {
    if (!all.subarray(0, signature.length).equals(signature)) {
      throw new PgError('22P04', 'COPY file signature not recognized');
    }
    const flags = all.readUInt32BE(signature.length);
    if (flags >>> 16 !== 0) {
      throw new PgError('22P04', 'unrecognized critical flags in COPY file header');
    }
    this.#needed = headerBytes + all.readUInt32BE(signature.length + 4);
    if (all.length < this.#needed) return 0;
    this.#hasHeader = true;
    return this.#needed;
  }

  /** Where the next row begins, once all of this one is here. */
  #readRow(all: Buffer, start: number, rows: SqlValue[][]): number | undefined {
    const isHere = (end: number): boolean => {
      this.#needed = end - start;
      return end <= all.length;
    };
    if (!isHere(start + 2)) return undefined;
    const count = all.readInt16BE(start);
    let at = start + 2;
    if (count === -1) {
      this.#isOver = true;
      return at;
    }
    if (count !== this.#types.length) {
      const sentence = `row field count is ${count}, expected ${this.#types.length}`;
      throw new PgError('22P04', sentence);
    }
    const fields: (Buffer | undefined)[] = [];
    for (let index = 0; index < count; index++) {
      if (!isHere(at + 4)) return undefined;
      const length = all.readInt32BE(at);
      at += 4;
      if (length < -1) throw new PgError('22P04', 'invalid field size');
      const end = at + Math.max(0, length);
      if (!isHere(end)) return undefined;
      fields.push(length < 0 ? undefined : all.subarray(at, end));
      at = end;
    }
    this.#needed = 2;
    rows.push(
      fields.map((field, index) =>
        field === undefined ? null : decodeBinary(this.#types[index] ?? 25, field),
      ),
    );
    return at;
  }
}
