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
  #rest = Buffer.alloc(0);
  #hasHeader = false;
  #isOver = false;

  constructor(types: readonly Oid[]) {
    this.#types = types;
  }

  push(bytes: Uint8Array): SqlValue[][] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#readHeader()) return [];
    const rows: SqlValue[][] = [];
    for (let row = this.#row(); row !== undefined; row = this.#row()) rows.push(row);
    return rows;
  }

  end(): SqlValue[][] {
    if (!this.#isOver && (this.#rest.length > 0 || !this.#hasHeader)) {
      throw new PgError('22P04', 'unexpected EOF in COPY data');
    }
    return [];
  }

  #readHeader(): boolean {
    if (this.#hasHeader) return true;
    if (this.#rest.length < headerBytes) return false;
    if (!this.#rest.subarray(0, signature.length).equals(signature)) {
      throw new PgError('22P04', 'COPY file signature not recognized');
    }
    const extension = this.#rest.readUInt32BE(signature.length + 4);
    if (this.#rest.length < headerBytes + extension) return false;
    this.#rest = this.#rest.subarray(headerBytes + extension);
    this.#hasHeader = true;
    return true;
  }

  /** The next row, once all of it is here. */
  #row(): SqlValue[] | undefined {
    const bytes = this.#rest;
    if (this.#isOver || bytes.length < 2) return undefined;
    const count = bytes.readInt16BE(0);
    if (count === -1) {
      this.#isOver = true;
      this.#rest = Buffer.alloc(0);
      return undefined;
    }
    if (count !== this.#types.length) {
      const sentence = `row field count is ${count}, expected ${this.#types.length}`;
      throw new PgError('22P04', sentence);
    }
    const fields: (Buffer | undefined)[] = [];
    let at = 2;
    for (let index = 0; index < count; index++) {
      if (bytes.length < at + 4) return undefined;
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < -1) throw new PgError('22P04', 'invalid field size');
      if (length >= 0 && bytes.length < at + length) return undefined;
      fields.push(length < 0 ? undefined : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    this.#rest = bytes.subarray(at);
    return fields.map((field, index) =>
      field === undefined ? null : decodeBinary(this.#types[index] ?? 25, field),
    );
  }
}
