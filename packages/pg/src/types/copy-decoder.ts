// Rows of COPY FROM STDIN in all three formats, from bytes that may be cut anywhere.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { CopyDecoder, MakeCopyDecoder } from '../execution/copy-in.ts';
import { PgError } from '../pg-error.ts';
import { BinaryCopy } from './copy-binary.ts';
import { CsvLines } from './copy-csv.ts';
import { TextLines } from './copy-text.ts';
import { decodeText } from './decode.ts';

/** Cuts text into lines, and lines into fields; null is NULL. */
export interface LineReader {
  /** Complete lines of what came so far. Throws PgError 22P04 with what is wrong. */
  push(text: string): (string | null)[][];
  end(): (string | null)[][];
}

export const makeCopyDecoder: MakeCopyDecoder = ({ options, columnNames, types, settings }) => {
  if (options.format === 'binary') return new BinaryCopy(types);
  const lines = options.format === 'csv' ? new CsvLines(options) : new TextLines(options);
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;
  const rowOf = (fields: readonly (string | null)[]): SqlValue[] | undefined => {
    line++;
    if (line === 1 && options.hasHeader) {
      if (options.matchesHeader) checkHeader(fields, columnNames, options.nullText);
      return undefined;
    }
    checkCount(fields, columnNames, line);
    return fields.map((field, column) => {
      if (field === null) return null;
      try {
        return decodeText(types[column] ?? 25, field, settings);
      } catch (error) {
        throw withLine(error, line, columnNames[column] ?? '', field);
      }
    });
  };
  const rowsOf = (read: () => (string | null)[][]): SqlValue[][] => {
    const rows: SqlValue[][] = [];
    for (const fields of read()) {
      const row = rowOf(fields);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  };
  const text = (bytes?: Uint8Array): string => {
    let read: string;
    try {
      read = bytes === undefined ? utf8.decode() : utf8.decode(bytes, { stream: true });
    } catch {
      throw new PgError('22021', 'invalid byte sequence for encoding "UTF8"');
    }
    if (!read.includes('\0')) return read;
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  };
  const decoder: CopyDecoder = {
    push: (bytes) => rowsOf(() => lines.push(text(bytes))),
    end: () => rowsOf(() => [...lines.push(text()), ...lines.end()]),
  };
  return decoder;
};

function checkCount(fields: readonly unknown[], names: readonly string[], line: number): void {
  if (fields.length > names.length) {
    throw new PgError('22P04', 'extra data after last expected column', {
      where: `COPY, line ${line}`,
    });
  }
  if (fields.length < names.length) {
    throw new PgError('22P04', `missing data for column "${names[fields.length] ?? ''}"`, {
      where: `COPY, line ${line}`,
    });
  }
}

function checkHeader(
  fields: readonly (string | null)[],
  names: readonly string[],
  nullText: string,
): void {
  if (fields.length !== names.length) {
    const counts = `field count is ${fields.length}, expected ${names.length}`;
    throw new PgError('22P04', `wrong number of fields in header line: ${counts}`);
  }
  for (const [index, name] of names.entries()) {
    const field = fields[index] ?? null;
    if (field === name) continue;
    const got = field === null ? `got null value ("${nullText}")` : `got "${field}"`;
    throw new PgError(
      '22P04',
      `column name mismatch in header line field ${index + 1}: ${got}, expected "${name}"`,
    );
  }
}

function withLine(error: unknown, line: number, column: string, field: string): unknown {
  if (!(error instanceof PgError)) return error;
  const where = `COPY, line ${line}, column ${column}: "${field.slice(0, 100)}"`;
  return new PgError(error.sqlState, error.message, { ...error.fields, where });
}
