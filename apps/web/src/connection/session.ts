// Who the reader is at one node, asked before a connection is opened: the answer also shows that the node
// lives, sooner than a WebSocket would.

import { type SessionInfo, sessionSchema } from '@patina/api/access/access-shapes.ts';
import { type Fault, faultOf, faultOfBody } from './faults.ts';

export type { SessionInfo };

/** A node that doesn't answer within this time is passed over, milliseconds. */
const answerMsMax = 2_000;
/** The node takes its time to refuse a log-in, milliseconds. */
const logInMsMax = 15_000;

/** Rejects when the node can't be reached. */
export async function askSession(origin: string): Promise<SessionInfo> {
  const response = await fetch(`${origin}/v1/session`, {
    credentials: 'include',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(answerMsMax),
  });
  if (!response.ok) throw new TypeError(`status ${response.status}`);
  return sessionSchema.parse(await response.json());
}

export type Credentials =
  | { readonly token: string }
  | { readonly user: string; readonly password: string };

/** Begins a session at a node; the fault where it refuses. */
export async function logIn(origin: string, who: Credentials): Promise<SessionInfo | Fault> {
  return send(origin, '/v1/login', who);
}

/** Ends the session at a node. */
export async function logOut(origin: string): Promise<SessionInfo | Fault> {
  return send(origin, '/v1/logout', {});
}

async function send(origin: string, path: string, body: object): Promise<SessionInfo | Fault> {
  try {
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      credentials: 'include',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(logInMsMax),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    return response.ok ? sessionSchema.parse(answer) : faultOfBody(answer, response.status);
  } catch (error) {
    return faultOf(error);
  }
}

export function isFault(answer: SessionInfo | Fault): answer is Fault {
  return 'text' in answer;
}
