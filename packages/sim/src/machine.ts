// One machine of the simulation: a disk and a clock that stay, and processes of the node that come and go.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { assert } from '@patina/engine/base/assert.ts';
import type { Rng } from '@patina/engine/base/rng.ts';
import { type NodeEvent, PatinaNode } from '@patina/engine/node.ts';
import type { LocalOutcome, LocalTransaction, PeerAddress, Storage } from '@patina/engine/ports.ts';
import { directStorage } from '@patina/engine/storage/direct-storage.ts';
import { Replica } from '@patina/engine/storage/replica.ts';
import { applyReplicaSchema } from '@patina/engine/storage/schema-apply.ts';
import { SimProcess } from './network/sim-process.ts';
import { SimTransport } from './network/sim-transport.ts';
import { hexDigits, randomActorId, rngFor } from './random.ts';
import { SimClock } from './sim-clock.ts';
import { type DiskImage, SimDisk } from './sim-disk.ts';
import { SimStorage } from './sim-storage.ts';
import { simSchema } from './workload/schema.ts';
import type { World } from './world.ts';

export interface MachineObserver {
  /** The process has opened its database. */
  onBoot(machine: Machine): void;
  /** The database may have changed. */
  onCommit(machine: Machine): void;
  onEvent(machine: Machine, event: NodeEvent): void;
}

/** What runs on a machine while it is up. */
export interface Running {
  readonly process: SimProcess;
  readonly replica: Replica;
  readonly storage: SimStorage;
  /** undefined while it starts. */
  node: PatinaNode | undefined;
}

/** Puts something between the nodes and their storage: for tests of the checks themselves. */
export type WrapStorage = (inner: Storage, replica: Replica, machine: Machine) => Storage;

export interface MachinePlace {
  readonly index: number;
  readonly seeds: readonly PeerAddress[];
  /** Whether other programs are to open the database too. */
  readonly isFileBacked: boolean;
  readonly wrapStorage: WrapStorage | undefined;
}

export class Machine {
  readonly index: number;
  readonly address: PeerAddress;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly #world: World;
  readonly #observer: MachineObserver;
  readonly #place: MachinePlace;
  #running: Running | undefined;
  /** Gone for good, with its disk. */
  isLost = false;
  /**
   * The machine of which this one is a copy without knowing it, until one of the two has taken a new
   * actor id. Clients leave such a machine alone: what two copies write at the same time under one
   * name, nobody can tell apart; to find out soon that there are two is what is promised.
   */
  twin: Machine | undefined;
  /**
   * Restored without knowing it, and not sure of its actor id yet. Its node makes clients wait until it
   * has asked a peer; other programs do not ask, and what they write meanwhile is versioned at once.
   */
  isUnsure = false;
  /** Comes back at this time; undefined while it is up, or lost. */
  returnsAtMs: number | undefined;

  constructor(world: World, observer: MachineObserver, place: MachinePlace) {
    this.#world = world;
    this.#observer = observer;
    this.#place = place;
    this.index = place.index;
    this.address = addressOf(place.index);
    this.clock = new SimClock(world.time);
    this.disk = new SimDisk(place.isFileBacked);
  }

  get name(): string {
    return `node ${this.index}`;
  }

  /** What runs here; undefined while the machine is down. */
  get running(): Running | undefined {
    return this.#running;
  }

  /** The node, once it has started. */
  get node(): PatinaNode | undefined {
    return this.#running?.node;
  }

  /** Starts a process. `isCopy`: it recognises that its disk is not the one it left. */
  boot(isCopy = false): void {
    assert(this.#running === undefined && !this.isLost, 'a machine that is down can boot');
    const { time, plan, network, faults, trace } = this.#world;
    this.returnsAtMs = undefined;
    const start = ++this.disk.start;
    const rng = rngFor(plan.seed, `machine ${this.index} start ${start}`);
    const process = new SimProcess({
      time,
      faults,
      clock: this.clock,
      onThrow: (error) => this.#world.fail('no-throw', `${this.name} threw ${describe(error)}`),
    });
    const replica = this.#openReplica(rng);
    if (isCopy) replica.becomeActor(randomActorId(rng));
    trace.add(time.nowMs, `${this.name} boots as ${replica.actorId} at version ${replica.head}`);
    const direct = directStorage(replica);
    const storage = new SimStorage({
      inner: this.#place.wrapStorage?.(direct, replica, this) ?? direct,
      process,
      disk: this.disk,
      time,
      rng,
      faults,
      onCommit: () => this.#observer.onCommit(this),
    });
    storage.delayMeanMs = plan.storageDelayMs;
    const running: Running = { process, replica, storage, node: undefined };
    this.#running = running;
    this.#observer.onBoot(this);
    this.#startNode(running, new SimTransport(network, process, this.address), rng);
  }

  /** The process dies at this moment; the disk stays. */
  crash(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#world.trace.add(this.#world.time.nowMs, `${this.name} crashes`);
    if (running.storage.pending > 0) this.#world.faults.crashInCommit++;
    this.#down(running);
  }

  /** Stops in order: leaves the cluster, then ends. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running?.node === undefined) return;
    this.#world.trace.add(this.#world.time.nowMs, `${this.name} stops`);
    await running.node.stop({ graceful: true });
    if (this.#running === running) this.#down(running);
  }

  /** Puts an older image in the place of the disk; the machine is down. */
  restore(image: DiskImage): void {
    assert(this.#running === undefined, 'a disk is replaced while nothing runs on it');
    this.disk.restore(image);
  }

  lose(): void {
    this.crash();
    this.isLost = true;
    this.returnsAtMs = undefined;
    this.disk.destroy();
  }

  pause(): void {
    this.#running?.process.pause();
  }

  resume(): void {
    this.#running?.process.resume();
  }

  /** A client's transaction; `answer` is called unless the process dies before. */
  transact(
    transaction: LocalTransaction,
    answer: (outcome: LocalOutcome | { readonly refused: unknown }) => void,
  ): void {
    const running = this.#running;
    running?.process.input(() => {
      running.node?.transact(transaction).then(answer, (error: unknown) => {
        answer({ refused: error });
      });
    });
  }

  #openReplica(rng: Rng): Replica {
    const replica = new Replica({
      db: this.disk.db,
      wallMs: () => this.clock.wallMs(),
      monotonicMs: () => this.clock.monotonicMs(),
      newActorId: () => randomActorId(rng),
      maxClockDriftMs: this.#world.plan.membership.maxClockDriftMs,
    });
    if (replica.tables.size === 0) {
      applyReplicaSchema(replica, [simSchema], { allowDestructive: false });
    }
    return replica;
  }

  #startNode(running: Running, transport: SimTransport, rng: Rng): void {
    const { plan } = this.#world;
    const { process, storage } = running;
    PatinaNode.start({
      clusterId: 1,
      advertisedAddress: this.address,
      membership: plan.membership,
      broadcast: plan.broadcast,
      scheduler: plan.scheduler,
      identityConfirmMs: plan.identityConfirmMs,
      clock: process.clock,
      rng,
      timers: process.timers,
      transport,
      storage,
      newActorId: (): ActorId => randomActorId(rng),
      sessionId: hexDigits(rng, 32),
      resolveSeeds: async () => this.#place.seeds,
      onEvent: (event) => {
        if (process.isAlive) this.#observer.onEvent(this, event);
      },
    }).then(
      (node) => {
        running.node = node;
      },
      (error: unknown) => {
        if (process.isAlive) {
          this.#world.fail('start', `${this.name} did not start: ${describe(error)}`);
        }
      },
    );
  }

  #down(running: Running): void {
    running.process.kill();
    this.#running = undefined;
    this.disk.reopen();
  }
}

/** Where the machine of this number listens. */
export function addressOf(index: number): PeerAddress {
  return `10.0.0.${index + 1}:7000`;
}

/** An error with its cause and where it came from. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `; because ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
