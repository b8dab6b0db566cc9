// POST /v1/updates/{table}: which rows of a table change, as it happens.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { WatchRequest } from '@patina/engine/live/live-queries.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { updatesCursor, updatesParameters } from './live-parameters.ts';
import { answerStream, type LiveRouteDeps } from './live-route.ts';
import { UpdatesStream } from './updates-stream.ts';
import type { UrlQuery } from './url-parameters.ts';

/** Characters of a filter at most. */
const filterCharsMax = 64 * 1024;

/** What the body may say; what the URL says goes before it. */
interface UpdatesBody {
  readonly filter?: string;
  readonly images?: boolean;
  readonly from?: string;
}

/** Follows the table of the path. */
export function handleUpdates(
  deps: LiveRouteDeps,
  request: FastifyRequest<{ Querystring: UrlQuery }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = decodeBody(request.body);
  const parameters = updatesParameters(request.query, request.headers);
  const from = parameters.from ?? body.from;
  const watch: WatchRequest = {
    table: tableParameter(request.params),
    client: deps.client,
    images: parameters.images || body.images === true,
    ...(from === undefined ? {} : { from }),
    ...(body.filter === undefined ? {} : { filter: body.filter }),
  };
  const progress: { cursor: string | undefined } = { cursor: from };
  return answerStream(deps, reply, {
    parameters,
    heartbeatJson: () => JSON.stringify({ cursor: progress.cursor }),
    open: (stream) => deps.service.live.watch(watch, new UpdatesStream(reply, stream, progress)),
    refusal: unknownTable,
  });
}

function tableParameter(params: unknown): string {
  const table =
    typeof params === 'object' && params !== null && 'table' in params ? params.table : '';
  return String(table);
}

/** An empty body says nothing; a field that is not known is refused, since it was meant to do something. */
export function decodeBody(body: unknown): UpdatesBody {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw invalid('the body is an object');
  const unknown = Object.keys(body).find((name) => !fieldNames.has(name));
  if (unknown !== undefined) throw invalid(`there is no field ${JSON.stringify(unknown)}`);
  const fields = new Map(Object.entries(body).filter(([, value]) => value !== null));
  const filter: unknown = fields.get('filter');
  const images: unknown = fields.get('images');
  const from: unknown = fields.get('from');
  if (filter !== undefined && typeof filter !== 'string') throw invalid('filter is SQL text');
  if (filter !== undefined && filter.length > filterCharsMax) {
    throw invalid(`filter has at most ${filterCharsMax} characters`);
  }
  if (images !== undefined && typeof images !== 'boolean') throw invalid('images is true or false');
  if (from !== undefined && typeof from !== 'string') throw invalid('from is a cursor, as text');
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(images === undefined ? {} : { images }),
    ...(from === undefined ? {} : { from: updatesCursor(from) }),
  };
}

const fieldNames: ReadonlySet<string> = new Set(['filter', 'images', 'from']);

function invalid(what: string): PatinaError {
  return new PatinaError('PATINA_BODY_INVALID', what, {
    hint: 'send {"filter": "SQL expression", "images": true, "from": "cursor"}, or no body',
  });
}

/** A table that is not there is a mistake in the request, as in the reference. */
function unknownTable(error: PatinaError): PatinaError {
  if (error.code !== 'PATINA_NOT_FOUND') return error;
  const { message, hint } = error;
  return new PatinaError('PATINA_BAD_REQUEST', message, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
