// A client that speaks the protocol message by message to a real PostgreSQL, and writes down what it answers.

import { connect, type Socket } from 'node:net';
import { ScramClient } from '@patina/pg/auth/testing/scram-client.ts';
import { type ClientMessage, encodeClient } from '@patina/pg/session/testing/client-messages.ts';
import { ServerLines } from '@patina/pg/session/testing/server-messages.ts';
import type { PgTarget } from './target.ts';

/** How long to wait for messages that may not come. */
const answerMsMax = 1_000;

export class WireClient {
  readonly #socket: Socket;
  readonly #lines = new ServerLines();
  readonly #received: string[] = [];
  #wake: (() => void) | undefined;
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(...this.#lines.push(bytes));
      this.#wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake?.();
    });
  }

  /** Connects and logs in by SCRAM. */
  static async logIn({ host, port, user, password, database }: PgTarget): Promise<WireClient> {
    const socket = connect({ host, port, noDelay: true });
    const client = new WireClient(socket);
    client.say(['Startup', { user, database }]);
    await client.#until(/^Authentication 10/);
    const scram = new ScramClient(password);
    const first = Buffer.from(scram.first());
    const head = Buffer.from('SCRAM-SHA-256\0\0\0\0\0');
    head.writeInt32BE(first.length, head.length - 4);
    client.#password(Buffer.concat([head, first]));
    const [answer = ''] = await client.#until(/^Authentication 11/);
    client.#password(Buffer.from(scram.final(answer.replace(/^Authentication 11 /, ''))));
    await client.#until(/^ReadyForQuery/);
    return client;
  }

  say(...messages: readonly ClientMessage[]): void {
    this.#socket.write(Buffer.concat(messages.map(encodeClient)));
  }

  /** So many messages, or fewer where no more come in time. */
  async take(count: number): Promise<string[]> {
    const deadline = Date.now() + answerMsMax;
    while (this.#received.length < count && !this.isClosed && Date.now() < deadline) {
      await this.#more(deadline - Date.now());
    }
    return this.#received.splice(0);
  }

  end(): void {
    this.#socket.destroy();
  }

  async #until(pattern: RegExp): Promise<string[]> {
    const deadline = Date.now() + answerMsMax;
    while (!this.#received.some((line) => pattern.test(line))) {
      if (this.isClosed || Date.now() > deadline) {
        throw new Error(`${pattern} did not come: ${this.#received.join('; ')}`);
      }
      await this.#more(deadline - Date.now());
    }
    return this.#received.splice(0).filter((line) => pattern.test(line));
  }

  #password(body: Buffer): void {
    const bytes = Buffer.alloc(5 + body.length);
    bytes.write('p');
    bytes.writeInt32BE(4 + body.length, 1);
    body.copy(bytes, 5);
    this.#socket.write(bytes);
  }

  #more(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
