// What answers each route of the API, and what a request to it may take up.

import type { HttpRouteName } from '@patina/api/http-routes.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { handleApiPage, handleOpenApi } from './api-docs-routes.ts';
import { type ClientAccess, clientAccess } from './client-access.ts';
import {
  handleHealth,
  handleLag,
  handleMembers,
  handleMetrics,
  handleTableStats,
} from './information-routes.ts';
import type { LiveRouteDeps } from './live-route.ts';
import type { OpenStreams } from './open-streams.ts';
import { handleQuery } from './queries-route.ts';
import type { HttpServerOptions } from './server.ts';
import {
  handleDrop,
  handleExplain,
  handleExplainStatement,
  handleFollow,
  handleList,
  handleSubscribe,
} from './subscriptions-routes.ts';
import { handleTransaction } from './transactions-route.ts';
import { handleUpdates } from './updates-route.ts';
import type { UrlQuery } from './url-parameters.ts';

export const transactionBytesMax = 64 * 1024 * 1024;
export const bodyBytesMax = 2 * 1024 * 1024;

export interface RouteHandler {
  readonly bodyBytesMax: number;
  handle(
    request: FastifyRequest<{ Querystring: UrlQuery }>,
    reply: FastifyReply,
  ): Promise<FastifyReply>;
  /** Answers stay open: they count against the limit of streams, not of requests. */
  readonly isStream?: boolean;
  /** A request without a body, whatever its content type, is as good as one with it. */
  readonly takesEmptyBody?: boolean;
  /** No token is needed. */
  readonly isOpen?: boolean;
}

/** The handlers of all routes. */
export function routeHandlers(
  options: HttpServerOptions,
  streams: OpenStreams,
): Readonly<Record<HttpRouteName, RouteHandler>> {
  const { service } = options;
  const live: LiveRouteDeps = { service, streams, stalledMs: options.streamStalledMs };
  const small = { bodyBytesMax } as const;
  const stream = { bodyBytesMax, isStream: true } as const;
  const accessOf = ({ headers, ip }: FastifyRequest): ClientAccess =>
    clientAccess(headers, ip, options.tokens.length > 0);
  return {
    runTransaction: {
      bodyBytesMax: transactionBytesMax,
      handle: ({ query, body }, reply) => handleTransaction(service, query, body, reply),
    },
    runQuery: {
      ...small,
      handle: ({ query, body }, reply) => handleQuery(service, query, body, reply),
    },
    subscribe: {
      ...stream,
      handle: async (request, reply) => handleSubscribe(live, request, reply, accessOf(request)),
    },
    listSubscriptions: { ...small, handle: (_request, reply) => handleList(service, reply) },
    explainStatement: {
      ...small,
      handle: (request, reply) => handleExplainStatement(service, request, reply),
    },
    followSubscription: {
      ...stream,
      handle: async (request, reply) => handleFollow(live, request, reply, accessOf(request)),
    },
    dropSubscription: {
      ...small,
      takesEmptyBody: true,
      handle: (request, reply) => handleDrop(service, request, reply),
    },
    explainSubscription: {
      ...small,
      handle: (request, reply) => handleExplain(service, request, reply),
    },
    followTable: {
      ...stream,
      takesEmptyBody: true,
      handle: async (request, reply) => handleUpdates(live, request, reply, accessOf(request)),
    },
    countRows: { ...small, handle: ({ body }, reply) => handleTableStats(service, body, reply) },
    checkHealth: { ...small, handle: ({ query }, reply) => handleHealth(service, query, reply) },
    listMembers: { ...small, handle: (_request, reply) => handleMembers(service, reply) },
    listLag: { ...small, handle: (_request, reply) => handleLag(service, reply) },
    readMetrics: { ...small, handle: (_request, reply) => handleMetrics(service, reply) },
    readOpenApi: { ...small, isOpen: true, handle: (_request, reply) => handleOpenApi(reply) },
    readApiPage: { ...small, isOpen: true, handle: (_request, reply) => handleApiPage(reply) },
  };
}
