// What the pool and its reader processes say to each other: frames of a length, a kind and a payload
// over pipes. Rows travel ready-made as NDJSON bytes, or as values for callers in this process.

import { must } from '../base/assert.ts';
import { ByteReader, ByteWriter } from '../base/bytes.ts';
import { type ErrorCode, errorCodes, PatinaError } from '../base/errors.ts';
import {
  bindable,
  narrowInteger,
  type SqlCell,
  type SqlParam,
  type SqlParams,
} from './sql-value.ts';

/** How rows are handed over; `hash` hands over one value, the hash of all rows. */
export const rowFormats = ['values', 'ndjson', 'hash'] as const;
export type RowFormat = (typeof rowFormats)[number];

/** One query, as it is sent to a reader. */
export interface ReaderRequest {
  readonly sql: string;
  readonly params: SqlParams;
  readonly format: RowFormat;
  readonly intsAsStrings: boolean;
  /** SQL of our own, which may read Patina's tables; anything from outside is judged. */
  readonly isOwn: boolean;
  /** Rows after which the query fails. */
  readonly rowsMax: number;
  /** Encoded bytes after which the query fails. */
  readonly resultBytesMax: number;
}

/** How a query ended well. */
export interface ReaderSummary {
  readonly rows: number;
  /** From its start in the reader to its last row, milliseconds. */
  readonly timeMs: number;
  /** What the reader holds of the machine's memory after a large result; else 0. */
  readonly residentBytes: number;
}

export const frameKinds = { ready: 1, head: 2, rows: 3, end: 4, error: 5 } as const;

/** Length (4 bytes, little-endian, of the payload alone) and kind. */
export const frameHeaderBytes = 5;

/** Greatest payload of a frame; a reader that claims more is broken. */
export const frameBytesMax = 512 * 1024 * 1024;

/** A frame of `kind` around `payload`. */
export function encodeFrame(kind: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame[4] = kind;
  frame.set(payload, frameHeaderBytes);
  return frame;
}

const tags = { null: 0, integer: 1, real: 2, text: 3, blob: 4 } as const;

/** Values per list; SQLite's own limits are lower. */
const valuesMax = 100_000;

function writeValue(writer: ByteWriter, value: SqlParam): void {
  if (value === null) writer.u8(tags.null);
  else if (typeof value === 'bigint') {
    writer.u8(tags.integer);
    writer.i64(value);
  } else if (typeof value === 'number') {
    writer.u8(tags.real);
    writer.f64(value);
  } else if (typeof value === 'string') {
    writer.u8(tags.text);
    writer.text(value);
  } else {
    writer.u8(tags.blob);
    writer.bytes(value);
  }
}

function readValue(reader: ByteReader): SqlParam {
  const tag = reader.u8();
  if (tag === tags.null) return null;
  if (tag === tags.integer) return reader.i64();
  if (tag === tags.real) return reader.f64();
  if (tag === tags.text) return reader.text();
  if (tag === tags.blob) return reader.bytes();
  throw new PatinaError('PATINA_INTERNAL', `unknown value tag ${tag} from a reader`);
}

/** A request as the payload of a frame; integers are marked as such for binding. */
export function encodeRequest(request: ReaderRequest): Uint8Array {
  const writer = new ByteWriter();
  writer.text(request.sql);
  writer.u8(rowFormats.indexOf(request.format));
  writer.u8(request.intsAsStrings ? 1 : 0);
  writer.u8(request.isOwn ? 1 : 0);
  writer.varint(request.rowsMax);
  writer.varint(request.resultBytesMax);
  writeParams(writer, request.params);
  return writer.finish();
}

/** Appends parameters, by position or by name. */
export function writeParams(writer: ByteWriter, params: SqlParams): void {
  if (params instanceof Map) {
    writer.u8(1);
    writer.varint(params.size);
    for (const [name, value] of params) {
      writer.text(name);
      writeValue(writer, bindable(value));
    }
  } else if (isList(params)) {
    writer.u8(0);
    writer.varint(params.length);
    for (const value of params) writeValue(writer, bindable(value));
  }
}

function isList(params: SqlParams): params is readonly SqlParam[] {
  return Array.isArray(params);
}

export function decodeRequest(payload: Uint8Array): ReaderRequest {
  const reader = new ByteReader(payload);
  const sql = reader.text();
  const format = must(rowFormats[reader.u8()], 'both ends know the same formats');
  const intsAsStrings = reader.u8() === 1;
  const isOwn = reader.u8() === 1;
  const rowsMax = reader.varint();
  const resultBytesMax = reader.varint();
  const params = readParams(reader);
  return { sql, format, intsAsStrings, isOwn, rowsMax, resultBytesMax, params };
}

/** Reads what {@link writeParams} wrote; INTEGERs are bigints. */
export function readParams(reader: ByteReader): SqlParams {
  const named = reader.u8() === 1;
  const count = reader.varintMax(valuesMax, 'parameters');
  if (!named) {
    const values: SqlParam[] = [];
    for (let index = 0; index < count; index++) values.push(readValue(reader));
    return values;
  }
  const valueByName = new Map<string, SqlParam>();
  for (let index = 0; index < count; index++) {
    const name = reader.text();
    valueByName.set(name, readValue(reader));
  }
  return valueByName;
}

export function encodeHead(columns: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(columns.length);
  for (const column of columns) writer.text(column);
  return writer.finish();
}

export function decodeHead(payload: Uint8Array): string[] {
  const reader = new ByteReader(payload);
  const columns: string[] = [];
  const count = reader.varintMax(valuesMax, 'columns');
  for (let index = 0; index < count; index++) columns.push(reader.text());
  return columns;
}

/** Appends one row in the format `values`. */
export function writeRow(writer: ByteWriter, cells: readonly SqlCell[]): void {
  writer.varint(cells.length);
  for (const cell of cells) writeValue(writer, cell);
}

/** The rows of one frame in the format `values`. */
export function decodeRows(payload: Uint8Array): SqlCell[][] {
  const reader = new ByteReader(payload);
  const rows: SqlCell[][] = [];
  while (reader.remaining > 0) {
    const cells: SqlCell[] = [];
    const count = reader.varintMax(valuesMax, 'cells');
    for (let index = 0; index < count; index++) {
      const cell = readValue(reader);
      cells.push(typeof cell === 'bigint' ? narrowInteger(cell) : copied(cell));
    }
    rows.push(cells);
  }
  return rows;
}

/** A BLOB of its own: a view would keep the whole frame alive. */
function copied(cell: SqlCell): SqlCell {
  return cell instanceof Uint8Array ? Uint8Array.prototype.slice.call(cell) : cell;
}

export function encodeSummary(summary: ReaderSummary): Uint8Array {
  const writer = new ByteWriter(16);
  writer.varint(summary.rows);
  writer.f64(summary.timeMs);
  writer.varint(summary.residentBytes);
  return writer.finish();
}

export function decodeSummary(payload: Uint8Array): ReaderSummary {
  const reader = new ByteReader(payload);
  return { rows: reader.varint(), timeMs: reader.f64(), residentBytes: reader.varint() };
}

export function encodeError(error: PatinaError): Uint8Array {
  const writer = new ByteWriter();
  writer.text(error.code);
  writer.text(error.message);
  writer.text(error.hint ?? '');
  return writer.finish();
}

export function decodeError(payload: Uint8Array): PatinaError {
  const reader = new ByteReader(payload);
  const code = reader.text();
  const message = reader.text();
  const hint = reader.text();
  const known = isErrorCode(code) ? code : 'PATINA_INTERNAL';
  return new PatinaError(known, message, hint === '' ? {} : { hint });
}

function isErrorCode(code: string): code is ErrorCode {
  return errorCodes.some((known) => known === code);
}
