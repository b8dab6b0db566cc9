// POST /v1/queries: streams the rows of one read-only statement as NDJSON. Rows pass as the bytes that
// the reader wrote, at the pace of the client; a small result leaves as one write with its length.

import type { ServerResponse } from 'node:http';
import type { PatinaService, QueryRequest, QuerySink } from '@patina/api/service.ts';
import { decodeStatement } from '@patina/api/statement.ts';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';
import { answerError, errorFields } from './error-answer.ts';
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
  readonly #reply: FastifyReply;
  readonly #response: ServerResponse;
  /** What is not sent yet; small answers never need more. */
  #gathered: Uint8Array[] = [];
  #started = false;
  #scheduled: NodeJS.Immediate | undefined;
  #lastByte = newline;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#response = reply.raw;
  }

  onHead(columns: readonly string[]): void {
    this.#gathered.push(Buffer.from(`{"columns":${JSON.stringify(columns)}}\n`));
  }

  onRows(bytes: Uint8Array): Promise<void> | undefined {
    this.#lastByte = bytes.at(-1) ?? this.#lastByte;
    if (this.#started) return this.#write(bytes);
    this.#gathered.push(bytes);
    // The end may follow in the same turn; then the whole answer is one write.
    this.#scheduled ??= setImmediate(() => this.#start());
    return undefined;
  }

  /** Ends a result that is complete; `seconds` is how long the query took. */
  end(seconds: number): FastifyReply {
    return this.#finish(`{"eoq":{"time":${seconds}}}\n`);
  }

  /** Ends with an error: as a status while nothing was sent, as a line of the stream after. */
  fail(error: PatinaError): FastifyReply {
    clearImmediate(this.#scheduled);
    if (!this.#started) {
      if (this.#response.destroyed) return this.#reply.hijack();
      return answerError(this.#reply, error);
    }
    const separator = this.#lastByte === newline ? '' : '\n';
    return this.#finish(`${separator}${JSON.stringify(errorFields(error))}\n`);
  }

  #finish(lastLine: string): FastifyReply {
    clearImmediate(this.#scheduled);
    if (this.#started) {
      this.#response.end(lastLine);
      return this.#reply;
    }
    this.#gathered.push(Buffer.from(lastLine));
    return this.#reply.header('content-type', contentType).send(Buffer.concat(this.#gathered));
  }

  #start(): void {
    this.#started = true;
    this.#reply.hijack();
    this.#response.writeHead(200, { 'content-type': contentType });
    this.#response.write(Buffer.concat(this.#gathered));
    this.#gathered = [];
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    const response = this.#response;
    if (response.destroyed || response.write(bytes)) return undefined;
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
