// The cookie that holds a session of the console: out of reach of scripts and of other sites, and over TLS
// only where there is TLS. Its name has the port, since browsers give one cookie to all ports of a host.

import type { IncomingMessage } from 'node:http';

const maxAgeSeconds = 7 * 86_400;

/** The session in the cookies of a request. */
export function sessionOf(request: IncomingMessage): string | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  const name = cookieName(request);
  for (const pair of cookie.split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** The value of Set-Cookie that begins a session. */
export function sessionCookie(request: IncomingMessage, session: string): string {
  return `${cookieName(request)}=${session}; Max-Age=${maxAgeSeconds}; ${attributes(request)}`;
}

/** The value of Set-Cookie that ends it. */
export function endedCookie(request: IncomingMessage): string {
  return `${cookieName(request)}=; Max-Age=0; ${attributes(request)}`;
}

function attributes(request: IncomingMessage): string {
  return `Path=/; HttpOnly; SameSite=Strict${isEncrypted(request) ? '; Secure' : ''}`;
}

function cookieName(request: IncomingMessage): string {
  const name = `patina-session-${request.socket.localPort ?? 0}`;
  return isEncrypted(request) ? `__Host-${name}` : name;
}

/** Whether the request came over TLS to this node itself. */
export function isEncrypted({ socket }: IncomingMessage): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}
