// One simulation: a cluster under the faults of its seed, then healed; and what came of it.

import type { NodeEvent } from '@patina/engine/node.ts';
import { Checks } from './checks/checks.ts';
import { contentsFault, divergence } from './checks/convergence.ts';
import { Losses } from './checks/losses.ts';
import { type FaultCounts, newFaultCounts } from './faults/counters.ts';
import { clockErrorMsMax, Nemesis } from './faults/nemesis.ts';
import { addressOf, describe, Machine, type MachineObserver, type WrapStorage } from './machine.ts';
import { calmConditions } from './network/links.ts';
import { Network } from './network/network.ts';
import { rngFor } from './random.ts';
import { drawSwarm, type SwarmOptions, type SwarmPlan } from './swarm.ts';
import { Trace } from './trace.ts';
import { VirtualTime } from './virtual-time.ts';
import { Clients } from './workload/clients.ts';
import type { Failure, World } from './world.ts';

export interface SimulationOptions extends SwarmOptions {
  readonly seed: number;
  /** Gets every line of the trace. */
  readonly onTrace?: (line: string) => void;
  readonly wrapStorage?: WrapStorage;
}

export interface SimulationResult {
  readonly seed: number;
  readonly failure: Failure | undefined;
  readonly traceHash: string;
  readonly traceLines: number;
  readonly faults: FaultCounts;
  readonly nemeses: readonly string[];
  readonly nodes: number;
  /** Virtual milliseconds, of the faults and of healing. */
  readonly faultMs: number;
  readonly healMs: number;
  readonly events: number;
  readonly checks: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly doubtful: number;
  /** Times that a large transaction was seen in part, as the documented limit allows. */
  readonly tornByOverwriting: number;
}

/** All nodes are to be equal within this time after the faults, virtual milliseconds. */
export const healMsMax = 120_000 + 2 * clockErrorMsMax;

/** How often it is looked whether they are, milliseconds. */
const healLookMs = 250;

/** Nodes find each other before the faults begin, milliseconds. */
const settleMs = 2_000;

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #plan: SwarmPlan;
  readonly #world: World;
  readonly #checks: Checks;
  readonly #clients: Clients;
  readonly #losses = new Losses();
  readonly #nemesis: Nemesis;
  #failure: Failure | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const plan = drawSwarm(options.seed, options);
    this.#plan = plan;
    const time = new VirtualTime();
    const trace = new Trace(options.onTrace);
    const faults = newFaultCounts();
    const fail = (check: string, message: string): void => {
      this.#failure ??= { check, message, atMs: Math.round(time.nowMs) };
    };
    const network = new Network({
      time,
      rng: rngFor(plan.seed, 'network'),
      faults,
      trace,
      limits: plan.network,
      onFault: (what) => fail('network', what),
    });
    this.#world = { plan, time, network, trace, faults, machines: [], fail };
    this.#checks = new Checks(this.#world, rngFor(plan.seed, 'checks'), this.#losses);
    this.#clients = new Clients(this.#world, rngFor(plan.seed, 'clients'));
    this.#nemesis = new Nemesis({
      world: this.#world,
      checks: this.#checks,
      ledger: this.#clients.ledger,
      losses: this.#losses,
      newMachine: () => this.#newMachine(),
    });
  }

  get plan(): SwarmPlan {
    return this.#plan;
  }

  /** Runs to the end, or to the first broken promise. */
  async run(): Promise<SimulationResult> {
    const onRejection = (reason: unknown): void => {
      this.#world.fail('no unhandled rejection', describe(reason));
    };
    process.on('unhandledRejection', onRejection);
    let healMs = 0;
    try {
      healMs = await this.#phases();
    } finally {
      process.off('unhandledRejection', onRejection);
      for (const machine of this.#world.machines) {
        machine.running?.process.kill();
        machine.disk.destroy();
      }
    }
    return this.#result(healMs);
  }

  async #phases(): Promise<number> {
    const { time, machines } = this.#world;
    const isFailed = (): boolean => this.#failure !== undefined;
    for (let index = 0; index < this.#plan.nodes; index++) machines.push(this.#newMachine());
    for (const machine of machines) machine.boot();
    await time.runUntil(settleMs, isFailed);
    this.#clients.start();
    this.#nemesis.start();
    await time.runUntil(settleMs + this.#plan.faultMs, isFailed);
    this.#clients.stop();
    this.#nemesis.heal(calmConditions);
    const healedAtMs = time.nowMs;
    if (!isFailed()) await this.#converge(healedAtMs + healMsMax);
    return time.nowMs - healedAtMs;
  }

  /** Every node must take a write, and all must become equal. */
  async #converge(untilMs: number): Promise<void> {
    const { time, machines, fail } = this.#world;
    const waiting = new Set(machines.filter(({ isLost }) => !isLost));
    for (const machine of waiting) this.#writeAt(machine, () => waiting.delete(machine));
    let obstacle: string | undefined;
    while (this.#failure === undefined) {
      await time.runUntil(time.nowMs + healLookMs, () => this.#failure !== undefined);
      const [refusing] = waiting;
      obstacle = refusing === undefined ? divergence(machines) : `${refusing.name} takes no writes`;
      if (obstacle === undefined || time.nowMs >= untilMs) break;
    }
    if (this.#failure !== undefined) return;
    if (obstacle !== undefined) {
      fail('P1 P3 P7 convergence in time', obstacle);
      return;
    }
    // What is still on its way arrives: nothing of it may change anything any more.
    await time.runUntil(time.nowMs + 1_000, () => this.#failure !== undefined);
    this.#checks.checkAll();
    this.#checkEnd();
  }

  #checkEnd(): void {
    const { machines, fail, trace, time } = this.#world;
    const fault = contentsFault(machines, this.#losses);
    if (fault !== undefined) fail('P1 convergence', fault);
    for (const machine of machines) {
      if (machine.isLost) continue;
      const missing = this.#clients.ledger.faultAt(machine);
      if (missing !== undefined) fail('P2 P3 nothing acknowledged is lost', missing);
      const check: unknown = machine.disk.db.pragma('integrity_check', { simple: true });
      if (check !== 'ok') fail('integrity', `${machine.name}: ${String(check)}`);
    }
    trace.add(time.nowMs, 'end');
  }

  #writeAt(machine: Machine, done: () => void): void {
    const { time } = this.#world;
    let isDone = false;
    const attempt = (): void => {
      if (isDone) return;
      time.after(1_000, attempt);
      if (machine.twin !== undefined) return;
      this.#clients.writeEntry(machine, (isAcknowledged) => {
        if (!isAcknowledged || isDone) return;
        isDone = true;
        done();
      });
    };
    attempt();
  }

  #newMachine(): Machine {
    const { machines, plan } = this.#world;
    const seeds = Array.from({ length: plan.nodes }, (_, index) => addressOf(index));
    const observer: MachineObserver = {
      onBoot: (machine) => this.#checks.onBoot(machine),
      onCommit: (machine) => this.#checks.onCommit(machine),
      onEvent: (machine, event: NodeEvent) => this.#checks.onEvent(machine, event),
    };
    return new Machine(this.#world, observer, {
      index: machines.length,
      seeds,
      isFileBacked: plan.weights.foreign > 0,
      wrapStorage: this.#options.wrapStorage,
    });
  }

  #result(healMs: number): SimulationResult {
    const { trace, faults, time } = this.#world;
    const { ledger } = this.#clients;
    return {
      seed: this.#plan.seed,
      failure: this.#failure,
      traceHash: trace.digest(),
      traceLines: trace.lines,
      faults,
      nemeses: this.#plan.nemeses.map(({ kind }) => kind),
      nodes: this.#plan.nodes,
      faultMs: this.#plan.faultMs,
      healMs: Math.round(healMs),
      events: time.events,
      checks: this.#checks.made,
      acknowledged: ledger.count('acknowledged'),
      refused: ledger.count('refused'),
      doubtful: ledger.count('doubtful'),
      tornByOverwriting: this.#checks.tornByOverwriting,
    };
  }
}
