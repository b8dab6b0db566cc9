// A `fetch` for tests in which nothing leaves the process: live queries are streams in the hands of the
// test, queries and writes are answered at once.

import { queryId, snapshotLines, stepLines } from './fake-node.ts';

/** A subscription that was asked for. */
export class FakeStream {
  readonly #answer: (response: Response) => void;
  readonly #signal: AbortSignal;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #changeId = 0;

  constructor(answer: (response: Response) => void, signal: AbortSignal) {
    this.#answer = answer;
    this.#signal = signal;
  }

  /** Whether the client has left. */
  get isClosed(): boolean {
    return this.#signal.aborted;
  }

  /** Begins with rows of cells, whose first is the row id. */
  snapshot(rows: readonly (readonly [number, unknown])[]): void {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    this.#signal.addEventListener('abort', () => this.#controller?.error(this.#signal.reason));
    this.#answer(new Response(body, { status: 200 }));
    this.#write(
      snapshotLines(
        rows.map((cells) => [cells[0], cells]),
        this.#changeId,
      ),
    );
  }

  change(type: 'insert' | 'update' | 'delete', cells: readonly [number, unknown]): void {
    this.#write(stepLines([[type, cells[0], cells, ++this.#changeId]], queryId));
  }

  cut(why: string): void {
    this.#controller?.error(new TypeError(why));
  }

  refuse(error: string): void {
    const body = JSON.stringify({ error, code: 'PATINA_SQL_ERROR' });
    this.#answer(new Response(body, { status: 400 }));
  }

  #write(lines: readonly unknown[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }
}

export class FakeFetch {
  readonly streams: FakeStream[] = [];
  /** Bodies of transactions. */
  readonly written: string[] = [];
  /** The answer to all queries. */
  rows = '';

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url);
    if (pathname === '/v1/queries') return Promise.resolve(new Response(this.rows));
    if (pathname === '/v1/transactions') {
      this.written.push(String(init.body));
      const version = this.written.length;
      const actor_id = 'a'.repeat(32);
      return Promise.resolve(
        new Response(JSON.stringify({ results: [], time: 0, version, actor_id })),
      );
    }
    const { signal } = init;
    if (!signal) throw new Error('a request without a signal');
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      this.streams.push(new FakeStream(resolve, signal));
    });
  };
}
