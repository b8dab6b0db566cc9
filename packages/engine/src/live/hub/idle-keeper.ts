// Forgets queries that nobody has read for some time, and lets the live process end when it has nothing
// to do: an idle node should be small.

import type { Cancel, Timers } from '../../ports.ts';
import type { LiveLink } from '../process/live-link.ts';
import type { LiveAnswer } from '../process/live-protocol.ts';

export interface IdleKeeperOptions {
  readonly link: LiveLink;
  readonly timers: Timers;
  readonly monotonicMs: () => number;
  /** A query that nobody reads is forgotten after this time, milliseconds. */
  readonly unusedMs: number;
  /** How often it is looked at all, milliseconds. Default 60 s. */
  readonly checkPeriodMs?: number;
  readonly isUsed: (queryId: string) => boolean;
  /** Whether anybody reads, or is about to. */
  readonly isBusy: () => boolean;
  /** The process has ended because it had nothing to do. */
  readonly onTurnedOff: () => void;
}

const checkPeriodMsDefault = 60_000;

export class IdleKeeper {
  readonly #options: IdleKeeperOptions;
  readonly #unusedSinceMs = new Map<string, number>();
  #cancel: Cancel | undefined;
  #isStopped = false;

  constructor(options: IdleKeeperOptions) {
    this.#options = options;
  }

  /** Looks from time to time until the process is off. */
  start(): void {
    if (this.#isStopped) return;
    const periodMs = this.#options.checkPeriodMs ?? checkPeriodMsDefault;
    this.#cancel ??= this.#options.timers.after(periodMs, () => {
      this.#cancel = undefined;
      this.#check();
    });
  }

  /** Nobody reads this query from now on. */
  unused(queryId: string): void {
    this.#unusedSinceMs.set(queryId, this.#options.monotonicMs());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #check(): void {
    const { link } = this.#options;
    if (!link.isOn) return;
    this.start();
    link.ask({ kind: 'list' }, (answer) => this.#look(answer));
  }

  #look(answer: LiveAnswer): void {
    if (answer.kind !== 'list' || this.#isStopped) return;
    const { link, isUsed, isBusy, unusedMs, monotonicMs } = this.#options;
    const kept = new Set(answer.queries.map(({ id }) => id));
    for (const id of this.#unusedSinceMs.keys()) {
      if (!kept.has(id) || isUsed(id)) this.#unusedSinceMs.delete(id);
    }
    // Whoever is opening something may just have been told of a query that looks unused from here.
    if (link.waiting > 0) return;
    if (kept.size === 0 && !isBusy()) {
      this.#turnOff();
      return;
    }
    for (const id of kept) {
      if (isUsed(id)) continue;
      const sinceMs = this.#unusedSinceMs.get(id);
      if (sinceMs === undefined) this.unused(id);
      else if (monotonicMs() - sinceMs >= unusedMs) {
        this.#unusedSinceMs.delete(id);
        link.ask({ kind: 'drop', id }, () => undefined);
      }
    }
  }

  #turnOff(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    void this.#options.link.turnOff().then(() => {
      // Somebody may have asked while it ended, and another process runs.
      if (this.#options.isBusy() || this.#options.link.isOn) this.start();
      else this.#options.onTurnedOff();
    });
  }
}
