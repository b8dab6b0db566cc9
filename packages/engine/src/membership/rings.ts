// Round-trip times of a member and the ring that they put it in. Rings group members by distance
// for the broadcast; a ring should reflect the path, not its jitter: so it follows the least of
// the last samples, with hysteresis, one step at a time.

import { assert } from '../base/assert.ts';

/** Ring r holds round trips below ringBoundsMs[r]; the last ring holds the rest. */
export const ringBoundsMs: readonly number[] = [6, 15, 50, 100, 200];

/** How far beyond a boundary the round trip must be for the ring to change, milliseconds. */
export const ringHysteresisMs = 2;

/** Samples that the least and the median are taken of. */
export const rttWindowSize = 20;

/** The ring of a round trip without regard to where the member was before. */
export function ringOf(rttMs: number): number {
  const ring = ringBoundsMs.findIndex((boundMs) => rttMs < boundMs);
  return ring === -1 ? ringBoundsMs.length : ring;
}

/** The ring after a sample: at most one step from `current`, which is undefined at first. */
export function settleRing(current: number | undefined, rttMinMs: number): number {
  if (current === undefined) return ringOf(rttMinMs);
  const upperMs = ringBoundsMs[current] ?? Number.POSITIVE_INFINITY;
  if (rttMinMs >= upperMs + ringHysteresisMs) return current + 1;
  const lowerMs = ringBoundsMs[current - 1] ?? 0;
  if (rttMinMs < lowerMs - ringHysteresisMs) return current - 1;
  return current;
}

/** The last round trips of a member and its ring. */
export class RttWindow {
  readonly #samples: number[] = [];
  #next = 0;
  #ring: number | undefined;

  /** The ring; undefined before the first sample. */
  get ring(): number | undefined {
    return this.#ring;
  }

  /** Least of the window, milliseconds. */
  get minMs(): number | undefined {
    return this.#samples.length === 0 ? undefined : Math.min(...this.#samples);
  }

  /** Median of the window (the lower of two), milliseconds. */
  get medianMs(): number | undefined {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    return sorted[(sorted.length - 1) >>> 1];
  }

  add(rttMs: number): void {
    assert(rttMs >= 0 && Number.isFinite(rttMs), 'a round trip takes some time');
    this.#samples[this.#next] = rttMs;
    this.#next = (this.#next + 1) % rttWindowSize;
    this.#ring = settleRing(this.#ring, Math.min(...this.#samples));
  }
}
