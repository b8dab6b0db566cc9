// What the failure detector has on its mind, for people to look at: nothing here changes the machine.

import type { ActorId } from '../base/actor-id.ts';
import type { PeerAddress } from '../ports.ts';
import type { Core } from './core.ts';

/** A suspicion under way; moments in Unix milliseconds by our own clock. */
export interface SuspicionView {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  readonly sinceMs: number;
  /** When the suspect is declared down, unless it refutes or we stall until then. */
  readonly deadlineMs: number;
  /** Others, beside the first, that suspect it too. */
  readonly confirmations: number;
}

export interface SwimView {
  readonly incarnation: number;
  /** 0 is healthy. */
  readonly localHealth: number;
  readonly localHealthMax: number;
  /** As they are now: the worse our health, the longer. */
  readonly probePeriodMs: number;
  readonly probeTimeoutMs: number;
  /** Counted since the machine was made; pings that only tell a suspect that it is one are not among them. */
  readonly probes: {
    readonly sent: number;
    readonly acked: number;
    readonly failed: number;
    /** Members that were asked to ping another. */
    readonly indirect: number;
  };
  /** Updates that wait to be sent on. */
  readonly updatesWaiting: number;
  /** Those whose time is over first come first. */
  readonly suspicions: readonly SuspicionView[];
}

/** Looks at the machine as it was after its last step. */
export function swimView(core: Core): SwimView {
  const { config, awareness, counters, queue, self } = core;
  return {
    incarnation: self.incarnation,
    localHealth: awareness.score,
    localHealthMax: config.awarenessMax,
    probePeriodMs: config.probePeriodMs * awareness.factor,
    probeTimeoutMs: config.probeTimeoutMs * awareness.factor,
    probes: {
      sent: counters.probes,
      acked: counters.probesAcked,
      failed: counters.probeFailures,
      indirect: counters.indirectProbes,
    },
    updatesWaiting: queue.size,
    suspicions: suspicionsOf(core),
  };
}

function suspicionsOf({ table, clock, now }: Core): SuspicionView[] {
  const toUnixMs = (monotonicMs: number): number => now.wallMs + monotonicMs - now.monotonicMs;
  const views = Array.from(table.all()).flatMap(({ record, changedMs, suspicion }) => {
    if (suspicion === undefined) return [];
    const { deadlineMs, confirmations } = suspicion.suspicion;
    return {
      actorId: record.actorId,
      address: record.address,
      sinceMs: toUnixMs(changedMs),
      deadlineMs: toUnixMs(clock.toMonotonicMs(deadlineMs)),
      confirmations,
    };
  });
  return views.toSorted((a, b) => a.deadlineMs - b.deadlineMs);
}
