// What the endpoint and its reader processes say to each other: frames over pipes. Requests come in one after
// the other without waiting; answers go back in the same order, rows ready for the client.

import { ByteReader, ByteWriter } from '@patina/engine/base/bytes.ts';
import { OddText, type SqlValue } from '@patina/engine/base/value.ts';
import { encodeFrame } from '@patina/engine/storage/reader-protocol.ts';
import type { CatalogFacts } from '../catalog/facts.ts';
import { PgError, type PgErrorFields } from '../pg-error.ts';
import type { RowOutput, RunSettings } from '../session/requests.ts';
import type { PgType } from '../types/oids.ts';

/** How a reader writes rows: as for the client, or as values for the endpoint itself. */
export type ReaderOutput = RowOutput | { readonly kind: 'values' };

/** A statement with all that its rows are written by; sent and kept as one key. */
export interface ReaderStatement {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: PgType }[];
  readonly output: ReaderOutput;
  readonly settings: RunSettings;
  readonly readsCatalog: boolean;
}

/** How a query ended well. */
export interface ReadSummary {
  readonly rows: number;
  /** Of the database file, by SQLite's count: another number means that the schema was changed. */
  readonly schemaVersion: number;
  /** What the reader holds of the machine's memory after a large result; else 0. */
  readonly residentBytes: number;
}

/** To the reader. `facts`: what the catalogs tell beside the schema, from now on. */
export const requestKinds = { run: 1, resume: 2, facts: 3 } as const;

/** From the reader. `paused`: it dropped every request it has not begun, up to `resume`. */
export const answerKinds = { ready: 1, rows: 2, end: 3, error: 4, paused: 5 } as const;

export const resumeFrame: Uint8Array = encodeFrame(requestKinds.resume, new Uint8Array(0));

/** Values of one row or one list of parameters; SQLite's own limits are lower. */
const valuesMax = 100_000;

const tags = { null: 0, integer: 1, real: 2, text: 3, blob: 4, oddText: 5 } as const;

/** A statement as it is sent; kept by the endpoint, for it is the same every time. */
export function encodeStatement(statement: ReaderStatement): Buffer {
  return Buffer.from(JSON.stringify(statement), 'utf8');
}

/** A whole frame that tells the facts for the catalogs. */
export function encodeFacts(facts: CatalogFacts): Buffer {
  return encodeFrame(requestKinds.facts, Buffer.from(JSON.stringify(facts), 'utf8'));
}

/** Reads the payload of what {@link encodeFacts} wrote; both ends are this program. */
export function decodeFacts(payload: Buffer): CatalogFacts {
  return JSON.parse(payload.toString('utf8')) as CatalogFacts;
}

const requestWriter = new ByteWriter();

/** A whole frame that asks for one run of a statement, for which it is `nowMs`, Unix milliseconds. */
export function encodeRun(statement: Buffer, params: readonly SqlValue[], nowMs: number): Buffer {
  const writer = requestWriter;
  writer.reset();
  writer.bytes(statement);
  writer.f64(nowMs);
  writeValues(writer, params);
  return encodeFrame(requestKinds.run, writer.finish());
}

/** The statement's key and the parameters of a request; integers are bigints, for binding. */
export function decodeRun(payload: Uint8Array): {
  readonly statement: Uint8Array;
  readonly nowMs: number;
  readonly params: (null | number | bigint | string | Uint8Array)[];
} {
  const reader = new ByteReader(payload);
  const statement = reader.bytes();
  const nowMs = reader.f64();
  const count = reader.varintMax(valuesMax, 'parameters');
  const params: (null | number | bigint | string | Uint8Array)[] = [];
  for (let index = 0; index < count; index++) {
    const value = readValue(reader);
    params.push(value instanceof OddText ? Buffer.from(value.bytes).toString('utf8') : value);
  }
  return { statement, nowMs, params };
}

/** Appends a list of values; safe integers are marked as integers. */
export function writeValues(writer: ByteWriter, values: readonly SqlValue[]): void {
  writer.varint(values.length);
  for (const value of values) writeValue(writer, value);
}

function writeValue(writer: ByteWriter, value: SqlValue): void {
  if (value === null) writer.u8(tags.null);
  else if (typeof value === 'string') {
    writer.u8(tags.text);
    writer.text(value);
  } else if (typeof value === 'bigint') {
    writer.u8(tags.integer);
    writer.i64(value);
  } else if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      writer.u8(tags.integer);
      writer.i64(BigInt(value));
    } else {
      writer.u8(tags.real);
      writer.f64(value);
    }
  } else if (value instanceof Uint8Array) {
    writer.u8(tags.blob);
    writer.bytes(value);
  } else {
    writer.u8(tags.oddText);
    writer.bytes(value.bytes);
  }
}

/** Appends a row as SQLite gave it: integers are bigints and numbers are REALs. */
export function writeRawRow(
  writer: ByteWriter,
  cells: readonly (null | number | bigint | string | Uint8Array)[],
): void {
  writer.varint(cells.length);
  for (const cell of cells) {
    if (typeof cell === 'number') {
      writer.u8(tags.real);
      writer.f64(cell);
    } else writeValue(writer, cell);
  }
}

/** Reads what {@link writeValues} or {@link writeRawRow} wrote; integers are bigints, REALs numbers. */
export function readValues(reader: ByteReader): SqlValue[] {
  const values: SqlValue[] = [];
  const count = reader.varintMax(valuesMax, 'values');
  for (let index = 0; index < count; index++) values.push(readValue(reader));
  return values;
}

function readValue(reader: ByteReader): SqlValue {
  const tag = reader.u8();
  if (tag === tags.null) return null;
  if (tag === tags.integer) return reader.i64();
  if (tag === tags.real) return reader.f64();
  if (tag === tags.text) return reader.text();
  if (tag === tags.blob) return Uint8Array.prototype.slice.call(reader.bytes());
  return new OddText(Uint8Array.prototype.slice.call(reader.bytes()));
}

export function encodeSummary(summary: ReadSummary): Uint8Array {
  const payload = Buffer.allocUnsafe(20);
  payload.writeDoubleLE(summary.rows, 0);
  payload.writeUInt32LE(summary.schemaVersion >>> 0, 8);
  payload.writeDoubleLE(summary.residentBytes, 12);
  return payload;
}

export function decodeSummary(payload: Buffer): ReadSummary {
  return {
    rows: payload.readDoubleLE(0),
    schemaVersion: payload.readUInt32LE(8),
    residentBytes: payload.readDoubleLE(12),
  };
}

/** An error with everything that the client is told of it. */
export function encodeError(error: PgError): Uint8Array {
  const { cause: _cause, ...fields } = error.fields;
  return Buffer.from(JSON.stringify([error.sqlState, error.message, fields]), 'utf8');
}

/** Reads what {@link encodeError} wrote; both ends are this program. */
export function decodeError(payload: Buffer): PgError {
  const parts: unknown = JSON.parse(payload.toString('utf8'));
  if (!Array.isArray(parts)) return new PgError('XX000', 'a reader sent an error without text');
  const [sqlState, message, fields] = parts;
  return new PgError(String(sqlState), String(message), errorFields(fields));
}

const textFields = [
  'detail',
  'hint',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
] as const;

function errorFields(value: unknown): PgErrorFields {
  if (typeof value !== 'object' || value === null) return {};
  const given = new Map(Object.entries(value));
  const fields: Record<string, string | number> = {};
  for (const name of textFields) {
    const text: unknown = given.get(name);
    if (typeof text === 'string') fields[name] = text;
  }
  const position: unknown = given.get('position');
  if (typeof position === 'number') fields['position'] = position;
  return fields;
}
