// A node for tests that does as a script tells it: each request is kept and handed to the test, which
// answers, stalls, or breaks the connection wherever it likes.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
  readonly response: ServerResponse;
}

export type Script = (request: FakeRequest, number: number) => void | Promise<void>;

export class FakeNode {
  /** All requests but probes, in order. */
  readonly requests: FakeRequest[] = [];
  probes = 0;
  readonly #probed = Promise.withResolvers<void>();
  script: Script;
  readonly #server: Server;
  #port = 0;

  private constructor(script: Script) {
    this.script = script;
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(script: Script): Promise<FakeNode> {
    const node = new FakeNode(script);
    await node.listen();
    return node;
  }

  /** Listens, again on the same port after `stop`. */
  async listen(): Promise<void> {
    const listening = Promise.withResolvers<void>();
    this.#server.listen(this.#port, '127.0.0.1', listening.resolve);
    await listening.promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves with the first probe. */
  get probed(): Promise<void> {
    return this.#probed.promise;
  }

  /** Cuts all connections and refuses new ones. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const stopped = Promise.withResolvers<void>();
    this.#server.close(() => stopped.resolve());
    this.#server.closeAllConnections();
    await stopped.promise;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const url = new URL(request.url ?? '', this.address);
    if (url.pathname === '/v1/health' && url.searchParams.has('failure_status')) {
      this.probes++;
      this.#probed.resolve();
      response.end('{}');
      return;
    }
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += String(piece);
    const { authorization } = request.headers;
    const taken = { method: request.method ?? '', url, authorization, body, response };
    this.requests.push(taken);
    await this.script(taken, this.requests.length);
  }
}

/** Writes objects as lines of NDJSON. */
export function writeLines({ response }: FakeRequest, ...lines: readonly unknown[]): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  }
  response.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Writes a piece of text, then breaks the connection. */
export function cutAfter({ response }: FakeRequest, text: string): void {
  response.write(text, () => response.destroy());
}

/** Answers with a status and a JSON body. */
export function answer({ response }: FakeRequest, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export const queryId = '9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11';
export const otherQueryId = '00000000-0c3d-4c55-9a57-2f1f3a8e0d11';

/** The lines of a snapshot of rows [row id, cells], at a change id. */
export function snapshotLines(
  rows: readonly (readonly [number, readonly unknown[]])[],
  changeId: number,
  opened: Readonly<Record<string, unknown>> = {},
): unknown[] {
  return [
    {
      opened: {
        id: queryId,
        hash: '0123456789abcdef',
        ordered: false,
        start: 'snapshot',
        ...opened,
      },
    },
    ...(opened['start'] === 'restarted' ? [{ restarted: { reason: opened['reason'] } }] : []),
    { columns: ['id', 'body'] },
    ...rows.map((row) => ({ row })),
    { eoq: { time: 0.001, change_id: changeId } },
  ];
}

export const resumedLine = {
  opened: { id: queryId, hash: '0123456789abcdef', ordered: false, start: 'resumed' },
};

/** The lines of a step: changes [type, row id, cells, change id, position?]. */
export function stepLines(
  changes: readonly (readonly unknown[])[],
  id = queryId,
  origins: readonly unknown[] = [{ actor_id: 'a'.repeat(32), version: 5, hlc: 77 }],
): unknown[] {
  const changeId = changes.at(-1)?.[3];
  return [
    ...changes.map((change) => ({ change })),
    { commit: { change_id: changeId, cursor: `${id}:${changeId}`, origins } },
  ];
}
