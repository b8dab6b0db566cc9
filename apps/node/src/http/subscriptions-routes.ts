// The routes of live queries: open one, follow one that exists, list, explain and drop them.

import { statsAnswer } from '@patina/api/live-stats.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { decodeStatement } from '@patina/api/statement.ts';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { LiveExplanation } from '@patina/engine/live/live-queries.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerError } from './error-answer.ts';
import {
  parseUuid,
  type SubscriptionParameters,
  subscriptionParameters,
} from './live-parameters.ts';
import { answerStream, type LiveRouteDeps } from './live-route.ts';
import { SubscriptionStream } from './subscription-stream.ts';
import { badParameter, type UrlQuery } from './url-parameters.ts';

type Request = FastifyRequest<{ Querystring: UrlQuery }>;

/** POST /v1/subscriptions: the statement in the body. */
export function handleSubscribe(
  deps: LiveRouteDeps,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { sql, params } = decodeStatement(request.body);
  const parameters = subscriptionParameters(request.query, request.headers);
  return answer(deps, reply, parameters, { sql, params }, (error) =>
    error.code === 'PATINA_NOT_FOUND' && parameters.from !== undefined ? nothingToGoOn() : error,
  );
}

/** GET /v1/subscriptions/{id}: one that somebody opened. */
export function handleFollow(
  deps: LiveRouteDeps,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = idParameter(request);
  const parameters = subscriptionParameters(request.query, request.headers);
  return answer(deps, reply, parameters, { id }, (error) => notFound(error, id));
}

type Query = { sql: string; params: ReturnType<typeof decodeStatement>['params'] } | { id: string };

function answer(
  deps: LiveRouteDeps,
  reply: FastifyReply,
  parameters: SubscriptionParameters,
  query: Query,
  refusal: (error: PatinaError) => PatinaError,
): Promise<FastifyReply> {
  const { from, skipRows } = parameters;
  const progress = { changeId: changeIdOf(from) };
  return answerStream(deps, reply, {
    parameters,
    heartbeatJson: () => JSON.stringify({ change_id: progress.changeId }),
    open: (body) => {
      const sink = new SubscriptionStream(reply, body, skipRows, progress);
      const { client } = deps;
      // The guard of the service puts the rights of whoever asks in place of the role.
      const request = {
        query,
        skipRows,
        client,
        role: '',
        ...(from === undefined ? {} : { from }),
      };
      return deps.service.live.open(request, sink);
    },
    refusal,
  });
}

function changeIdOf(from: number | string | undefined): number | undefined {
  return typeof from === 'string' ? Number(from.slice(from.indexOf(':') + 1)) : from;
}

/** GET /v1/subscriptions. */
export async function handleList(
  service: PatinaService,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const stats = await service.live.list();
  return reply.send({ subscriptions: stats.map(statsAnswer) });
}

/** GET /v1/subscriptions/{id}/explain. */
export async function handleExplain(
  service: PatinaService,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = idParameter(request);
  try {
    return reply.send(explanationJson(await service.live.explain(id)));
  } catch (error) {
    return answerError(reply, notFound(error, id));
  }
}

/** POST /v1/subscriptions/explain: of a statement that nobody follows. */
export async function handleExplainStatement(
  service: PatinaService,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { sql, params } = decodeStatement(request.body);
  return reply.send(explanationJson(await service.live.explainSql(sql, params)));
}

function explanationJson(explanation: LiveExplanation) {
  const { mode, sql, columns, isOrdered, reasons, tables, indexedBy, queryPlan } = explanation;
  return {
    mode,
    sql,
    columns,
    ordered: isOrdered,
    reasons,
    tables,
    indexed_by: indexedBy,
    query_plan: queryPlan,
  };
}

/** DELETE /v1/subscriptions/{id}. */
export async function handleDrop(
  service: PatinaService,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = idParameter(request);
  try {
    await service.live.drop(id);
    return reply.send({ id });
  } catch (error) {
    return answerError(reply, notFound(error, id));
  }
}

function idParameter(request: Request): string {
  const { params } = request;
  const text = typeof params === 'object' && params !== null && 'id' in params ? params.id : '';
  const id = parseUuid(String(text));
  if (id === undefined) throw badParameter('id', 'is a UUID, as in the header corro-query-id');
  return id;
}

/** The words of the reference for a query that is not there. */
function notFound(cause: unknown, id: string): PatinaError {
  const error = asPatinaError(cause);
  if (error.code !== 'PATINA_NOT_FOUND') return error;
  return new PatinaError(error.code, `could not find subscription with id ${id}`, {
    hint: 'open it with POST /v1/subscriptions; GET /v1/subscriptions lists those that are open',
    cause: error,
  });
}

/** The words of the reference for a change id without the query that it is of. */
function nothingToGoOn(): PatinaError {
  const message = 'a `from` query param was supplied, but no existing subscription found';
  return new PatinaError('PATINA_CURSOR_INVALID', message, {
    hint: 'leave from out for a snapshot, or give a cursor <query id>:<change id>',
  });
}
