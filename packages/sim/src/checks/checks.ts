// All checks of a running simulation: which look at what, and when.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { Rng } from '@patina/engine/base/rng.ts';
import type { NodeEvent } from '@patina/engine/node.ts';
import type { Machine, MachineObserver } from '../machine.ts';
import { describe } from '../machine.ts';
import { chance } from '../random.ts';
import { largeGroupFirst } from '../workload/schema.ts';
import type { World } from '../world.ts';
import { atomicityFault } from './atomicity.ts';
import { bookkeepingFault } from './bookkeeping.ts';
import { cachedRows } from './cached-statements.ts';
import { Lifetimes } from './lifetimes.ts';
import type { Losses } from './losses.ts';
import { isOverwrittenElsewhere } from './overwritten.ts';
import { VersionRegistry } from './versions.ts';

/** How often everything is checked that is not checked at every commit, milliseconds. */
const checkpointMs = 2_000;

/** Share of commits after which lifetimes are checked. */
const lifetimeShare = 0.2;

export class Checks implements MachineObserver {
  readonly #world: World;
  readonly #rng: Rng;
  readonly #lifetimes = new Map<Machine, Lifetimes>();
  readonly #versions = new VersionRegistry();
  /** Data version and changes of a database when its atomicity was last checked. */
  readonly #checkedAt = new Map<Machine, number>();
  /** Checks that were made. */
  made = 0;
  /** Times that a large group was seen in part because a later transaction had overwritten it. */
  tornByOverwriting = 0;
  readonly #losses: Losses;

  constructor(world: World, rng: Rng, losses: Losses) {
    this.#world = world;
    this.#losses = losses;
    this.#rng = rng;
    world.time.every(checkpointMs, () => this.#checkpoint());
  }

  onBoot(machine: Machine): void {
    this.#checkedAt.delete(machine);
    this.#lifetimesOf(machine);
  }

  /** An older image was put onto the disk. */
  onRestored(machine: Machine): void {
    this.#lifetimesOf(machine).forget();
  }

  onCommit(machine: Machine): void {
    const changes = totalChanges(machine);
    if (this.#checkedAt.get(machine) === changes) return;
    this.#checkedAt.set(machine, changes);
    this.#checkAtomicity(machine, 'small');
    if (chance(this.#rng, lifetimeShare)) {
      this.#checkAtomicity(machine, 'all');
      this.#checkLifetimes(machine);
    }
  }

  onEvent(machine: Machine, event: NodeEvent): void {
    const { trace, time, faults } = this.#world;
    switch (event.kind) {
      case 'local-version': {
        const { version } = event;
        trace.add(time.nowMs, `${machine.name} made ${version.actorId}:${version.version}`);
        const fault = this.#versions.faultOf(version, machine, this.#world.machines);
        this.#require('versions are used once', fault);
        break;
      }
      case 'merged':
        faults.quarantined += event.outcome.quarantined.length;
        for (const { reason } of event.outcome.quarantined) {
          if (reason !== 'clock-ahead') this.#require('P11 nothing is refused', reason);
        }
        if (event.outcome.malformed > 0) {
          this.#require('wire', `${machine.name} received malformed chunks`);
        }
        this.#checkAtomicity(machine, 'all');
        break;
      case 'identity-changed':
        faults.identityChanged++;
        machine.isUnsure = false;
        for (const other of this.#world.machines) {
          if (other === machine || other.twin === machine) other.twin = undefined;
        }
        trace.add(time.nowMs, `${machine.name} becomes ${event.to}: ${event.why}`);
        break;
      case 'storage-error':
        if (isDiskFull(event.error)) break;
        this.#require('no storage error', `${machine.name}: ${describe(event.error)}`);
        break;
      case 'sync-finished':
        this.#syncFinished(machine, event);
        break;
      default:
        trace.add(time.nowMs, `${machine.name} ${event.kind}`);
    }
  }

  /** Everything that can be checked at any time. */
  checkAll(): void {
    for (const machine of this.#world.machines) {
      if (machine.running === undefined) continue;
      this.#checkAtomicity(machine, 'all');
      this.#require('P7 bookkeeping', bookkeepingFault(machine));
      this.#checkLifetimes(machine);
    }
  }

  #checkAtomicity(machine: Machine, which: 'small' | 'all'): void {
    const fault = atomicityFault(machine, which);
    if (fault !== undefined && fault.group >= largeGroupFirst) {
      const { machines } = this.#world;
      if (isOverwrittenElsewhere(machine, fault.group, machines, this.#losses)) {
        this.tornByOverwriting++;
        return;
      }
    }
    this.#require('P4 atomic visibility', fault?.message);
  }

  #checkpoint(): void {
    this.checkAll();
  }

  #syncFinished(machine: Machine, event: Extract<NodeEvent, { kind: 'sync-finished' }>): void {
    const { trace, time } = this.#world;
    const { role, address, outcome } = event;
    trace.add(time.nowMs, `${machine.name} sync ${role} ${address} ${outcome.result}`);
    if (outcome.result === 'malformed') {
      this.#require('wire', `${machine.name}: sync with ${address}: ${describe(outcome.error)}`);
    }
  }

  #checkLifetimes(machine: Machine): void {
    const replica = machine.running?.replica;
    if (replica === undefined) return;
    const fault = this.#lifetimesOf(machine).faultOf(replica);
    this.#require('P6 lifetimes', fault && `${machine.name}: ${fault}`);
  }

  #require(check: string, fault: string | undefined): void {
    this.made++;
    if (fault !== undefined) this.#world.fail(check, fault);
  }

  #lifetimesOf(machine: Machine): Lifetimes {
    const known = this.#lifetimes.get(machine);
    if (known !== undefined) return known;
    const lifetimes = new Lifetimes();
    this.#lifetimes.set(machine, lifetimes);
    return lifetimes;
  }
}

/** A fault that was put there on purpose, by itself or as the cause of what is reported. */
function isDiskFull(error: PatinaError): boolean {
  if (error.code === 'PATINA_DISK_FULL') return true;
  return error.cause instanceof PatinaError && isDiskFull(error.cause);
}

const totalChangesSql = 'SELECT total_changes() AS changes';

function totalChanges(machine: Machine): number {
  const [row] = cachedRows<{ changes: number }>(machine.disk.db, totalChangesSql);
  return row?.changes ?? 0;
}
