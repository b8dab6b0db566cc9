// Talks to the HTTP API of a node for the commands that stand on it. The token travels in a header only, and
// comes from the environment or the configuration, never from the command line.

import type { ErrorCode } from '@patina/engine/base/errors.ts';
import { errorCodes, PatinaError } from '@patina/engine/base/errors.ts';
import { z } from 'zod';
import type { HostPort } from '../config/host-port.ts';
import { formatHostPort } from '../config/host-port.ts';
import type { Secret } from '../config/secret.ts';
import { linesOf } from './lines.ts';
import { secureFetch } from './secure-fetch.ts';

/** Where a node is, and what to show it. */
export interface HttpTarget {
  readonly address: HostPort;
  readonly token: Secret | undefined;
  /** The certificate of the node, PEM, where it serves HTTPS. */
  readonly certPem?: string | undefined;
}

/**
 * How much longer than the server's own time limit the client waits for its answer, milliseconds.
 */
const graceMs = 5_000;
/** How long an answer without a time limit may take to begin, milliseconds. */
const answerMsMax = 120_000;
const errorBodyCharsMax = 64 * 1024;

/** An answer whose status was success. */
export interface HttpAnswer {
  /** The body as text, line by line. */
  lines(): AsyncGenerator<string>;
}

/** What to ask of a node. */
export interface HttpAsk {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
}

/**
 * Posts JSON text. `timeoutSeconds` is enforced by the node; 0 means no limit. Rejects with the
 * error that the node answered, or PATINA_PEER_UNREACHABLE, or PATINA_WAIT_TIMEOUT.
 */
export async function postJson(
  target: HttpTarget,
  path: string,
  json: string,
  timeoutSeconds: number | undefined,
): Promise<HttpAnswer> {
  const url = urlOf(target, path);
  if (timeoutSeconds !== undefined) url.searchParams.set('timeout', String(timeoutSeconds));
  const limitMs = timeoutSeconds === undefined ? answerMsMax : timeoutSeconds * 1000 + graceMs;
  const signal = timeoutSeconds === 0 ? null : AbortSignal.timeout(limitMs);
  return send(target, url, { method: 'POST', path, body: json }, signal);
}

/** Asks for a document, and reads all of it; rejects as {@link postJson}. */
export async function readText(target: HttpTarget, ask: HttpAsk): Promise<string> {
  const signal = AbortSignal.timeout(answerMsMax);
  const answer = await send(target, urlOf(target, ask.path), ask, signal);
  const lines: string[] = [];
  for await (const line of answer.lines()) lines.push(line);
  return lines.join('\n');
}

/** Asks for an answer that has no end of its own: only its beginning has a limit. */
export async function openStream(
  target: HttpTarget,
  ask: HttpAsk,
  parameters: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const url = urlOf(target, ask.path);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const begun = new AbortController();
  const late = (): void => begun.abort(new DOMException('no answer', 'TimeoutError'));
  const timer = setTimeout(late, answerMsMax);
  try {
    return await send(target, url, ask, begun.signal);
  } finally {
    clearTimeout(timer);
  }
}

function urlOf(target: HttpTarget, path: string): URL {
  const scheme = target.certPem === undefined ? 'http' : 'https';
  return new URL(path, `${scheme}://${formatHostPort(dialable(target.address))}`);
}

async function send(
  { token, certPem }: HttpTarget,
  url: URL,
  { method, body }: HttpAsk,
  signal: AbortSignal | null,
): Promise<HttpAnswer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (token !== undefined) headers.authorization = `Bearer ${token.reveal()}`;
  let response: Response;
  try {
    const rest = body === undefined ? {} : { body };
    response =
      certPem === undefined
        ? await fetch(url, { method, headers, signal, redirect: 'error', ...rest })
        : await secureFetch(url, { method, headers, signal, ...rest }, certPem);
  } catch (error) {
    throw fetchFault(url, error);
  }
  if (!response.ok) throw await answeredError(response);
  return { lines: () => bodyLines(response, url) };
}

async function* bodyLines(response: Response, url: URL): AsyncGenerator<string> {
  if (response.body === null) return;
  try {
    yield* linesOf(response.body);
  } catch (error) {
    throw error instanceof PatinaError ? error : fetchFault(url, error);
  }
}

/** A node that listens on all interfaces is dialled on this machine. */
function dialable(address: HostPort): HostPort {
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' };
  return address.host === '::' ? { ...address, host: '::1' } : address;
}

function fetchFault(url: URL, error: unknown): PatinaError {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new PatinaError(
      'PATINA_WAIT_TIMEOUT',
      `the node at ${url.host} took too long to answer`,
      {
        hint: 'Allow more time with --timeout.',
        cause: error,
      },
    );
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new PatinaError('PATINA_PEER_UNREACHABLE', `no node answers at ${url.host}${code}`, {
    hint: 'Start it with patina agent, or name its address with --api-addr or -c.',
    cause: error,
  });
}

const errorBody = z.looseObject({
  error: z.string().optional(),
  code: z.string().optional(),
  hint: z.string().optional(),
  results: z
    .array(
      z.looseObject({
        error: z.string().optional(),
        code: z.string().optional(),
        hint: z.string().optional(),
      }),
    )
    .optional(),
});

const codesByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'PATINA_SQL_ERROR',
  401: 'PATINA_UNAUTHORIZED',
  403: 'PATINA_FORBIDDEN',
  404: 'PATINA_NOT_FOUND',
  408: 'PATINA_SQL_TIMEOUT',
  413: 'PATINA_BODY_TOO_LARGE',
  429: 'PATINA_TOO_MANY_REQUESTS',
  503: 'PATINA_OVERLOADED',
  504: 'PATINA_WAIT_TIMEOUT',
  507: 'PATINA_DISK_FULL',
};

async function answeredError(response: Response): Promise<PatinaError> {
  const text = (await response.text().catch(() => '')).slice(0, errorBodyCharsMax);
  const fallback = codesByStatus[response.status] ?? 'PATINA_INTERNAL';
  if (response.status === 401) {
    return new PatinaError('PATINA_UNAUTHORIZED', 'the node refused the token, or wants one', {
      hint: 'Set PATINA_TOKEN, or api.authz.bearer-token in the configuration.',
    });
  }
  const parsed = errorBody.safeParse(parseJson(text));
  const body = parsed.success ? parsed.data : {};
  const inResult = body.results?.find(({ error }) => error !== undefined);
  const said = body.error === undefined ? (inResult ?? body) : body;
  const message =
    said.error ?? (text.trim() === '' ? `HTTP status ${response.status}` : text.trim());
  return namedError(message, said.code, said.hint, fallback);
}

/** The error that a node put into words, under its own code where it gave a known one. */
export function namedError(
  message: string,
  code: string | undefined,
  hint: string | undefined,
  fallback: ErrorCode,
): PatinaError {
  const known = errorCodes.find((candidate) => candidate === code) ?? fallback;
  return new PatinaError(known, message, hint === undefined ? {} : { hint });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
