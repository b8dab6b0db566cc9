// Messages of servers as lines that people read: `DataRow "1", null`. For tests, against us and PostgreSQL.

import { MessageReader } from '../../protocol/message-reader.ts';

const headerBytes = 5;

/** Bytes below this one, a tab, are shown in hexadecimal. */
const firstPlainByte = 9;

/** Cuts the stream of a server into lines, one for each message. */
export class ServerLines {
  #rest = Buffer.alloc(0);
  /** The answers to requests for encryption are one byte, and no message. */
  #singleBytes = 0;

  expectSingleByte(): void {
    this.#singleBytes++;
  }

  push(bytes: Uint8Array): string[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const lines: string[] = [];
    for (;;) {
      if (this.#singleBytes > 0 && this.#rest.length > 0) {
        this.#singleBytes--;
        lines.push(`Byte ${this.#rest.toString('latin1', 0, 1)}`);
        this.#rest = this.#rest.subarray(1);
        continue;
      }
      if (this.#rest.length < headerBytes) return lines;
      const length = this.#rest.readUInt32BE(1) + 1;
      if (this.#rest.length < length) return lines;
      const kind = this.#rest.toString('latin1', 0, 1);
      lines.push(lineOf(kind, this.#rest.subarray(headerBytes, length)));
      this.#rest = this.#rest.subarray(length);
    }
  }

  /** Bytes that are no whole message. */
  get unread(): number {
    return this.#rest.length;
  }
}

const plainNames: Readonly<Record<string, string>> = {
  '1': 'ParseComplete',
  '2': 'BindComplete',
  '3': 'CloseComplete',
  n: 'NoData',
  I: 'EmptyQueryResponse',
  s: 'PortalSuspended',
  c: 'CopyDone',
};

function lineOf(kind: string, body: Buffer): string {
  const reader = new MessageReader(body);
  const name = plainNames[kind];
  if (name !== undefined) {
    reader.end();
    return name;
  }
  const line = described(kind, body, reader);
  reader.end();
  return line;
}

function described(kind: string, body: Buffer, reader: MessageReader): string {
  switch (kind) {
    case 'Z':
      return `ReadyForQuery ${latin1(reader.rest())}`;
    case 'C':
      return `CommandComplete ${reader.text()}`;
    case 'D':
      return `DataRow ${reader.list(() => shown(reader.value())).join(', ')}`;
    case 'T':
      return `RowDescription ${reader.list(() => column(reader)).join(' ')}`;
    case 't':
      return `ParameterDescription ${reader.list(() => reader.uint32()).join(' ')}`.trim();
    case 'd':
      return `CopyData ${JSON.stringify(Buffer.from(reader.rest()).toString('utf8'))}`;
    case 'G':
    case 'H': {
      const format = body[0];
      const columns = body.readInt16BE(1);
      reader.rest();
      return `${kind === 'G' ? 'CopyInResponse' : 'CopyOutResponse'} ${format} ${columns}`;
    }
    case 'S':
      return `ParameterStatus ${reader.text()}=${reader.text()}`;
    case 'A': {
      reader.int32();
      return `NotificationResponse ${JSON.stringify(reader.text())}, ${JSON.stringify(reader.text())}`;
    }
    case 'K':
      reader.rest();
      return 'BackendKeyData';
    case 'R':
      return authentication(reader);
    case 'v':
      return `NegotiateProtocolVersion ${reader.int32()} ${latin1(reader.rest().subarray(4)).replaceAll('\0', ' ')}`.trim();
    case 'E':
    case 'N':
      return report(kind, reader);
    default:
      throw new Error(`a server sent a message of type ${JSON.stringify(kind)}`);
  }
}

function authentication(reader: MessageReader): string {
  const code = reader.int32();
  const rest = latin1(reader.rest()).replaceAll('\0', ' ').trim();
  return `Authentication ${code} ${rest}`.trim();
}

/** Severity, SQLSTATE and sentence; the other fields say where in the source of PostgreSQL. */
function report(kind: string, reader: MessageReader): string {
  const fields = new Map<string, string>();
  for (;;) {
    const field = reader.text();
    if (field === '') break;
    fields.set(field.charAt(0), field.slice(1));
  }
  const name = kind === 'E' ? 'ErrorResponse' : 'NoticeResponse';
  return `${name} ${fields.get('V')} ${fields.get('C')} ${fields.get('M')}`;
}

function column(reader: MessageReader): string {
  const name = reader.text();
  reader.uint32();
  reader.int16();
  const type = reader.uint32();
  const size = reader.int16();
  const typmod = reader.int32();
  const format = reader.int16();
  return `${name}:${type}:${size}${typmod < 0 ? '' : `(${typmod})`}${format === 1 ? ':binary' : ''}`;
}

function shown(value: Uint8Array | undefined): string {
  if (value === undefined) return 'null';
  const text = Buffer.from(value).toString('utf8');
  const hasOdd = value.some((byte) => byte < firstPlainByte);
  const isPlain = !hasOdd && Buffer.from(text).equals(Buffer.from(value));
  return JSON.stringify(isPlain ? text : `\\x${Buffer.from(value).toString('hex')}`);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
