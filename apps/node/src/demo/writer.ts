// Sends live writes at an even pace. A write whose node is down goes to the next one that is up, as
// clients with several addresses do; all that was acknowledged is counted for its node.

import { asPatinaError, type PatinaError } from '@patina/engine/base/errors.ts';
import type { NodeClient } from './node-client.ts';
import type { LiveWrite, LiveWrites } from './replay.ts';

/** How often due writes are looked for, milliseconds. */
const tickMs = 10;

/** Writes without an answer at most; beyond it the pace falls. */
const inFlightMax = 256;

/** Writes that may be sent late, in milliseconds of the pace; more is given up, not caught up with. */
const lateMsMax = 250;

const writeSecondsMax = 5;

/** A node as the writer sees it. */
export interface WriteTarget {
  readonly client: NodeClient;
  /** Whether it serves. */
  readonly isUp: boolean;
}

export class LiveWriter {
  readonly #targets: readonly WriteTarget[];
  readonly #writes: LiveWrites;
  readonly #ratePerSecond: number;
  readonly #acknowledged: number[];
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #startMs = 0;
  #inFlight = 0;
  #failures = 0;
  #lastFailure: PatinaError | undefined;
  #idle: () => void = () => {};

  constructor(targets: readonly WriteTarget[], writes: LiveWrites, ratePerSecond: number) {
    this.#targets = targets;
    this.#writes = writes;
    this.#ratePerSecond = ratePerSecond;
    this.#acknowledged = targets.map(() => 0);
  }

  /** Writes acknowledged since the start, by node. */
  get acknowledged(): readonly number[] {
    return this.#acknowledged;
  }

  /** Writes that no node took. */
  get failures(): number {
    return this.#failures;
  }

  get lastFailure(): PatinaError | undefined {
    return this.#lastFailure;
  }

  start(): void {
    this.#startMs = performance.now();
    this.#timer = setInterval(() => this.#sendDue(), tickMs);
  }

  /** Sends no more; resolves when all that was sent is answered. */
  stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  #sendDue(): void {
    const due = Math.floor(((performance.now() - this.#startMs) / 1000) * this.#ratePerSecond);
    this.#sent = Math.max(this.#sent, due - Math.ceil((this.#ratePerSecond * lateMsMax) / 1000));
    while (this.#sent < due && this.#inFlight < inFlightMax) {
      this.#sent++;
      void this.#send(this.#writes.next().value);
    }
  }

  async #send(write: LiveWrite): Promise<void> {
    this.#inFlight++;
    await this.#sendToAny(write);
    this.#inFlight--;
    if (this.#inFlight === 0) this.#idle();
  }

  async #sendToAny(write: LiveWrite): Promise<void> {
    const count = this.#targets.length;
    for (let attempt = 0; attempt < count; attempt++) {
      const index = (write.node + attempt) % count;
      const target = this.#targets[index];
      if (target?.isUp !== true) continue;
      try {
        // Sent again after a failure, the write does the same: it names the whole row.
        await target.client.transact([write.statement], writeSecondsMax);
        this.#acknowledged[index] = (this.#acknowledged[index] ?? 0) + 1;
        return;
      } catch (error) {
        this.#lastFailure = asPatinaError(error);
      }
    }
    this.#failures++;
  }
}
