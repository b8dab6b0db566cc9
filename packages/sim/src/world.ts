// What all parts of a simulation share: time, network, trace, counters, and where a broken promise is
// reported.

import type { FaultCounts } from './faults/counters.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network/network.ts';
import type { SwarmPlan } from './swarm.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A broken promise. */
export interface Failure {
  /** Which check found it. */
  readonly check: string;
  readonly message: string;
  readonly atMs: number;
}

export interface World {
  readonly plan: SwarmPlan;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly trace: Trace;
  readonly faults: FaultCounts;
  /** Clones come at the end; lost ones stay in their place. */
  readonly machines: Machine[];
  fail(check: string, message: string): void;
}
