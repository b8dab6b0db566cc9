// POST /v1/transactions: runs an array of statements as one transaction. The busiest route, so its
// answer is put together by hand.

import type { TransactionResponse } from '@patina/api/schemas.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { decodeStatements, type Statement } from '@patina/api/statement.ts';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';
import { answerError, errorFields } from './error-answer.ts';
import { timeoutParameter, type UrlQuery } from './url-parameters.ts';

/** Runs the transaction in `body` and answers. */
export async function handleTransaction(
  service: PatinaService,
  query: UrlQuery,
  body: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let statements: Statement[];
  let timeoutMs: number;
  try {
    timeoutMs = timeoutParameter(query, 0);
    statements = decodeStatements(body);
  } catch (error) {
    return answerError(reply, error);
  }
  const startMs = performance.now();
  try {
    if (statements.length === 0) throw noStatements();
    const response = await service.transact(statements, { timeoutMs });
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .send(transactionJson(response));
  } catch (error) {
    const time = statements.length === 0 ? 0 : (performance.now() - startMs) / 1000;
    return answerFailure(service, reply, error, time);
  }
}

function transactionJson(response: TransactionResponse): string {
  let results = '';
  for (const result of response.results) {
    if (results !== '') results += ',';
    results += `{"rows_affected":${result.rows_affected},"time":${result.time}}`;
  }
  const { time, version, actor_id } = response;
  const tail = `"time":${time},"version":${version},"actor_id":"${actor_id}"}`;
  return `{"results":[${results}],${tail}`;
}

function answerFailure(
  service: PatinaService,
  reply: FastifyReply,
  cause: unknown,
  time: number,
): FastifyReply {
  const error = asPatinaError(cause);
  return answerError(reply, error, {
    results: [errorFields(error)],
    time,
    version: null,
    actor_id: service.actorId(),
  });
}

function noStatements(): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', 'at least 1 statement is required');
}
