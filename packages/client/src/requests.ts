// Requests that have one answer: they go to the node that worked last, and on to the next where that is
// safe.

import type { Addresses } from './addresses.ts';
import { ClientError } from './client-error.ts';
import type { NodeRequest, Transport } from './transport.ts';

export interface RequestOptions {
  /** Ends the request; it rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole of it, over all nodes that are asked. Milliseconds. */
  readonly timeoutMs?: number | undefined;
}

export interface SafeRequest extends Omit<NodeRequest, 'signal'> {
  /** Whether asking twice is the same as asking once. */
  readonly isRepeatable: boolean;
}

/** Refusals of a node that has not done what was asked, where another one may. */
const otherNodeStatuses: ReadonlySet<number> = new Set([421, 429, 502, 503, 507]);

/** What `fetch` says where no connection was made, so that nothing was sent; as far as it says. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** How long after its limit a node may still say that it ended a request. Milliseconds. */
const answerGraceMs = 1_000;

/** A deadline that is the sum of a program's signal, a time, and the client's own end. */
export function deadline(
  { signal, timeoutMs }: RequestOptions,
  defaultMs: number,
  closed: AbortSignal,
): { readonly signal: AbortSignal; clear(): void } {
  const ms = timeoutMs ?? defaultMs;
  const late = new AbortController();
  const timer = setTimeout(() => {
    const error = new ClientError('PATINA_TIMEOUT', `no answer within ${ms} ms`, { retry: true });
    late.abort(error);
  }, ms + answerGraceMs);
  const signals = [late.signal, closed];
  if (signal !== undefined) signals.push(signal);
  return { signal: AbortSignal.any(signals), clear: () => clearTimeout(timer) };
}

export class Requests {
  readonly #addresses: Addresses;
  readonly #transport: Transport;

  constructor(addresses: Addresses, transport: Transport) {
    this.#addresses = addresses;
    this.#transport = transport;
  }

  /** Asks one node after the other, each once; `read` takes the answer of the one that answers. */
  async send<T>(
    request: SafeRequest,
    signal: AbortSignal,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    let index = this.#addresses.index;
    for (let asked = 1; ; asked++) {
      try {
        const url = this.#addresses.url(index);
        const response = await this.#transport.send(url, { ...request, signal });
        this.#addresses.worked(index);
        return await read(response);
      } catch (cause) {
        if (signal.aborted) throw this.#abortReason(signal, request);
        // What a parser of the program threw is the program's.
        if (!(cause instanceof ClientError)) throw cause;
        const error = cause;
        if (isAboutNode(error)) this.#addresses.failed(index);
        const mayRepeat = isAboutNode(error) && (request.isRepeatable || isUndone(error));
        if (!mayRepeat || asked >= this.#addresses.urls.length) throw this.#inWords(error, request);
        index = (index + 1) % this.#addresses.urls.length;
      }
    }
  }

  #inWords(error: ClientError, { isRepeatable }: SafeRequest): ClientError {
    if (isRepeatable || !isAboutNode(error) || isUndone(error)) return error;
    return outcomeUnknown(error);
  }

  /** What the program said itself is passed on as it is. */
  #abortReason(signal: AbortSignal, { isRepeatable }: SafeRequest): unknown {
    const reason: unknown = signal.reason;
    const isLate = reason instanceof ClientError && reason.code === 'PATINA_TIMEOUT';
    return isLate && !isRepeatable ? outcomeUnknown(reason) : reason;
  }
}

function outcomeUnknown(cause: ClientError): ClientError {
  const message = `the write was sent, and no answer came: ${cause.message}`;
  return new ClientError('PATINA_OUTCOME_UNKNOWN', message, {
    hint: 'Look whether it happened, or write in a way that can be repeated.',
    cause,
  });
}

/** Whether another node might do better. */
function isAboutNode(error: ClientError): boolean {
  if (error.status === undefined) return error.code === 'PATINA_UNREACHABLE';
  return otherNodeStatuses.has(error.status);
}

/** Whether it is certain that the node has not done what was asked. */
function isUndone(error: ClientError): boolean {
  // What a proxy says of a broken connection tells nothing of the node behind it.
  if (error.status !== undefined) return error.status !== 502;
  let cause: unknown = error.cause;
  // The error of `fetch` has the one of the connection as its cause.
  for (let depth = 0; depth < 4 && cause instanceof Error; depth++) {
    if ('code' in cause && unsentCodes.has(cause.code)) return true;
    if (cause instanceof AggregateError) return cause.errors.every(isUnsent);
    cause = cause.cause;
  }
  return false;
}

function isUnsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && unsentCodes.has(error.code);
}
