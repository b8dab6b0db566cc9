// What a client asks of a stream of changes: where to go on, what to leave out, how much detail, and
// in which of the two formats. Read from the URL and the headers alone.

import type { IncomingHttpHeaders } from 'node:http';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { badParameter, numberParameter, textParameter, type UrlQuery } from './url-parameters.ts';

/** Seconds between signs of life: by default where there are any, and at most and at least. */
const heartbeatSecondsDefault = 15;
const heartbeatSecondsMax = 300;
const heartbeatSecondsMin = 0.1;

const cursorCharsMax = 256;

/** How a stream is to be written. */
export interface StreamParameters {
  readonly format: 'ndjson' | 'sse';
  /** Origins, commits and positions as well. */
  readonly details: boolean;
  /** Undefined: no signs of life. */
  readonly heartbeatMs: number | undefined;
}

export interface SubscriptionParameters extends StreamParameters {
  readonly from: number | string | undefined;
  readonly skipRows: boolean;
}

export interface UpdatesParameters extends StreamParameters {
  readonly from: string | undefined;
  readonly images: boolean;
}

/** The parameters of a subscription; throws PATINA_BAD_REQUEST or PATINA_CURSOR_INVALID. */
export function subscriptionParameters(
  query: UrlQuery,
  headers: IncomingHttpHeaders,
): SubscriptionParameters {
  const from = headers['last-event-id'] ?? textParameter(query, 'from');
  return {
    ...streamParameters(query, headers),
    from: from === undefined ? undefined : changeCursor(String(from)),
    skipRows: flagParameter(query, 'skip_rows'),
  };
}

/** The parameters of a stream of updates; throws as {@link subscriptionParameters}. */
export function updatesParameters(
  query: UrlQuery,
  headers: IncomingHttpHeaders,
): UpdatesParameters {
  const from = headers['last-event-id'] ?? textParameter(query, 'from');
  return {
    ...streamParameters(query, headers),
    from: from === undefined ? undefined : updatesCursor(String(from)),
    images: flagParameter(query, 'images'),
  };
}

/** A cursor of a table is a matter of the node; here only its size is checked. */
export function updatesCursor(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text) && text.length <= cursorCharsMax) return text;
  throw cursorInvalid(text, 'a cursor that this API gave');
}

function streamParameters(query: UrlQuery, headers: IncomingHttpHeaders): StreamParameters {
  const format = wantsEvents(headers.accept) ? 'sse' : 'ndjson';
  const details = flagParameter(query, 'details') || format === 'sse';
  const seconds = numberParameter(query, 'heartbeat') ?? (details ? heartbeatSecondsDefault : 0);
  if (seconds > heartbeatSecondsMax || (seconds > 0 && seconds < heartbeatSecondsMin)) {
    const range = `${heartbeatSecondsMin} to ${heartbeatSecondsMax} seconds`;
    throw badParameter('heartbeat', `is 0 for none, or ${range}`);
  }
  return { format, details, heartbeatMs: seconds === 0 ? undefined : seconds * 1000 };
}

/** Whether text/event-stream is among the accepted types, and not with weight 0. */
function wantsEvents(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return accept.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === 'text/event-stream' && !parameters.some((part) => /^q=0(\.0*)?$/.test(part));
  });
}

function flagParameter(query: UrlQuery, name: string): boolean {
  const text = textParameter(query, name);
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw badParameter(name, 'is "true" or "false"');
}

/** A change id of this node, or a cursor of any node; 0 asks for a fresh snapshot. */
function changeCursor(text: string): number | string | undefined {
  if (/^\d{1,16}$/.test(text)) {
    const changeId = Number(text);
    if (Number.isSafeInteger(changeId)) return changeId === 0 ? undefined : changeId;
  }
  const [id = '', changeId = ''] = text.split(':', 2);
  const uuid = parseUuid(id);
  if (uuid === undefined || text !== `${id}:${changeId}` || !/^\d{1,15}$/.test(changeId)) {
    throw cursorInvalid(text, 'a change id, or a cursor <query id>:<change id>');
  }
  return `${uuid}:${Number(changeId)}`;
}

function cursorInvalid(text: string, expected: string): PatinaError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new PatinaError('PATINA_CURSOR_INVALID', `from is ${JSON.stringify(shown)}`, {
    hint: `give ${expected}; leave from out to begin with a snapshot`,
  });
}

/** A UUID in lower case with dashes, from any way of writing one; undefined when it is none. */
export function parseUuid(text: string): string | undefined {
  if (!/^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(text)) return undefined;
  const hex = text.replaceAll('-', '').toLowerCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
