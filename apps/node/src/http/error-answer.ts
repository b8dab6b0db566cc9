// Every error of the HTTP API in one form: the status of its code, and a JSON body with a sentence, the
// code and what to do.

import { asPatinaError, errorKind, type PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';

/** Seconds after which a client may try again what may succeed later. */
const retryAfterSeconds = '1';

/** Statuses that mean: not now. */
const retryStatuses: ReadonlySet<number> = new Set([429, 503]);

/** The fields that every error body has. */
export function errorFields(error: PatinaError): { error: string; code: string; hint?: string } {
  const { message, code, hint } = error;
  return hint === undefined ? { error: message, code } : { error: message, code, hint };
}

/** The status of an error, as a number for HTTP. */
export function statusOf(error: PatinaError): number {
  return errorKind(error.code).httpStatus;
}

/** Answers with an error; `extra` are the fields that the reference has in this place. */
export function answerError(
  reply: FastifyReply,
  cause: unknown,
  extra: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  const error = asPatinaError(cause);
  const kind = errorKind(error.code);
  if (retryStatuses.has(kind.httpStatus) && kind.retry && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', retryAfterSeconds);
  }
  return reply
    .code(kind.httpStatus)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify({ ...extra, ...errorFields(error) }));
}
