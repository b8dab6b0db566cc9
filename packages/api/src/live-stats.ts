// The figures of a live query in the words of the API.

import type { LiveQueryStats } from '@patina/engine/live/live-queries.ts';
import type { SubscriptionStats } from './live-schemas.ts';

export function statsAnswer(stats: LiveQueryStats): SubscriptionStats {
  return {
    id: stats.id,
    hash: stats.hash,
    sql: stats.sql,
    mode: stats.mode,
    state: stats.state,
    subscribers: stats.subscribers,
    rows: stats.rows,
    change_id: stats.changeId,
    evaluations: stats.evaluations,
    evaluation_ms: stats.evaluationMs,
    ms_per_sec_cost: stats.costMsPerSecond,
    lagged: stats.lagged,
    created_ms: stats.createdMs,
  };
}
