// What goes wrong for a program that talks to nodes: in the words of the node where one answered, in the
// client's own where none did.

import { type ErrorBody, errorSchema } from '@patina/api/schemas.ts';

/** Codes of faults that no node answered with; the others are those of the API. */
export type ClientErrorCode =
  /** No node could be reached, or the connection broke. */
  | 'PATINA_UNREACHABLE'
  /** The node did not answer in time. */
  | 'PATINA_TIMEOUT'
  /** The connection broke after a write was sent: it may have happened or not. */
  | 'PATINA_OUTCOME_UNKNOWN'
  /** The node answered with something that the API does not know. */
  | 'PATINA_PROTOCOL'
  /** A value that SQL cannot hold, or an option that makes no sense. */
  | 'PATINA_BAD_VALUE'
  /** More rows than the client may hold. */
  | 'PATINA_ROWS_LIMIT'
  /** The client was closed. */
  | 'PATINA_CLOSED';

export interface ClientErrorOptions {
  readonly status?: number | undefined;
  readonly hint?: string | undefined;
  readonly retry?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An error with a stable code, a sentence, and what to do next. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** One of {@link ClientErrorCode}, or the `PATINA_…` code that the node gave. */
  readonly code: string;
  /** The HTTP status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** What the reader can do about it. */
  readonly hint: string | undefined;
  /** Whether the same call may succeed later without being changed. */
  readonly retry: boolean;
  /** How long the node asks to wait before, milliseconds; 0 where it says nothing. */
  readonly retryAfterMs: number;

  constructor(code: string, message: string, options: ClientErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.hint = options.hint;
    this.retry = options.retry ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Statuses that mean: not now, or not here. */
const retryStatuses: ReadonlySet<number> = new Set([408, 421, 429, 502, 503, 504, 507]);

/** Codes of events in a stream, which have no status, that mean the same. */
const retryCodes: ReadonlySet<string> = new Set([
  'PATINA_OVERLOADED',
  'PATINA_NOT_READY',
  'PATINA_SHUTTING_DOWN',
  'PATINA_STREAM_CLOSED',
  'PATINA_SUBSCRIPTION_FAILED',
  'PATINA_SUBSCRIPTION_LIMIT',
  'PATINA_SQL_TIMEOUT',
]);

const codeByStatus: Readonly<Record<number, string>> = {
  401: 'PATINA_UNAUTHORIZED',
  403: 'PATINA_UNAUTHORIZED',
  404: 'PATINA_NOT_FOUND',
};

/** The error that a body with a status stands for; proxies answer with bodies of their own. */
export function errorOfAnswer(status: number, body: unknown, retryAfterMs: number): ClientError {
  const parsed = errorSchema.safeParse(body);
  const retry = retryStatuses.has(status);
  if (parsed.success) return errorOfBody(parsed.data, { status, retryAfterMs });
  const code = codeByStatus[status] ?? (retry ? 'PATINA_OVERLOADED' : 'PATINA_PROTOCOL');
  const message = `the node answered with status ${status}`;
  return new ClientError(code, message, { status, retry, retryAfterMs });
}

/** The error that a node told, as a whole answer (with a status) or as an event of a stream. */
export function errorOfBody(
  body: ErrorBody,
  answer?: { readonly status: number; readonly retryAfterMs: number },
): ClientError {
  const retry =
    retryCodes.has(body.code) || (answer !== undefined && retryStatuses.has(answer.status));
  return new ClientError(body.code, body.error, { ...answer, hint: body.hint, retry });
}

/** `cause` as a {@link ClientError}: whatever `fetch` or a reader threw is a broken connection. */
export function asClientError(cause: unknown): ClientError {
  if (cause instanceof ClientError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ClientError('PATINA_UNREACHABLE', `the connection failed: ${message}`, {
    retry: true,
    cause,
  });
}

/** The fault of an answer that is not as the API says. */
export function protocolError(what: string, cause?: unknown): ClientError {
  return new ClientError('PATINA_PROTOCOL', `the node answered with ${what}`, {
    hint: 'Check that the address is that of a node, and that its version is that of the client.',
    cause,
  });
}
