// The HTTP API of a node that does not exist: answers with whatever a test sets, and remembers what
// it was asked.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A node that answers as told. */
export interface FakeHttpNode {
  /** `ip:port`. */
  readonly address: string;
  readonly seen: readonly SeenRequest[];
  /** Sets what every later request is answered with. */
  answer(status: number, body: string): void;
  /** Lets a function answer every later request. */
  answerBy(respond: (response: ServerResponse) => void): void;
  stop(): Promise<void>;
}

/** Starts one on a free port of loopback. */
export async function startFakeHttpNode(): Promise<FakeHttpNode> {
  const seen: SeenRequest[] = [];
  let respond = (response: ServerResponse): void => void response.writeHead(500).end();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { authorization } = request.headers;
      const { method = '', url = '' } = request;
      seen.push({ method, path: url, authorization, body });
      respond(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was bound');
  return {
    address: `127.0.0.1:${address.port}`,
    seen,
    answer(status, body) {
      respond = (response) => void response.writeHead(status).end(body);
    },
    answerBy(given) {
      respond = given;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) body += String(piece);
  return body;
}
