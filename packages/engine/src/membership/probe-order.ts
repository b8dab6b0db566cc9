// Whom to probe next: everybody in turn, in random order, so that the time between two probes of a
// member by the same node has a bound. The order is shuffled anew each round, but only within each
// half of the list: so the bound is one and a half rounds instead of two, and still no two nodes
// stay in step.

import type { ActorId } from '../base/actor-id.ts';
import { type Rng, shuffled } from '../base/rng.ts';

export class ProbeOrder {
  readonly #rng: Rng;
  #order: ActorId[] = [];
  #next = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  get size(): number {
    return this.#order.length;
  }

  /**
   * Adds at a random place, so that nodes that learn of a member together don't probe it together.
   */
  add(actorId: ActorId): void {
    if (this.#order.includes(actorId)) return;
    const at = this.#rng.below(this.#order.length + 1);
    this.#order.splice(at, 0, actorId);
    if (at < this.#next) this.#next++;
  }

  remove(actorId: ActorId): void {
    const at = this.#order.indexOf(actorId);
    if (at === -1) return;
    this.#order.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /** The next in turn; undefined when there is nobody. */
  next(): ActorId | undefined {
    if (this.#next >= this.#order.length) this.#shuffle();
    return this.#order[this.#next++];
  }

  #shuffle(): void {
    const half = this.#order.length >>> 1;
    const firstHalf = shuffled(this.#rng, this.#order.slice(0, half));
    this.#order = [...firstHalf, ...shuffled(this.#rng, this.#order.slice(half))];
    this.#next = 0;
  }
}
