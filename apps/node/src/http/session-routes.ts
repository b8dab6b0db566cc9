// POST /v1/login, POST /v1/logout and GET /v1/session: the sessions of the console.

import type { SessionInfo } from '@patina/api/access/access-shapes.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessControl, failureDelayMs, type LoggedIn } from '../access/access-control.ts';
import { answerError } from './error-answer.ts';
import { endedCookie, sessionCookie, sessionOf } from './session-cookie.ts';

/** Begins a session; whatever session the browser had ends. */
export async function handleLogIn(
  access: AccessControl,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // The library behind the schemas takes 14 MB; this rare route can wait for it.
  const { logInRequestSchema } = await import('@patina/api/access/access-shapes.ts');
  const parsed = logInRequestSchema.safeParse(request.body);
  if (!parsed.success) {
    throw new PatinaError('PATINA_BODY_INVALID', 'the body is no log-in', {
      hint: 'send {"user": "…", "password": "…"} or {"token": "…"}',
    });
  }
  const { data } = parsed;
  const outcome =
    'token' in data
      ? await access.logInToken(data.token, request.ip)
      : await access.logInUser(data.user, data.password, request.ip);
  if (!outcome.ok) return refuse(reply, outcome);
  const former = sessionOf(request.raw);
  if (former !== undefined) access.endSession(former);
  return reply
    .header('set-cookie', sessionCookie(request.raw, outcome.session))
    .header('cache-control', 'no-store')
    .send(sessionInfo(access, outcome.principal));
}

/** Ends the session of the browser. */
export async function handleLogOut(
  access: AccessControl,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const session = sessionOf(request.raw);
  if (session !== undefined) access.endSession(session);
  return reply
    .header('set-cookie', endedCookie(request.raw))
    .header('cache-control', 'no-store')
    .send(sessionInfo(access, access.open));
}

/** Tells who asks, which may be nobody. */
export async function handleSession(
  access: AccessControl,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { principal } = request;
  if (principal === undefined && request.headers.authorization !== undefined) {
    throw new PatinaError('PATINA_UNAUTHORIZED', 'the token is wrong, was revoked, or has expired');
  }
  return reply.header('cache-control', 'no-store').send(sessionInfo(access, principal));
}

function sessionInfo(access: AccessControl, principal: Principal | undefined): SessionInfo {
  return {
    is_required: access.isRequired,
    principal:
      principal === undefined
        ? null
        : {
            name: principal.name,
            roles: [...principal.roles],
            tables: principal.tables === undefined ? null : [...principal.tables],
          },
  };
}

/** The same after the same time, whatever was wrong. */
async function refuse(
  reply: FastifyReply,
  { waitMs }: Extract<LoggedIn, { ok: false }>,
): Promise<FastifyReply> {
  await new Promise((resolve) => setTimeout(resolve, failureDelayMs));
  if (waitMs === 0) {
    return answerError(
      reply,
      new PatinaError('PATINA_UNAUTHORIZED', 'the user, the password or the token is wrong'),
    );
  }
  const seconds = Math.ceil(waitMs / 1000);
  const error = new PatinaError('PATINA_TOO_MANY_REQUESTS', 'too many log-ins have failed', {
    hint: `try again in ${seconds} seconds`,
  });
  return answerError(reply.header('retry-after', String(seconds)), error);
}
