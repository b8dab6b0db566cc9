// How long a suspect is given to refute (Lifeguard): long when only one node suspects it, since
// that node may be the sick one; shorter with each independent confirmation; longer in greater
// clusters, where news travels over more hops.

import type { ActorId } from '../base/actor-id.ts';
import type { MembershipConfig } from './config.ts';

export interface SuspicionBounds {
  /** Timeout with all confirmations, milliseconds. */
  readonly minMs: number;
  /** Timeout without any, milliseconds. */
  readonly maxMs: number;
  /** Confirmations that bring it down to the least. */
  readonly confirmations: number;
}

/** The bounds in a cluster of `size` live members, ourselves included. */
export function suspicionBounds(
  config: Pick<
    MembershipConfig,
    'probePeriodMs' | 'suspicionPeriods' | 'suspicionMaxFactor' | 'suspicionConfirmations'
  >,
  size: number,
): SuspicionBounds {
  const scale = Math.max(1, Math.log10(Math.max(1, size)));
  const minMs = config.suspicionPeriods * scale * config.probePeriodMs;
  // Neither the suspect nor we can confirm: with fewer others than wanted, ask only for those.
  const confirmations = Math.min(config.suspicionConfirmations, Math.max(0, size - 2));
  return { minMs, maxMs: minMs * config.suspicionMaxFactor, confirmations };
}

/** The timeout after `confirmed` confirmations: from maxMs to minMs, logarithmically. */
export function suspicionTimeoutMs(bounds: SuspicionBounds, confirmed: number): number {
  const { minMs, maxMs, confirmations } = bounds;
  if (confirmed >= confirmations) return minMs;
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1);
  return Math.max(minMs, maxMs - share * (maxMs - minMs));
}

/**
 * The share of the least timeout after which hardly anybody has not heard of the suspicion, or of
 * its refutation: then those that still hold it ask the suspect, and believe others that it is
 * down.
 */
export const matureShare = 0.5;

/** One suspicion: who shares it, and until when the suspect may refute. */
export class Suspicion {
  readonly #bounds: SuspicionBounds;
  readonly #startedMs: number;
  readonly #suspecters: Set<ActorId>;

  /** `startedMs` and all that is derived from it is active time. */
  constructor(bounds: SuspicionBounds, startedMs: number, by: ActorId) {
    this.#bounds = bounds;
    this.#startedMs = startedMs;
    this.#suspecters = new Set([by]);
  }

  /** When the suspect is to be declared down, active milliseconds. */
  get deadlineMs(): number {
    return this.#startedMs + suspicionTimeoutMs(this.#bounds, this.confirmations);
  }

  /** Those that suspect it beside the first, as far as they shorten the timeout. */
  get confirmations(): number {
    return this.#suspecters.size - 1;
  }

  /** Whether the suspect has had half of the least timeout to refute; `nowMs` is active time. */
  isMature(nowMs: number): boolean {
    return nowMs - this.#startedMs >= this.#bounds.minMs * matureShare;
  }

  /** Notes that `by` suspects too; returns whether that was new and shortens the timeout. */
  confirm(by: ActorId): boolean {
    if (this.#suspecters.size > this.#bounds.confirmations || this.#suspecters.has(by))
      return false;
    this.#suspecters.add(by);
    return true;
  }
}
