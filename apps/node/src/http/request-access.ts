// What every request meets first: whether the host that it names is this node, whether a page of another site
// sent it, and who asks. See docs/access.md.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Principal } from '@patina/api/access/principal.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AccessControl } from '../access/access-control.ts';
import { isOwnOrigin } from './console-origins.ts';
import { sessionOf } from './session-cookie.ts';

const bearer = /^bearer +/i;
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Who asks: undefined where the credentials are missing or wrong. */
export function principalOf(
  access: AccessControl,
  request: IncomingMessage,
): Principal | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const scheme = bearer.exec(authorization);
    const isOpen = access.open;
    // Where nothing is asked for, nothing that is shown is wrong.
    if (isOpen !== undefined) return isOpen;
    return scheme === null ? undefined : access.byToken(authorization.slice(scheme[0].length));
  }
  const session = sessionOf(request);
  return (session === undefined ? undefined : access.bySession(session)) ?? access.open;
}

/** Whether the request shows a token: then no page of another site can have sent it. */
function showsToken({ headers }: IncomingMessage): boolean {
  return headers.authorization !== undefined;
}

/**
 * Refuses a request by a name that is not this node's, as a page does that had its name resolved to this address
 * after it was loaded (DNS rebinding). An address in figures cannot be rebound. `allowed`: further names.
 */
export function refuseForeignHost(
  request: IncomingMessage,
  allowed: readonly string[],
): PatinaError | undefined {
  const { host } = request.headers;
  if (host === undefined || showsToken(request)) return undefined;
  const name = hostName(host);
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return undefined;
  if (allowed.some((each) => each.toLowerCase() === name)) return undefined;
  return new PatinaError('PATINA_FORBIDDEN', `this node is not known as ${name}`, {
    hint: 'Add the name to api.allowed_hosts, or use the address.',
  });
}

/**
 * Refuses what a page of another site may have sent with the cookie of the console, or to a node on this machine
 * that asks for no credentials: everything but plain reading. The rule is that of Sec-Fetch-Site, then of Origin;
 * programs send neither. Pages of trusted origins, such as the consoles of other members, may.
 */
export function refuseForeignSite(
  request: IncomingMessage,
  isTrusted: (origin: string) => boolean,
): PatinaError | undefined {
  if (showsToken(request)) return undefined;
  const { headers, method = 'GET' } = request;
  const isStream = headers.accept?.includes('text/event-stream') === true;
  if (safeMethods.has(method) && !isStream) return undefined;
  if (headers.origin !== undefined && isTrusted(headers.origin)) return undefined;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return undefined;
  if (
    site === undefined &&
    (headers.origin === undefined || isOwnOrigin(headers.origin, request))
  ) {
    return undefined;
  }
  return new PatinaError('PATINA_FORBIDDEN', 'the request was sent by a page of another site', {
    hint: 'Programs send a token in the header Authorization, and no Origin.',
  });
}

function hostName(host: string): string {
  const name = /^\[(?<v6>[^\]]*)\](:\d+)?$|^(?<name>[^:]*)(:\d+)?$/.exec(host)?.groups;
  return (name?.v6 ?? name?.name ?? host).toLowerCase().replace(/\.$/, '');
}
