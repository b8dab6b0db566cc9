// A deterministic network for tests: any number of membership machines under one virtual clock,
// with delay, loss, duplication, corruption, partitions, stalled processes, crashes and clock
// offsets. Same seed, same run.

import { type ActorId, actorIdFromBytes } from '../base/actor-id.ts';
import { must } from '../base/assert.ts';
import { type Rng, seededRng } from '../base/rng.ts';
import type { Peer, PeerAddress, StoredMember } from '../ports.ts';
import { lan, type MembershipConfig } from './config.ts';
import type { MembershipEvent, MembershipNotification } from './events.ts';
import { Membership } from './membership.ts';
import type { MemberState } from './record.ts';

/** Unix time at which every test begins. */
export const epochMs = 1_790_000_000_000;

export function actorId(number: number): ActorId {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, number);
  return actorIdFromBytes(bytes);
}

export function addressOf(number: number): PeerAddress {
  return `10.0.${number >>> 8}.${number & 255}:4001`;
}

export interface NodeOptions {
  readonly actorId?: ActorId;
  readonly address?: PeerAddress;
  readonly seeds?: readonly PeerAddress[];
  readonly known?: readonly StoredMember[];
  /** Added to the true time, milliseconds. */
  readonly clockOffsetMs?: number;
  readonly config?: MembershipConfig;
}

export interface Noted {
  readonly atMs: number;
  readonly notification: MembershipNotification;
}

/** One process: a machine, its mailbox while it is stalled, and what it notified. */
export class TestNode {
  readonly machine: Membership;
  readonly noted: Noted[] = [];
  readonly mailbox: (() => void)[] = [];
  peer: Peer;
  clockOffsetMs: number;
  crashed = false;
  stalledUntilMs = 0;
  resolveSeeds = 0;

  constructor(machine: Membership, peer: Peer, clockOffsetMs: number) {
    this.machine = machine;
    this.peer = peer;
    this.clockOffsetMs = clockOffsetMs;
  }

  /** Notifications of a kind, oldest first. */
  heard<K extends MembershipNotification['kind']>(
    kind: K,
  ): Extract<MembershipNotification, { kind: K }>[] {
    const isOfKind = (
      notification: MembershipNotification,
    ): notification is Extract<MembershipNotification, { kind: K }> => notification.kind === kind;
    return this.noted.map((noted) => noted.notification).filter(isOfKind);
  }

  stateOf(other: TestNode | ActorId): MemberState | undefined {
    const id = typeof other === 'string' ? other : other.peer.actorId;
    return this.machine.member(id)?.state;
  }

  live(): number {
    const { length } = this.machine
      .members()
      .filter((member) => member.state === 'alive' || member.state === 'suspect');
    return length;
  }
}

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class TestNetwork {
  readonly rng: Rng;
  readonly nodes: TestNode[] = [];
  nowMs = 0;
  /** Probability that a datagram is lost, delivered twice, or damaged. */
  loss = 0;
  duplication = 0;
  corruption = 0;
  /** One-way delay of a datagram, milliseconds. */
  delayMs: (from: PeerAddress, to: PeerAddress) => number = () => 0.2 + this.rng.float();
  /** Time until an idle process gets to an event, milliseconds: a slow event loop. */
  lagMs: () => number = () => 0;
  /** Whether a datagram can pass between two addresses. */
  connected: (from: PeerAddress, to: PeerAddress) => boolean = () => true;
  readonly counts = { sent: 0, lost: 0, duplicated: 0, corrupted: 0, cut: 0, stalls: 0 };
  readonly #queue: Scheduled[] = [];
  #orders = 0;
  #sessions = 0;

  constructor(seed: number) {
    this.rng = seededRng(seed);
  }

  /** Starts a process now. */
  add(number: number, options: NodeOptions = {}): TestNode {
    this.#sessions++;
    const peer: Peer = {
      actorId: options.actorId ?? actorId(number),
      address: options.address ?? addressOf(number),
      sessionId: `session-${String(this.#sessions).padStart(6, '0')}`,
    };
    const rng = seededRng(Math.floor(this.rng.float() * 2 ** 32));
    const machine = new Membership({ self: peer, config: options.config ?? lan, rng });
    const node = new TestNode(machine, peer, options.clockOffsetMs ?? 0);
    this.nodes.push(node);
    const seeds = options.seeds ?? [];
    this.step(node, { kind: 'start', seeds, known: options.known ?? [] });
    return node;
  }

  /** A cluster of `size` nodes that all know each other. */
  cluster(size: number, config: MembershipConfig = lan): TestNode[] {
    const nodes: TestNode[] = [];
    for (let number = 1; number <= size; number++) {
      nodes.push(this.add(number, { seeds: number === 1 ? [] : [addressOf(1)], config }));
      this.run(20);
    }
    const isWhole = () => nodes.every((node) => node.live() === size - 1);
    this.until(isWhole, 120_000, 'a cluster forms', 50);
    return nodes;
  }

  node(number: number): TestNode {
    return must(this.nodes[number - 1], 'a node of that number');
  }

  /** Ends a process at once. */
  crash(node: TestNode): void {
    node.crashed = true;
  }

  /** Stops a process for a while: its timers come late, datagrams wait in its socket. */
  stall(node: TestNode, forMs: number): void {
    this.counts.stalls++;
    node.stalledUntilMs = Math.max(node.stalledUntilMs, this.nowMs + forMs);
    this.after(forMs, () => this.#drain(node));
  }

  /** Splits the network by address: only addresses of the same part reach each other. */
  partition(...parts: readonly (readonly TestNode[])[]): void {
    const partOf = new Map<PeerAddress, number>();
    for (const [index, part] of parts.entries()) {
      for (const node of part) partOf.set(node.peer.address, index);
    }
    this.connected = (from, to) => partOf.get(from) === partOf.get(to);
  }

  heal(): void {
    this.connected = () => true;
  }

  after(delayMs: number, run: () => void): void {
    const scheduled = { atMs: this.nowMs + delayMs, order: this.#orders++, run };
    let low = 0;
    let high = this.#queue.length;
    // Sorted latest first, so that the next one is taken off the end.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (must(this.#queue[middle], 'inside').atMs > scheduled.atMs) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, scheduled);
  }

  /** Lets `forMs` of virtual time pass. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (let next = this.#queue.at(-1); next !== undefined && next.atMs <= endMs; ) {
      this.#queue.pop();
      this.nowMs = next.atMs;
      next.run();
      next = this.#queue.at(-1);
    }
    this.nowMs = endMs;
  }

  /** Runs until `condition` holds; returns how long that took; fails after `limitMs`. */
  until(condition: () => boolean, limitMs: number, what: string, pollMs = 10): number {
    const startMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startMs >= limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      this.run(pollMs);
    }
    return this.nowMs - startMs;
  }

  /** Feeds one event into a machine and carries out the effects. */
  step(node: TestNode, event: MembershipEvent): void {
    if (node.crashed) return;
    const wallMs = epochMs + this.nowMs + node.clockOffsetMs;
    for (const effect of node.machine.step(event, { monotonicMs: this.nowMs, wallMs })) {
      if (effect.kind === 'datagram') this.#send(node, effect.to, effect.bytes);
      if (effect.kind === 'notify') {
        node.noted.push({ atMs: this.nowMs, notification: effect.notification });
      }
      if (effect.kind === 'resolve-seeds') node.resolveSeeds++;
      if (effect.kind === 'timer') {
        const { timer } = effect;
        this.after(effect.afterMs, () => this.#process(node, { kind: 'timer', timer }));
      }
    }
  }

  #send(node: TestNode, to: PeerAddress, bytes: Uint8Array): void {
    const from = node.peer;
    this.counts.sent++;
    if (this.rng.float() < this.loss) {
      this.counts.lost++;
      return;
    }
    this.#deliver(from, to, bytes);
    if (this.rng.float() < this.duplication) {
      this.counts.duplicated++;
      this.#deliver(from, to, bytes);
    }
  }

  #deliver(from: Peer, to: PeerAddress, sent: Uint8Array): void {
    const bytes = this.rng.float() < this.corruption ? this.#damaged(sent) : sent;
    this.after(this.delayMs(from.address, to), () => {
      if (!this.connected(from.address, to)) {
        this.counts.cut++;
        return;
      }
      const target = this.nodes.findLast((node) => node.peer.address === to && !node.crashed);
      if (target !== undefined) this.#process(target, { kind: 'datagram', from, bytes });
    });
  }

  #damaged(bytes: Uint8Array): Uint8Array {
    this.counts.corrupted++;
    const damaged = Uint8Array.from(bytes);
    damaged[this.rng.below(bytes.length)] = this.rng.below(256);
    return damaged;
  }

  /** Gives an event to a process when it is awake: timers first after a stall, as in Node. */
  #process(node: TestNode, event: MembershipEvent): void {
    if (this.nowMs >= node.stalledUntilMs) {
      const lagMs = this.lagMs();
      if (lagMs === 0) this.step(node, event);
      else this.after(lagMs, () => this.step(node, event));
      return;
    }
    const run = () => this.step(node, event);
    if (event.kind === 'timer') node.mailbox.unshift(run);
    else node.mailbox.push(run);
  }

  #drain(node: TestNode): void {
    if (this.nowMs < node.stalledUntilMs) return;
    for (const run of node.mailbox.splice(0)) run();
  }
}
