// A result that is kept for later: rows as records of a length and their values, in memory up to a limit and
// beyond it in a temporary file, which has no name any more once it is open.

import { randomUUID } from 'node:crypto';
import { constants, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteReader } from '@patina/engine/base/bytes.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import { PgError } from '../pg-error.ts';
import { readValues } from '../reader/reader-protocol.ts';

export interface SpoolLimits {
  readonly spoolMemoryBytesMax: number;
  readonly spoolFileBytesMax: number;
}

/** The place of every so many rows is remembered; those between are found by their lengths. */
const indexedRows = 64;

/** What is read from the file at once, unless a row is larger. */
const readBytes = 256 * 1024;

const lengthBytes = 4;

export class Spool {
  readonly #limits: SpoolLimits;
  /** What is not in the file; all of it begins at `#fileBytes`. */
  #memory: Buffer[] = [];
  #memoryBytes = 0;
  #file: FileHandle | undefined;
  #fileBytes = 0;
  readonly #offsets: number[] = [];
  #rows = 0;
  #isClosed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(limits: SpoolLimits) {
    this.#limits = limits;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Whether it has a temporary file. */
  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  /** Adds whole records. While the promise is pending, nothing may be added. */
  append(records: Buffer): void | Promise<void> {
    if (this.#isClosed) return undefined;
    this.#index(records);
    // What comes from a pipe is a view into a greater piece, which this would keep alive.
    this.#memory.push(Buffer.from(records));
    this.#memoryBytes += records.length;
    if (this.#memoryBytes <= this.#limits.spoolMemoryBytesMax) return undefined;
    this.#writing = this.#flush();
    return this.#writing;
  }

  /** Reads `count` rows from row `from` on, counted from 0. */
  async read(from: number, count: number, take: (row: SqlValue[]) => void): Promise<void> {
    let row = Math.floor(from / indexedRows) * indexedRows;
    let offset = this.#offsets[row / indexedRows] ?? 0;
    const end = Math.min(from + count, this.#rows);
    while (row < end) {
      const block = await this.#block(offset);
      let at = 0;
      while (row < end && at + lengthBytes <= block.length) {
        const length = block.readUInt32BE(at);
        if (at + lengthBytes + length > block.length) break;
        at += lengthBytes;
        if (row >= from) take(readValues(new ByteReader(block.subarray(at, at + length))));
        at += length;
        row++;
      }
      offset += at;
    }
  }

  /** Frees the memory and the file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#memory = [];
    await this.#writing.catch(() => undefined);
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #index(records: Buffer): void {
    const base = this.#fileBytes + this.#memoryBytes;
    for (let at = 0; at < records.length; ) {
      if (this.#rows % indexedRows === 0) this.#offsets.push(base + at);
      this.#rows++;
      at += lengthBytes + records.readUInt32BE(at);
    }
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#memory, this.#memoryBytes);
    if (this.#fileBytes + bytes.length > this.#limits.spoolFileBytesMax) {
      throw new PgError('53400', 'the result is larger than what may be kept of it', {
        detail: `A cursor or portal keeps ${this.#limits.spoolFileBytesMax} bytes at most.`,
        hint: 'Read it without a cursor, or ask for less.',
      });
    }
    this.#file ??= await openNameless();
    await this.#file.write(bytes, 0, bytes.length, this.#fileBytes);
    this.#fileBytes += bytes.length;
    this.#memory = [];
    this.#memoryBytes = 0;
  }

  /** Bytes from `offset` on: at least one whole record. */
  async #block(offset: number): Promise<Buffer> {
    if (offset >= this.#fileBytes || this.#file === undefined) {
      if (this.#memory.length > 1) this.#memory = [Buffer.concat(this.#memory)];
      return (this.#memory[0] ?? Buffer.alloc(0)).subarray(offset - this.#fileBytes);
    }
    const left = this.#fileBytes - offset;
    const block = await this.#readFile(offset, Math.min(readBytes, left));
    const needed = lengthBytes + block.readUInt32BE(0);
    return needed <= block.length ? block : this.#readFile(offset, needed);
  }

  async #readFile(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const read = await this.#file?.read(buffer, filled, length - filled, offset + filled);
      if (read === undefined || read.bytesRead === 0) {
        throw new PgError('58030', 'the temporary file of a result cannot be read');
      }
      filled += read.bytesRead;
    }
    return buffer;
  }
}

/** A temporary file for this user alone, which is gone when it is closed, however that comes about. */
async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `patina-pg-${process.pid}-${randomUUID()}.spool`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  const file = await open(path, flags, 0o600);
  unlinkSync(path);
  return file;
}
