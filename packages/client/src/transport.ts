// One request to one node: who asks, how long a node may keep silent, and errors in one form.

import { asClientError, ClientError, errorOfAnswer, protocolError } from './client-error.ts';

/** The part of `fetch` that is needed here. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Token = string | (() => string | Promise<string>);

export interface TransportOptions {
  readonly fetch: Fetch;
  readonly token: Token | undefined;
  /** A node that has not begun to answer by then must answer a probe. Milliseconds. */
  readonly connectTimeoutMs: number;
}

export interface NodeRequest {
  readonly method: 'GET' | 'POST';
  /** With its parameters, without the address. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** Characters of the body of a refusal that are read at most. */
const refusalCharsMax = 64 * 1024;

/** What a node is asked to see whether it is there. */
const probePath = '/v1/health?failure_status=200';

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /**
   * Resolves with an answer of status 200 once its head is there. Rejects with a ClientError, or with
   * the reason of the signal.
   */
  async send(url: string, { method, path, body, signal }: NodeRequest): Promise<Response> {
    signal.throwIfAborted();
    const headers = await this.#headers();
    if (body !== undefined) headers['content-type'] = 'application/json';
    const own = new AbortController();
    const init: RequestInit = { method, headers, signal: AbortSignal.any([signal, own.signal]) };
    if (body !== undefined) init.body = body;
    const answer = this.#options.fetch(url + path, init);
    try {
      const response = await this.#withProbes(url, answer, own.signal, signal);
      if (response.status === 200) return response;
      throw await refusalOf(response);
    } catch (cause) {
      // Whatever comes of the request now, nobody waits for it.
      own.abort();
      answer.catch(() => undefined);
      signal.throwIfAborted();
      throw asClientError(cause);
    }
  }

  async #headers(): Promise<Record<string, string>> {
    const { token } = this.#options;
    const text = typeof token === 'function' ? await token() : token;
    return text === undefined ? {} : { authorization: `Bearer ${text}` };
  }

  /** A slow answer and a node that is gone look alike; a probe tells them apart. */
  async #withProbes(
    url: string,
    answer: Promise<Response>,
    done: AbortSignal,
    signal: AbortSignal,
  ): Promise<Response> {
    const { connectTimeoutMs } = this.#options;
    for (;;) {
      const timer = Promise.withResolvers<undefined>();
      const timeout = setTimeout(() => timer.resolve(undefined), connectTimeoutMs);
      let response: Response | undefined;
      try {
        response = await Promise.race([answer, timer.promise]);
      } finally {
        clearTimeout(timeout);
      }
      if (response !== undefined) return response;
      const probe = AbortSignal.any([signal, done, AbortSignal.timeout(connectTimeoutMs)]);
      const headers = await this.#headers();
      const isAnswered = this.#options
        .fetch(url + probePath, { headers, signal: probe })
        .then((health) => health.body?.cancel())
        .then(() => true);
      const alive = await Promise.race([answer.then(() => true), isAnswered]).catch(() => false);
      if (!alive) throw unreachable(url, connectTimeoutMs);
    }
  }
}

function unreachable(url: string, ms: number): ClientError {
  const where = url === '' ? 'the node' : url;
  return new ClientError('PATINA_UNREACHABLE', `${where} does not answer within ${ms} ms`, {
    retry: true,
  });
}

/** The error of an answer with another status than 200. */
async function refusalOf(response: Response): Promise<ClientError> {
  const text = (await response.text()).slice(0, refusalCharsMax);
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
  return errorOfAnswer(response.status, jsonOrNothing(text), retryAfterMs);
}

/** Seconds that the node asks to wait, in milliseconds. */
function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy answers with a page of its own; the status says what there is to say.
    return undefined;
  }
}

/** The body of a whole answer as JSON. */
export async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text().catch((cause: unknown) => {
    throw asClientError(cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw protocolError('something that is no JSON', cause);
  }
}
