// The routes that tell about the node: table_stats, health, members, lag and metrics.

import type { Health } from '@patina/api/schemas.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';
import { answerError } from './error-answer.ts';
import { numberParameter, type UrlQuery } from './url-parameters.ts';

/** Content type of the Prometheus text format. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** POST /v1/table_stats. */
export async function handleTableStats(
  service: PatinaService,
  body: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // The library behind the schemas takes 14 MB; this rare route is the only one that needs it.
  const { tableStatsRequestSchema } = await import('@patina/api/schemas.ts');
  const parsed = tableStatsRequestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    const message = `${where === '' ? 'the body' : where}: ${issue?.message ?? 'is not valid'}`;
    const hint = 'send {"tables": ["name", …]}';
    return answerError(reply, new PatinaError('PATINA_BODY_INVALID', message, { hint }));
  }
  try {
    return reply.send(await service.tableStats(parsed.data.tables));
  } catch (error) {
    return answerError(reply, error, { total_row_count: 0, invalid_tables: [] });
  }
}

/** GET /v1/health: the figures, and a failure status when one is beyond what the caller accepts. */
export async function handleHealth(
  service: PatinaService,
  query: UrlQuery,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let failureStatus = 503;
  try {
    failureStatus = statusParameter(query) ?? failureStatus;
    const health = await service.health();
    const fault = faultOf(health, query);
    if (fault === undefined) return reply.send({ response: health });
    const code = 'PATINA_NOT_READY';
    return reply.code(failureStatus).send({ response: health, error: fault, code });
  } catch (error) {
    if (error instanceof PatinaError && error.code === 'PATINA_BAD_REQUEST') {
      return answerError(reply, error);
    }
    return answerError(reply, error).code(failureStatus);
  }
}

function statusParameter(query: UrlQuery): number | undefined {
  const status = numberParameter(query, 'failure_status');
  if (status === undefined) return undefined;
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new PatinaError('PATINA_BAD_REQUEST', 'failure_status is an HTTP status, 200 to 599');
}

/** What is beyond the limits that the caller gave, as a sentence. */
function faultOf(health: Health, query: UrlQuery): string | undefined {
  const gapsMax = numberParameter(query, 'gaps');
  const lagMax = numberParameter(query, 'p99_lag');
  const queueMax = numberParameter(query, 'max_queue');
  const busyQueue = numberParameter(query, 'queue_size');
  if (gapsMax !== undefined && health.gaps > gapsMax) {
    return `${health.gaps} gaps are more than ${gapsMax}`;
  }
  if (queueMax !== undefined && health.queue_size > queueMax) {
    return `a queue of ${health.queue_size} is more than ${queueMax}`;
  }
  // A lag counts only while there is work, when the caller says how much that is.
  if (lagMax === undefined || (busyQueue !== undefined && health.queue_size <= busyQueue)) {
    return undefined;
  }
  if (health.p99_lag === null) return 'no lag was measured yet';
  if (health.p99_lag > lagMax) return `a p99 lag of ${health.p99_lag} s is more than ${lagMax} s`;
  return undefined;
}

/** GET /v1/members. */
export async function handleMembers(
  service: PatinaService,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return reply.send({ members: await service.members() });
}

/** GET /v1/lag. */
export async function handleLag(
  service: PatinaService,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return reply.send({ lag: await service.lag() });
}

/** GET /metrics. */
export async function handleMetrics(
  service: PatinaService,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return reply.header('content-type', metricsContentType).send(await service.metricsText());
}
