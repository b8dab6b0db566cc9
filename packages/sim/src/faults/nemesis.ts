// Brings the faults of a plan upon the cluster, each kind at times of its own, and takes all of them back
// at the end.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { Cancel } from '@patina/engine/ports.ts';
import Database from 'better-sqlite3';
import type { Checks } from '../checks/checks.ts';
import type { Losses } from '../checks/losses.ts';
import type { Machine } from '../machine.ts';
import { closedError } from '../network/closed-error.ts';
import { chance, exponential, logUniform, pick, rngFor } from '../random.ts';
import type { DiskImage } from '../sim-disk.ts';
import type { NemesisKind } from '../swarm.ts';
import type { Ledger } from '../workload/ledger.ts';
import type { World } from '../world.ts';
import { cutRandomly } from './partitions.ts';

/** How often images of the disks are taken, and how many are kept of each. */
const imagePeriodMs = 3_000;
const imagesMax = 3;

/** Machines that may be added as clones. */
const clonesMax = 2;

/** How long a machine is down, milliseconds. */
const downMsMin = 50;
const downMsMax = 12_000;

/** Greatest errors of wall clocks beyond the limit, milliseconds. */
export const clockErrorMsMax = 15_000;

export interface NemesisOptions {
  readonly world: World;
  readonly checks: Checks;
  readonly ledger: Ledger;
  readonly losses: Losses;
  /** Makes a machine that is not in the list yet. */
  readonly newMachine: () => Machine;
}

export class Nemesis {
  readonly #options: NemesisOptions;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #cancels = new Set<Cancel>();
  #isCut = false;
  #clones = 0;
  #isStopped = false;
  readonly #onCluster: Partial<Record<NemesisKind, () => void>> = {
    partition: () => this.#partition(),
    clog: () => this.#clog(),
    reset: () => this.#reset(),
    'break-stream': () => this.#breakStream(),
    'crash-all': () => this.#crashAll(),
    clone: () => this.#clone(true),
    'clone-unaware': () => this.#clone(false),
  };
  readonly #onMachine: Partial<Record<NemesisKind, (machine: Machine) => void>> = {
    crash: (machine) => this.#crash(machine),
    stop: (machine) => this.#stop(machine),
    'lose-node': (machine) => this.#lose(machine),
    pause: (machine) => this.#pause(machine),
    slow: (machine) => this.#slow(machine),
    'slow-storage': (machine) => this.#slowStorage(machine),
    'disk-full': (machine) => this.#fillDisk(machine),
    'clock-offset': (machine) => this.#clockOffset(machine),
    'clock-beyond': (machine) => this.#clockBeyond(machine),
    'clock-drift': (machine) => this.#clockDrift(machine),
    'restore-aware': (machine) => this.#restore(machine, true),
    'restore-unaware': (machine) => this.#restore(machine, false),
  };

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#world = options.world;
    this.#rng = rngFor(options.world.plan.seed, 'nemesis');
  }

  /** Begins with the faults of the plan. */
  start(): void {
    const { plan, network } = this.#world;
    network.links.conditions = plan.conditions;
    for (const { kind, periodMs } of plan.nemeses) this.#repeat(kind, periodMs);
    const usesImages = plan.nemeses.some(({ kind }) => kind.startsWith('restore'));
    if (usesImages) this.#cancels.add(this.#world.time.every(imagePeriodMs, () => this.#image()));
  }

  /** Ends all faults: paths open, clocks right, everybody who is not lost up. */
  heal(conditions: World['plan']['conditions']): void {
    const { network, machines, time, trace } = this.#world;
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
    network.links.heal();
    network.links.conditions = conditions;
    trace.add(time.nowMs, 'healed');
    for (const machine of machines) {
      if (machine.isLost) continue;
      machine.clock.mend();
      machine.resume();
      const { running } = machine;
      if (running !== undefined) {
        running.process.serviceMs = 0;
        running.storage.delayMeanMs = this.#world.plan.storageDelayMs;
        running.storage.isFull = false;
      }
    }
    for (const machine of machines) this.#bootIfDown(machine);
  }

  #repeat(kind: NemesisKind, periodMs: number): void {
    const cancel = this.#world.time.after(exponential(this.#rng, periodMs), () => {
      this.#cancels.delete(cancel);
      if (this.#isStopped) return;
      this.#strike(kind);
      this.#repeat(kind, periodMs);
    });
    this.#cancels.add(cancel);
  }

  /** Does something later, unless the faults have ended by then. */
  #later(delayMs: number, run: () => void): void {
    const cancel = this.#world.time.after(delayMs, () => {
      this.#cancels.delete(cancel);
      if (!this.#isStopped) run();
    });
    this.#cancels.add(cancel);
  }

  #strike(kind: NemesisKind): void {
    const onCluster = this.#onCluster[kind];
    if (onCluster !== undefined) {
      onCluster();
      return;
    }
    const machine = this.#pickUp();
    if (machine !== undefined) this.#onMachine[kind]?.(machine);
  }

  #partition(): void {
    const { network, machines, faults, trace, time } = this.#world;
    if (this.#isCut || machines.some(({ twin }) => twin !== undefined)) return;
    this.#isCut = true;
    const addresses = machines.map(({ address }) => address);
    const shape = cutRandomly(network.links, this.#rng, addresses, faults);
    trace.add(time.nowMs, `partition ${shape}`);
    this.#later(logUniform(this.#rng, 500, 20_000), () => {
      this.#isCut = false;
      trace.add(time.nowMs, 'partition heals');
      network.links.heal();
    });
  }

  #clog(): void {
    const { network, machines, time } = this.#world;
    const from = pick(this.#rng, machines);
    const to = pick(this.#rng, machines);
    const untilMs = time.nowMs + logUniform(this.#rng, 100, 10_000);
    network.links.clog(from.address, to.address, untilMs);
  }

  #reset(): void {
    const { network, faults } = this.#world;
    const ends = network.ends.filter(({ isOpen }) => isOpen);
    if (ends.length === 0) return;
    faults.connectionReset++;
    pick(this.#rng, ends).close(closedError('the connection was reset'), chance(this.#rng, 0.5));
  }

  #breakStream(): void {
    const { network, faults } = this.#world;
    const streams = network.ends.flatMap((end) => (end.isOpen ? [...end.streams] : []));
    if (streams.length === 0) return;
    faults.streamBroken++;
    pick(this.#rng, streams).abort();
  }

  #crash(machine: Machine): void {
    if (machine.running === undefined || machine.isLost) return;
    this.#world.faults.crash++;
    machine.crash();
    this.#returnLater(machine);
  }

  #crashAll(): void {
    for (const machine of this.#world.machines) this.#crash(machine);
  }

  #stop(machine: Machine): void {
    if (machine.node === undefined) return;
    this.#world.faults.stop++;
    void machine.stop().then(() => {
      if (machine.running === undefined) this.#returnLater(machine);
    });
  }

  #lose(machine: Machine): void {
    const { machines, faults, plan } = this.#world;
    const left = machines.filter(({ isLost }) => !isLost);
    // Somebody must be left at an address that all know from the beginning, or they never meet.
    const seeds = left.filter((other) => other !== machine && other.index < plan.nodes);
    if (left.length <= 2 || seeds.length === 0) return;
    faults.lostNode++;
    machine.crash();
    const others = left.filter((other) => other !== machine);
    this.#options.losses.note(
      machine.disk.db,
      others.map(({ disk }) => disk.db),
    );
    machine.lose();
    this.#options.ledger.noteLoss(others);
  }

  #pause(machine: Machine): void {
    const { faults, trace, time } = this.#world;
    const process = machine.running?.process;
    if (process === undefined || process.isPaused) return;
    faults.pause++;
    trace.add(time.nowMs, `${machine.name} pauses`);
    process.pause();
    this.#later(logUniform(this.#rng, 100, 30_000), () => {
      trace.add(time.nowMs, `${machine.name} goes on`);
      process.resume();
    });
  }

  #slow(machine: Machine): void {
    const process = machine.running?.process;
    if (process === undefined) return;
    this.#world.faults.slow++;
    process.serviceMs = logUniform(this.#rng, 0.5, 10);
    this.#later(logUniform(this.#rng, 500, 10_000), () => {
      process.serviceMs = 0;
    });
  }

  #slowStorage(machine: Machine): void {
    const storage = machine.running?.storage;
    if (storage === undefined) return;
    this.#world.faults.slowStorage++;
    storage.delayMeanMs = logUniform(this.#rng, 5, 400);
    this.#later(logUniform(this.#rng, 500, 10_000), () => {
      storage.delayMeanMs = this.#world.plan.storageDelayMs;
    });
  }

  #fillDisk(machine: Machine): void {
    const storage = machine.running?.storage;
    if (storage === undefined) return;
    this.#world.faults.diskFull++;
    storage.isFull = true;
    this.#later(logUniform(this.#rng, 200, 8_000), () => {
      storage.isFull = false;
    });
  }

  #clockOffset(machine: Machine): void {
    this.#world.faults.clockOffset++;
    const { maxClockDriftMs } = this.#world.plan.membership;
    machine.clock.offsetMs -= machine.clock.errorMs();
    machine.clock.offsetMs += (this.#rng.float() - 0.5) * maxClockDriftMs * 0.8;
  }

  #clockBeyond(machine: Machine): void {
    const { faults, plan } = this.#world;
    faults.clockBeyond++;
    const size = logUniform(this.#rng, plan.membership.maxClockDriftMs * 1.5, clockErrorMsMax);
    machine.clock.offsetMs += chance(this.#rng, 0.6) ? size : -size;
    this.#later(logUniform(this.#rng, 1_000, 15_000), () => machine.clock.mend());
  }

  #clockDrift(machine: Machine): void {
    this.#world.faults.clockDrift++;
    machine.clock.setRate(1 + (this.#rng.float() - 0.5) * logUniform(this.#rng, 0.001, 0.1));
  }

  #restore(machine: Machine, isAware: boolean): void {
    const { faults, machines } = this.#world;
    if (!isAware && !this.#isQuietAbout(machine)) return;
    const image = pickImage(this.#rng, machine.disk.images);
    if (image === undefined || machine.running === undefined) return;
    if (isAware) faults.restoredOld++;
    else faults.restoredUnaware++;
    machine.crash();
    const left = machines.filter(({ isLost }) => !isLost);
    const lost = new Database(machine.disk.db.serialize());
    machine.restore(image);
    this.#options.losses.note(
      lost,
      left.map(({ disk }) => disk.db),
    );
    lost.close();
    this.#options.checks.onRestored(machine);
    this.#options.ledger.noteLoss(left);
    this.#world.trace.add(this.#world.time.nowMs, `${machine.name} is restored, aware: ${isAware}`);
    machine.isUnsure = !isAware;
    machine.boot(isAware);
  }

  /**
   * A node that does not know that it was restored asks one peer what is known of it. That is enough
   * when all peers know the same; a promise for more is the business of the guard beside the file.
   */
  #isQuietAbout(machine: Machine): boolean {
    const node = machine.node;
    if (node === undefined || this.#isCut) return false;
    const { actorId } = node;
    return this.#world.machines.every((other) => {
      if (other === machine || other.isLost) return true;
      const book = other.running?.replica.book;
      return book !== undefined && book.head(actorId) === node.book.head(actorId);
    });
  }

  #clone(isAware: boolean): void {
    const { faults, time, trace, machines } = this.#world;
    const original = this.#pickUp();
    if (original?.node === undefined || this.#clones >= clonesMax) return;
    if (!isAware && (this.#isCut || original.running?.process.isPaused === true)) return;
    this.#clones++;
    if (isAware) faults.cloned++;
    else faults.clonedUnaware++;
    const image: DiskImage = original.disk.image(time.nowMs);
    const clone = this.#options.newMachine();
    clone.restore(image);
    clone.disk.start = original.disk.start;
    machines.push(clone);
    if (!isAware) clone.twin = original;
    trace.add(time.nowMs, `${clone.name} is a clone of ${original.name}`);
    clone.boot(isAware);
  }

  #image(): void {
    for (const { disk, node } of this.#world.machines) {
      if (node === undefined) continue;
      disk.images.push(disk.image(this.#world.time.nowMs));
      if (disk.images.length > imagesMax) disk.images.shift();
    }
  }

  #returnLater(machine: Machine): void {
    if (this.#isStopped) {
      this.#bootIfDown(machine);
      return;
    }
    const delayMs = logUniform(this.#rng, downMsMin, downMsMax);
    this.#later(delayMs, () => this.#bootIfDown(machine));
  }

  #bootIfDown(machine: Machine): void {
    if (machine.running === undefined && !machine.isLost) machine.boot();
  }

  /** A machine that is up; undefined when none is. */
  #pickUp(): Machine | undefined {
    const up = this.#world.machines.filter(({ running }) => running !== undefined);
    return up.length === 0 ? undefined : pick(this.#rng, up);
  }
}

function pickImage(rng: Rng, images: readonly DiskImage[]): DiskImage | undefined {
  return images.length === 0 ? undefined : pick(rng, images);
}
