// Messages to clients, as bytes. PostgreSQL's manual, chapter "Frontend/Backend Protocol".

import type { PgError } from '../pg-error.ts';
import type { ResultColumn } from '../sql/planned.ts';
import type { Oid } from '../types/oids.ts';

export type TransactionStatus = 'I' | 'T' | 'E';

/** Sizes of the types that have a fixed one; -1 for the others. */
export type SizeOfType = (oid: Oid) => number;

export type Severity = 'ERROR' | 'FATAL' | 'WARNING' | 'NOTICE' | 'INFO';

function message(kind: string, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(5 + body.length);
  bytes.write(kind, 0, 'latin1');
  bytes.writeUInt32BE(4 + body.length, 1);
  bytes.set(body, 5);
  return bytes;
}

const nothing = new Uint8Array(0);

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE((value << 16) >> 16);
  return bytes;
}

/** Text with its closing zero; zeros inside, which the protocol has no place for, are left out. */
function text(value: string): Buffer {
  return Buffer.from(`${value.replaceAll('\0', '')}\0`, 'utf8');
}

export const authenticationOk = message('R', int32(0));
export const authenticationCleartext = message('R', int32(3));
export const parseComplete = message('1', nothing);
export const bindComplete = message('2', nothing);
export const closeComplete = message('3', nothing);
export const noData = message('n', nothing);
export const emptyQueryResponse = message('I', nothing);
export const portalSuspended = message('s', nothing);
export const copyDone = message('c', nothing);

/** Answers to SSLRequest and GSSENCRequest: one byte, no message. */
export const encryptionAccepted = Buffer.from('S');
export const encryptionRefused = Buffer.from('N');

export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  return message('R', Buffer.concat([int32(10), ...mechanisms.map(text), Buffer.from([0])]));
}

export function authenticationSaslContinue(data: string): Buffer {
  return message('R', Buffer.concat([int32(11), Buffer.from(data, 'utf8')]));
}

export function authenticationSaslFinal(data: string): Buffer {
  return message('R', Buffer.concat([int32(12), Buffer.from(data, 'utf8')]));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', Buffer.concat([text(name), text(value)]));
}

export function backendKeyData(pid: number, secret: number): Buffer {
  return message('K', Buffer.concat([int32(pid), int32(secret)]));
}

/** The newest version that is spoken: 3.0, major and minor in 16 bits each. */
const protocolVersion = 3 << 16;

/** Tells a client that asked for a newer minor version, or for options that nobody knows here, what it gets. */
export function negotiateProtocolVersion(unknown: readonly string[]): Buffer {
  const counts = [int32(protocolVersion), int32(unknown.length)];
  return message('v', Buffer.concat([...counts, ...unknown.map(text)]));
}

export function readyForQuery(status: TransactionStatus): Buffer {
  return message('Z', Buffer.from(status, 'latin1'));
}

export function commandComplete(tag: string): Buffer {
  return message('C', text(tag));
}

export function parameterDescription(types: readonly Oid[]): Buffer {
  return message('t', Buffer.concat([int16(types.length), ...types.map(uint32)]));
}

/** `formats` has one for each column. */
export function rowDescription(
  columns: readonly ResultColumn[],
  formats: readonly number[],
  sizeOf: SizeOfType,
): Buffer {
  const fields = columns.map(({ name, type, tableOid, columnNumber }, index) =>
    Buffer.concat([
      text(name),
      uint32(tableOid),
      int16(columnNumber),
      uint32(type.oid),
      int16(sizeOf(type.oid)),
      int32(type.typmod),
      int16(formats[index] ?? 0),
    ]),
  );
  return message('T', Buffer.concat([int16(columns.length), ...fields]));
}

/** A row of texts, for the answers that the session itself gives. */
export function textRow(cells: readonly (string | undefined)[]): Buffer {
  const fields = cells.map((cell) => {
    if (cell === undefined) return int32(-1);
    const bytes = Buffer.from(cell, 'utf8');
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return message('D', Buffer.concat([int16(cells.length), ...fields]));
}

/** CopyInResponse or CopyOutResponse; all columns have the one format. */
export function copyResponse(
  direction: 'in' | 'out',
  isBinary: boolean,
  columnCount: number,
): Buffer {
  const format = isBinary ? 1 : 0;
  const formats = Array.from({ length: columnCount }, () => int16(format));
  return message(
    direction === 'in' ? 'G' : 'H',
    Buffer.concat([Buffer.from([format]), int16(columnCount), ...formats]),
  );
}

export function notificationResponse(pid: number, channel: string, payload: string): Buffer {
  return message('A', Buffer.concat([int32(pid), text(channel), text(payload)]));
}

export function errorResponse(severity: 'ERROR' | 'FATAL', error: PgError): Buffer {
  return report('E', severity, error.sqlState, error.message, error.fields);
}

export function noticeResponse(
  severity: 'WARNING' | 'NOTICE' | 'INFO',
  sqlState: string,
  sentence: string,
): Buffer {
  return report('N', severity, sqlState, sentence, {});
}

function report(
  kind: string,
  severity: Severity,
  sqlState: string,
  sentence: string,
  fields: PgError['fields'],
): Buffer {
  const parts: [string, string | undefined][] = [
    ['S', severity],
    ['V', severity],
    ['C', sqlState],
    ['M', sentence],
    ['D', fields.detail],
    ['H', fields.hint],
    ['P', fields.position?.toString()],
    ['W', fields.where],
    ['s', fields.schema],
    ['t', fields.table],
    ['c', fields.column],
    ['d', fields.dataType],
    ['n', fields.constraint],
  ];
  const written = parts.flatMap(([code, value]) =>
    value === undefined ? [] : [Buffer.from(code, 'latin1'), text(value)],
  );
  return message(kind, Buffer.concat([...written, Buffer.from([0])]));
}
