// How far our wall clock is from those of our peers, estimated from probe answers as NTP does: the
// peer's clock at half the round trip. Samples are kept relative to monotonic time, so that a jump
// of our own clock shows at once, in the samples taken before it too.

/** Samples kept of one peer. */
export const clockSamplesMax = 8;

/** Samples older than this say nothing any more, milliseconds. */
export const clockSampleAgeMsMax = 300_000;

/** Fewer peers than this give no estimate: one peer alone may be the one whose clock is wrong. */
export const clockPeersMin = 2;

/** A step of our wall clock against monotonic time by more than this begins a new era. */
export const clockStepMs = 100;

/** Our clock counts as mended below this share of the limit, so that the verdict doesn't flap. */
export const mendedShare = 0.9;

interface ClockSample {
  /** The peer's wall clock minus our monotonic clock, milliseconds. */
  readonly baseMs: number;
  readonly rttMs: number;
  /** Our monotonic clock at the sample, milliseconds. */
  readonly takenMs: number;
  /** How often our wall clock had stepped before the sample. */
  readonly era: number;
}

/** The clock of one peer, as seen from here. */
export class PeerClock {
  #samples: ClockSample[] = [];

  add(sample: ClockSample): void {
    this.#samples.push(sample);
    if (this.#samples.length > clockSamplesMax) this.#samples.shift();
  }

  /**
   * The peer's wall clock minus our monotonic clock: the median of the better half of the samples,
   * those with the shortest round trips. Undefined without a recent sample. After a step of our
   * wall clock, samples from before it are used only until there is one from after it: a machine
   * that was suspended may have stopped its monotonic clock too.
   */
  baseMs(monotonicMs: number): number | undefined {
    const recent = this.#samples.filter((s) => monotonicMs - s.takenMs <= clockSampleAgeMsMax);
    const era = Math.max(...recent.map((sample) => sample.era));
    const current = recent.filter((sample) => sample.era === era);
    const best = current
      .toSorted((a, b) => a.rttMs - b.rttMs)
      .slice(0, Math.ceil(current.length / 2))
      .map((sample) => sample.baseMs);
    return median(best);
  }
}

/** Our own clock against those of the peers. */
export class ClockDrift {
  readonly #maxMs: number;
  #wallMinusMonotonicMs: number | undefined;
  #era = 0;
  #offsetMs: number | undefined;
  #refused = false;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** How far our clock runs ahead of the median of our peers; undefined with too few of them. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** Whether our clock is so far ahead that this node must refuse writes. */
  get refused(): boolean {
    return this.#refused;
  }

  /** To be told the clocks at every step: notices when the wall clock is set. */
  observe(now: { readonly monotonicMs: number; readonly wallMs: number }): void {
    const difference = now.wallMs - now.monotonicMs;
    const before = this.#wallMinusMonotonicMs;
    if (before !== undefined && Math.abs(difference - before) <= clockStepMs) return;
    this.#wallMinusMonotonicMs = difference;
    if (before !== undefined) this.#era++;
  }

  /**
   * Takes the answer to a ping. A round trip as long as the limit leaves an error of half of it:
   * longer ones are not used.
   */
  sample(peer: PeerClock, answer: { wallMs: number; rttMs: number; monotonicMs: number }): void {
    if (answer.rttMs > this.#maxMs) return;
    peer.add({
      baseMs: answer.wallMs + answer.rttMs / 2 - answer.monotonicMs,
      rttMs: answer.rttMs,
      takenMs: answer.monotonicMs,
      era: this.#era,
    });
  }

  /** Judges our clock anew; returns whether the verdict changed. */
  judge(
    peers: Iterable<PeerClock>,
    now: { readonly monotonicMs: number; readonly wallMs: number },
  ): boolean {
    const offsets: number[] = [];
    for (const peer of peers) {
      const baseMs = peer.baseMs(now.monotonicMs);
      if (baseMs !== undefined) offsets.push(now.wallMs - (baseMs + now.monotonicMs));
    }
    this.#offsetMs = offsets.length < clockPeersMin ? undefined : middleNearestZero(offsets);
    const limitMs = this.#refused ? this.#maxMs * mendedShare : this.#maxMs;
    const refused = this.#offsetMs !== undefined && this.#offsetMs > limitMs;
    const changed = refused !== this.#refused;
    this.#refused = refused;
    return changed;
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >>> 1];
  const lower = sorted[(sorted.length - 1) >>> 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/**
 * The median; of an even number the one of the two middle values that is nearer to zero. So more
 * than half of the peers must say that our clock is wrong: of two peers, one with a broken clock
 * can't stop us from writing.
 */
function middleNearestZero(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >>> 1];
  const lower = sorted[(sorted.length - 1) >>> 1];
  if (upper === undefined || lower === undefined) return undefined;
  return Math.abs(lower) <= Math.abs(upper) ? lower : upper;
}
