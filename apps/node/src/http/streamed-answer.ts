// The body of an answer that may be of any size: it goes out at the pace of its reader, and a small one leaves
// as one write with its length. Until the first piece goes out, an error still has a status of its own.

import type { ServerResponse } from 'node:http';
import type { PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';
import { answerError } from './error-answer.ts';

export class StreamedAnswer {
  readonly #reply: FastifyReply;
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;
  /** What is not sent yet; small answers never need more. */
  #gathered: Uint8Array[] = [];
  #hasStarted = false;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(reply: FastifyReply, headers: Readonly<Record<string, string>>) {
    this.#reply = reply;
    this.#response = reply.raw;
    this.#headers = headers;
  }

  /** Whether the head has gone out. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Adds what goes out with the next piece, and alone is no reason to begin. */
  hold(bytes: Uint8Array): void {
    this.#gathered.push(bytes);
  }

  /** Adds a piece; the promise, if any, resolves when the reader can take more or has gone. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#hasStarted) return this.#write(bytes);
    this.#gathered.push(bytes);
    // The end may follow in the same turn; then the whole answer is one write.
    this.#scheduled ??= setImmediate(() => this.#start());
    return undefined;
  }

  /** Adds the last piece. */
  end(bytes: Uint8Array): FastifyReply {
    clearImmediate(this.#scheduled);
    if (this.#hasStarted) {
      this.#response.end(bytes);
      return this.#reply;
    }
    this.#gathered.push(bytes);
    return this.#reply.headers(this.#headers).send(Buffer.concat(this.#gathered));
  }

  /** Answers with an error in place of the body, of which nothing has gone out. */
  refuse(error: PatinaError): FastifyReply {
    clearImmediate(this.#scheduled);
    if (this.#response.destroyed) return this.#reply.hijack();
    return answerError(this.#reply, error);
  }

  /** Breaks the connection: whoever reads learns that this is not all. */
  cut(): FastifyReply {
    this.#response.destroy();
    return this.#reply;
  }

  #start(): void {
    this.#hasStarted = true;
    this.#reply.hijack();
    // Those that were set before, such as for pages of other origins, belong to it too.
    const headers = { ...this.#reply.getHeaders(), ...this.#headers };
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) this.#response.setHeader(name, value);
    }
    this.#response.writeHead(200);
    this.#response.write(Buffer.concat(this.#gathered));
    this.#gathered = [];
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    const response = this.#response;
    if (bytes.length === 0 || response.destroyed || response.write(bytes)) return undefined;
    return new Promise((resolve) => {
      const resume = (): void => {
        response.off('drain', resume);
        response.off('close', resume);
        resolve();
      };
      response.on('drain', resume);
      response.on('close', resume);
    });
  }
}
