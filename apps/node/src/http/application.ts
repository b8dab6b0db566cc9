// The routes of the HTTP API, and what happens to every request before it reaches one: token, limits,
// body. Errors that arise outside the routes are answered here in the common form.

import { type ApiRouter, apiRouter } from '@patina/api/router.ts';
import { asPatinaError, errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify';
import { createAuthorize } from './authorization.ts';
import { BodyReader } from './body-reader.ts';
import { ConcurrencyLimit, limitReached } from './concurrency-limit.ts';
import { createConsoleFiles } from './console-files.ts';
import { answerError } from './error-answer.ts';
import {
  handleHealth,
  handleLag,
  handleMembers,
  handleMetrics,
  handleTableStats,
} from './information-routes.ts';
import { handleQuery } from './queries-route.ts';
import type { HttpServerOptions } from './server.ts';
import { handleTransaction } from './transactions-route.ts';
import type { UrlQuery } from './url-parameters.ts';

const transactionBytesMax = 64 * 1024 * 1024;
const bodyBytesMax = 2 * 1024 * 1024;

/** Requests of one route at a time. */
const concurrencyMax = 128;

/** Where the API is: unknown paths there are told only to those who have a token. */
const apiPath = /^\/(v1|trpc|metrics)(\/|\?|$)/;

type Handler = (
  request: FastifyRequest<{ Querystring: UrlQuery }>,
  reply: FastifyReply,
) => Promise<FastifyReply>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly bodyBytesMax: number;
  readonly handler: Handler;
}

/** Builds the application; it listens nowhere by itself. */
export function createApplication(options: HttpServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: transactionBytesMax,
    exposeHeadRoutes: false,
    forceCloseConnections: false,
    schemaController: { compilersFactory: noSchemas },
  });
  const methodsByPath = new Map<string, HTTPMethods[]>();
  guard(app, options, methodsByPath);
  readBodies(app);
  for (const route of routesOf(options)) {
    addRoute(app, route);
    methodsByPath.set(route.url, [...(methodsByPath.get(route.url) ?? []), route.method]);
  }
  app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: { router: apiRouter, createContext: () => ({ service: options.service }) },
  } satisfies FastifyTRPCPluginOptions<ApiRouter>);
  return app;
}

/**
 * Routes check their input themselves. Without these the framework loads its compilers of schemas,
 * several megabytes, at every start.
 */
const noSchemas = {
  buildValidator: () => refuseSchema,
  buildSerializer: () => refuseSchema,
};

function refuseSchema(): never {
  throw new PatinaError('PATINA_INTERNAL', 'routes have no schemas of the framework');
}

function routesOf({ service }: HttpServerOptions): readonly Route[] {
  const small = { bodyBytesMax } as const;
  return [
    {
      method: 'POST',
      url: '/v1/transactions',
      bodyBytesMax: transactionBytesMax,
      handler: ({ query, body }, reply) => handleTransaction(service, query, body, reply),
    },
    {
      method: 'POST',
      url: '/v1/queries',
      ...small,
      handler: ({ query, body }, reply) => handleQuery(service, query, body, reply),
    },
    {
      method: 'POST',
      url: '/v1/table_stats',
      ...small,
      handler: ({ body }, reply) => handleTableStats(service, body, reply),
    },
    {
      method: 'GET',
      url: '/v1/health',
      ...small,
      handler: ({ query }, reply) => handleHealth(service, query, reply),
    },
    {
      method: 'GET',
      url: '/v1/members',
      ...small,
      handler: (_request, reply) => handleMembers(service, reply),
    },
    {
      method: 'GET',
      url: '/v1/lag',
      ...small,
      handler: (_request, reply) => handleLag(service, reply),
    },
    {
      method: 'GET',
      url: '/metrics',
      ...small,
      handler: (_request, reply) => handleMetrics(service, reply),
    },
  ];
}

function addRoute(app: FastifyInstance, route: Route): void {
  const limit = new ConcurrencyLimit(concurrencyMax);
  app.route<{ Querystring: UrlQuery }>({
    method: route.method,
    url: route.url,
    bodyLimit: route.bodyBytesMax,
    onRequest: (_request, reply, done) => {
      if (limit.enter(reply.raw)) done();
      else done(limitReached());
    },
    handler: route.handler,
  });
}

/** What every request meets first: the token, then whether there is such a route. */
function guard(
  app: FastifyInstance,
  options: HttpServerOptions,
  methodsByPath: ReadonlyMap<string, readonly HTTPMethods[]>,
): void {
  const authorize = createAuthorize(options.tokens);
  const files = createConsoleFiles(options.consoleDirectory);
  app.addHook('onRequest', (request, reply, done) => {
    // Every route needs the token; the files of the console, which hold no data, are no routes.
    const guarded = !request.is404 || apiPath.test(request.url);
    if (guarded && !authorize(request.headers.authorization)) {
      reply.code(401).header('www-authenticate', 'Bearer').header('connection', 'close').send();
      return;
    }
    if (!request.is404) {
      done();
      return;
    }
    const path = request.url.split('?', 1)[0] ?? '/';
    const file = request.method === 'GET' ? files.find(path) : undefined;
    if (file !== undefined) reply.headers(file.headers).send(file.bytes);
    else answerNotFound(reply, request.method, path, methodsByPath.get(path));
  });
  app.setErrorHandler((cause, request, reply) => {
    const error = fromFastify(cause, request);
    if (errorKind(error.code).httpStatus >= 500) options.onError?.(error, request.url);
    return answerError(reply, error);
  });
}

function answerNotFound(
  reply: FastifyReply,
  method: string,
  path: string,
  methods: readonly HTTPMethods[] | undefined,
): void {
  if (methods === undefined) {
    const message = `there is nothing at ${path}`;
    const hint = 'the API is under /v1/';
    answerError(reply, new PatinaError('PATINA_NOT_FOUND', message, { hint }));
    return;
  }
  const allowed = methods.join(', ');
  const message = `${path} does not take ${method}`;
  const hint = `use ${allowed}`;
  reply.header('allow', allowed);
  answerError(reply, new PatinaError('PATINA_METHOD_NOT_ALLOWED', message, { hint }));
}

/** Reads bodies of the one content type that the API takes. */
function readBodies(app: FastifyInstance): void {
  const bodies = new BodyReader();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, done) => {
    const declaredBytes = Number(request.headers['content-length'] ?? 0);
    bodies.read(payload, declaredBytes, request.routeOptions.bodyLimit ?? bodyBytesMax, done);
  });
}

/** The errors of the framework by their own codes; everything else is ours already. */
function fromFastify(cause: unknown, request: FastifyRequest): PatinaError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const given = request.headers['content-type'] ?? 'none';
    return new PatinaError('PATINA_MEDIA_TYPE', `the content type ${given} is not taken`, {
      hint: 'send JSON with the header content-type: application/json',
    });
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new PatinaError('PATINA_BODY_TOO_LARGE', 'the body is too large', { cause });
  }
  if (typeof code === 'string' && code.startsWith('FST_ERR_') && cause instanceof Error) {
    return new PatinaError('PATINA_BAD_REQUEST', cause.message, { cause });
  }
  return asPatinaError(cause);
}
