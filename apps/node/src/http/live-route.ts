// What the routes of live queries have in common: the parts of the node that they need, and the life of
// one stream from the request to the end, whichever of the two sides ends it.

import type { PatinaService } from '@patina/api/service.ts';
import { asPatinaError, type PatinaError } from '@patina/engine/base/errors.ts';
import type { ChangeOrigin, WatchHandle } from '@patina/engine/live/live-queries.ts';
import type { FastifyReply } from 'fastify';
import { answerError } from './error-answer.ts';
import type { StreamParameters } from './live-parameters.ts';
import { OpenStream, stalledMsMax } from './open-stream.ts';
import type { OpenStreams } from './open-streams.ts';
import { ndjsonFormat, type StreamFormat, sseFormat } from './stream-format.ts';

export interface LiveRouteDeps {
  /** As whoever asks may use it. */
  readonly service: PatinaService;
  readonly streams: OpenStreams;
  /** How long a reader may stand still, milliseconds; undefined: {@link stalledMsMax}. */
  readonly stalledMs: number | undefined;
  /** Whom limits count it against. */
  readonly client: string;
}

/** A stream that is asked for: what writes it, and how. */
export interface StreamBody {
  readonly stream: OpenStream;
  readonly format: StreamFormat;
  readonly details: boolean;
}

export interface StreamRequest {
  readonly parameters: StreamParameters;
  readonly heartbeatJson: () => string;
  /** Begins the evaluation, which then writes to the body. */
  open(body: StreamBody): Promise<WatchHandle>;
  /** Puts a refusal into the words of the route. */
  refusal?(error: PatinaError): PatinaError;
}

/** Answers with a stream; resolves once it is open or refused. */
export async function answerStream(
  deps: LiveRouteDeps,
  reply: FastifyReply,
  request: StreamRequest,
): Promise<FastifyReply> {
  const { parameters } = request;
  const response = reply.raw;
  const format = parameters.format === 'sse' ? sseFormat : ndjsonFormat;
  const stream = new OpenStream({
    response,
    format,
    heartbeatMs: parameters.heartbeatMs,
    heartbeatJson: request.heartbeatJson,
    stalledMs: deps.stalledMs ?? stalledMsMax,
  });
  let handle: WatchHandle | undefined;
  let hasEnded = false;
  const close = (): void => {
    hasEnded = true;
    handle?.close();
    handle = undefined;
  };
  response.once('close', close);
  try {
    deps.streams.add(response, (error) => {
      if (stream.hasStarted) stream.fail(error);
      else {
        stream.abandon();
        answerError(reply, error);
      }
      close();
    });
    handle = await request.open({ stream, format, details: parameters.details });
    // It has gone while the query was opened.
    if (hasEnded) close();
  } catch (cause) {
    const error = asPatinaError(cause);
    fail(stream, reply, request.refusal?.(error) ?? error);
  }
  return reply;
}

/** As a status while nothing was sent; changes that are gone are told as an event at any time. */
function fail(stream: OpenStream, reply: FastifyReply, error: PatinaError): void {
  if (reply.raw.destroyed) {
    reply.hijack();
  } else if (stream.hasStarted) {
    stream.fail(error);
  } else if (error.code === 'PATINA_CURSOR_TOO_OLD') {
    reply.hijack();
    stream.start({});
    stream.fail(error);
  } else if (!reply.sent) {
    answerError(reply, error);
  }
}

/** The versions behind a step, as JSON. */
export function originsJson(origins: readonly ChangeOrigin[]): string {
  const texts = origins.map(
    ({ actorId, version, hlc }) => `{"actor_id":"${actorId}","version":${version},"hlc":${hlc}}`,
  );
  return `[${texts.join(',')}]`;
}
