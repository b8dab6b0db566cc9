// What the console asks of the node that serves it. Every answer is checked against the shapes of
// the API: a node of another version must show up as an error, not as wrong figures.

import {
  type ActorLag,
  errorSchema,
  type Health,
  healthResponseSchema,
  lagResponseSchema,
  type Member,
  membersResponseSchema,
} from '@patina/api/schemas.ts';
import { z } from 'zod';

/** A node that doesn't answer within this time counts as not reachable, milliseconds. */
const answerLimitMs = 5_000;

/** The members of the cluster, as this node sees them. */
export async function fetchMembers(signal: AbortSignal): Promise<Member[]> {
  return membersResponseSchema.parse(await getJson('/v1/members', signal)).members;
}

/** What this node lacks of each actor. */
export async function fetchLag(signal: AbortSignal): Promise<ActorLag[]> {
  return lagResponseSchema.parse(await getJson('/v1/lag', signal)).lag;
}

/** The figures of this node's health. */
export async function fetchHealth(signal: AbortSignal): Promise<Health> {
  return healthResponseSchema.parse(await getJson('/v1/health', signal)).response;
}

async function getJson(path: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(path, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(await refusal(response));
  return response.json();
}

/** Says why the node did not answer as asked, in its own words where it has some. */
async function refusal(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const said = errorSchema.safeParse(body);
  return said.success ? said.data.error : `the node answered with status ${response.status}`;
}

/** Turns whatever a request failed with into a sentence for people. */
export function failureText(error: Error): string {
  if (error instanceof z.ZodError) {
    return 'The node answered in a shape that this page does not know; reload the page.';
  }
  if (error.name === 'TimeoutError') {
    return `The node did not answer within ${answerLimitMs / 1000} seconds.`;
  }
  // A browser reports every failure to connect as a TypeError without details.
  if (error instanceof TypeError) return 'The node can’t be reached.';
  return asSentence(error.message);
}

function asSentence(text: string): string {
  const full = /[.!?]$/.test(text) ? text : `${text}.`;
  return full.charAt(0).toUpperCase() + full.slice(1);
}
