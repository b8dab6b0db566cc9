// The errors of the HTTP API as OpenAPI describes them: the codes behind each status, and what each
// code means.

import { type ErrorCode, errorKind } from '@patina/engine/base/errors.ts';

/** Any route can answer with these. */
export const commonErrors: readonly ErrorCode[] = [
  'PATINA_BAD_REQUEST',
  'PATINA_FORBIDDEN',
  'PATINA_TOO_MANY_REQUESTS',
  'PATINA_OVERLOADED',
  'PATINA_SHUTTING_DOWN',
  'PATINA_INTERNAL',
];

/** Any route that takes a body can answer with these as well. */
export const bodyErrors: readonly ErrorCode[] = [
  'PATINA_MEDIA_TYPE',
  'PATINA_BODY_TOO_LARGE',
  'PATINA_BODY_INVALID',
];

/** What a code means here, where it is answered over HTTP. */
const meanings: Readonly<Partial<Record<ErrorCode, string>>> = {
  PATINA_BAD_REQUEST: 'a parameter, or the body as JSON, is malformed',
  PATINA_BODY_INVALID: 'the body is JSON of another shape',
  PATINA_MEDIA_TYPE: 'the body is not application/json, nor another type that the route takes',
  PATINA_BODY_TOO_LARGE: 'the body is too large',
  PATINA_SQL_ERROR: 'SQLite does not take the statement',
  PATINA_SQL_CONSTRAINT: 'a constraint of the schema is broken',
  PATINA_SQL_REFUSED: 'the statement does what no request may do, or is more than one',
  PATINA_SQL_NOT_READONLY: 'the statement writes',
  PATINA_SQL_TIMEOUT: 'the time limit has passed',
  PATINA_RESULT_TOO_LARGE: 'a row of the result is too large',
  PATINA_SUBSCRIPTION_REFUSED: 'the query cannot be followed',
  PATINA_SUBSCRIPTION_LIMIT: 'a limit of live queries is reached',
  PATINA_SUBSCRIPTION_FAILED: 'the query cannot be kept up any more',
  PATINA_CURSOR_INVALID: '`from` is none of this query, or in its future',
  PATINA_UNAUTHORIZED: 'the credentials are wrong, were revoked, or have expired',
  PATINA_FORBIDDEN: 'the role of the caller does not reach, or not to this table',
  PATINA_TOO_MANY_REQUESTS: 'too many requests or failed log-ins; try again after Retry-After',
  PATINA_NOT_FOUND: 'there is no such thing here',
  PATINA_OVERLOADED: 'too many requests run at the same time; try again after Retry-After',
  PATINA_WAIT_TIMEOUT: 'the version of `after` did not arrive in time',
  PATINA_CLOCK_DRIFT: "the node's clock is wrong, so that it takes no writes",
  PATINA_NOT_READY: 'the node cannot do this yet, or not well enough',
  PATINA_SHUTTING_DOWN: 'the node is shutting down',
  PATINA_DISK_FULL: 'the disk is full',
  PATINA_DB_READ_ONLY: 'the database cannot be written to',
  PATINA_INTERNAL: 'a fault of the node',
};

/** The statuses of these codes in rising order, each with a description that lists its codes. */
export function errorStatuses(codes: readonly ErrorCode[]): [status: number, text: string][] {
  const linesByStatus = new Map<number, string[]>();
  for (const code of new Set(codes)) {
    const { httpStatus } = errorKind(code);
    const line = `- \`${code}\`: ${meanings[code] ?? 'see the sentence'}`;
    linesByStatus.set(httpStatus, [...(linesByStatus.get(httpStatus) ?? []), line]);
  }
  return [...linesByStatus]
    .sort(([one], [other]) => one - other)
    .map(([status, lines]) => [status, lines.join('\n')]);
}
