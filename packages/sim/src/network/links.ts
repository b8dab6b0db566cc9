// The paths between hosts: how long a transmission takes, whether it is lost, and what cuts a path. A
// path has a direction; what is cut one way may be open the other way.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { PeerAddress } from '@patina/engine/ports.ts';
import type { FaultCounts } from '../faults/counters.ts';
import { chance, exponential } from '../random.ts';
import type { VirtualTime } from '../virtual-time.ts';

/** How all paths behave. */
export interface LinkConditions {
  readonly delayMinMs: number;
  /** Added to the least delay, exponentially distributed. */
  readonly delayMeanMs: number;
  /** Share of transmissions that are lost. */
  readonly lossRate: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicateRate: number;
  /** Share of datagrams that arrive again seconds later. */
  readonly replayRate: number;
  readonly bytesPerMs: number;
}

/** A network that does nothing wrong. */
export const calmConditions: LinkConditions = {
  delayMinMs: 0.2,
  delayMeanMs: 0.3,
  lossRate: 0,
  duplicateRate: 0,
  replayRate: 0,
  bytesPerMs: 50_000,
};

/** Delays above this are counted as a fault, milliseconds. */
const longDelayMs = 5;

/** A reliable transmission that was lost is repeated after so many mean delays, and at least this. */
const repeatDelays = 4;
const repeatMsMin = 20;
const repeatsMax = 12;

interface Path {
  isBlocked: boolean;
  cloggedUntilMs: number;
  /** When what was handed over before has left. */
  busyUntilMs: number;
}

export class Links {
  readonly #time: VirtualTime;
  readonly #rng: Rng;
  readonly #faults: FaultCounts;
  readonly #paths = new Map<string, Path>();
  conditions: LinkConditions = calmConditions;

  constructor(time: VirtualTime, rng: Rng, faults: FaultCounts) {
    this.#time = time;
    this.#rng = rng;
    this.#faults = faults;
  }

  block(from: PeerAddress, to: PeerAddress): void {
    this.#path(from, to).isBlocked = true;
  }

  unblock(from: PeerAddress, to: PeerAddress): void {
    this.#path(from, to).isBlocked = false;
  }

  /** Nothing that is sent before then arrives earlier. */
  clog(from: PeerAddress, to: PeerAddress, untilMs: number): void {
    this.#path(from, to).cloggedUntilMs = untilMs;
  }

  /** Opens every path. */
  heal(): void {
    for (const path of this.#paths.values()) {
      path.isBlocked = false;
      path.cloggedUntilMs = 0;
      path.busyUntilMs = 0;
    }
  }

  isBlocked(from: PeerAddress, to: PeerAddress): boolean {
    return this.#path(from, to).isBlocked;
  }

  /** How long a datagram takes; undefined when it is lost. */
  datagramDelayMs(from: PeerAddress, to: PeerAddress, bytes: number): number | undefined {
    if (this.isBlocked(from, to)) {
      this.#faults.blocked++;
      return undefined;
    }
    if (chance(this.#rng, this.conditions.lossRate)) {
      this.#faults.lost++;
      return undefined;
    }
    return this.#delayMs(from, to, bytes);
  }

  /** How much later a datagram arrives again; undefined when it does not. */
  repeatDelayMs(): number | undefined {
    const { duplicateRate, replayRate, delayMeanMs } = this.conditions;
    if (chance(this.#rng, duplicateRate)) {
      this.#faults.duplicated++;
      return exponential(this.#rng, delayMeanMs);
    }
    if (chance(this.#rng, replayRate)) {
      this.#faults.replayed++;
      return exponential(this.#rng, 3_000);
    }
    return undefined;
  }

  /** How long something takes that is repeated until it arrives. */
  reliableDelayMs(from: PeerAddress, to: PeerAddress, bytes: number): number {
    const { delayMeanMs, lossRate } = this.conditions;
    let repeats = 0;
    while (repeats < repeatsMax && chance(this.#rng, lossRate)) repeats++;
    this.#faults.lost += repeats;
    const repeatMs = Math.max(repeatMsMin, repeatDelays * delayMeanMs);
    return this.#delayMs(from, to, bytes) + repeats * repeatMs;
  }

  #delayMs(from: PeerAddress, to: PeerAddress, bytes: number): number {
    const path = this.#path(from, to);
    const { delayMinMs, delayMeanMs, bytesPerMs } = this.conditions;
    const { nowMs } = this.#time;
    const leftMs = Math.max(nowMs, path.busyUntilMs) + bytes / bytesPerMs;
    path.busyUntilMs = leftMs;
    let arrivalMs = leftMs + delayMinMs + exponential(this.#rng, delayMeanMs);
    if (arrivalMs < path.cloggedUntilMs) {
      this.#faults.clogged++;
      arrivalMs = path.cloggedUntilMs + exponential(this.#rng, delayMeanMs);
    }
    if (arrivalMs - nowMs > longDelayMs) this.#faults.delayed++;
    return arrivalMs - nowMs;
  }

  #path(from: PeerAddress, to: PeerAddress): Path {
    const key = `${from}>${to}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const path = { isBlocked: false, cloggedUntilMs: 0, busyUntilMs: 0 };
    this.#paths.set(key, path);
    return path;
  }
}
