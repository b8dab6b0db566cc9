// A small HTTP client over kept connections: what it adds to a measurement is a fraction of a
// millisecond.

import { Agent, request as httpRequest } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** No answer of an agent takes longer, milliseconds. */
const answerMsMax = 180_000;

/** Talks to one server. */
export class HttpClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });

  constructor(port: number) {
    this.#port = port;
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#send('GET', path, undefined);
  }

  post(path: string, body: unknown): Promise<HttpAnswer> {
    return this.#send('POST', path, JSON.stringify(body));
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string | undefined): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const request = httpRequest(
        { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(pieces).toString('utf8');
            resolve({ status: response.statusCode ?? 0, body: text });
          });
        },
      );
      request.setNoDelay(true);
      request.setTimeout(answerMsMax, () => request.destroy(new Error(`${path}: no answer`)));
      request.on('error', reject);
      request.end(body);
    });
  }
}
