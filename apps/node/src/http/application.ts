// The routes of the HTTP API, and what happens to every request before it reaches one: token, limits,
// body. Errors that arise outside the routes are answered here in the common form.

import { ApiSessions } from '@patina/api/api-sessions.ts';
import { type HttpRoute, httpRouteNames, httpRoutes } from '@patina/api/http-routes.ts';
import { tokenHolder } from '@patina/api/roles.ts';
import { type ApiRouter, apiRouter } from '@patina/api/router.ts';
import { asPatinaError, errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createAuthorize } from './authorization.ts';
import { BodyReader } from './body-reader.ts';
import { clientAccess } from './client-access.ts';
import { ConcurrencyLimit, limitReached } from './concurrency-limit.ts';
import { createConsoleFiles } from './console-files.ts';
import { answerError } from './error-answer.ts';
import { OpenStreams, streamsMax } from './open-streams.ts';
import {
  bodyBytesMax,
  type RouteHandler,
  routeHandlers,
  transactionBytesMax,
} from './route-handlers.ts';
import type { HttpServerOptions } from './server.ts';
import type { UrlQuery } from './url-parameters.ts';

/** Requests of one route at a time. */
const concurrencyMax = 128;

/** Characters of a name in a path, such as that of a table. */
const nameCharsMax = 1_024;

/** Where the API is: unknown paths there are told only to those who have a token. */
const apiPath = /^\/(v1|trpc|metrics)(\/|\?|$)/;

/** The application, which listens nowhere by itself, and the streams that it holds open. */
export interface Application {
  readonly app: FastifyInstance;
  readonly streams: OpenStreams;
}

/** Builds the application. */
export function createApplication(options: HttpServerOptions): Application {
  const app = fastify({
    logger: false,
    bodyLimit: transactionBytesMax,
    exposeHeadRoutes: false,
    forceCloseConnections: false,
    schemaController: { compilersFactory: noSchemas },
    routerOptions: { maxParamLength: nameCharsMax },
  });
  const streams = new OpenStreams(streamsMax);
  guard(app, options);
  readBodies(app);
  const handlers = routeHandlers(options, streams);
  for (const name of httpRouteNames) addRoute(app, httpRoutes[name], handlers[name]);
  const sessions = new ApiSessions();
  app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: apiRouter,
      createContext: ({ req }) => {
        const { service, tokens } = options;
        const { client } = clientAccess(req.headers, req.ip, tokens.length > 0);
        return { service, sessions, principal: tokenHolder, client };
      },
    },
  } satisfies FastifyTRPCPluginOptions<ApiRouter>);
  return { app, streams };
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

function addRoute(app: FastifyInstance, route: HttpRoute, entry: RouteHandler): void {
  const limit = new ConcurrencyLimit(concurrencyMax);
  app.route<{ Querystring: UrlQuery }>({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit: entry.bodyBytesMax,
    config: { takesEmptyBody: entry.takesEmptyBody === true, isOpen: entry.isOpen === true },
    onRequest: (_request, reply, done) => {
      // Streams stay for hours, and are counted on their own.
      if (entry.isStream === true || limit.enter(reply.raw)) done();
      else done(limitReached());
    },
    handler: entry.handle,
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly takesEmptyBody?: boolean;
    /** Answered without a token. */
    readonly isOpen?: boolean;
  }
}

/** What every request meets first: the token, then whether there is such a route. */
function guard(app: FastifyInstance, options: HttpServerOptions): void {
  const authorize = createAuthorize(options.tokens);
  const files = createConsoleFiles(options.consoleDirectory);
  app.addHook('onRequest', (request, reply, done) => {
    // Every route needs the token but those that tell nothing of this node; the files of the console,
    // which hold no data, are no routes.
    const { isOpen } = request.routeOptions.config;
    const guarded = request.is404 ? apiPath.test(request.url) : isOpen !== true;
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
    else answerNotFound(reply, request.method, path);
  });
  app.setErrorHandler((cause, request, reply) => {
    const error = fromFastify(cause, request);
    if (errorKind(error.code).httpStatus >= 500) options.onError?.(error, request.url);
    return answerError(reply, error);
  });
}

function answerNotFound(reply: FastifyReply, method: string, path: string): void {
  const methods = methodsAt(path);
  if (methods.length === 0) {
    const message = `there is nothing at ${path}`;
    const hint = 'the API is under /v1/; GET /docs/api describes it';
    answerError(reply, new PatinaError('PATINA_NOT_FOUND', message, { hint }));
    return;
  }
  const allowed = methods.join(', ');
  const message = `${path} does not take ${method}`;
  const hint = `use ${allowed}`;
  reply.header('allow', allowed);
  answerError(reply, new PatinaError('PATINA_METHOD_NOT_ALLOWED', message, { hint }));
}

/** The methods that a path takes; a part in braces stands for any text without a slash. */
function methodsAt(path: string): string[] {
  const found = Object.values(httpRoutes).filter((route) =>
    new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  return found.map(({ method }) => method);
}

/** Reads bodies of the one content type that the API takes. */
function readBodies(app: FastifyInstance): void {
  const bodies = new BodyReader();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, done) => {
    const declaredBytes = Number(request.headers['content-length'] ?? 0);
    const { bodyLimit = bodyBytesMax, config } = request.routeOptions;
    const limits = { bytesMax: bodyLimit, takesEmpty: config.takesEmptyBody === true };
    bodies.read(payload, declaredBytes, limits, done);
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
