// The last so many things that happened, each named by a moment of a hybrid clock: moments rise strictly,
// also over restarts as long as the wall clock does, so that they are names and cursors at once.

import { type Hlc, hlcNext, hlcToUnixMs } from '@patina/engine/base/hlc.ts';
import { RingBuffer } from '@patina/engine/base/ring-buffer.ts';

export interface Moment {
  readonly hlc: Hlc;
  readonly at_ms: number;
}

/** Where to look: the newest first before a moment, or the oldest first after one. */
export interface Range {
  readonly before?: Hlc | undefined;
  readonly after?: Hlc | undefined;
  readonly limit: number;
}

export class MomentLog<T extends object> {
  readonly #entriesMax: number;
  readonly #wallMs: () => number;
  readonly #entries = new RingBuffer<T & Moment>();
  #lastHlc: Hlc = 0;

  constructor(entriesMax: number, wallMs: () => number) {
    this.#entriesMax = entriesMax;
    this.#wallMs = wallMs;
  }

  get length(): number {
    return this.#entries.length;
  }

  add(entry: T): T & Moment {
    this.#lastHlc = hlcNext(this.#lastHlc, this.#wallMs());
    const dated = { ...entry, hlc: this.#lastHlc, at_ms: hlcToUnixMs(this.#lastHlc) };
    if (this.#entries.length >= this.#entriesMax) this.#entries.shift();
    this.#entries.push(dated);
    return dated;
  }

  /** At most `limit` entries in the range, of those that `isWanted`. */
  read(range: Range, isWanted: (entry: T) => boolean = () => true): (T & Moment)[] {
    const found: (T & Moment)[] = [];
    const { after, before = Number.MAX_SAFE_INTEGER, limit } = range;
    const total = this.#entries.length;
    const first = after === undefined ? 0 : this.#placeAfter(after);
    for (let step = 0; step < total - first && found.length < limit; step++) {
      const entry = this.#entries.at(after === undefined ? total - 1 - step : first + step);
      if (entry !== undefined && entry.hlc < before && isWanted(entry)) found.push(entry);
    }
    return found;
  }

  /** The place of the first entry after this moment. */
  #placeAfter(hlc: Hlc): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries.at(middle)?.hlc ?? 0) <= hlc) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
