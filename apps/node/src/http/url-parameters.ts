// The parameters of URLs: times in seconds, the version to wait for, and how to write integers.

import { type ActorId, parseActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';

/** The parsed query string: a repeated name holds a list. */
export type UrlQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Longest time that a client may ask for, seconds. */
const secondsMax = 86_400;

/** How long `after` waits when the client does not say, and at most; seconds. */
const waitSecondsDefault = 10;
const waitSecondsMax = 300;

/** Default limit of a query, milliseconds. */
export const queryTimeoutMsDefault = 60_000;

/** `name` as a single text; undefined when it is absent. */
export function textParameter(query: UrlQuery, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw badParameter(name, 'is given more than once');
}

/** `name` as a number that is not negative; undefined when it is absent. */
export function numberParameter(query: UrlQuery, name: string): number | undefined {
  const text = textParameter(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) throw badParameter(name, 'must be a number');
  return Number(text);
}

/** `?timeout=` in milliseconds: 0 is no limit. */
export function timeoutParameter(query: UrlQuery, defaultMs: number): number {
  const seconds = numberParameter(query, 'timeout');
  if (seconds === undefined) return defaultMs;
  if (seconds > secondsMax) throw badParameter('timeout', `is at most ${secondsMax} seconds`);
  // What is positive stays so: rounding to 0 would lift the limit.
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

/** `?ints=`: whether integers beyond 2^53 are written as strings. */
export function intsParameter(query: UrlQuery): boolean {
  const text = textParameter(query, 'ints');
  if (text === undefined || text === 'number') return false;
  if (text === 'string') return true;
  throw badParameter('ints', 'is "string" or "number"');
}

/** A version to wait for before answering. */
export interface AfterParameter {
  readonly actorId: ActorId;
  readonly version: number;
  readonly waitMs: number;
}

/** `?after=<actor>:<version>&wait=<seconds>`. */
export function afterParameter(query: UrlQuery): AfterParameter | undefined {
  const text = textParameter(query, 'after');
  const waitSeconds = numberParameter(query, 'wait') ?? waitSecondsDefault;
  if (text === undefined) return undefined;
  const match = /^([0-9a-fA-F-]{32,36}):(\d{1,15})$/.exec(text);
  const actorId = parseActorId(match?.[1] ?? '');
  if (actorId === undefined) throw badParameter('after', 'has the form <actor id>:<version>');
  if (waitSeconds > waitSecondsMax) throw badParameter('wait', `is at most ${waitSecondsMax}`);
  return { actorId, version: Number(match?.[2]), waitMs: Math.round(waitSeconds * 1000) };
}

/** The refusal of a parameter of the URL. */
export function badParameter(name: string, what: string): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', `the parameter ${name} ${what}`);
}
