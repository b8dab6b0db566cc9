// How this node detects failures, in the form in which nodes tell it each other.

import type { Swim } from '@patina/api/insights/cluster-shapes.ts';
import type { SwimView } from '@patina/engine/membership/swim-view.ts';

export function swimAnswer(view: SwimView, nowMs: number): Swim {
  return {
    now_ms: nowMs,
    incarnation: view.incarnation,
    local_health: view.localHealth,
    local_health_max: view.localHealthMax,
    probe_period_ms: view.probePeriodMs,
    probe_timeout_ms: view.probeTimeoutMs,
    probes: view.probes,
    updates_backlog: view.updatesWaiting,
    suspicions: view.suspicions.map(({ actorId, address, sinceMs, deadlineMs, confirmations }) => ({
      actor_id: actorId,
      address,
      since_ms: sinceMs,
      deadline_ms: deadlineMs,
      confirmations,
    })),
  };
}
