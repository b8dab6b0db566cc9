// What browsers are told about pages of other origins (CORS): those that are trusted may use the API with the cookies
// of this node, and read the answers. To all others nothing is said, and browsers keep the answers from them.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ConsoleOrigins, isOwnOrigin } from './console-origins.ts';

/** How long a browser may remember the answer, seconds. */
const maxAgeSeconds = 600;

/** What a console uses of another node; nothing else is for other origins. */
const consolePath = /^\/(trpc(\/|\?|$)|v1\/(login|logout|session|export)(\?|$))/;

/** The origin of a page that is not of this node; undefined for own pages and for programs. */
export function foreignOrigin({ raw }: FastifyRequest): string | undefined {
  const { origin } = raw.headers;
  return origin === undefined || isOwnOrigin(origin, raw) ? undefined : origin;
}

/** Says what a trusted page may do; returns whether that was the whole question (a preflight). */
export function answerOrigin(
  origins: ConsoleOrigins,
  origin: string,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  if (!consolePath.test(request.url) || !origins.isKnown(origin)) return false;
  reply
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-credentials', 'true')
    .header('vary', 'origin');
  if (request.method !== 'OPTIONS') return false;
  reply
    .code(204)
    .header('access-control-allow-methods', 'GET, POST, DELETE')
    .header('access-control-allow-headers', 'content-type, authorization')
    .header('access-control-max-age', String(maxAgeSeconds))
    .send();
  return true;
}
