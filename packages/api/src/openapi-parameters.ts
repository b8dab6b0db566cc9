// The parameters of the HTTP API as OpenAPI describes them: in paths, in the URL and in headers.

import { z } from 'zod';
import type { ParameterDescription } from './openapi-types.ts';

const flag = z.enum(['true', 'false']).default('false');
const seconds = z.number().nonnegative();

export const queryId: ParameterDescription = {
  name: 'id',
  in: 'path',
  description: 'The id of a live query, as in the header corro-query-id.',
  schema: z.string().meta({ format: 'uuid' }),
  example: '9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11',
};

export const tableName: ParameterDescription = {
  name: 'table',
  in: 'path',
  description: 'The name of a table.',
  schema: z.string(),
  example: 'sandwiches',
};

/** `otherwise` is the limit where none is given. */
export function timeout(otherwise: string): ParameterDescription {
  return {
    name: 'timeout',
    in: 'query',
    description: `Seconds until it is given up; 0 is no limit. Default: ${otherwise}.`,
    schema: seconds.max(86_400),
    example: '5',
  };
}

export const ints: ParameterDescription = {
  name: 'ints',
  in: 'query',
  description: '"string" writes integers beyond 2^53 as strings.',
  schema: z.enum(['number', 'string']).default('number'),
};

export const after: ParameterDescription = {
  name: 'after',
  in: 'query',
  description:
    'Wait until this version of an actor is here, `<actor id>:<version>`: what a transaction ' +
    'answered, to read your own writes at any node.',
  schema: z.string(),
  example: '5a1e0d6c3b2f4e8d9a7c6b5a4f3e2d1c:3',
};

export const wait: ParameterDescription = {
  name: 'wait',
  in: 'query',
  description: 'Seconds to wait for `after` at most.',
  schema: seconds.max(300).default(10),
};

export const subscriptionFrom: ParameterDescription = {
  name: 'from',
  in: 'query',
  description:
    'Go on after this: the id of a change of this query at this node, or a cursor ' +
    '`<query id>:<change id>` of any node. Where a cursor cannot be honoured exactly, the stream ' +
    'begins with `restarted` and a whole snapshot. 0 is the same as none.',
  schema: z.union([z.number().int().nonnegative(), z.string()]),
  example: '42',
};

export const updatesFrom: ParameterDescription = {
  name: 'from',
  in: 'query',
  description: 'Go on after this cursor, as it stood in `opened`, `commit` or `lagged`.',
  schema: z.string().max(256),
};

export const skipRows: ParameterDescription = {
  name: 'skip_rows',
  in: 'query',
  description: 'Leave out columns, rows and eoq: changes only.',
  schema: flag,
};

export const images: ParameterDescription = {
  name: 'images',
  in: 'query',
  description: 'Send the whole rows too.',
  schema: flag,
};

export const details: ParameterDescription = {
  name: 'details',
  in: 'query',
  description:
    'Tell more: `opened` first, `commit` with a cursor and the origins after each step, positions ' +
    'in ordered results, and heartbeats.',
  schema: flag,
};

export const heartbeat: ParameterDescription = {
  name: 'heartbeat',
  in: 'query',
  description:
    'Seconds between signs of life, 0.1 to 300; 0 for none. Default: 15 with details, none without.',
  schema: seconds.max(300),
};

export const lastEventId: ParameterDescription = {
  name: 'last-event-id',
  in: 'header',
  description: 'A cursor, as browsers send it when they connect again. Goes before `from`.',
  schema: z.string().max(256),
};

const healthLimit = (name: string, description: string): ParameterDescription => ({
  name,
  in: 'query',
  description,
  schema: z.number().nonnegative(),
});

export const healthParameters: readonly ParameterDescription[] = [
  healthLimit('gaps', 'Missing versions that are accepted.'),
  healthLimit('p99_lag', 'Seconds of lag that are accepted.'),
  healthLimit('max_queue', 'Waiting changesets that are accepted.'),
  healthLimit('queue_size', 'Lag counts only while more changesets than this wait.'),
  {
    name: 'failure_status',
    in: 'query',
    description: 'The status of a failure.',
    schema: z.number().int().min(200).max(599).default(503),
  },
];
