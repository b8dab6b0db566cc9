// A limit on bytes per second that lets short bursts through.

/** Spending may overdraw it once, so that a frame larger than the burst still gets through in time. */
export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  #bytes: number;
  #filledMs: number | undefined;

  constructor(bytesPerSecond: number, burstBytes: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#burstBytes = burstBytes;
    this.#bytes = burstBytes;
  }

  /** Takes `bytes` if anything is left at all. */
  spend(bytes: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#bytes <= 0) return false;
    this.#bytes -= bytes;
    return true;
  }

  /** Share of the burst that is left: 1 is full, 0 and less is empty. */
  level(nowMs: number): number {
    this.#fill(nowMs);
    return this.#bytes / this.#burstBytes;
  }

  /** When spending will be possible again: now, or later. */
  readyMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#bytes > 0 ? nowMs : nowMs + Math.ceil((1 - this.#bytes) / this.#bytesPerMs);
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - (this.#filledMs ?? nowMs));
    this.#filledMs = nowMs;
    this.#bytes = Math.min(this.#burstBytes, this.#bytes + passedMs * this.#bytesPerMs);
  }
}
