// Messages of clients: bytes come in pieces of any size, whole messages come out. PostgreSQL's manual,
// chapter "Frontend/Backend Protocol", sections "Message Formats" and "Start-up".

import { asPgError, PgError } from '../pg-error.ts';
import {
  messageBytesMax,
  nameMessageBytesMax,
  passwordBytesMax,
  startupBytesMax,
} from './limits.ts';
import { MessageReader } from './message-reader.ts';

export type StartupPacket =
  | {
      readonly kind: 'startup';
      readonly major: number;
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'ssl-request' }
  | { readonly kind: 'gss-request' }
  | { readonly kind: 'cancel'; readonly pid: number; readonly secret: number };

export type FrontendMessage =
  | { readonly kind: 'query'; readonly text: string }
  | {
      readonly kind: 'parse';
      readonly name: string;
      readonly text: string;
      readonly paramTypes: readonly number[];
    }
  | {
      readonly kind: 'bind';
      readonly portal: string;
      readonly statement: string;
      readonly paramFormats: readonly number[];
      readonly params: readonly (Uint8Array | undefined)[];
      readonly resultFormats: readonly number[];
    }
  | {
      readonly kind: 'describe' | 'close';
      readonly what: 'statement' | 'portal';
      readonly name: string;
    }
  | { readonly kind: 'execute'; readonly portal: string; readonly rowsMax: number }
  | { readonly kind: 'sync' | 'flush' | 'terminate' | 'copy-done' | 'function-call' }
  | { readonly kind: 'copy-data'; readonly bytes: Uint8Array }
  | { readonly kind: 'copy-fail'; readonly reason: string }
  /** PasswordMessage and the messages of SASL, which look the same. */
  | { readonly kind: 'password'; readonly bytes: Uint8Array }
  /** Its length was right, what is in it was not: the stream can be read on. */
  | { readonly kind: 'invalid'; readonly letter: string; readonly error: PgError };

const sslRequestCode = 80_877_103;
const gssRequestCode = 80_877_104;
const cancelRequestCode = 80_877_102;

/** Length and code. */
const startupHeaderBytes = 8;

/** Kind and length. */
const headerBytes = 5;

const passwordLetter = 'p'.charCodeAt(0);

const lengthMaxByKind: ReadonlyMap<string, number> = new Map([
  ['Q', messageBytesMax],
  ['P', messageBytesMax],
  ['B', messageBytesMax],
  ['d', messageBytesMax],
  ['F', messageBytesMax],
  ['f', nameMessageBytesMax],
  ['D', nameMessageBytesMax],
  ['C', nameMessageBytesMax],
  ['E', nameMessageBytesMax],
  ['p', passwordBytesMax],
  ['S', 4],
  ['H', 4],
  ['X', 4],
  ['c', 4],
]);

/** Letters of messages that a client may send between Execute and Sync without doing anything more. */
const idleLetters: ReadonlySet<string> = new Set(['C', 'H']);

/** How many messages are looked at ahead for a Sync. */
const lookAheadMax = 4;

/** Cuts a stream of bytes into messages. Errors are fatal: after one the stream cannot be read on. */
export class FrontendDecoder {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Bytes that wait to be whole messages. */
  get buffered(): number {
    return this.#bytes;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Drops what waits: after SSLRequest nothing may have been sent in clear. */
  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  /** The next packet before a session; undefined until it is whole. Throws PgError 08P01. */
  nextStartup(): StartupPacket | undefined {
    const head = this.#peek(startupHeaderBytes);
    if (head === undefined) return undefined;
    const length = head.readUInt32BE(0);
    if (length < startupHeaderBytes || length > startupBytesMax) {
      throw new PgError('08P01', 'invalid length of startup packet');
    }
    const packet = this.#take(length);
    if (packet === undefined) return undefined;
    return readStartup(packet);
  }

  /** The next message of a log-in, which can only be a password. Throws PgError 08P01. */
  nextPassword(): FrontendMessage | undefined {
    const letter = this.#peek(1)?.[0];
    if (letter !== undefined && letter !== passwordLetter) {
      throw new PgError('08P01', `expected password response, got message type ${letter}`);
    }
    return this.next();
  }

  /** The next message; undefined until it is whole. Throws PgError 08P01. */
  next(): FrontendMessage | undefined {
    const head = this.#peek(headerBytes);
    if (head === undefined) return undefined;
    const kind = String.fromCharCode(head[0] ?? 0);
    const lengthMax = lengthMaxByKind.get(kind);
    if (lengthMax === undefined) {
      throw new PgError('08P01', `invalid frontend message type ${head[0] ?? 0}`);
    }
    const length = head.readUInt32BE(1);
    if (length < 4 || length > lengthMax) throw new PgError('08P01', 'invalid message length');
    const message = this.#take(length + 1);
    return message === undefined ? undefined : readMessage(kind, message.subarray(headerBytes));
  }

  /** Whether a Sync is here already, with nothing but Close and Flush before it. */
  get endsWithSync(): boolean {
    let at = 0;
    for (let count = 0; count < lookAheadMax; count++) {
      const head = this.#peek(at + headerBytes)?.subarray(at);
      if (head === undefined) return false;
      const letter = String.fromCharCode(head[0] ?? 0);
      if (letter === 'S') return true;
      const length = head.readUInt32BE(1);
      if (!idleLetters.has(letter) || length > nameMessageBytesMax) return false;
      at += length + 1;
    }
    return false;
  }

  #peek(length: number): Buffer | undefined {
    if (this.#bytes < length) return undefined;
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= length) return viewOf(first);
    return this.#join();
  }

  /** Takes exactly `length` bytes when they are there. */
  #take(length: number): Buffer | undefined {
    if (this.#bytes < length) return undefined;
    const [first] = this.#pieces;
    const whole = first !== undefined && first.length >= length ? viewOf(first) : this.#join();
    const rest = whole.subarray(length);
    if (rest.length === 0) this.#pieces.shift();
    else this.#pieces[0] = rest;
    this.#bytes -= length;
    return whole.subarray(0, length);
  }

  #join(): Buffer {
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readStartup(packet: Buffer): StartupPacket {
  const reader = new MessageReader(packet.subarray(4));
  const code = reader.int32();
  if (code === sslRequestCode) return { kind: 'ssl-request' };
  if (code === gssRequestCode) return { kind: 'gss-request' };
  if (code === cancelRequestCode) {
    return { kind: 'cancel', pid: reader.int32(), secret: reader.int32() };
  }
  const parameters = new Map<string, string>();
  const major = code >>> 16;
  if (major === 3) {
    for (let name = reader.text(); name !== ''; name = reader.text()) {
      parameters.set(name, reader.text());
    }
  }
  return { kind: 'startup', major, minor: code & 0xffff, parameters };
}

function readMessage(kind: string, body: Buffer): FrontendMessage {
  try {
    const reader = new MessageReader(body);
    const message = readBody(kind, reader);
    reader.end();
    return message;
  } catch (error) {
    return { kind: 'invalid', letter: kind, error: asPgError(error) };
  }
}

function readBody(kind: string, reader: MessageReader): FrontendMessage {
  switch (kind) {
    case 'Q':
      return { kind: 'query', text: reader.text() };
    case 'P':
      return {
        kind: 'parse',
        name: reader.text(),
        text: reader.text(),
        paramTypes: reader.list(() => reader.uint32()),
      };
    case 'B':
      return {
        kind: 'bind',
        portal: reader.text(),
        statement: reader.text(),
        paramFormats: reader.list(() => reader.int16()),
        params: reader.list(() => reader.value()),
        resultFormats: reader.list(() => reader.int16()),
      };
    case 'D':
    case 'C':
      return readTarget(kind === 'D' ? 'describe' : 'close', reader);
    case 'E':
      return { kind: 'execute', portal: reader.text(), rowsMax: reader.int32() };
    case 'd':
      return { kind: 'copy-data', bytes: reader.rest() };
    case 'f':
      return { kind: 'copy-fail', reason: reader.text() };
    case 'p':
      return { kind: 'password', bytes: reader.rest() };
    case 'F':
      reader.rest();
      return { kind: 'function-call' };
    case 'S':
      return { kind: 'sync' };
    case 'H':
      return { kind: 'flush' };
    case 'c':
      return { kind: 'copy-done' };
    default:
      return { kind: 'terminate' };
  }
}

function readTarget(kind: 'describe' | 'close', reader: MessageReader): FrontendMessage {
  const letter = reader.byte();
  const name = reader.text();
  reader.end();
  const what = targets.get(letter);
  if (what !== undefined) return { kind, what, name };
  throw new PgError('08P01', `invalid ${kind.toUpperCase()} message subtype ${letter}`);
}

const targets: ReadonlyMap<number, 'statement' | 'portal'> = new Map([
  ['S'.charCodeAt(0), 'statement'],
  ['P'.charCodeAt(0), 'portal'],
]);
