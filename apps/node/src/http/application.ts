// The routes of the HTTP API, and what happens to every request before it reaches one: access, limits,
// body. Errors that arise outside the routes are answered here in the common form.

import { routeAccess } from '@patina/api/access/access-table.ts';
import { authorise } from '@patina/api/access/policy.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import { ApiSessions } from '@patina/api/api-sessions.ts';
import { type HttpRouteName, httpRouteNames, httpRoutes } from '@patina/api/http-routes.ts';
import type { ApiContext } from '@patina/api/procedures.ts';
import { type ApiRouter, apiRouter } from '@patina/api/router.ts';
import { asPatinaError, errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiSockets } from './api-sockets.ts';
import { BodyReader } from './body-reader.ts';
import { ClientRates } from './client-rates.ts';
import { ConcurrencyLimit, limitReached } from './concurrency-limit.ts';
import { type ConsoleFiles, createConsoleFiles } from './console-files.ts';
import { ConsoleOrigins } from './console-origins.ts';
import { answerOrigin, foreignOrigin } from './cross-origin.ts';
import { answerError } from './error-answer.ts';
import { clientOf, GuardedServices } from './guarded-services.ts';
import { OpenRequests } from './open-requests.ts';
import { OpenStreams, streamsMax } from './open-streams.ts';
import { principalOf, refuseForeignHost, refuseForeignSite } from './request-access.ts';
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
  readonly sockets: ApiSockets;
  /** Lets go of what it listens to. */
  readonly release: () => void;
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
  const { access } = options;
  const requests = new OpenRequests();
  const stopCutting = access.onRevoked((principal) => requests.cut(principal));
  const guarded = new GuardedServices(options);
  const origins = new ConsoleOrigins({
    insights: options.service.insights,
    members: () => options.service.members(),
    allowed: options.allowedOrigins ?? [],
  });
  origins.start();
  const release = (): void => {
    stopCutting();
    origins.stop();
  };
  const rates = new ClientRates(options.requestsPerSecond ?? 0);
  guard(app, options, { requests, origins, rates });
  readBodies(app);
  const handlers = routeHandlers(options, streams, guarded);
  for (const name of httpRouteNames) addRoute(app, name, handlers[name]);
  const sessions = new ApiSessions();
  const contextOf = (principal: Principal, ip: string): ApiContext => ({
    service: guarded.of(principal),
    access: options.manage({ name: principal.name, through: 'trpc', from: ip }),
    audit: options.audit,
    sessions,
    principal,
    client: clientOf({ principal, ip }, access),
  });
  app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: apiRouter,
      createContext: ({ req }) => contextOf(req.principal ?? nobody, req.ip),
    },
  } satisfies FastifyTRPCPluginOptions<ApiRouter>);
  const sockets = new ApiSockets({
    access,
    origins,
    allowedHosts: options.allowedHosts ?? [],
    contextOf,
    refuseRate: (client) => rates.refuse(client, performance.now()),
  });
  return { app, streams, sockets, release };
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

/** Has no right at all. */
const nobody: Principal = { name: 'nobody', roles: [] };

function addRoute(app: FastifyInstance, name: HttpRouteName, entry: RouteHandler): void {
  const route = httpRoutes[name];
  const access = routeAccess[name];
  const limit = new ConcurrencyLimit(concurrencyMax);
  app.route<{ Querystring: UrlQuery }>({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit: entry.bodyBytesMax,
    config: {
      takesEmptyBody: entry.takesEmptyBody === true,
      takesForm: entry.takesForm === true,
      routeName: name,
    },
    onRequest: (request, reply, done) => {
      const call = { kind: 'call', name: `${route.method} ${route.path}`, access } as const;
      const refusal = authorise(request.principal ?? nobody, call);
      // Streams stay for hours, and are counted on their own.
      if (refusal !== undefined) done(refusal);
      else if (entry.isStream === true || limit.enter(reply.raw)) done();
      else done(limitReached());
    },
    handler: entry.handle,
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly takesEmptyBody?: boolean;
    readonly takesForm?: boolean;
    readonly routeName?: HttpRouteName;
  }

  interface FastifyRequest {
    /** Who asks; undefined where nobody has shown who he is. */
    principal: Principal | undefined;
  }
}

/** What every request meets first: see request-access.ts. */
function guard(app: FastifyInstance, options: HttpServerOptions, parts: GuardParts): void {
  const { access, allowedHosts = [] } = options;
  const { requests, origins, rates } = parts;
  const files = createConsoleFiles(options.consoleDirectory);
  const isTrusted = (origin: string): boolean => origins.isKnown(origin);
  app.decorateRequest('principal', undefined);
  const check = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { raw } = request;
    const principal = principalOf(access, raw);
    request.principal = principal;
    const refusal =
      refuseForeignHost(raw, allowedHosts) ??
      refuseForeignSite(raw, isTrusted) ??
      rates.refuse(clientOf(request, access), performance.now());
    if (refusal !== undefined) {
      answerError(reply, refusal);
      return;
    }
    const foreign = foreignOrigin(request);
    if (foreign !== undefined && answerOrigin(origins, foreign, request, reply)) return;
    if (principal === undefined && needsCredentials(request)) {
      if (raw.headers.authorization !== undefined) options.onBadToken?.(request.ip);
      reply.code(401).header('www-authenticate', 'Bearer').header('connection', 'close').send();
      return;
    }
    if (principal !== undefined) requests.add(reply.raw, principal);
    if (request.is404) void answerElsewhere(files, origins, request, reply);
    else done();
  };
  app.addHook('onRequest', (request, reply, done) => {
    const foreign = foreignOrigin(request);
    if (foreign === undefined || origins.isKnown(foreign)) check(request, reply, done);
    else void origins.refresh().then(() => check(request, reply, done));
  });
  app.setErrorHandler((cause, request, reply) => {
    const error = fromFastify(cause, request);
    if (errorKind(error.code).httpStatus >= 500) options.onError?.(error, request.url);
    return answerError(reply, error);
  });
}

interface GuardParts {
  readonly requests: OpenRequests;
  readonly origins: ConsoleOrigins;
  readonly rates: ClientRates;
}

/** What is no route is a file of the console, or nothing. */
async function answerElsewhere(
  files: ConsoleFiles,
  origins: ConsoleOrigins,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { method, url } = request;
  const path = url.split('?', 1)[0] ?? '/';
  const isRead = method === 'GET' && !apiPath.test(url);
  const isBrowser = request.headers.accept?.includes('text/html') === true;
  const found = isRead ? files.find(path) : undefined;
  const file = found ?? (isRead && isBrowser ? files.find('/404') : undefined);
  if (file === undefined) {
    answerNotFound(reply, method, path);
    return;
  }
  const connect = file.isPage ? await origins.forPage() : [];
  const { headers, bytes } = file.answer(request.headers['accept-encoding'] ?? '', connect);
  reply
    .code(found === undefined ? 404 : 200)
    .headers(headers)
    .send(bytes);
}

/** The files of the console, which hold no data, are no routes, and need no credentials. */
function needsCredentials(request: FastifyRequest): boolean {
  if (request.is404) return apiPath.test(request.url);
  const name = request.routeOptions.config.routeName;
  return name === undefined || routeAccess[name].role !== 'anyone';
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

/** Reads bodies: JSON, and forms where a route takes them. */
function readBodies(app: FastifyInstance): void {
  const bodies = new BodyReader();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, done) => {
    const declaredBytes = Number(request.headers['content-length'] ?? 0);
    const { bodyLimit = bodyBytesMax, config } = request.routeOptions;
    const limits = { bytesMax: bodyLimit, takesEmpty: config.takesEmptyBody === true };
    bodies.read(payload, declaredBytes, limits, done);
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', (request, payload, done) => {
    const { bodyLimit = bodyBytesMax, config } = request.routeOptions;
    if (config.takesForm !== true) {
      done(mediaTypeRefused(request));
      return;
    }
    const declaredBytes = Number(request.headers['content-length'] ?? 0);
    const limits = { bytesMax: bodyLimit, takesEmpty: false, isForm: true };
    bodies.read(payload, declaredBytes, limits, done);
  });
}

function mediaTypeRefused({ headers }: FastifyRequest): PatinaError {
  const given = headers['content-type'] ?? 'none';
  return new PatinaError('PATINA_MEDIA_TYPE', `the content type ${given} is not taken`, {
    hint: 'send JSON with the header content-type: application/json',
  });
}

/** The errors of the framework by their own codes; everything else is ours already. */
function fromFastify(cause: unknown, request: FastifyRequest): PatinaError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return mediaTypeRefused(request);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new PatinaError('PATINA_BODY_TOO_LARGE', 'the body is too large', { cause });
  }
  if (typeof code === 'string' && code.startsWith('FST_ERR_') && cause instanceof Error) {
    return new PatinaError('PATINA_BAD_REQUEST', cause.message, { cause });
  }
  return asPatinaError(cause);
}
