// A client that speaks the protocol byte by byte, for tests that need to see and to break what drivers hide.

import { connect, type Socket } from 'node:net';

export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
}

export class RawClient {
  readonly #socket: Socket;
  #buffered = Buffer.alloc(0);
  readonly #messages: RawMessage[] = [];
  #wake: (() => void) | undefined;
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, bytes]);
      this.#split();
      this.#wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake?.();
    });
  }

  static open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawClient(socket)));
    });
  }

  /** Connects and logs in; resolves with the client and the key by which it is cancelled. */
  static async logIn(port: number): Promise<{ client: RawClient; key: Buffer }> {
    const client = await RawClient.open(port);
    client.startUp();
    const messages = await client.until('Z');
    const key = messages.find(({ type }) => type === 'K')?.body ?? Buffer.alloc(8);
    return { client, key };
  }

  startUp(): void {
    const body = Buffer.concat([i32(196_608), Buffer.from('user\0test\0database\0patina\0\0')]);
    this.write(Buffer.concat([i32(body.length + 4), body]));
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  send(type: string, body: Uint8Array | string): void {
    const bytes = Buffer.from(body);
    this.write(Buffer.concat([Buffer.from(type), i32(bytes.length + 4), bytes]));
  }

  /** Runs a query string; resolves with the messages up to ReadyForQuery. */
  query(sql: string): Promise<RawMessage[]> {
    this.send('Q', `${sql}\0`);
    return this.until('Z');
  }

  /** Messages up to the first of this type, or all that came when the connection ended. */
  async until(type: string): Promise<RawMessage[]> {
    for (let seen = 0; ; ) {
      const messages = this.#messages;
      while (seen < messages.length && messages[seen]?.type !== type) seen++;
      if (seen < messages.length) return messages.splice(0, seen + 1);
      if (this.isClosed) return this.#messages.splice(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<RawMessage[]> {
    return this.until('nothing');
  }

  /** Reads no more, as a client that stands still. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends without a word, as a process that was killed. */
  kill(): void {
    this.#socket.resetAndDestroy();
  }

  #split(): void {
    while (this.#buffered.length >= 5) {
      const end = 1 + this.#buffered.readInt32BE(1);
      if (this.#buffered.length < end) return;
      const type = this.#buffered.toString('latin1', 0, 1);
      this.#messages.push({ type, body: Buffer.from(this.#buffered.subarray(5, end)) });
      this.#buffered = this.#buffered.subarray(end);
    }
  }
}

/** The fields of an ErrorResponse or NoticeResponse by their letters. */
export function errorFields(message: RawMessage | undefined): Readonly<Record<string, string>> {
  const parts = message?.body.toString('utf8').split('\0') ?? [];
  return Object.fromEntries(parts.filter(Boolean).map((part) => [part[0], part.slice(1)]));
}

/** The cells of the DataRow messages, as text. */
export function cellsOf(messages: readonly RawMessage[]): (string | null)[][] {
  return messages
    .filter(({ type }) => type === 'D')
    .map(({ body }) => {
      const cells: (string | null)[] = [];
      for (let at = 2; at < body.length; ) {
        const length = body.readInt32BE(at);
        at += 4;
        cells.push(length < 0 ? null : body.toString('utf8', at, at + length));
        at += Math.max(0, length);
      }
      return cells;
    });
}

export function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
