// POST /v1/queries: streams the rows of one read-only statement as NDJSON. Rows pass as the bytes that
// the reader wrote, at the pace of the client; a small result leaves as one write with its length.

import type { PatinaService, QueryRequest, QuerySink } from '@patina/api/service.ts';
import { decodeStatement } from '@patina/api/statement.ts';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';
import { errorFields } from './error-answer.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import {
  type AfterParameter,
  afterParameter,
  intsParameter,
  queryTimeoutMsDefault,
  timeoutParameter,
  type UrlQuery,
} from './url-parameters.ts';

const contentType = 'application/x-ndjson; charset=utf-8';
const newline = 0x0a;

/** Runs the query in `body` and answers. */
export async function handleQuery(
  service: PatinaService,
  query: UrlQuery,
  body: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const answer = new NdjsonAnswer(reply);
  try {
    const request: QueryRequest = {
      statement: decodeStatement(body),
      timeoutMs: timeoutParameter(query, queryTimeoutMsDefault),
      intsAsStrings: intsParameter(query),
      signal: gone.signal,
    };
    const after = afterParameter(query);
    if (after !== undefined) await waitFor(service, after, gone.signal);
    const summary = await service.query(request, answer);
    return answer.end(summary.timeMs / 1000);
  } catch (error) {
    return answer.fail(asPatinaError(error));
  }
}

async function waitFor(
  service: PatinaService,
  after: AfterParameter,
  signal: AbortSignal,
): Promise<void> {
  const { actorId, version, waitMs } = after;
  if (await service.waitFor(actorId, version, waitMs, signal)) return;
  const message = `version ${version} of ${actorId} did not arrive within ${waitMs / 1000} s`;
  throw new PatinaError('PATINA_WAIT_TIMEOUT', message, {
    hint: 'wait longer with ?wait=<seconds>, or look at GET /v1/lag',
  });
}

/** The body of one answer, from its first line to its last. */
class NdjsonAnswer implements QuerySink {
  readonly #answer: StreamedAnswer;
  #lastByte = newline;

  constructor(reply: FastifyReply) {
    this.#answer = new StreamedAnswer(reply, { 'content-type': contentType });
  }

  onHead(columns: readonly string[]): void {
    this.#answer.hold(Buffer.from(`{"columns":${JSON.stringify(columns)}}\n`));
  }

  onRows(bytes: Uint8Array): Promise<void> | undefined {
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
    return this.#answer.add(bytes);
  }

  /** Ends a result that is complete; `seconds` is how long the query took. */
  end(seconds: number): FastifyReply {
    return this.#answer.end(Buffer.from(`{"eoq":{"time":${seconds}}}\n`));
  }

  /** Ends with an error: as a status while nothing was sent, as a line of the stream after. */
  fail(error: PatinaError): FastifyReply {
    if (!this.#answer.hasStarted) return this.#answer.refuse(error);
    const separator = this.#lastByte === newline ? '' : '\n';
    return this.#answer.end(Buffer.from(`${separator}${JSON.stringify(errorFields(error))}\n`));
  }
}
