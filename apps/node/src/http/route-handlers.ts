// What answers each route of the API, and what a request to it may take up.

import type { Principal } from '@patina/api/access/principal.ts';
import type { HttpRouteName } from '@patina/api/http-routes.ts';
import type { PatinaService } from '@patina/api/service.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { handleApiPage, handleOpenApi } from './api-docs-routes.ts';
import { handleExport } from './export-route.ts';
import { clientOf, type GuardedServices } from './guarded-services.ts';
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
import { handleLogIn, handleLogOut, handleSession } from './session-routes.ts';
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

/** Has no right at all. */
const nobody: Principal = { name: 'nobody', roles: [] };

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
  /** A form is taken in place of JSON. */
  readonly takesForm?: boolean;
}

/** The handlers of all routes. */
export function routeHandlers(
  options: HttpServerOptions,
  streams: OpenStreams,
  guarded: GuardedServices,
): Readonly<Record<HttpRouteName, RouteHandler>> {
  const { access } = options;
  const small = { bodyBytesMax } as const;
  const stream = { bodyBytesMax, isStream: true } as const;
  // Every route but the open ones has met a principal before it gets here.
  const serviceOf = ({ principal }: FastifyRequest): PatinaService =>
    guarded.of(principal ?? nobody);
  const liveOf = (request: FastifyRequest): LiveRouteDeps => ({
    service: serviceOf(request),
    streams,
    stalledMs: options.streamStalledMs,
    client: clientOf(request, access),
  });
  return {
    runTransaction: {
      bodyBytesMax: transactionBytesMax,
      handle: (request, reply) =>
        handleTransaction(serviceOf(request), request.query, request.body, reply),
    },
    runQuery: {
      ...small,
      handle: (request, reply) =>
        handleQuery(serviceOf(request), request.query, request.body, reply),
    },
    exportQuery: {
      ...small,
      takesForm: true,
      handle: (request, reply) =>
        handleExport(serviceOf(request), request.query, request.body, reply),
    },
    subscribe: {
      ...stream,
      handle: async (request, reply) => handleSubscribe(liveOf(request), request, reply),
    },
    listSubscriptions: {
      ...small,
      handle: (request, reply) => handleList(serviceOf(request), reply),
    },
    explainStatement: {
      ...small,
      handle: (request, reply) => handleExplainStatement(serviceOf(request), request, reply),
    },
    followSubscription: {
      ...stream,
      handle: async (request, reply) => handleFollow(liveOf(request), request, reply),
    },
    dropSubscription: {
      ...small,
      takesEmptyBody: true,
      handle: (request, reply) => handleDrop(serviceOf(request), request, reply),
    },
    explainSubscription: {
      ...small,
      handle: (request, reply) => handleExplain(serviceOf(request), request, reply),
    },
    followTable: {
      ...stream,
      takesEmptyBody: true,
      handle: async (request, reply) => handleUpdates(liveOf(request), request, reply),
    },
    countRows: {
      ...small,
      handle: (request, reply) => handleTableStats(serviceOf(request), request.body, reply),
    },
    checkHealth: {
      ...small,
      handle: (request, reply) => handleHealth(serviceOf(request), request.query, reply),
    },
    listMembers: { ...small, handle: (request, reply) => handleMembers(serviceOf(request), reply) },
    listLag: { ...small, handle: (request, reply) => handleLag(serviceOf(request), reply) },
    readMetrics: { ...small, handle: (request, reply) => handleMetrics(serviceOf(request), reply) },
    logIn: { ...small, handle: (request, reply) => handleLogIn(access, request, reply) },
    logOut: {
      ...small,
      takesEmptyBody: true,
      handle: (request, reply) => handleLogOut(access, request, reply),
    },
    readSession: { ...small, handle: (request, reply) => handleSession(access, request, reply) },
    readOpenApi: { ...small, handle: (_request, reply) => handleOpenApi(reply) },
    readApiPage: { ...small, handle: (_request, reply) => handleApiPage(reply) },
  };
}
